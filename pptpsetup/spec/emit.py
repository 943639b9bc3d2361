"""Plain data as YAML text that every YAML 1.1 and 1.2 reader reads back the same."""

import re
from collections.abc import Mapping

from pptpsetup.yaml.node import plain_tag

# Not plain although YAML 1.2 would take them for text: YAML 1.1's booleans, dates and base-60 numbers.
_YAML_1_1 = re.compile(r"(?:y|n|yes|no|on|off)\Z|[-+]?[0-9][-+0-9_:eE]*(?:\.[0-9_:]*)?\Z", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9_/.][A-Za-z0-9_/.@+-]*\Z")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def text(value: str) -> str:
    """A string, unquoted where nobody could take it for something else."""
    if _PLAIN.match(value) and plain_tag(value) == "str" and not _YAML_1_1.match(value):
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def flow(value: object) -> str:
    """Plain data on one line.

    Raises TypeError for anything that is not plain data.
    """
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    raise TypeError(f"a {type(value).__name__} is not plain data")


def block(key: str, value: object, indent: int, levels: int, newline: str) -> str:
    """``key: value`` as whole lines; mappings are opened into lines down to *levels* below the key."""
    start = " " * indent + text(key) + ":"
    if isinstance(value, Mapping) and value and levels:
        inner = (block(str(each), item, indent + 2, levels - 1, newline) for each, item in value.items())
        return start + newline + "".join(inner)
    return f"{start} {flow(value)}{newline}"
