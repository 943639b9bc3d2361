"""What a variant of a profile takes from its parent, as documents; `catalogue` finds and checks them."""

from pptpsetup.errors import Diagnostic
from pptpsetup.yaml.node import Entry, MappingNode, Node, Scalar, SequenceNode

EXTENDS = "extends"
OWN_ONLY = frozenset({EXTENDS, "match"})
"Keys that a variant does not get from its parent."
_UNVERIFIED = "unverified"


def inherit(parent: MappingNode, own: MappingNode) -> MappingNode:
    """*own* with what it leaves to its *parent*."""
    inherited = without(parent, *OWN_ONLY)
    marks = _marks(inherited, own)
    merged = without(merge(inherited, own), _UNVERIFIED)
    return MappingNode((*merged.entries, *marks), own.where)


def without(document: MappingNode, *keys: str) -> MappingNode:
    """*document* without the entries called *keys*."""
    return MappingNode(tuple(each for each in document.entries if each.key.text not in keys), document.where)


def merge(parent: MappingNode, own: MappingNode) -> MappingNode:
    """*parent* with the values of *own*: mappings merged, everything else replaced."""
    entries = {each.key.text: each for each in parent.entries}
    for each in own.entries:
        before = entries.get(each.key.text)
        value = each.value
        if before is not None and isinstance(value, MappingNode) and isinstance(before.value, MappingNode):
            value = merge(before.value, value)
        entries[each.key.text] = Entry(each.key, value)
    return MappingNode(tuple(entries.values()), own.where)


def _marks(parent: MappingNode, own: MappingNode) -> tuple[Entry, ...]:
    """``unverified`` of a variant: its own, and the parent's for what is taken from there."""
    said, before = own.find(_UNVERIFIED), parent.find(_UNVERIFIED)
    if before is None or not isinstance(before.value, SequenceNode):
        return () if said is None else (said,)
    kept = tuple(
        each for each in before.value.items if not (isinstance(each, Scalar) and _is_stated(own, each.text))
    )
    if said is None:
        return (Entry(before.key, SequenceNode(kept, before.value.where)),) if kept else ()
    if not isinstance(said.value, SequenceNode):
        return (said,)
    return (Entry(said.key, SequenceNode((*said.value.items, *kept), said.value.where)),)


def _is_stated(document: MappingNode, path: str) -> bool:
    """Whether *document* itself says what is at *path*, or all of what holds it."""
    head, _, rest = path.partition(".")
    entry = document.find(head)
    if entry is None:
        return False
    return _is_stated(entry.value, rest) if rest and isinstance(entry.value, MappingNode) else True


def repetitions(parent: MappingNode, own: MappingNode, path: str = "") -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for each in own.entries:
        before = parent.find(each.key.text)
        if before is None or each.key.text in {"id", *OWN_ONLY}:
            continue
        if isinstance(each.value, MappingNode) and isinstance(before.value, MappingNode):
            found += repetitions(before.value, each.value, f"{path}{each.key.text}.")
        elif plain(each.value) == plain(before.value):
            message = f"{path}{each.key.text} repeats what the parent says"
            found.append(Diagnostic("repeated-value", message, each.key.where, hint="leave the line out"))
    return found


def plain(node: Node) -> object:
    """What a node says, without its place; to be compared."""
    if isinstance(node, Scalar):
        return node.text, node.tag
    if isinstance(node, SequenceNode):
        return [plain(each) for each in node.items]
    return {each.key.text: plain(each.value) for each in node.entries}
