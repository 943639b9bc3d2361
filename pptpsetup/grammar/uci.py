r"""OpenWrt's configuration files, UCI: quoting, and our sections among those of others.

A file is a list of sections (``config TYPE 'NAME'``), each with options (``option KEY 'VALUE'``). Words are
read as in libuci's file.c: blanks separate them, a backslash or double quotes with backslashes escape, in
single quotes everything is literal, ``#`` begins a comment where a word could begin or go on, ``;`` ends a
statement as a line end does. ``uci commit`` writes the whole file anew and drops comments, so a section is
ours by an option in it and not by a comment.
"""

import re

from pptpengine.record import dataclass
from pptpsetup.grammar.safe import Safe, refuse

MARK = "managed_by"
"The option that makes a section ours."
MARK_VALUE = "pptpsetup"

_NAME = r"[A-Za-z0-9_]+"
_BLANK = b" \t\v\f\r"


@dataclass(frozen=True, slots=True)
class Section:
    """One ``config`` statement and what belongs to it."""

    kind: str
    name: str | None
    options: tuple[tuple[str, str], ...]
    "Also the items of lists, each as one pair."
    begin: int
    "Of the line with ``config``."
    end: int
    "Of the last line that says something of it; comments and empty lines after it belong to nobody."

    @property
    def ours(self) -> bool:
        return (MARK, MARK_VALUE) in self.options


def quote(value: str) -> Safe:
    """*value* as one single-quoted word.

    Raises SpecError ``unquotable-uci``: a control character, a line break among them, or a lone surrogate.
    """
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in value):
        raise refuse("unquotable-uci", "a value contains a control character or line break")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise refuse("unquotable-uci", "a value is not valid Unicode text") from error
    return Safe("'" + value.replace("'", "'\\''") + "'")


def name(value: str) -> Safe:
    """*value* as the quoted name of a section.

    Raises SpecError ``bad-uci-name``: libuci takes letters, digits and ``_`` only.
    """
    if not re.fullmatch(_NAME, value):
        raise refuse(
            "bad-uci-name",
            f"{value!r} cannot be the name of a UCI section",
            why="it may have ASCII letters, digits and _ only",
        )
    return Safe(f"'{value}'")


def sections(data: bytes) -> tuple[Section, ...]:
    """The sections of *data* in order; statements that are none of UCI's are passed over."""
    found: list[Section] = []
    for begin, end, words in _statements(data):
        match [word.decode("utf-8", "surrogateescape") for word in words]:
            case ["config" | "c", kind]:
                found.append(Section(kind, None, (), begin, end))
            case ["config" | "c", kind, called]:
                found.append(Section(kind, called or None, (), begin, end))
            case ["option" | "o" | "list" | "l", key, value] if found:
                last = found[-1]
                options = (*last.options, (key, value))
                found[-1] = Section(last.kind, last.name, options, last.begin, end)
            case _:
                pass
    return tuple(found)


def merge(old: bytes, lines: tuple[bytes, ...]) -> bytes:
    """*old* with exactly *lines*, whole sections in UCI's words, as ours; every byte of others is kept.

    Ours are put at the end, each after an empty line. ``merge(merge(old, lines), ()) == old`` when *old* has
    no section of ours and is empty or ends with a line end, as libuci writes it.
    """
    foreign = old
    for section in reversed(sections(old)):
        if section.ours:
            before, after = foreign[: section.begin], foreign[section.end :]
            # The empty line that was put before it.
            foreign = (before[:-1] if before == b"\n" or before.endswith(b"\n\n") else before) + after
    if lines and foreign and not foreign.endswith(b"\n"):
        foreign += b"\n"
    return b"".join([foreign, *(b"\n" + line for line in lines)])


def sections_of(data: bytes) -> tuple[bytes, ...]:
    """Our sections in *data*, as `merge` takes them."""
    return tuple(data[each.begin : each.end] for each in sections(data) if each.ours)


def _statements(data: bytes) -> list[tuple[int, int, list[bytes]]]:
    """Where the lines of each statement begin and end, and its words."""
    found: list[tuple[int, int, list[bytes]]] = []
    at = 0
    while at < len(data):
        begin = data.rfind(b"\n", 0, at) + 1
        at, words = _statement(data, at)
        end = data.find(b"\n", at - 1) + 1 if at else 0
        if words:
            found.append((begin, end or len(data), words))
    return found


def _statement(data: bytes, at: int) -> tuple[int, list[bytes]]:
    """The words from *at* to the end of the statement, and where the next one begins."""
    words: list[bytes] = []
    while at < len(data):
        char = data[at : at + 1]
        if char in (b"\n", b";"):
            return at + 1, words
        if char == b"#":
            at = _end_of_line(data, at)
        elif char in _BLANK:
            at += 1
        else:
            at, word = _word(data, at)
            words.append(word)
    return at, words


def _word(data: bytes, at: int) -> tuple[int, bytes]:
    """The word that begins at *at*, and where it ends."""
    word = bytearray()
    while at < len(data) and (char := data[at : at + 1]) not in b"\n;#" + _BLANK:
        if char == b"'":
            end = data.find(b"'", at + 1)
            end = len(data) if end < 0 else end
            word += data[at + 1 : end]
            at = end + 1
        elif char == b'"':
            at = _double_quoted(data, at + 1, word)
        elif char == b"\\":
            # A backslash at the end of a line joins it with the next one.
            word += data[at + 1 : at + 2].replace(b"\n", b"")
            at += 2
        else:
            word += char
            at += 1
    return at, bytes(word)


def _double_quoted(data: bytes, at: int, word: bytearray) -> int:
    while at < len(data) and (char := data[at : at + 1]) != b'"':
        if char == b"\\":
            at += 1
            char = data[at : at + 1].replace(b"\n", b"")
        word += char
        at += 1
    return at + 1


def _end_of_line(data: bytes, at: int) -> int:
    found = data.find(b"\n", at)
    return len(data) if found < 0 else found
