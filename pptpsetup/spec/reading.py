"""Mappings of settings as they are read: what each says, and where."""

from typing import Any

from pptpengine.record import dataclass, field
from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.spec.keys import unknown_setting
from pptpsetup.spec.settings import BY_PATH, GROUPS, SETTINGS
from pptpsetup.yaml.node import Entry, MappingNode, Node, Scalar, kind_in_words


@dataclass
class Settings:
    """What one mapping of settings says."""

    values: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Scalar] = field(default_factory=dict)
    "Where each setting stands; also those whose value is invalid."
    guessed: set[str] = field(default_factory=set)
    "What misspelt keys were probably meant to be."


def read_settings(entry: Entry, what: str, problems: list[Diagnostic]) -> Settings:
    """The settings at *entry*, which messages call *what*; every problem of a value goes to *problems*."""
    found = Settings()
    if not isinstance(entry.value, MappingNode):
        message = f"{what} must be settings, not {kind_in_words(entry.value)}"
        problems.append(Diagnostic("wrong-type", message, entry.value.where, hint="write key: value lines"))
        return found
    for each in entry.value.entries:
        if each.key.text in GROUPS and isinstance(each.value, MappingNode):
            for inner in each.value.entries:
                _read_setting(inner, f"{each.key.text}.{inner.key.text}", each.key.text, found, problems)
        elif each.key.text in GROUPS:
            inner_keys = [setting.keys[1] for setting in SETTINGS if setting.keys[0] == each.key.text]
            empty = is_empty(each.value)
            message = f"{each.key.text} must hold settings, not {kind_in_words(each.value)}"
            message = f"{each.key.text} holds no settings" if empty else message
            hint = f"write {each.key.text}: {{{inner_keys[0]}: …}}; it may hold {' and '.join(inner_keys)}"
            problems.append(Diagnostic("wrong-type", message, each.value.where, hint=hint))
        else:
            _read_setting(each, each.key.text, None, found, problems)
    return found


def _read_setting(
    entry: Entry, path: str, inside: str | None, found: Settings, problems: list[Diagnostic]
) -> None:
    setting = BY_PATH.get(path)
    if setting is None or (inside is None and "." in path):
        problems.append(unknown_setting(entry.key, path, inside, found.guessed))
        return
    found.keys[path] = entry.key
    try:
        found.values[path] = setting.kind.read(entry.value)
    except SpecError as error:
        problems.extend(error.diagnostics)


def is_empty(node: Node) -> bool:
    """Whether nothing stands there."""
    return isinstance(node, Scalar) and node.tag == "null"
