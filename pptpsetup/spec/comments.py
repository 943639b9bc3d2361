"""The comments and blank lines of a YAML text, and which key or item each of them belongs to.

A comment on a line of its own belongs to what follows it, unless it stands below the last line of a block
and is indented like it: then it ends that block. A comment behind something belongs to what it is behind.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from pptpengine.record import dataclass, field
from pptpsetup.yaml.node import MappingNode, Node, Scalar, SequenceNode


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment."""

    text: str
    "From # on, without the end of the line."
    start: int
    column: int
    "Characters before it in its line."
    own_line: bool
    after_blank: bool
    "There is a blank line above."


@dataclass(slots=True)
class Leaf:
    """A key with its value, or an item of a list, and the comments that belong to it."""

    key: Scalar | None
    "None for an item of a list."
    value: Node
    after_blank: bool
    lead: list[Comment] = field(default_factory=list)
    "On lines of their own above."
    side: list[Comment] = field(default_factory=list)
    "Behind it, or behind its key."
    branch: "Branch | None" = None
    "What is in the value, for a mapping or list."


@dataclass(slots=True)
class Branch:
    """A mapping or list."""

    leaves: list[Leaf] = field(default_factory=list)
    tail: list[Comment] = field(default_factory=list)
    "Below the last of its lines."

    @property
    def commented(self) -> bool:
        """Whether there is a comment anywhere inside."""
        return bool(self.tail) or any(
            each.lead or each.side or (each.branch is not None and each.branch.commented)
            for each in self.leaves
        )


def comments(text: str, root: Node) -> tuple[Comment, ...]:
    """Every comment of *text*, whose document is *root*, from the top down."""
    found: list[Comment] = []
    position = 0
    for scalar in sorted(_scalars(root), key=lambda each: each.span.start):
        found += _between(text, position, scalar.span.start)
        position = max(position, scalar.span.end)
        if text[scalar.span.start : scalar.span.start + 1] in {"|", ">"}:
            # The text of a block scalar begins on the next line.
            found += _between(text, scalar.span.start, _line_end(text, scalar.span.start))
    return (*found, *_between(text, position, len(text)))


def tree(text: str, root: MappingNode, after: int = 0) -> Branch:
    """*root* with the comments behind the index *after* where they belong."""
    return _Gatherer(text, root, after).branch(root)


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
        return
    for each in node.items if isinstance(node, SequenceNode) else node.entries:
        if isinstance(each, (Scalar, SequenceNode, MappingNode)):
            yield from _scalars(each)
        else:
            yield each.key
            yield from _scalars(each.value)


def _between(text: str, start: int, end: int) -> Iterator[Comment]:
    """The comments in a stretch without scalars."""
    for match in re.compile("#[^\r\n]*").finditer(text, start, end):
        at = match.start()
        line = text.rfind("\n", 0, at) + 1
        yield Comment(match[0].rstrip(), at, at - line, _begins_line(text, at), _after_blank(text, at))


def _begins_line(text: str, index: int) -> bool:
    return not text[text.rfind("\n", 0, index) + 1 : index].strip(" \t\ufeff")


def _after_blank(text: str, index: int) -> bool:
    """Whether what is at *index* begins its line, and the line above is there and blank."""
    line = text.rfind("\n", 0, index)
    blank = line >= 0 and not text[text.rfind("\n", 0, line) + 1 : line].strip()
    return blank and _begins_line(text, index)


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end


class _Gatherer:
    def __init__(self, text: str, root: MappingNode, after: int) -> None:
        self._text = text
        self._left = [each for each in comments(text, root) if each.start >= after]
        self._starts = sorted(each.span.start for each in _scalars(root))

    def branch(self, node: MappingNode | SequenceNode, outside: int = -1) -> Branch:
        """What is in *node*; *outside* is the column of the key that it stands under."""
        found = Branch()
        if isinstance(node, MappingNode):
            pairs: list[tuple[Scalar | None, Node]] = [(each.key, each.value) for each in node.entries]
        else:
            pairs = [(None, each) for each in node.items]
        end = node.span.end if node.flow else len(self._text)
        found.leaves = [self._leaf(key, value, end, flow=node.flow) for key, value in pairs]
        found.tail = self._tail(node, outside)
        return found

    def _leaf(self, key: Scalar | None, value: Node, end: int, *, flow: bool) -> Leaf:
        """A key or item in a collection that ends at *end*."""
        start = value.span.start if key is None else key.span.start
        if key is None and not flow and self._text[start : start + 1] != "-":
            start = self._text.rindex("-", 0, start)
        leaf = Leaf(key, value, _after_blank(self._text, start))
        leaf.lead = self._take(value.span.start if key is None else start)
        if key is not None and (isinstance(value, Scalar) or value.flow):
            leaf.side = self._take(value.span.start)
        else:
            leaf.side = self._beside(start, end)
        if isinstance(value, (MappingNode, SequenceNode)):
            leaf.branch = self.branch(value, self._column(start))
        leaf.side += self._beside(max(value.span.end, start), end)
        return leaf

    def _take(self, end: int) -> list[Comment]:
        """The comments that begin before *end* and have not been taken yet."""
        found = [each for each in self._left if each.start < end]
        del self._left[: len(found)]
        return found

    def _beside(self, index: int, end: int) -> list[Comment]:
        """Those in the rest of the line of *index*, before *end*."""
        following = bisect_right(self._starts, index)
        next_start = self._starts[following] if following < len(self._starts) else end
        return self._take(min(end, next_start, _line_end(self._text, index)))

    def _tail(self, node: MappingNode | SequenceNode, outside: int) -> list[Comment]:
        if node.flow:
            return self._take(node.span.end)
        following = bisect_right(self._starts, node.span.end)
        end = self._starts[following] if following < len(self._starts) else len(self._text)
        # A list may stand right below its key; then only what is indented further belongs to it.
        column = max(self._column(node.span.start), outside + 1)
        found: list[Comment] = []
        while self._left and self._left[0].start < end and self._left[0].own_line:
            if self._left[0].column < column:
                break
            found.append(self._left.pop(0))
        return found

    def _column(self, index: int) -> int:
        return index - (self._text.rfind("\n", 0, index) + 1)
