"""Shell files that only assign plain text, such as Gentoo's conf.d/net, read without running them.

Functions are passed over: what stands in them happens when somebody calls them.
"""

import re
from typing import Final

from pptpengine.record import dataclass, field

_ASSIGNMENT: Final = re.compile(rb"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<more>\+)?=(?P<array>\()?")
_FUNCTION: Final = re.compile(rb"(?:function[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*\(\)\s*\{")
_END: Final = re.compile(rb"^\}[ \t\r]*;?[ \t\r]*(?:#[^\n]*)?$", re.MULTILINE)
"The brace that ends a function stands alone, unless the function is one line."
_SPACE: Final = re.compile(rb"(?:[ \t\r]|\\\n)*")
_SKIPPED: Final = re.compile(rb"(?:[ \t\r\n;]|\\\n|#[^\n]*)*")
_PLAIN: Final = re.compile(rb"[A-Za-z0-9_./:,@%+=-]+")
_ESCAPED: Final = b'$`"\\'
"What a backslash in double quotes escapes, besides a line end."


@dataclass(frozen=True, slots=True)
class Variable:
    """An assignment: one value, or the values of an array."""

    values: tuple[bytes, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function, unread."""

    body: bytes
    start: int


@dataclass(slots=True)
class Assignments:
    """What a file sets."""

    variables: dict[str, Variable] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)


class DynamicError(ValueError):
    """Something that only a shell could tell."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason


def assignments(data: bytes) -> Assignments:
    """The variables that *data* sets, of several assignments the last, and its functions.

    Raises DynamicError.
    """
    found = Assignments()
    position = 0
    while (position := _skip(data, position)) < len(data):
        function = _FUNCTION.match(data, position)
        if function is not None:
            end = _function_end(data, function)
            found.functions[function["name"].decode()] = Function(data[function.end() : end], position)
        else:
            end = _assignment(found.variables, data, position)
        rest = _SPACE.match(data, end)
        end = rest.end() if rest else end
        if data[end : end + 1] not in {b"", b"\n", b";", b"#"}:
            raise DynamicError(end, "something follows the assignment in its line")
        position = end
    return found


def _function_end(data: bytes, head: "re.Match[bytes]") -> int:
    """The position after the brace that ends the function with *head*."""
    line_end = data.find(b"\n", head.end())
    line = data[head.end() : line_end if line_end >= 0 else len(data)]
    if line.rstrip().endswith(b"}") and line.count(b"}") == line.count(b"{") + 1:
        return head.end() + line.rindex(b"}") + 1
    end = _END.search(data, head.end())
    if end is None:
        raise DynamicError(head.start(), "the end of a function is not seen")
    return end.end()


def _assignment(variables: dict[str, Variable], data: bytes, position: int) -> int:
    match = _ASSIGNMENT.match(data, position)
    if match is None:
        raise DynamicError(position, "it is more than assignments, functions and comments")
    values, end = _array(data, match.end()) if match["array"] else _single(data, match.end())
    name = match["name"].decode()
    before = variables.get(name)
    if match["more"] and before is not None:
        first, *rest = before.values or (b"",)
        values = (*before.values, *values) if match["array"] else (first + values[0], *rest)
    variables[name] = Variable(values, position)
    return end


def _skip(data: bytes, position: int) -> int:
    """The position of the next thing that is neither blank nor comment."""
    match = _SKIPPED.match(data, position)
    return match.end() if match else position


def _single(data: bytes, position: int) -> tuple[tuple[bytes, ...], int]:
    value, end = _word(data, position)
    return (value,), end


def _array(data: bytes, position: int) -> tuple[tuple[bytes, ...], int]:
    values: list[bytes] = []
    while True:
        position = _skip(data, position)
        if position >= len(data):
            raise DynamicError(len(data), "an array is not closed")
        if data[position : position + 1] == b")":
            return tuple(values), position + 1
        value, end = _word(data, position)
        if end == position:
            raise DynamicError(position, "it is more than plain text")
        values.append(value)
        position = end


def _word(data: bytes, position: int) -> tuple[bytes, int]:
    """The plain text that begins at *position*, quotes taken off; empty where none is."""
    value = bytearray()
    while position < len(data) and data[position] not in b" \t\r\n;#)":
        quote = data[position : position + 1]
        if quote == b"'":
            end = data.find(quote, position + 1)
            if end < 0:
                raise DynamicError(position, "a quote is not closed")
            value += data[position + 1 : end]
            position = end + 1
        elif quote == b'"':
            position = _quoted(data, position, value)
        else:
            plain = _PLAIN.match(data, position)
            if plain is None:
                raise DynamicError(position, "it is text that the shell would change")
            value += plain.group()
            position = plain.end()
    return bytes(value), position


def _quoted(data: bytes, opening: int, value: bytearray) -> int:
    """Append what the double quotes that open at *opening* hold; the position after them."""
    position = opening + 1
    while position < len(data):
        byte = data[position : position + 1]
        if byte == b'"':
            return position + 1
        if byte in {b"$", b"`"}:
            raise DynamicError(opening, "it is text that the shell would change")
        following = data[position + 1 : position + 2]
        if byte == b"\\" and following == b"\n":
            position += 2
        elif byte == b"\\" and following and following in _ESCAPED:
            value += following
            position += 2
        else:
            value += byte
            position += 1
    raise DynamicError(opening, "a quote is not closed")
