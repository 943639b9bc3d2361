"""The part of YAML that configuration files are mostly written in, read line by line and quickly.

Block mappings and lists of one-line scalars and one-line flow collections; comments. Whatever else a line
holds (a tab, a block scalar, a value that goes on in the next line, an anchor, a key that stands twice) ends
the attempt with :class:`NotSimpleError`, and :mod:`pptpsetup.yaml.reader` reads the whole text with a YAML
library. So nothing is ever judged invalid here; and what is read here is, node for node and position for
position, what the library's events give, which a test with random documents holds.
"""

import re

from pptpengine.record import dataclass, field
from pptpsetup.errors import Where
from pptpsetup.yaml.node import Entry, MappingNode, Node, Scalar, SequenceNode, Span, plain_tag

DEPTH_LIMIT = 12
"Levels; nobody needs more."

_DOUBLE = r'"(?:[^"\\\n]|\\["\\])*"'
_SINGLE = r"'(?:[^'\n]|'')*'"
_KEY = r"[A-Za-z_][A-Za-z0-9_.-]{0,99}(?=:)" + rf"|{_DOUBLE}(?=:)|{_SINGLE}(?=:)"
# The first character of a plain scalar says what it is, so few are let through; later on a colon means
# something at the end of a word, a hash at its beginning, and a comma or bracket in a flow collection.
_FIRST = r"(?=[\w/.~+]|-[\w-])"
_FLOW_WORD = r"[\w./@+%=~$;()\\-]+"
_WORD = r"[\w./@+%=~$;()\\,'\"!?*&|<>^\[\]{}-]+"
_BLOCK_PLAIN = rf"{_FIRST}{_WORD}(?::{_WORD})*(?: +{_WORD}(?::{_WORD})*)*"
_FLOW_PLAIN = rf"{_FIRST}{_FLOW_WORD}(?: +{_FLOW_WORD})*"
_REST = r" *(?:(?<= )#[^\n]*)?(?:\n|\Z)"
_NO_CONTENT = re.compile(r"(?: *(?:#[^\n]*)?\n)+| *(?:#[^\n]*)?\Z")
_LINE = re.compile(
    rf"(?P<indent> *)(?P<dash>- +)?(?:(?P<key>{_KEY}):(?: +|(?=\n|\Z)))?"
    rf"(?:(?P<value>{_DOUBLE}|{_SINGLE}|{_BLOCK_PLAIN}){_REST}|(?P<flow>(?=[\[{{]))|{_REST})"
)
_FLOW_SCALAR = re.compile(rf"{_DOUBLE}|{_SINGLE}|{_FLOW_PLAIN}")
_FLOW_KEY = re.compile(rf"({_KEY}): +")
_SPACES = re.compile(" *")
_END = re.compile(_REST)
_START = re.compile(rf"(?: *(?:#[^\n]*)?\n)*---{_REST}")
_NOT_TEXT = frozenset({"null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"})
_STRANGE = "\r\x85\u2028\u2029\ufeff"


