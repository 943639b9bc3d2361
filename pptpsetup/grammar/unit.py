"""Values of systemd unit files: systemd.syntax(7), systemd.unit(5), systemd.service(5)."""

import re
from collections.abc import Sequence

from pptpsetup.grammar.safe import Safe, refuse

_INSTANCE = re.compile(r"[A-Za-z0-9:_.-]+")
_UNIT_NAME_LIMIT = 255
_SHORT = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}


def value(text: str) -> Safe:
    """*text* for a setting that is not split into words, such as ``Description=``; ``%`` is doubled.

    Raises SpecError ``unquotable-unit`` for what such a value has no escape for: control characters, blanks
    at either end, a backslash at the end (joins the next line).
    """
    _encodable(text)
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in text):
        raise refuse("unquotable-unit", "a unit setting contains a control character or line break")
    if text != text.strip() or text.endswith("\\"):
        raise refuse(
            "unquotable-unit", "a unit setting begins or ends with a blank or ends with a backslash"
        )
    return Safe(text.replace("%", "%%"))


def word(text: str) -> Safe:
    """*text* as one double-quoted word of a setting that is split into words, such as ``Environment=``.

    Raises SpecError ``unquotable-unit``: a NUL byte or a lone surrogate.
    """
    _encodable(text)
    if "\0" in text:
        raise refuse("unquotable-unit", "a unit word contains a NUL byte", why="arguments are C strings")
    return Safe('"' + "".join(map(_escaped, text)) + '"')


def exec_word(text: str) -> Safe:
    """As :func:`word`, for an argument of ``ExecStart=`` and the like, where ``$`` is doubled as well.

    Raises SpecError ``unquotable-unit``.
    """
    return Safe(word(text).replace("$", "$$"))


def exec_line(argv: Sequence[str]) -> Safe:
    """A command line for ``ExecStart=`` and the like.

    The program must be an absolute path: then none of the prefixes ``@ - : + ! |`` can be meant, and systemd
    versions do not differ in what they expand in it.

    Raises SpecError ``unquotable-unit``.
    """
    if not argv or not re.fullmatch(r"/[A-Za-z0-9_./+-]+", argv[0]):
        raise refuse("unquotable-unit", "the program of a unit must be an absolute path of plain characters")
    return Safe(" ".join([argv[0], *(exec_word(each) for each in argv[1:])]))


def instance(name: str, template: str = "pptp@.service") -> Safe:
    """*name* as the instance of *template*, spelled so that ``%i`` gives it back unchanged.

    Raises SpecError ``unquotable-unit`` for names that ``systemd-escape`` would change or that make the
    unit's name longer than 255 bytes. (``%I`` turns ``-`` into ``/`` and is not for names.)
    """
    if not _INSTANCE.fullmatch(name):
        raise refuse("unquotable-unit", f"{name!r} cannot be the instance of a systemd unit as it stands")
    if len(template) + len(name) > _UNIT_NAME_LIMIT:
        raise refuse(
            "unquotable-unit", f"the unit name for {name!r} is longer than {_UNIT_NAME_LIMIT} bytes"
        )
    return Safe(name)


def _encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise refuse("unquotable-unit", "a value is not valid Unicode text") from error


def _escaped(char: str) -> str:
    if char in '\\"':
        return "\\" + char
    if char == "%":
        return "%%"
    if ord(char) < 0x20 or ord(char) == 0x7F:
        return _SHORT.get(char, f"\\x{ord(char):02x}")
    return char
