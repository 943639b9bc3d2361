"""The canonical form of a spec file: one order of keys, one indentation, one spacing.

What it means, every comment, how a value is quoted, and the order of tunnels stay. A tunnel's settings stand
on lines of their own, the values of one setting on its line if there is room and no comment among them. One
blank line is left where there were some.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from pptpsetup.errors import Diagnostic, InternalError, Where
from pptpsetup.spec import emit
from pptpsetup.spec.comments import Branch, Comment, Leaf, comments, tree
from pptpsetup.spec.keys import TOP
from pptpsetup.spec.overrides import KEYS
from pptpsetup.spec.settings import SETTINGS
from pptpsetup.yaml.node import MappingNode, Node, Scalar, SequenceNode
from pptpsetup.yaml.reader import read

WIDTH: Final = 100
"Columns for a setting and its value on one line."
_SETTINGS = tuple(dict.fromkeys(key for setting in SETTINGS for key in setting.keys))
_KNOWN = frozenset((*TOP, *KEYS, *_SETTINGS))
_MODELINE = "yaml-language-server"


def canonical(text: str, file: str) -> str:
    """The canonical form of the valid spec *text*; of a canonical one, itself.

    Raises SpecError when it is no YAML; InternalError ``format-spilled`` rather than giving anything that
    means something else or has lost a comment.
    """
    root = read(text, file, [])
    if not isinstance(root, MappingNode) or not root.entries:
        return text
    start = re.compile(r"^---(?=\s|\Z)", re.MULTILINE).search(text.removeprefix("\ufeff"), 0)
    after = 0
    lines: list[str] = []
    if start is not None and start.start() < root.span.start:
        after = start.end() + text.startswith("\ufeff")
        lines = [each.rstrip() for each in text[:after].removeprefix("\ufeff").split("\n")]
    found = tree(text, root, after)
    lines += _Writer(text).document(found)
    made = "\n".join(lines) + "\n"
    _require_same(text, root, made, file)
    return made.replace("\n", "\r\n") if "\r\n" in text else made


def _require_same(text: str, root: MappingNode, made: str, file: str) -> None:
    again = read(made, file, [])
    before, after = (Counter(each.text for each in comments(*of)) for of in ((text, root), (made, again)))
    if _meaning(root) != _meaning(again) or before != after:
        message = f"formatting would have changed what {file} means; it is as it was"
        raise InternalError(Diagnostic("format-spilled", message, Where(file)))


def _meaning(node: Node) -> object:
    """What *node* says, with the order of tunnels and without that of settings."""
    if isinstance(node, Scalar):
        return node.text, node.tag
    if isinstance(node, SequenceNode):
        return [_meaning(each) for each in node.items]
    said = {each.key.text: _meaning(each.value) for each in node.entries}
    return said, [each for each in said if each not in _KNOWN]


def _order(path: Sequence[str]) -> tuple[str, ...]:
    """The keys of the mapping at *path*, as they are written; others stay behind them as they are."""
    if not path:
        return TOP
    if path[-1] == "tunnels" or path[-1] == "overrides":
        return ()
    return KEYS if tuple(path) == ("overrides", "") else _SETTINGS


class _Writer:
    def __init__(self, text: str) -> None:
        self._text = text

    def document(self, found: Branch) -> list[str]:
        first = found.leaves[0]
        header, first.lead = _header(first)
        lines = _comment_lines(header, 0, first=True)
        if header and first.lead:
            lines += [""] * first.lead[0].after_blank
        elif header:
            lines += [""] * first.after_blank
        return lines + self._leaves(found, 0, ())

    def _leaves(self, found: Branch, indent: int, path: tuple[str, ...]) -> list[str]:
        lines: list[str] = []
        order = _order(path)
        for leaf in sorted(found.leaves, key=lambda each: _rank(each.key, order)):
            above = [*leaf.lead, *leaf.side[:-1]]
            lines += _comment_lines(above, indent, first=not lines)
            lines += [""] * (leaf.after_blank and bool(lines))
            lines += self._leaf(leaf, indent, path)
        return lines + _comment_lines(found.tail, indent, first=not lines)

    def _leaf(self, leaf: Leaf, indent: int, path: tuple[str, ...]) -> list[str]:
        side = f"  {leaf.side[-1].text}" if leaf.side else ""
        margin = " " * indent
        if leaf.key is not None:
            start = f"{margin}{self._scalar(leaf.key)}:"
            path = (*path, leaf.key.text)
        else:
            start = f"{margin}-"
            path = (*path, "")
        flow = self._flow(leaf.value, path)
        room = len(start) + 1 + len(flow) <= WIDTH
        branch = leaf.branch
        if branch is None or not branch.leaves:
            inside = [] if branch is None else _comment_lines(branch.tail, indent, first=True)
            return [*inside, f"{start} {flow}".rstrip() + side]
        if room and not branch.commented and not _is_open(path):
            return [f"{start} {flow}{side}"]
        if leaf.key is not None:
            return [start + side, *self._leaves(branch, indent + 2, path)]
        return self._behind_dash(branch, indent, path, side)

    def _behind_dash(self, branch: Branch, indent: int, path: tuple[str, ...], side: str) -> list[str]:
        """An item whose first line begins with the dash; comments above that line stand above the dash."""
        lines = self._leaves(branch, indent + 2, path)
        at = next(number for number, line in enumerate(lines) if line.strip() and line.lstrip()[0] != "#")
        above = [line[2:] for line in lines[:at]]
        if side:
            above.append(" " * indent + side.strip())
        return [*above, f"{' ' * indent}- {lines[at][indent + 2 :]}", *lines[at + 1 :]]

    def _scalar(self, node: Scalar, *, flow: bool = False) -> str:
        raw = self._text[node.span.start : node.span.end]
        if "\n" in raw or (flow and raw[:1] not in {'"', "'"} and any(map(raw.count, ",[]{}"))):
            return emit.text(node.text)
        return raw

    def _flow(self, node: Node, path: tuple[str, ...]) -> str:
        if isinstance(node, Scalar):
            return self._scalar(node)
        if isinstance(node, SequenceNode):
            return "[" + ", ".join(self._inside(each, (*path, "")) for each in node.items) + "]"
        order = _order(path)
        entries = sorted(node.entries, key=lambda each: _rank(each.key, order))
        pairs = (
            f"{self._scalar(each.key, flow=True)}: {self._inside(each.value, (*path, each.key.text))}"
            for each in entries
        )
        return "{" + ", ".join(each.rstrip() for each in pairs) + "}"

    def _inside(self, node: Node, path: tuple[str, ...]) -> str:
        return self._scalar(node, flow=True) if isinstance(node, Scalar) else self._flow(node, path)


def _rank(key: Scalar | None, order: Sequence[str]) -> int:
    return order.index(key.text) if key is not None and key.text in order else len(order)


def _is_open(path: Sequence[str]) -> bool:
    """Whether what stands at *path* never stands on one line: the file's parts, a tunnel, an override."""
    if path[0] == "overrides":
        return len(path) <= 2 or path[-1] == "tunnels"
    return path[0] in TOP and len(path) <= (2 if path[0] == "tunnels" else 1)


def _header(first: Leaf) -> tuple[list[Comment], list[Comment]]:
    """The comments at the top that are about the file, and those about its first key."""
    lead = first.lead
    ends = [at for at in range(1, len(lead)) if lead[at].after_blank]
    end = len(lead) if first.after_blank else max(ends, default=0)
    if not end and lead and _MODELINE in lead[0].text:
        end = 1
    return lead[:end], lead[end:]


def _comment_lines(found: Iterable[Comment], indent: int, *, first: bool) -> list[str]:
    lines: list[str] = []
    for each in found:
        if each.after_blank and each.own_line and (lines or not first):
            lines.append("")
        lines.append(" " * indent + each.text)
    return lines
