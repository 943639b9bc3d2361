"""Which profiles say that a system is theirs, told from their ``match`` sections alone.

Reading a profile takes longer than most commands; so the sections are cut out as text, and only those that
have the word in question are read as YAML. This is enough since a variant's ``match`` is never inherited.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from pptpsetup.distro.profile import Match
from pptpsetup.distro.schema import build
from pptpsetup.errors import Diagnostic, InternalError, SpecError
from pptpsetup.resources import data_dir
from pptpsetup.yaml.node import MappingNode
from pptpsetup.yaml.reader import read

_SECTION = re.compile(r"^match:[^\n]*\n(?:[ \t#][^\n]*\n|\n)*", re.MULTILINE)


class Claims:
    """The ``match`` sections of all profiles in a folder (default: the shipped ones)."""

    def __init__(self, directory: Path | None = None) -> None:
        self._sections = _sections(directory or data_dir("profiles"))
        self._read: dict[str, Match] = {}

    def of_id(self, name: str) -> Mapping[str, Match]:
        """Profiles, by their ids, that have *name* among the IDs of their systems."""
        found = ((each, self._match(each)) for each in self._with_word(name))
        return {each: match for each, match in found if name in match.ids}

    def of_markers(self) -> Mapping[str, Match]:
        """Profiles, by their ids, that know their systems by marker files, too."""
        found = ((each, self._match(each)) for each in self._with_word("markers"))
        return {each: match for each, match in found if match.markers}

    def _with_word(self, word: str) -> list[str]:
        pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
        return [each for each, text in self._sections.items() if pattern.search(text)]

    def _match(self, profile_id: str) -> Match:
        if profile_id not in self._read:
            self._read[profile_id] = _parse(profile_id, self._sections[profile_id])
        return self._read[profile_id]


def _sections(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        section = _SECTION.search(text)
        if section is not None:
            # The empty lines keep the places right that a fault is told with.
            found[path.stem] = "\n" * text.count("\n", 0, section.start()) + section[0]
    return found


def _parse(profile_id: str, section: str) -> Match:
    problems: list[Diagnostic] = []
    try:
        root = read(section, f"profiles/{profile_id}.yaml", problems)
    except SpecError as error:
        raise InternalError(error.diagnostics) from error
    entry = root.find("match") if isinstance(root, MappingNode) else None
    if entry is None:
        raise InternalError(Diagnostic("profile-invalid", "match cannot be read by itself", root.where))
    match = build(Match, entry.value, problems)
    if problems:
        raise InternalError(problems)
    return match
