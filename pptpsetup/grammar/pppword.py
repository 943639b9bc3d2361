r"""Words of pppd's option and secrets files: writing them and reading them as pppd does.

The reader follows ``getword()`` in pppd/options.c (the same code in 2.4.7 to 2.5.4). Words end at white
space or ``#`` outside quotes; both kinds of quotes allow backslash escapes; options have no line structure,
so an unquoted blank in a value starts the next *option*. The writer uses one form that is always exact:
double quotes, ``\\`` and ``\"``, and three octal digits for everything that is not printable.
"""

import re
from collections.abc import Iterable, Iterator

from pptpengine.record import dataclass
from pptpsetup.grammar.safe import Safe, refuse

WORD_LIMIT = 1023
"Bytes of a word that pppd keeps (MAXWORDLEN less the final NUL); it cuts longer ones, with a warning."
NAME_LIMIT = 255
"Bytes of ``name``, ``user`` and ``remotename`` (MAXNAMELEN less the final NUL); longer ones are cut."

_SPACE = frozenset(b" \t\n\v\f\r")
_QUOTES = frozenset(b"\"'")
_ESCAPES = {ord(letter): value for letter, value in zip("abfnrst", b"\a\b\f\n\r \t", strict=True)}
_BACKSLASH, _NEWLINE, _HASH = b"\\\n#"
_ESCAPED = re.compile(r'[\x00-\x1f"\\\x7f]')
_ESCAPED_BYTE = re.compile(r'[^ -~]|["\\]')
_BARE = r"[A-Za-z0-9_./:,+@%=-]+"


def quote(value: str | bytes) -> Safe:
    r"""*value* as one double-quoted word.

    Text is written as UTF-8; bytes above 0x7f of a ``bytes`` value become octal escapes, so the result is
    ASCII.

    Raises SpecError ``unquotable-ppp``: a NUL byte, a lone surrogate, more than 1023 bytes.
    """
    return _quoted(value, WORD_LIMIT, "a word of a pppd file")


def quote_name(value: str | bytes) -> Safe:
    """As :func:`quote`, for ``name``, ``user`` and ``remotename``: 1 to 255 bytes.

    Raises SpecError ``unquotable-ppp``.
    """
    if not value:
        raise refuse("unquotable-ppp", "a name is empty", why="pppd takes an empty name for none at all")
    return _quoted(value, NAME_LIMIT, "a name")


def join(values: Iterable[str]) -> Safe:
    """*values* as words of one line; what needs no quotes goes without.

    Raises SpecError ``unquotable-ppp``.
    """
    return Safe(" ".join(each if re.fullmatch(_BARE, each) else quote(each) for each in values))


def _quoted(value: str | bytes, limit: int, what: str) -> Safe:
    data = value if isinstance(value, bytes) else _utf8(value)
    if b"\0" in data:
        raise refuse("unquotable-ppp", f"{what} contains a NUL byte", why="pppd keeps words as C strings")
    if len(data) > limit:
        raise refuse(
            "unquotable-ppp",
            f"{what} is {len(data)} bytes long; pppd keeps {limit}",
            why="pppd cuts longer ones and goes on with the rest",
        )
    if isinstance(value, bytes):
        return Safe(f'"{_ESCAPED_BYTE.sub(_escape, data.decode("latin-1"))}"')
    return Safe(f'"{_ESCAPED.sub(_escape, value)}"')


def _utf8(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError as error:
        raise refuse("unquotable-ppp", "a value is not valid Unicode text") from error


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    return f"\\{char}" if char in '\\"' else f"\\{ord(char):03o}"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a file as pppd sees it."""

    value: bytes
    "Unquoted, cut where pppd cuts it: at 1023 bytes and at an escaped NUL."
    newline: bool
    "A line end that counts stands between the word before (or the start of the file) and this one."
    start: int
    "Offset of its first byte in the file, quotes and escapes included."
    end: int
    "Offset after its last byte."
    unterminated: bool = False
    "A quote was still open at the end of the file."
    too_long: bool = False


def words(data: bytes) -> Iterator[Word]:
    """All words of *data*, exactly as pppd's ``getword()`` delivers them one by one."""
    position = 0
    while True:
        start, newline = _word_start(data, position)
        word = _scan(data, start, newline=newline)
        if word is None:
            return
        yield word
        position = word.end


def _word_start(data: bytes, position: int) -> tuple[int, bool]:
    newline = comment = False
    while position < len(data):
        byte = data[position]
        if byte == _NEWLINE:
            newline, comment = True, False
        elif comment:
            pass
        elif byte == _BACKSLASH:
            # Backslash-newline is nothing; any other escape begins a word.
            if data[position + 1 : position + 2] != b"\n":
                return position, newline
            position += 1
        elif byte == _HASH:
            comment = True
        elif byte not in _SPACE:
            return position, newline
        position += 1
    return position, newline


def _scan(data: bytes, start: int, *, newline: bool) -> Word | None:
    """The word that begins at *start*, or None when the file ends before it has a byte."""
    value = bytearray()
    quoted = 0
    position = start
    while position < len(data):
        byte = data[position]
        if byte == _BACKSLASH:
            position = _unescape(data, position + 1, value)
            continue
        if quoted and byte != quoted:
            value.append(byte)
        elif quoted:
            quoted = 0
        elif byte in _QUOTES:
            quoted = byte
        elif byte in _SPACE or byte == _HASH:
            break
        else:
            value.append(byte)
        position += 1
    if position == len(data) and not value:
        return None
    return Word(
        value=bytes(value[:WORD_LIMIT]).partition(b"\0")[0],
        newline=newline,
        start=start,
        end=position,
        unterminated=bool(quoted),
        too_long=len(value) > WORD_LIMIT,
    )


def _unescape(data: bytes, position: int, value: bytearray) -> int:
    """Append what the escape whose letter stands at *position* means; return the offset after it."""
    letter = data[position : position + 1]
    if not letter or letter == b"\n":
        return position + len(letter)
    if letter in b"01234567":
        digits = _digits(data, position, b"01234567", 3)
        value.append(int(digits, 8) & 0xFF)
        return position + len(digits)
    if letter == b"x":
        digits = _digits(data, position + 1, b"0123456789abcdefABCDEF", 2)
        value.append(int(digits or b"0", 16))
        return position + 1 + len(digits)
    value.append(_ESCAPES.get(letter[0], letter[0]))
    return position + 1


def _digits(data: bytes, position: int, alphabet: bytes, most: int) -> bytes:
    end = position
    while end < min(len(data), position + most) and data[end] in alphabet:
        end += 1
    return data[position:end]
