"""The types settings have: how each is read, written, described and put into JSON Schema.

``read`` takes a node and gives the value that a :class:`~pptpsetup.spec.model.Tunnel` holds, or raises
SpecError with every problem it found, each at its own place. ``plain`` is its inverse: the data one writes
into YAML.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import ClassVar, Generic, Protocol, TypeVar

from pptpengine.record import dataclass, field
from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.spec.names import shown
from pptpsetup.spec.values import placed, suggestion, text_of
from pptpsetup.yaml.node import (
    MappingNode,
    Node,
    Scalar,
    SequenceNode,
    integer,
    invalid,
    kind_in_words,
    plain_tag,
)


class Kind(Protocol):
    """A setting's type."""

    @property
    def words(self) -> str:
        """What may be written, for people: ``host name or IPv4 address``."""

    @property
    def many(self) -> bool:
        """The value is a list; the command line's option may be repeated."""

    def read(self, node: Node) -> object:
        """The value, or SpecError with all problems."""

    def plain(self, value: object) -> object:
        """The value as plain data for YAML."""

    def schema(self) -> dict[str, object]:
        """JSON Schema (draft 2020-12) of what may be written."""

    def from_option(self, text: str, where: Where) -> Node:
        """An option's argument as a node."""


class TextOption:
    """What kinds share whose option takes its argument as it is."""

    many: bool = False

    def from_option(self, text: str, where: Where) -> Node:
        return Scalar(text, "str", where)


@dataclass(frozen=True)
class Text(TextOption):
    """Text with a check of its own."""

    what: str
    words: str
    example: str
    check: Callable[[str], str]
    pattern: str | None = None

    def read(self, node: Node) -> str:
        return placed(node, self.check, text_of(node, f"the {self.what}", self.example))

    def plain(self, value: object) -> object:
        return value

    def schema(self) -> dict[str, object]:
        schema: dict[str, object] = {"type": "string", "minLength": 1}
        if self.pattern is not None:
            # Visual Studio Code and others show this instead of the pattern.
            message = f"This cannot be the {self.what}; write {self.words}, such as {self.example}."
            schema |= {"pattern": self.pattern, "patternErrorMessage": message}
        return schema


E = TypeVar("E", bound=Enum)


@dataclass(frozen=True)
class Choice(TextOption, Generic[E]):
    """One of an enumeration's values."""

    what: str
    enum: type[E]
    later: Mapping[str, str] = field(default_factory=dict)
    "Values that a later version is going to have, and what holds until then."

    @property
    def words(self) -> str:
        return ", ".join(self.choices)

    @property
    def choices(self) -> tuple[str, ...]:
        return tuple(str(each.value) for each in self.enum)

    def read(self, node: Node) -> E:
        text = text_of(node, f"the {self.what}", self.choices[0])
        if text in self.choices:
            return self.enum(text)
        if text in self.later:
            message, hint = f"{self.what} {text} is not there yet", f"choose one of {self.words}"
            raise invalid(node, "not-there-yet", message, why=self.later[text], hint=hint)
        close = suggestion(text, self.choices)
        hint = f"did you mean {close}?" if close else f"choose one of {self.words}"
        why = None if close is None else f"the choices are {self.words}"
        raise invalid(node, "unknown-choice", f"there is no {self.what} {shown(text)}", why=why, hint=hint)

    def plain(self, value: object) -> object:
        return value.value if isinstance(value, Enum) else value

    def schema(self) -> dict[str, object]:
        return {"enum": list(self.choices)}


@dataclass(frozen=True)
class Boolean(TextOption):
    """true or false."""

    what: str
    words: str = "true or false"

    def read(self, node: Node) -> bool:
        if isinstance(node, Scalar) and node.tag == "bool":
            return node.text.lower() == "true"
        hint = "write true or false"
        if isinstance(node, Scalar) and node.tag != "null":
            yes, no = {"yes", "on", "y", "1", "true"}, {"no", "off", "n", "0", "false"}
            text = node.text.lower()
            hint = "write true" if text in yes else "write false" if text in no else hint
            quoted = "this in quotes" if text in {"true", "false"} else shown(node.text)
            why = f"YAML reads {quoted} as {kind_in_words(node)}"
            raise invalid(node, "wrong-type", f"{self.what} must be true or false", why=why, hint=hint)
        raise invalid(
            node, "wrong-type", f"{self.what} must be true or false, not {kind_in_words(node)}", hint=hint
        )

    def plain(self, value: object) -> object:
        return value

    def schema(self) -> dict[str, object]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Integer:
    """A whole number within bounds."""

    what: str
    low: int
    high: int
    unit: str | None = None
    why: str | None = None
    many: ClassVar[bool] = False

    @property
    def words(self) -> str:
        return f"{self.low} to {self.high}" + (f" {self.unit}" if self.unit else "")

    def from_option(self, text: str, where: Where) -> Node:
        return Scalar(text, plain_tag(text), where)

    def read(self, node: Node) -> int:
        hint = f"write a number from {self.low} to {self.high}"
        if not (isinstance(node, Scalar) and node.tag == "int"):
            if isinstance(node, Scalar) and node.tag != "null":
                quoted = node.tag == "str" and plain_tag(node.text) == "int"
                why = "in quotes it is text" if quoted else None
                message = f"{self.what} must be a whole number, not {shown(node.text)}"
                raise invalid(node, "wrong-type", message, why=why, hint=hint)
            message = f"{self.what} must be a whole number, not {kind_in_words(node)}"
            raise invalid(node, "wrong-type", message, hint=hint)
        value = integer(node)
        if not self.low <= value <= self.high:
            side = "small" if value < self.low else "large"
            raise invalid(
                node, "out-of-range", f"{self.what} {node.text} is too {side}", why=self.why, hint=hint
            )
        return value

    def plain(self, value: object) -> object:
        return value

    def schema(self) -> dict[str, object]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


