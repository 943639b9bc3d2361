"""Values of GLib key files, as NetworkManager's keyfiles are (GLib's GKeyFile; nm-settings-keyfile(5)).

A value is the rest of its line. GLib knows the escapes ``\\s \\t \\n \\r \\\\`` and no quotes.
"""

import re

from pptpsetup.grammar.safe import Safe, refuse

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def value(text: str) -> Safe:
    """*text* so that ``g_key_file_get_string`` gives it back.

    Raises SpecError ``unquotable-keyfile``: a NUL character, or text that is no Unicode.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise refuse("unquotable-keyfile", "a value is not valid Unicode text") from error
    if "\0" in text:
        raise refuse("unquotable-keyfile", "a value contains a NUL character", why="GLib reads C strings")
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