class NotSimpleError(Exception):
    """The text uses more of YAML than this module reads."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index
        "Where the line begins that does."


@dataclass(slots=True)
class _Open:
    """A block collection whose end has not come yet."""

    mapping: bool
    indent: int
    start: int
    where: Where
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    end: int = 0
    key: Scalar | None = None
    "Of a mapping: the key whose value has not come yet."


def read(text: str, file: str) -> MappingNode:
    """The document's root. Raises NotSimpleError."""
    # Not a regular expression: compiling that set takes longer than looking for each of them.
    if strange := [at for each in _STRANGE if (at := text.find(each)) >= 0]:
        raise NotSimpleError(text.rfind("\n", 0, min(strange)) + 1)
    return _Reader(text, file).document()


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file
        self._line = 1
        self._line_start = 0
        self._open: list[_Open] = []

    def document(self) -> MappingNode:
        text = self._text
        begin = _START.match(text)
        position = begin.end() if begin else 0
        self._line += text.count("\n", 0, position)
        while position < len(text):
            if skipped := _NO_CONTENT.match(text, position):
                self._line += text.count("\n", position, skipped.end())
                position = skipped.end()
                continue
            position = self._take_line(position)
            self._line += 1
        if not self._open:
            raise NotSimpleError(0)
        while len(self._open) > 1:
            self._close()
        root = self._ended(self._open[0])
        assert isinstance(root, MappingNode)  # noqa: S101 - a list at the top is refused
        return root

    def _take_line(self, position: int) -> int:
        """Read the line at *position*; gives the start of the next."""
        line = _LINE.match(self._text, position)
        if line is None:
            raise NotSimpleError(position)
        self._line_start = position
        end = line.end()
        column = line.end("indent")
        if line["dash"] is not None:
            self._begin_item(column)
            column = line.end("dash")
        if line["key"] is not None:
            self._begin_entry(column, line["key"], item=line["dash"] is not None)
        elif line["dash"] is None or (line["value"] is None and line["flow"] is None):
            raise NotSimpleError(position)
        if line["value"] is not None:
            self._deliver(self._scalar(line["value"], line.start("value")))
        elif line["flow"] is not None:
            node, end = self._flow(line.start("flow"), DEPTH_LIMIT - len(self._open))
            self._deliver(node)
            rest = _END.match(self._text, end)
            if rest is None:
                raise NotSimpleError(position)
            end = rest.end()
        return end

    def _begin_item(self, column: int) -> None:
        """A dash at *column*: of the list there, or of one that begins."""
        indent = column - self._line_start
        self._close_deeper(indent)
        top = self._open[-1] if self._open else None
        if top is None:
            raise NotSimpleError(self._line_start)
        if top.mapping:
            # YAML lets a list stand as deep as the key that it belongs to.
            if top.key is None:
                raise NotSimpleError(self._line_start)
            self._begin(_Open(mapping=False, indent=indent, start=column, where=self._where(column)))
        elif top.indent != indent:
            raise NotSimpleError(self._line_start)

    def _begin_entry(self, column: int, written: str, *, item: bool) -> None:
        """A key at *column*: of the mapping there, or of one that begins."""
        indent = column - self._line_start
        if not item:
            self._close_deeper(indent)
            if self._open and not self._open[-1].mapping:
                self._close()  # a list as deep as the key before this one
        top = self._open[-1] if self._open else None
        if top is None or not top.mapping or top.indent < indent:
            waits = indent == 0 if top is None else not top.mapping or top.key is not None
            if not waits:
                raise NotSimpleError(self._line_start)
            top = _Open(mapping=True, indent=indent, start=column, where=self._where(column))
            self._begin(top)
        self._end_entry(top)
        key = self._scalar(written, column)
        if written in _NOT_TEXT or key.text in top.entries or top.indent != indent:
            raise NotSimpleError(self._line_start)
        top.key = key

    def _begin(self, block: _Open) -> None:
        if len(self._open) == DEPTH_LIMIT:
            raise NotSimpleError(self._line_start)
        self._open.append(block)

    def _close_deeper(self, indent: int) -> None:
        while len(self._open) > 1 and self._open[-1].indent > indent:
            self._close()

    def _close(self) -> None:
        node = self._ended(self._open.pop())
        self._deliver(node)

    def _ended(self, block: _Open) -> Node:
        if not block.mapping:
            return SequenceNode(tuple(block.items), block.where, Span(block.start, block.end), flow=False)
        self._end_entry(block)
        entries = tuple(block.entries.values())
        return MappingNode(entries, block.where, Span(block.start, block.end), flow=False)

    def _end_entry(self, block: _Open) -> None:
        """A key without a value has an empty one after its colon."""
        if block.key is None:
            return
        end, where = block.key.span.end + 1, block.key.where
        assert where is not None and where.column is not None  # noqa: PT018, S101 - they come from here
        column = where.column + end - block.key.span.start
        self._add(block, Scalar("", "null", Where(self._file, where.line, column), Span(end, end)))

    def _deliver(self, node: Node) -> None:
        self._add(self._open[-1], node)

    def _add(self, block: _Open, node: Node) -> None:
        block.end = node.span.end
        if not block.mapping:
            block.items.append(node)
            return
        if block.key is None:
            raise NotSimpleError(self._line_start)
        block.entries[block.key.text] = Entry(block.key, node)
        block.key = None

    def _flow(self, index: int, depth: int) -> tuple[Node, int]:
        """The collection or scalar of a flow collection at *index*, and what follows it."""
        opening = self._text[index]
        if opening not in "[{":
            scalar = _FLOW_SCALAR.match(self._text, index)
            if scalar is None:
                raise NotSimpleError(self._line_start)
            return self._scalar(scalar.group(), index), scalar.end()
        if depth <= 0:
            raise NotSimpleError(self._line_start)
        where, closing = self._where(index), "]" if opening == "[" else "}"
        items: list[Node] = []
        entries: dict[str, Entry] = {}
        at = self._after_spaces(index + 1)
        while not self._text.startswith(closing, at):
            if items or entries:
                if not self._text.startswith(",", at):
                    raise NotSimpleError(self._line_start)
                at = self._after_spaces(at + 1)
            if opening == "[":
                node, at = self._flow_value(at, depth)
                items.append(node)
            else:
                entry, at = self._flow_entry(at, depth)
                if entry.key.text in entries:
                    raise NotSimpleError(self._line_start)
                entries[entry.key.text] = entry
            at = self._after_spaces(at)
        span = Span(index, at + 1)
        if opening == "[":
            return SequenceNode(tuple(items), where, span, flow=True), at + 1
        return MappingNode(tuple(entries.values()), where, span, flow=True), at + 1

    def _flow_value(self, at: int, depth: int) -> tuple[Node, int]:
        if at == len(self._text):
            raise NotSimpleError(self._line_start)
        return self._flow(at, depth - 1)

    def _flow_entry(self, at: int, depth: int) -> tuple[Entry, int]:
        key = _FLOW_KEY.match(self._text, at)
        if key is None or key[1] in _NOT_TEXT:
            raise NotSimpleError(self._line_start)
        value, end = self._flow_value(key.end(), depth)
        return Entry(self._scalar(key[1], at), value), end

    def _after_spaces(self, index: int) -> int:
        spaces = _SPACES.match(self._text, index)
        assert spaces is not None  # noqa: S101 - it matches everywhere
        return spaces.end()

    def _where(self, index: int) -> Where:
        return Where(self._file, self._line, index - self._line_start + 1)

    def _scalar(self, written: str, start: int) -> Scalar:
        where, span = self._where(start), Span(start, start + len(written))
        if written[0] == '"':
            return Scalar(re.sub(r"\\(.)", r"\1", written[1:-1]), "str", where, span)
        if written[0] == "'":
            return Scalar(written[1:-1].replace("''", "'"), "str", where, span)
        return Scalar(written, plain_tag(written), where, span)
