"""Files of OpenWrt's uci, read with the places of what stands in them.

A uci file has lines of words: ``config TYPE NAME``, ``option KEY VALUE``, ``list KEY VALUE``. Words are
quoted as in sh: single quotes take everything, double quotes and bare words know the backslash.
"""

from collections.abc import Iterator

from pptpengine.record import dataclass, field
from pptpsetup.errors import Where
from pptpsetup.spec.importer.finding import Places


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it stands."""

    value: str
    where: Where


@dataclass(slots=True)
class Section:
    """A ``config`` with its options; of an option given twice, the last one counts."""

    kind: str
    name: str
    where: Where
    span: tuple[int, int]
    "Its lines, from the first one's beginning to the last one's end."
    options: dict[str, Setting] = field(default_factory=dict)
    lists: dict[str, list[Setting]] = field(default_factory=dict)


class UciError(ValueError):
    """A line that uci would refuse."""

    def __init__(self, where: Where, reason: str) -> None:
        super().__init__(reason)
        self.where = where
        self.reason = reason


def sections(path: str, data: bytes) -> list[Section]:
    """The sections of a uci file.

    Raises UciError.
    """
    found: list[Section] = []
    places = Places(path, data)
    for words, start, end in _lines(data, places):
        where = places(start)
        head, *rest = words
        if head == "package" and len(rest) == 1:
            continue
        if head == "config" and len(rest) in {1, 2}:
            span = (_line_start(data, start), end)
            found.append(Section(rest[0], rest[1] if len(rest) == 2 else "", where, span))
        elif head in {"option", "list"} and len(rest) == 2 and found:
            setting = Setting(rest[1], where)
            found[-1].span = (found[-1].span[0], end)
            if head == "option":
                found[-1].options[rest[0]] = setting
            else:
                found[-1].lists.setdefault(rest[0], []).append(setting)
        else:
            raise UciError(where, "the line is none of config, option and list with its words")
    return found


def _lines(data: bytes, places: Places) -> Iterator[tuple[list[str], int, int]]:
    """The words of each line that has any, with its beginning and end; quotes may go over line ends."""
    words: list[str] = []
    start = position = 0
    while position < len(data):
        byte = data[position : position + 1]
        if byte in {b"\n", b";"}:
            position += 1
            if words:
                yield words, start, position
            words = []
        elif byte in {b" ", b"\t", b"\r", b"\v", b"\f"}:
            position += 1
        elif byte == b"#":
            position = _line_end(data, position)
        else:
            start = start if words else position
            word, position = _word(data, position, places)
            words.append(word.decode("utf-8", "backslashreplace"))
    if words:
        yield words, start, position


def _line_start(data: bytes, position: int) -> int:
    """Where the line of *position* begins, if nothing but blanks stands there before it."""
    start = data.rfind(b"\n", 0, position) + 1
    return position if data[start:position].strip() else start


def _line_end(data: bytes, position: int) -> int:
    end = data.find(b"\n", position)
    return len(data) if end < 0 else end


def _word(data: bytes, position: int, places: Places) -> tuple[bytes, int]:
    value = bytearray()
    while position < len(data) and data[position] not in b" \t\r\v\f\n;":
        byte = data[position]
        if byte in b"'\"":
            position = _quoted(data, position, value, places)
        elif byte == 0x5C:
            value += data[position + 1 : position + 2]
            position += 2
        else:
            value.append(byte)
            position += 1
    return bytes(value), position


def _quoted(data: bytes, opening: int, value: bytearray, places: Places) -> int:
    """Append what stands in the quotes that open at *opening*; the position after them."""
    quote, position = data[opening], opening + 1
    while position < len(data):
        byte = data[position]
        if byte == quote:
            return position + 1
        if byte == 0x5C and quote == 0x22:
            position += 1
            value += data[position : position + 1]
        else:
            value.append(byte)
        position += 1
    raise UciError(places(opening), "a quote is not closed")
