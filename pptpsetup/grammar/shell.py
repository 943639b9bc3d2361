"""Words of a POSIX shell script (XCU 2.2.2: everything between single quotes is literal)."""

from collections.abc import Sequence

from pptpsetup.grammar.safe import Safe, refuse


def quote(value: str) -> Safe:
    """*value* as one single-quoted word; a line break stays inside it.

    Raises SpecError ``unquotable-sh``: a NUL byte (arguments and variables are C strings) or a lone
    surrogate.
    """
    if "\0" in value:
        raise refuse("unquotable-sh", "a value contains a NUL byte", why="a shell's words are C strings")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise refuse("unquotable-sh", "a value is not valid Unicode text") from error
    return Safe("'" + value.replace("'", "'\\''") + "'")


def quote_line(value: str) -> Safe:
    """As :func:`quote`, for places that are one line: refuses control characters, line breaks among them.

    Raises SpecError ``unquotable-sh``.
    """
    _one_line(value)
    return quote(value)


def join(argv: Sequence[str]) -> Safe:
    """A command line of one line that ``sh -c`` splits into exactly *argv*.

    Raises SpecError ``unquotable-sh``: see :func:`quote_line`; also an empty *argv*.
    """
    if not argv:
        raise refuse("unquotable-sh", "a command has no program")
    return Safe(" ".join(quote_line(word) for word in argv))


def variable(name: str) -> Safe:
    """*name* as the name of a variable (XBD 3.216), which nothing can quote.

    Raises SpecError ``unquotable-sh``.
    """
    if not (name.isascii() and name.isidentifier()):
        raise refuse("unquotable-sh", f"{name!r} cannot be the name of a shell variable")
    return Safe(name)


def comment(text: str) -> Safe:
    """*text* for the rest of a line after ``#``: one printable line that does not end in a backslash.

    Good for every file with ``#`` comments: sh, pppd, systemd, ifupdown.

    Raises SpecError ``unquotable-sh``.
    """
    _one_line(text)
    if text.endswith("\\"):
        raise refuse(
            "unquotable-sh", "a comment ends in a backslash", why="some readers join it with the next line"
        )
    quote(text)
    return Safe(text)


def _one_line(value: str) -> None:
    if value.isprintable():
        return
    if any(not char.isprintable() and ord(char) < 0xA0 for char in value) or not {
        "\u2028",
        "\u2029",
    }.isdisjoint(value):
        raise refuse("unquotable-sh", "a value contains a control character or line break")
