"""GLib key files, as NetworkManager's keyfiles are (GLib's GKeyFile; nm-settings-keyfile(5)).

A value is the rest of its line, from its first byte that is no blank on. GLib knows the escapes
``\\s \\t \\n \\r \\\\`` and no quotes.
"""

import re

from pptpengine.record import dataclass
from pptpsetup.grammar.safe import Safe, refuse

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def value(text: str) -> Safe:
    """*text* so that ``g_key_file_get_string`` gives it back.

    Raises SpecError ``unquotable-keyfile``: a NUL character, a form feed at the start, or text that is no
    Unicode.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise refuse("unquotable-keyfile", "a value is not valid Unicode text") from error
    if "\0" in text:
        raise refuse("unquotable-keyfile", "a value contains a NUL character", why="GLib reads C strings")
    if text.startswith("\f"):
        why = "GLib skips it at the start of a value and has no escape for it"
        raise refuse("unquotable-keyfile", "a value begins with a form feed", why=why)
    # Blanks at either end would be taken for decoration of the line.
    body = text.strip(" ")
    if not body:
        return Safe("\\s" * len(text))
    before, _, after = text.partition(body)
    middle = "".join(_ESCAPES.get(each, each) for each in body)
    return Safe("\\s" * len(before) + middle + "\\s" * len(after))


def file_name(tunnel: str) -> Safe:
    """The keyfile of *tunnel*: NetworkManager reads ``*.nmconnection``, except hidden files and backups.

    Raises SpecError ``unquotable-keyfile``.
    """
    if not _FILE_NAME.fullmatch(tunnel):
        raise refuse("unquotable-keyfile", f"{tunnel!r} cannot be the name of a keyfile")
    return Safe(f"{tunnel}.nmconnection")


class KeyFileError(ValueError):
    """GLib refuses the whole file."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Value:
    """What stands behind a key."""

    text: str | None
    "As ``g_key_file_get_string`` gives it; None when it has an escape that GLib does not know, or no UTF-8."
    line: int


_UNESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_BLANKS = b" \t\n\f\r"
"What g_ascii_isspace() takes for blank: no vertical tab."


def read(data: bytes) -> dict[str, dict[str, Value]]:
    """The groups of a key file and their keys; of a key given twice, the last one. Translations of values,
    ``key[de]``, are left out.

    Raises KeyFileError where GLib refuses the file (``g_key_file_load_from_data`` in gkeyfile.c).
    """
    if b"\0" in data:
        raise KeyFileError(data[: data.index(b"\0")].count(b"\n") + 1, "it contains a NUL byte")
    groups: dict[str, dict[str, Value]] = {}
    group: dict[str, Value] | None = None
    for number, raw in enumerate(data.split(b"\n"), 1):
        line = raw.removesuffix(b"\r").lstrip(_BLANKS)
        if not line or line.startswith(b"#"):
            continue
        header = re.fullmatch(rb"\[([^\]]*)\][ \t]*", line)
        if header is not None:
            group = groups.setdefault(_group_name(header[1], number), {})
            continue
        key, equals, value_bytes = line.partition(b"=")
        if not equals or not key:
            raise KeyFileError(number, "the line is neither a group nor key=value")
        if group is None:
            raise KeyFileError(number, "the first line must be a group")
        name = _key_name(key.rstrip(_BLANKS), number)
        if name.endswith("]"):
            continue
        group[name] = Value(_unescaped(value_bytes.lstrip(_BLANKS)), number)
    return groups


def _group_name(name: bytes, line: int) -> str:
    if not name or b"[" in name or any(byte < 0x20 or byte == 0x7F for byte in name):
        raise KeyFileError(line, "the group has no proper name")
    return name.decode("utf-8", "surrogateescape")


def _key_name(name: bytes, line: int) -> str:
    if not re.fullmatch(rb"[^=\[\]]+(?:\[[^=\[\]]*\])?", name):
        raise KeyFileError(line, "the key has no proper name")
    return name.decode("utf-8", "surrogateescape")


def _unescaped(value_bytes: bytes) -> str | None:
    try:
        text = value_bytes.decode()
    except UnicodeDecodeError:
        return None
    if not re.fullmatch(r"(?:[^\\]|\\[sntr\\])*", text, re.DOTALL):
        return None
    return re.sub(r"\\(.)", lambda each: _UNESCAPES[each[1]], text)