_DURATION = r"([0-9]{1,9})(s|m|h)\Z"
_SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Duration:
    """A time span: ``20s``, ``10m``, ``1h`` or a number of seconds; the value is whole seconds."""

    what: str
    low: int
    high: int
    words: str = "a time such as 20s, 10m or 1h; a plain number means seconds"
    many: ClassVar[bool] = False

    def from_option(self, text: str, where: Where) -> Node:
        return Scalar(text, plain_tag(text), where)

    def read(self, node: Node) -> int:
        seconds = self._seconds(node)
        if not self.low <= seconds <= self.high:
            hint = f"write a time from {self.plain(self.low)} to {self.plain(self.high)}"
            side = "short" if seconds < self.low else "long"
            text = node.text if isinstance(node, Scalar) else ""
            raise invalid(node, "out-of-range", f"{self.what} {text} is too {side}", hint=hint)
        return seconds

    def _seconds(self, node: Node) -> int:
        if isinstance(node, Scalar) and node.tag == "int":
            return integer(node)
        if isinstance(node, Scalar) and node.tag == "str" and (match := re.match(_DURATION, node.text)):
            return int(match[1]) * _SECONDS[match[2]]
        found = shown(node.text) if isinstance(node, Scalar) and node.tag != "null" else kind_in_words(node)
        hint = "write seconds, minutes or hours, such as 20s, 10m or 1h"
        raise invalid(node, "wrong-type", f"{self.what} must be a time, not {found}", hint=hint)

    def plain(self, value: object) -> object:
        if not isinstance(value, int) or value == 0:
            return "0s"
        unit = next(each for each in ("h", "m", "s") if value % _SECONDS[each] == 0)
        return f"{value // _SECONDS[unit]}{unit}"

    def schema(self) -> dict[str, object]:
        return {
            "anyOf": [
                {"type": "integer", "minimum": self.low, "maximum": self.high},
                {
                    "type": "string",
                    "pattern": "^[0-9]{1,9}[smh]$",
                    "patternErrorMessage": f"Write {self.words}.",
                },
            ]
        }


@dataclass(frozen=True)
class ListOf:
    """A list without repetitions; a single value may stand without brackets."""

    what: str
    "In the plural: ``routes``."
    words: str
    item: Callable[[Node], object]
    item_schema: Mapping[str, object]
    item_plain: Callable[[object], object] = str
    least: int = 0
    many: ClassVar[bool] = True

    def from_option(self, text: str, where: Where) -> Node:
        return Scalar(text, "str", where)

    def read(self, node: Node) -> tuple[object, ...]:
        if isinstance(node, MappingNode) or (isinstance(node, Scalar) and node.tag == "null"):
            hint = (
                f"write {self.words}, such as [a, b]"
                if isinstance(node, MappingNode)
                else "write [] for none"
            )
            raise invalid(
                node, "wrong-type", f"{self.what} must be a list, not {kind_in_words(node)}", hint=hint
            )
        values: dict[object, Node] = {}
        problems: list[Diagnostic] = []
        for each in node.items if isinstance(node, SequenceNode) else (node,):
            try:
                value = self.item(each)
            except SpecError as error:
                problems.extend(error.diagnostics)
                continue
            if value in values:
                twice = f"{self.item_plain(value)} stands twice in {self.what}"
                problems.append(Diagnostic("repeated", twice, each.where, hint="remove one of them"))
            values[value] = each
        if len(values) < self.least and not problems:
            raise invalid(node, "too-few", f"{self.what} is empty", hint=f"write {self.words}")
        if problems:
            raise SpecError(problems)
        return tuple(values)

    def plain(self, value: object) -> object:
        return [self.item_plain(each) for each in value] if isinstance(value, tuple) else value

    def schema(self) -> dict[str, object]:
        items = dict(self.item_schema)
        array = {"type": "array", "items": items, "uniqueItems": True, "minItems": self.least}
        return {"anyOf": [array, items]}
