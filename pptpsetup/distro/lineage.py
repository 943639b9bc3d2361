"""What a profile extends, told from its ``extends`` line alone: reading a profile takes longer than that."""

import re
from pathlib import Path

from pptpsetup.resources import data_dir

_EXTENDS = re.compile(r"^extends:[ \t]*[\"']?([a-z][a-z0-9-]*)", re.MULTILINE)


def lineage(profile_id: str, file: Path | None = None) -> tuple[str, ...]:
    """The ids of a profile and of those it extends, the nearest first.

    *file* is where it is, if it is none of the shipped ones; what it extends may be beside it.
    """
    found = [profile_id]
    path = file or _shipped(profile_id)
    while path.is_file() and (match := _EXTENDS.search(path.read_text(encoding="utf-8", errors="replace"))):
        parent = match[1]
        if parent in found:
            break  # told when the profile is read
        found.append(parent)
        beside = path.parent / f"{parent}.yaml"
        path = beside if beside.is_file() else _shipped(parent)
    return tuple(found)


def _shipped(profile_id: str) -> Path:
    return data_dir("profiles") / f"{profile_id}.yaml"
