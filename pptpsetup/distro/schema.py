"""Plain data (from YAML) into frozen dataclasses, with every problem of the document reported at once.

The dataclasses are the schema: a field's type says what is accepted, a field without default is required,
and a key without field is refused. Types used: ``str``, ``int``, :data:`Path`, :data:`Mode`, enums, nested
dataclasses, ``X | None`` and ``tuple[X, ...]`` of them.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, NewType, TypeVar, cast, get_args, get_origin, get_type_hints

Path = NewType("Path", str)
"An absolute POSIX path without ``..`` and without a final slash."
Mode = NewType("Mode", int)
"Permission bits: four octal digits in quotes, since YAML 1.2 reads 0640 as the decimal number 640."

_T = TypeVar("_T")
_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._@+-]+)+")
_MODE = re.compile(r"[0-7]{4}")


class SchemaError(ValueError):
    """The data do not fit; ``problems`` are (key path, what is wrong there) pairs in document order."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{where}: {what}" for where, what in problems))
        self.problems = tuple(problems)


def build(cls: type[_T], data: object) -> _T:
    """*data* as an instance of the dataclass *cls*.

    Raises SchemaError with all problems.
    """
    problems: list[tuple[str, str]] = []
    result = _dataclass(cls, data, "", problems)
    if problems:
        raise SchemaError(problems)
    return cast("_T", result)


def _convert(kind: Any, data: object, where: str, problems: list[tuple[str, str]]) -> object:
    origin = get_origin(kind)
    if origin is UnionType:
        inner = next(each for each in get_args(kind) if each is not NoneType)
        return None if data is None else _convert(inner, data, where, problems)
    if origin is tuple:
        return _tuple(get_args(kind)[0], data, where, problems)
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, data, where, problems)
    return _scalar(kind, data, where, problems)


def _tuple(inner: Any, data: object, where: str, problems: list[tuple[str, str]]) -> tuple[object, ...]:
    if not isinstance(data, list):
        problems.append((where, "must be a list"))
        return ()
    return tuple(_convert(inner, each, f"{where}[{at}]", problems) for at, each in enumerate(data))


def _dataclass(cls: type, data: object, where: str, problems: list[tuple[str, str]]) -> object:
    if not isinstance(data, Mapping):
        problems.append((where or "document", "must be a mapping"))
        return None
    hints = get_type_hints(cls)
    known = {field.name: field for field in fields(cls)}
    values: dict[str, object] = {}
    for key, value in data.items():
        path = f"{where}.{key}".lstrip(".")
        if key not in known:
            problems.append((path, f"unknown key; known here: {', '.join(known)}"))
        else:
            values[key] = _convert(hints[key], value, path, problems)
    for name, field in known.items():
        if name not in values and field.default is MISSING and field.default_factory is MISSING:
            problems.append((f"{where}.{name}".lstrip("."), "is missing"))
    return None if problems else cls(**values)


def _scalar(kind: Any, data: object, where: str, problems: list[tuple[str, str]]) -> object:
    if isinstance(kind, type) and issubclass(kind, Enum):
        known = [each.value for each in kind]
        if data in known:
            return kind(data)
        problems.append((where, f"must be one of {', '.join(map(str, known))}"))
    elif kind is Path:
        if isinstance(data, str) and _PATH.fullmatch(data):
            return data
        problems.append((where, "must be an absolute path without '..' or final slash"))
    elif kind is Mode:
        if isinstance(data, str) and _MODE.fullmatch(data):
            return int(data, 8)
        problems.append((where, 'must be four octal digits in quotes, such as "0640"'))
    elif isinstance(data, kind) and not isinstance(data, bool) and data != "":
        return data
    else:
        problems.append((where, f"must be a{'n' if kind is int else ''} {kind.__name__}, not empty"))
    return None
