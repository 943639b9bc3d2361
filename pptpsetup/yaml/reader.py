"""YAML text to nodes with positions: simple text by :mod:`pptpsetup.yaml.simple`, other text by way of
ruamel.yaml's event stream.

Only events are used: nothing is constructed, so no tag does anything, no alias multiplies, and comments stay
where they are because the text itself is kept. Scalars get their types from YAML 1.2's core schema.
"""

import re
from bisect import bisect_right
from typing import Any

from pptpengine.record import dataclass, field
from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.yaml import simple
from pptpsetup.yaml.node import Entry, MappingNode, Node, Scalar, SequenceNode, Span, plain_tag

SIZE_LIMIT = 1 << 24
"Characters: enough for a hundred thousand tunnels."
LIBRARY_LIMIT = 1 << 18
"Characters of a text that is not simple: enough for a thousand tunnels, and read within seconds."
_NESTING = {"SequenceStartEvent": 1, "MappingStartEvent": 1, "SequenceEndEvent": -1, "MappingEndEvent": -1}
_UNREADABLE_ASCII = re.compile("[^\t\n\r\x20-\x7e]|\r(?!\n)")
_UNREADABLE = (
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|\r(?!\n)"
)
"Compiled when there is such a character; that takes longer than reading a profile."


class Lines:
    """Turns an index into the text into a place in the file."""

    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._mark = 1 if text.startswith("\ufeff") else 0

    def where(self, index: int) -> Where:
        """The line and column of the character at *index*."""
        line = bisect_right(self._starts, index)
        column = index - self._starts[line - 1] + 1
        return Where(self._file, line, max(1, column - self._mark) if line == 1 else column)


@dataclass
class _Open:
    """A collection whose end has not come yet."""

    mapping: bool
    flow: bool
    start: int
    items: list[Node] = field(default_factory=list)
    "Keys and values in turn, for a mapping."


def read(text: str, file: str, problems: list[Diagnostic]) -> Node:
    """The document's root; a file without content is an empty mapping.

    Keys that are not text or stand twice are reported in *problems* and reading goes on. Raises SpecError
    when the text is not YAML, or uses what could not be edited safely: anchors, aliases, tags, a second
    document.
    """
    lines = Lines(text, file)
    _check_text(text, lines)
    try:
        return simple.read(text, file)
    except simple.NotSimpleError as error:
        if len(text) > LIBRARY_LIMIT:
            raise _too_large(text, lines.where(error.index)) from None
    return read_with_library(text, file, problems)


def read_with_library(text: str, file: str, problems: list[Diagnostic]) -> Node:
    """As :func:`read`, for any text, and some twenty times as slow."""
    lines = Lines(text, file)
    reader = _Reader(text, lines)
    for event in _events(text, lines):
        reader.take(event)
    if reader.fatal:
        raise SpecError(reader.fatal)
    problems.extend(reader.problems)
    root = reader.root
    if root is None or (isinstance(root, Scalar) and root.tag == "null"):
        return MappingNode((), Where(file, 1, 1), Span(len(text), len(text)), flow=False)
    return root


def _check_text(text: str, lines: Lines) -> None:
    if len(text) > SIZE_LIMIT:
        message = f"the file has {len(text)} characters; {SIZE_LIMIT} is the most"
        raise SpecError(Diagnostic("file-too-large", message, lines.where(0)))
    if text.isascii() and _UNREADABLE_ASCII.search(text) is None:
        return
    found = []
    for match in re.finditer(_UNREADABLE, text):
        if match.group() == "\ufeff" and match.start() == 0:
            continue
        message = f"the character U+{ord(match.group()):04X} cannot stand in YAML"
        hint = 'delete it; between double quotes it may be written as "\\u…"'
        found.append(Diagnostic("yaml-character", message, lines.where(match.start()), hint=hint))
    if found:
        raise SpecError(found)


def _too_large(text: str, where: Where) -> SpecError:
    message = (
        f"the file has {len(text)} characters, and {LIBRARY_LIMIT} is the most for what this line holds"
    )
    why = (
        "it is wrong, or uses more of YAML than lines with key: value or - value, which can be read quickly"
    )
    return SpecError(Diagnostic("file-too-large", message, where, why, "write it like the lines before it"))


