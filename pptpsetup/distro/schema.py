"""Nodes (from YAML) into frozen records, with every problem of the document reported at its place.

The records are the schema: a field's type says what is accepted, a field without default is required,
and a key without field is refused. Types used: ``str``, ``bool``, :data:`Path`, :data:`Mode`, enums, nested
records, ``X | None`` and ``tuple[X, ...]`` of them.
"""

import re
from enum import Enum
from types import NoneType, UnionType
from typing import Any, NewType, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from pptpengine.record import defaults, is_record
from pptpsetup.errors import Diagnostic
from pptpsetup.yaml.node import MappingNode, Node, Scalar, SequenceNode, kind_in_words

Path = NewType("Path", str)
"An absolute POSIX path without ``..`` and without a final slash."
Mode = NewType("Mode", int)
"Permission bits: four octal digits in quotes, since YAML 1.2 reads 0640 as the decimal number 640."

_T = TypeVar("_T")
_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._@+-]+)+")
_MODE = re.compile(r"[0-7]{4}")


def build(cls: type[_T], node: Node, problems: list[Diagnostic], keys: tuple[str, ...] = ()) -> _T:
    """*node* as an instance of the record *cls*; unusable when *problems* is not empty afterwards.

    *keys* is what a hint about an unknown key at the top offers, if those are not the fields.
    """
    return cast("_T", _Builder(problems, keys).record(cls, node, ""))


class _Builder:
    def __init__(self, problems: list[Diagnostic], keys: tuple[str, ...]) -> None:
        self._problems = problems
        self._keys = keys

    def record(self, cls: type, node: Node, path: str) -> object:
        if not isinstance(node, MappingNode):
            self._wrong(node, path or "a profile", f"must be a mapping, not {kind_in_words(node)}")
            return None
        before = len(self._problems)
        # Nothing is Annotated here; taking that off takes as long as all else.
        hints = get_type_hints(cls, include_extras=True)
        known = defaults(cls)
        values: dict[str, object] = {}
        for entry in node.entries:
            key, inner = entry.key.text, _joined(path, entry.key.text)
            if key in known:
                values[key] = self._value(hints[key], entry.value, inner)
            else:
                self._unknown(entry.key, inner, tuple(known) if path else self._keys or tuple(known))
        for name, has_default in known.items():
            if name not in values and not has_default:
                self._problem(node, "missing-key", f"{_joined(path, name)} is missing")
        return None if len(self._problems) > before else cls(**values)

    def _value(self, kind: Any, node: Node, path: str) -> object:
        origin = get_origin(kind)
        # A NewType and None are a typing.Union, a class and None a types.UnionType.
        if origin in {UnionType, Union}:
            inner = next(each for each in get_args(kind) if each is not NoneType)
            is_null = isinstance(node, Scalar) and node.tag == "null"
            return None if is_null else self._value(inner, node, path)
        if origin is tuple:
            return self._tuple(get_args(kind)[0], node, path)
        if is_record(kind) and isinstance(kind, type):
            return self.record(kind, node, path)
        if not isinstance(node, Scalar):
            self._wrong(node, path, f"must be one value, not {kind_in_words(node)}")
            return None
        return self._scalar(kind, node, path)

    def _tuple(self, inner: Any, node: Node, path: str) -> tuple[object, ...]:
        if not isinstance(node, SequenceNode):
            self._wrong(node, path, f"must be a list, not {kind_in_words(node)}")
            return ()
        return tuple(self._value(inner, each, f"{path}[{at}]") for at, each in enumerate(node.items))

    def _scalar(self, kind: Any, node: Scalar, path: str) -> object:
        if isinstance(kind, type) and issubclass(kind, Enum):
            known = [str(each.value) for each in kind]
            if node.text in known:
                return kind(node.text)
            self._wrong(node, path, f"must be one of {', '.join(known)}", _did_you_mean(node.text, known))
        elif kind is Path:
            if node.tag == "str" and _PATH.fullmatch(node.text):
                return node.text
            self._wrong(node, path, "must be an absolute path without '..' or final slash")
        elif kind is Mode:
            if node.tag == "str" and _MODE.fullmatch(node.text):
                return int(node.text, 8)
            self._wrong(node, path, 'must be four octal digits in quotes, such as "0640"')
        elif kind is bool:
            if node.tag == "bool":
                return node.text.lower() == "true"
            self._wrong(node, path, "must be true or false")
        elif node.tag == "str" and node.text:
            return node.text
        else:
            self._wrong(node, path, "must be text, not empty; a number goes in quotes")
        return None

    def _unknown(self, key: Scalar, path: str, known: tuple[str, ...]) -> None:
        hint = _did_you_mean(key.text, known) or f"the keys here are {', '.join(known)}"
        self._problem(key, "unknown-key", f"unknown key {path}", hint)

    def _wrong(self, node: Node, path: str, what: str, hint: str | None = None) -> None:
        self._problem(node, "invalid-value", f"{path}: {what}", hint)

    def _problem(self, node: Node, code: str, message: str, hint: str | None = None) -> None:
        self._problems.append(Diagnostic(code, message, node.where, hint=hint))


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _did_you_mean(text: str, known: "tuple[str, ...] | list[str]") -> str | None:
    from difflib import get_close_matches

    close = get_close_matches(text, known, n=1)
    return f"did you mean {close[0]}?" if close else None
