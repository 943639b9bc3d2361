"""Changing keys of a YAML document by splicing its text, so that everything else keeps its bytes.

A change is plain data, :data:`REMOVE`, or a :class:`Group` of changes one level further in. Block mappings
are edited by whole lines, flow mappings and lists (``{…}``, ``[…]``) between their brackets. Comments stay,
except those that belong to what is removed: on its lines, or right below and indented further.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.spec import emit
from pptpsetup.yaml.node import Entry, MappingNode, Node, SequenceNode, Span


class _Remove:
    def __repr__(self) -> str:
        return "REMOVE"


REMOVE: Final = _Remove()
"Take the key out, if it is there."
Changes = Mapping[str, object]
Same = Callable[[tuple[str, ...], Node, object], bool]
"Whether the value at a path already means the wanted data."


@dataclass(frozen=True, slots=True)
class _Splice:
    start: int
    end: int
    text: str


def splice(text: str, root: MappingNode, changes: Changes, order: Sequence[str], same: Same) -> str:
    """*text* with *changes* made at *root*.

    *order* ranks keys: a new key goes behind the last present one that ranks before it, or to the end.
    Raises SpecError ``not-editable`` when a key that is concerned shares its line with something else.
    """
    editor = _Editor(text, order, same, root.where.file if root.where else "")
    editor.mapping(root, changes, ())
    pieces: list[str] = []
    position = 0
    # Insertions at one place keep the order they were asked for in: what is further in comes first.
    for each in sorted(editor.splices, key=lambda item: (item.start, item.end)):
        pieces += (text[position : each.start], each.text)
        position = each.end
    return "".join(pieces) + text[position:]


def _wanted(changes: Changes) -> dict[str, object]:
    """The data that *changes* make where nothing is yet."""
    made: dict[str, object] = {}
    for key, change in changes.items():
        if isinstance(change, Group):
            inner = _wanted(change.changes)
            if inner or change.keep_empty:
                made[key] = inner
        elif change is not REMOVE:
            made[key] = change
    return made


@dataclass(frozen=True, slots=True)
class Group:
    """Changes inside the mapping that stands under a key."""

    changes: Changes
    keep_empty: bool = False
    "When nothing is left, write ``{}``; otherwise the key goes, too."


class _Editor:
    def __init__(self, text: str, order: Sequence[str], same: Same, file: str) -> None:
        self._text, self._same, self._file = text, same, file
        self._rank = {key: index for index, key in enumerate(order)}
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self.splices: list[_Splice] = []

    def mapping(self, node: MappingNode, changes: Changes, path: tuple[str, ...]) -> None:
        """Make *changes* in *node*; the caller has made sure that something is left of it."""
        removed: set[str] = set()
        added: dict[str, object] = {}
        for key, change in changes.items():
            entry = node.find(key)
            if entry is None:
                added.update(_wanted({key: change}))
            elif not self._change(entry, change, (*path, key), node.flow):
                removed.add(key)
        if node.flow:
            self._flow_mapping(node, removed, added)
        else:
            self._block_mapping(node, removed, added, len(path))

    def _change(self, entry: Entry, change: object, path: tuple[str, ...], flow: bool) -> bool:
        """Make *change* at an existing key; False: the key must go."""
        if isinstance(change, Group):
            return self._group(entry, change, path, flow)
        if change is REMOVE:
            return False
        if not self._same(path, entry.value, change) and not self._list(entry.value, change, path):
            self._replace(entry, emit.flow(change))
        return True

    def _group(self, entry: Entry, group: Group, path: tuple[str, ...], flow: bool) -> bool:
        node, wanted = entry.value, _wanted(group.changes)
        if isinstance(node, MappingNode) and any(
            not _goes(group.changes.get(each.key.text), each.value) for each in node.entries
        ):
            self.mapping(node, group.changes, path)
            return True
        # Nothing of what stands there stays: write the new mapping, or none.
        if not wanted:
            if group.keep_empty and not (isinstance(node, MappingNode) and not node.entries):
                self._replace(entry, "{}")
            return group.keep_empty
        if flow or (isinstance(node, MappingNode) and node.entries and node.flow) or not group.keep_empty:
            self._replace(entry, emit.flow(wanted))
        else:
            self._open(entry, wanted, len(path))
        return True

    def _replace(self, entry: Entry, text: str) -> None:
        """Put *text* in place of a value; a block's lines go, a comment behind the key stays."""
        node = entry.value
        if not isinstance(node, (MappingNode, SequenceNode)) or node.flow:
            gap = "" if node.span.start > self._colon(entry) else " "
            self.splices.append(_Splice(node.span.start, node.span.end, gap + text))
            return
        colon = self._colon(entry)
        self.splices.append(_Splice(colon, colon, f" {text}"))
        self.splices.append(self._block_removal(node))

    def _block_removal(self, node: Node, lines: str = "") -> _Splice:
        """Puts *lines* in place of a block's own lines; comments beside it stay."""
        start = self._line_start(node.span.start)
        end = self._deeper_comments(self._line_end(node.span.end), node.span.start - start)
        return _Splice(start, end, lines)

    def _open(self, entry: Entry, wanted: Mapping[str, object], depth: int) -> None:
        """Write a block below a key that has nothing, ``{}`` or a block that goes altogether."""
        indent, node, colon = self._indent(entry), entry.value, self._colon(entry)
        lines = "".join(
            emit.block(key, value, indent + 2, max(0, 2 - depth), self._newline)
            for key, value in wanted.items()
        )
        if isinstance(node, MappingNode) and not node.flow:
            self.splices.append(self._block_removal(node, lines))
            return
        self.splices.append(_Splice(colon, max(colon, node.span.end), ""))
        self._insert(self._deeper_comments(self._line_end(node.span.end), indent), lines)

    def _list(self, node: Node, change: object, path: tuple[str, ...]) -> bool:
        """Remove from and append to a block list item by item; False when it takes more than that."""
        if not isinstance(node, SequenceNode) or node.flow or not isinstance(change, (list, tuple)):
            return False
        starts = [self._line_start(item.span.start) for item in node.items]
        dashes = {
            self._text[start : item.span.start] for start, item in zip(starts, node.items, strict=True)
        }
        if len(dashes) != 1 or not re.fullmatch(r" *- +", dash := dashes.pop()):
            return False
        wanted, kept = list(change), 0
        gone: list[Span] = []
        for start, item in zip(starts, node.items, strict=True):
            if kept < len(wanted) and self._same(path, item, [wanted[kept]]):
                kept += 1
            else:
                gone.append(Span(start, self._line_end(item.span.end)))
        if kept == 0:
            return False
        end = self._line_end(node.items[-1].span.end)
        self.splices.extend(_Splice(span.start, span.end, "") for span in gone)
        self._insert(end, "".join(f"{dash}{emit.flow(each)}{self._newline}" for each in wanted[kept:]))
        return True

    def _block_mapping(
        self, node: MappingNode, removed: set[str], added: Mapping[str, object], depth: int
    ) -> None:
        for entry in node.entries:
            if entry.key.text in removed:
                start = self._line_start(entry.key.span.start)
                indent = self._indent(entry)
                end = self._deeper_comments(self._line_end(self._end(entry)), indent)
                self.splices.append(_Splice(start, end, ""))
        places: dict[int, str] = {}
        for key, value in added.items():
            after = self._predecessor(node, key)
            indent = self._indent(after)
            place = self._deeper_comments(self._line_end(self._end(after)), indent)
            lines = emit.block(key, value, indent, max(0, 2 - depth), self._newline)
            places[place] = places.get(place, "") + lines
        for place, lines in places.items():
            self._insert(place, lines)

    def _flow_mapping(self, node: MappingNode, removed: set[str], added: Mapping[str, object]) -> None:
        kept = [entry for entry in node.entries if entry.key.text not in removed]
        new = ", ".join(emit.flow({key: value})[1:-1] for key, value in added.items())
        if not kept:
            self.splices.append(_Splice(node.span.start, node.span.end, "{" + new + "}"))
            return
        for index, entry in enumerate(node.entries):
            if entry.key.text not in removed:
                continue
            following = node.entries[index + 1 :]
            if any(each.key.text not in removed for each in following):
                self.splices.append(_Splice(entry.key.span.start, following[0].key.span.start, ""))
        # What is removed behind the last kept entry takes the comma along, unless a comment is between.
        end = self._end(kept[-1])
        behind = node.entries[node.entries.index(kept[-1]) + 1 :]
        if behind:
            start = behind[0].key.span.start
            start = start if "#" in self._text[end:start] else end
            self.splices.append(_Splice(start, self._end(behind[-1]), ""))
        if new:
            self.splices.append(_Splice(end, end, f", {new}"))

    def _predecessor(self, node: MappingNode, key: str) -> Entry:
        """The entry to put a new key behind."""
        rank = self._rank.get(key, len(self._rank))
        before = [entry for entry in node.entries if self._rank.get(entry.key.text, rank) < rank]
        return before[-1] if before else node.entries[-1]

    def _insert(self, place: int, lines: str) -> None:
        if not lines:
            return
        unended = place and self._text[place - 1] not in "\n\ufeff"
        if unended and not any(each.start == place for each in self.splices):
            lines = self._newline + lines
        self.splices.append(_Splice(place, place, lines))

    def _end(self, entry: Entry) -> int:
        return max(entry.key.span.end, entry.value.span.end)

    def _colon(self, entry: Entry) -> int:
        """The index behind a key's colon."""
        colon = re.compile(r"[ \t]*:").match(self._text, entry.key.span.end)
        if colon is None:
            raise self._not_editable(entry)
        return colon.end()

    def _indent(self, entry: Entry) -> int:
        start = self._line_start(entry.key.span.start)
        indent = self._text[start : entry.key.span.start]
        if indent.strip(" "):
            raise self._not_editable(entry)
        return len(indent)

    def _not_editable(self, entry: Entry) -> SpecError:
        message = f"the key {emit.text(entry.key.text)} shares its line, so it cannot be changed in place"
        hint = "write the key and its colon on a line of their own, and try again"
        return SpecError(
            Diagnostic("not-editable", message, entry.key.where or Where(self._file), hint=hint)
        )

    def _line_start(self, index: int) -> int:
        start = self._text.rfind("\n", 0, index) + 1
        return 1 if start == 0 and self._text.startswith("\ufeff") else start

    def _line_end(self, index: int) -> int:
        """The index behind the line break that ends the line of *index*."""
        newline = self._text.find("\n", index)
        return len(self._text) if newline < 0 else newline + 1

    def _deeper_comments(self, index: int, indent: int) -> int:
        """*index* moved behind the comment lines that follow and are indented further than *indent*."""
        position = index
        while position < len(self._text):
            end = self._line_end(position)
            line = self._text[position:end]
            bare = line.lstrip(" ")
            if bare.startswith("#") and len(line) - len(bare) > indent:
                index = end
            elif bare.strip():
                break
            position = end
        return index


def _goes(change: object, value: Node) -> bool:
    """Whether a key with *change* leaves its mapping."""
    if change is REMOVE:
        return True
    if not isinstance(change, Group) or change.keep_empty or _wanted(change.changes):
        return False
    entries = value.entries if isinstance(value, MappingNode) else ()
    return all(_goes(change.changes.get(each.key.text), each.value) for each in entries)
