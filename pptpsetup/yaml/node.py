"""YAML as values with positions: what validation reads, and what an editor needs to splice text.

A node knows where it stands (:class:`~pptpsetup.errors.Where`) and which characters of the text it covers.
The same types carry values that came from the command line; their place is then the option's name.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pptpengine.record import dataclass
from pptpsetup.errors import Diagnostic, SpecError, Where

Tag = Literal["str", "int", "float", "bool", "null"]

_NULLS = frozenset(("~", "null", "Null", "NULL", ""))
_BOOLS = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))
_NUMBERS_BEGIN = frozenset("+-.0123456789")
_INT = re.compile(r"(?:[-+]?[0-9][0-9_]*|0o[0-7_]+|0x[0-9a-fA-F_]+|0b[01_]+)\Z")
_FLOAT = re.compile(
    r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z"
    r"|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+\Z|[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z"
)


@dataclass(frozen=True, slots=True)
class Span:
    """The characters ``start`` (inclusive) to ``end`` (exclusive) of the text."""

    start: int
    end: int


NOWHERE = Span(0, 0)
"The span of a value that stands in no file."


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text, with the type YAML 1.2's core schema gives it."""

    text: str
    tag: Tag
    where: Where | None
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A list."""

    items: tuple["Node", ...]
    where: Where | None
    span: Span = NOWHERE
    flow: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value."""

    key: Scalar
    value: "Node"


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Keys with values; keys are strings, each once."""

    entries: tuple[Entry, ...]
    where: Where | None
    span: Span = NOWHERE
    flow: bool = True

    def find(self, key: str) -> Entry | None:
        """The entry with that key, or None."""
        return next((entry for entry in self.entries if entry.key.text == key), None)


Node = Scalar | SequenceNode | MappingNode


def plain_tag(text: str) -> Tag:
    """The type of an unquoted scalar in YAML 1.2's core schema (10.3.2); ``1_000`` is an integer, too."""
    if text in _NULLS:
        return "null"
    if text in _BOOLS:
        return "bool"
    if text[0] not in _NUMBERS_BEGIN:
        return "str"
    if _INT.match(text):
        return "int"
    return "float" if _FLOAT.match(text) else "str"


def integer(scalar: Scalar) -> int:
    """The value of a scalar tagged ``int``; leading zeros are decimal, as in YAML 1.2."""
    digits = scalar.text.replace("_", "")
    for prefix, base in (("0x", 16), ("0o", 8), ("0b", 2)):
        if digits.startswith(prefix):
            return int(digits[2:] or "0", base)
    # CPython refuses to convert more than 4300 digits; no setting here has more than five.
    if len(digits) > 21:
        return -(10**20) if digits.startswith("-") else 10**20
    return int(digits)


def node_of(value: object, where: Where | None = None) -> Node:
    """Plain data (str, int, bool, None, float, lists, string-keyed mappings) as nodes standing at *where*.

    Raises TypeError for anything else.
    """
    if value is None:
        return Scalar("null", "null", where)
    if isinstance(value, bool):
        return Scalar("true" if value else "false", "bool", where)
    if isinstance(value, (int, float)):
        return Scalar(repr(value), "int" if isinstance(value, int) else "float", where)
    if isinstance(value, str):
        return Scalar(value, "str", where)
    if isinstance(value, Mapping):
        return MappingNode(
            tuple(
                Entry(Scalar(str(key), "str", where), node_of(item, where)) for key, item in value.items()
            ),
            where,
        )
    if not isinstance(value, Sequence):
        raise TypeError(f"a {type(value).__name__} is not plain data")
    return SequenceNode(tuple(node_of(item, where) for item in value), where)


def kind_in_words(node: Node) -> str:
    """What a node is, for messages: "a list", "a number"; never its text, which may be a secret."""
    if isinstance(node, SequenceNode):
        return "a list"
    if isinstance(node, MappingNode):
        return "a mapping"
    words = {
        "str": "text",
        "int": "a number",
        "float": "a number",
        "bool": "true or false",
        "null": "nothing",
    }
    return words[node.tag]


def invalid(
    node: Node, code: str, message: str, *, why: str | None = None, hint: str | None = None
) -> SpecError:
    """An error at the place of *node*."""
    return SpecError(Diagnostic(code, message, node.where, why, hint))
