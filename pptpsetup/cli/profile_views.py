"""Profiles as YAML text and as JSON (version 1)."""

from __future__ import annotations

from pptpsetup.distro.plain import plain
from pptpsetup.distro.profile import numbers
from pptpsetup.spec.emit import flow, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pptpsetup.distro.profile import Profile

_WIDTH = 100
"Lines of YAML are not longer, unless one value is."


def profile_yaml(profile: Profile) -> str:
    """The merged profile; saved under another name it is a profile of its own."""
    lines = [f"# The profile {profile.id}, with what it takes from its parents."]
    for key, value in plain(profile).items():
        lines += _entry(key, value, 0)
    return "\n".join(lines)


def profile_json(profile: Profile) -> dict[str, object]:
    """The merged profile; the keys are those of the YAML."""
    return {"id": profile.id, **plain(profile)}


def summary_json(profile: Profile) -> dict[str, object]:
    """One profile of ``profiles --json``."""
    return {
        "id": profile.id,
        "name": profile.name,
        "standing": profile.standing.value,
        "hooks": profile.hooks.kind.value,
        "init": [each.kind.value for each in profile.init],
        "releases": [{"first": each.first, "last": each.last, "ppp": each.ppp} for each in profile.releases],
        "rolling_ppp": profile.rolling_ppp,
    }


def pppd_range(profile: Profile) -> str:
    """The versions of pppd that a profile is for, in words."""
    found = sorted({each.ppp for each in profile.releases}, key=numbers) or [str(profile.rolling_ppp)]
    return found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}"


def _entry(key: str, value: Any, indent: int) -> list[str]:
    start = f"{' ' * indent}{text(key)}:"
    line = f"{start} {flow(value)}"
    if not isinstance(value, (dict, list)) or not value or (indent and len(line) <= _WIDTH):
        return [line]
    if isinstance(value, dict):
        return [start, *_entries(value, indent + 2)]
    if all(isinstance(each, str) for each in value) and len(line) <= _WIDTH:
        return [line]
    return [start, *(part for each in value for part in _item(each, indent + 2))]


def _entries(value: Mapping[str, Any], indent: int) -> list[str]:
    return [line for key, each in value.items() for line in _entry(key, each, indent)]


def _item(value: Any, indent: int) -> list[str]:
    line = f"{' ' * indent}- {flow(value)}"
    if not isinstance(value, dict) or len(line) <= _WIDTH:
        return [line]
    first, *others = _entries(value, indent + 2)
    return [f"{' ' * indent}- {first.lstrip()}", *others]