def _events(text: str, lines: Lines) -> list[Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    from pptpsetup.yaml.syntax import explain

    events: list[Any] = []
    depth = 0
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            depth += _NESTING.get(type(event).__name__, 0)
            if depth > simple.DEPTH_LIMIT:
                message = f"the file nests more than {simple.DEPTH_LIMIT} levels deep"
                raise SpecError(Diagnostic("yaml-too-deep", message, lines.where(event.start_mark.index)))
            events.append(event)
    except YAMLError as error:
        found = explain(error, text, lines.where, _open_bracket(events))
    # ruamel's scanner lets these out on input such as "\U99999999" or an unterminated directive.
    except (ValueError, OverflowError, IndexError, AttributeError, TypeError, KeyError, AssertionError):
        found = (Diagnostic("yaml-syntax", "this is not valid YAML", lines.where(0)),)
    else:
        return events
    raise SpecError(found)


def _open_bracket(events: list[Any]) -> int | None:
    """Where the innermost bracket stands that *events* open and do not close; None when there is none."""
    opened: list[Any] = []
    for event in events:
        change = _NESTING.get(type(event).__name__, 0)
        if change > 0:
            opened.append(event)
        elif change < 0:
            opened.pop()
    return opened[-1].start_mark.index if opened and opened[-1].flow_style else None


class _Reader:
    """Builds nodes from events, without recursion."""

    def __init__(self, text: str, lines: Lines) -> None:
        self._text, self._lines = text, lines
        self._stack: list[_Open] = []
        self._documents = 0
        self.root: Node | None = None
        self.problems: list[Diagnostic] = []
        self.fatal: list[Diagnostic] = []

    def take(self, event: Any) -> None:
        name = type(event).__name__
        if getattr(event, "anchor", None) is not None:
            self._refuse_anchor(event, name)
        if name in {"ScalarEvent", "SequenceStartEvent", "MappingStartEvent"} and event.tag is not None:
            message = "tags (!) are not supported here"
            hint = "remove the word that begins with !"
            self.fatal.append(Diagnostic("yaml-tag", message, self._where(event), hint=hint))
        if name == "DocumentStartEvent":
            self._documents += 1
            if self._documents == 2:
                message = "a second document begins here"
                hint = "keep everything in one document and remove this line"
                self.fatal.append(Diagnostic("yaml-documents", message, self._where(event), hint=hint))
        elif name == "ScalarEvent":
            self._add(self._scalar(event))
        elif name == "AliasEvent":
            self._add(Scalar("", "null", self._where(event)))
        elif name in {"SequenceStartEvent", "MappingStartEvent"}:
            start = event.start_mark.index
            self._stack.append(_Open(name.startswith("M"), bool(event.flow_style), start))
        elif name in {"SequenceEndEvent", "MappingEndEvent"}:
            self._add(self._close(self._stack.pop(), event.end_mark.index))

    def _refuse_anchor(self, event: Any, name: str) -> None:
        what = "aliases (*)" if name == "AliasEvent" else "anchors (&)"
        why = "a change to one place would silently change others"
        hint = "write what several tunnels share under defaults"
        if name == "AliasEvent":
            hint += "; text that begins with * goes in quotes"
        self.fatal.append(
            Diagnostic("yaml-alias", f"{what} are not supported here", self._where(event), why, hint)
        )

    def _where(self, event: Any) -> Where:
        return self._lines.where(event.start_mark.index)

    def _scalar(self, event: Any) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        if event.style is not None:
            end = start + len(self._text[start:end].rstrip())
            return Scalar(event.value, "str", self._lines.where(start), Span(start, end))
        if start == end:
            start = end = self._after_key(start)
        return Scalar(event.value, plain_tag(event.value), self._lines.where(start), Span(start, end))

    def _after_key(self, index: int) -> int:
        """Where a value that is not there would stand; the parser's own mark is at the next token."""
        top = self._stack[-1] if self._stack else None
        if top is not None and top.mapping and len(top.items) % 2:
            after = top.items[-1].span.end
            colon = re.compile(r"[ \t]*:").match(self._text, after)
            return colon.end() if colon else after
        return len(self._text[:index].rstrip())

    def _add(self, node: Node) -> None:
        if self._stack:
            self._stack[-1].items.append(node)
        elif self._documents == 1:
            self.root = node

    def _close(self, done: _Open, end: int) -> Node:
        where = self._lines.where(done.start)
        if not done.flow and done.items:
            end = max(item.span.end for item in done.items)
        span = Span(done.start, end)
        if not done.mapping:
            return SequenceNode(tuple(done.items), where, span, done.flow)
        entries: dict[str, Entry] = {}
        for key, value in zip(done.items[::2], done.items[1::2], strict=True):
            if (good := self._key(key)) is None:
                continue
            if (first := entries.get(good.text)) is not None:
                why = f"it stands already in line {first.key.where.line}" if first.key.where else None
                message = f'the key "{good.text}" stands twice'
                self.problems.append(
                    Diagnostic("duplicate-key", message, good.where, why, "remove one of them")
                )
                continue
            entries[good.text] = Entry(good, value)
        return MappingNode(tuple(entries.values()), where, span, done.flow)

    def _key(self, node: Node) -> Scalar | None:
        if not isinstance(node, Scalar):
            message = "a list or mapping cannot be a key"
            hint = "write the key as a word; text that contains brackets goes in quotes"
            self.problems.append(Diagnostic("key-not-text", message, node.where, hint=hint))
            return None
        if node.tag == "null":
            message = (
                "a key is missing before this colon" if not node.text else f"{node.text} cannot be a key"
            )
            self.problems.append(Diagnostic("key-not-text", message, node.where, hint="write key: value"))
            return None
        if node.tag != "str":
            what = "true or false" if node.tag == "bool" else "a number"
            why = f"without quotes YAML reads it as {what}, not as text"
            hint = f'put it in quotes: "{node.text}"'
            message = f"the key {node.text} must be text"
            self.problems.append(Diagnostic("quote-it", message, node.where, why, hint))
        return node
