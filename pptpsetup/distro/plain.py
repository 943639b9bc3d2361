"""A profile as plain data, the way its YAML says it."""

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from pptpsetup.distro.kinds import Standing
from pptpsetup.distro.profile import Profile

_OF_REFUSED = ("name", "match", "standing", "because")
"Nothing is made from a refused profile; the rest of it is there for its form only."


def plain(profile: Profile) -> dict[str, Any]:
    """The merged *profile* without its id: text, true or false, lists and mappings.

    Reading it again gives the same profile, unless it is a refused one.
    """
    data: dict[str, Any] = _mapping(profile)
    del data["id"]
    if profile.standing is Standing.REFUSED:
        return {key: data[key] for key in _OF_REFUSED}
    return data


def _mapping(value: Any) -> dict[str, Any]:
    """What *value* states; what is as if it were left out is left out."""
    said = ((each, getattr(value, each.name)) for each in fields(value))
    return {each.name: _plain(found) for each, found in said if found != each.default}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return _mapping(value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    # The only numbers in a profile are modes.
    return f"{value:04o}" if type(value) is int else value
