"""JSON (RFC 8259) for reports and statistics, as ``json`` writes it with an indent of one, or on one line.

``json`` loads ``re`` and ``enum``: 5 ms before each call that is reported on, and 1 MiB while it lasts.
"""

_ESCAPES = {number: f"\\u{number:04x}" for number in range(32)} | {
    ord(plain): f"\\{letter}" for plain, letter in zip('"\\\b\f\n\r\t', '"\\bfnrt', strict=True)
}


def encode(value: object, indent: str = "\n") -> str:
    """*value* as text: a dict with text as keys, a list, a str, a finite number, a bool or None, and what is
    in it. Raises TypeError for anything else.

    *indent*: what begins a line; if empty, there are no lines.
    """
    inner = _inner(indent)
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return f'"{value.translate(_ESCAPES)}"'
        case dict():
            members = [f"{encode(name)}: {encode(each, inner)}" for name, each in value.items()]
            return _enclosed("{", members, "}", indent)
        case list():
            return _enclosed("[", [encode(each, inner) for each in value], "]", indent)
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")


def _enclosed(opening: str, parts: list[str], closing: str, indent: str) -> str:
    inner = _inner(indent)
    comma = f",{inner or ' '}"
    return f"{opening}{inner}{comma.join(parts)}{indent}{closing}" if parts else opening + closing


def _inner(indent: str) -> str:
    return indent and indent + " "
