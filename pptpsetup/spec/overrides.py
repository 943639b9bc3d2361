"""Overrides: settings that hold on some hosts only, told apart by name and by distribution profile.

They are applied in the order of the file; a later one wins. ``defaults`` in one replace defaults, so a
tunnel that says something itself keeps it; ``tunnels`` in one replace what tunnels say.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from pptpengine.record import dataclass, field
from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.invocation import command
from pptpsetup.spec import names
from pptpsetup.spec.kinds import ListOf
from pptpsetup.spec.names import shown
from pptpsetup.spec.reading import Settings, is_empty, read_settings
from pptpsetup.spec.selection import Selection
from pptpsetup.spec.values import suggestion, text_of
from pptpsetup.yaml.node import Entry, MappingNode, Node, Scalar, SequenceNode, invalid, kind_in_words

ABSENT_WORD: Final = "absent"
"In place of a tunnel's settings: it is not there on these hosts."
KEYS: Final = ("host", "profile", "defaults", "tunnels")
_PATTERN = r"[A-Za-z0-9._*?\[\]!-]+"
_PROFILE = r"[a-z][a-z0-9-]*"


@dataclass(frozen=True, slots=True)
class Part:
    """What an override says of one tunnel."""

    key: Scalar
    settings: Settings | None
    "None: the tunnel is not there."


@dataclass(slots=True)
class Override:
    """One item of ``overrides``."""

    where: Where | None
    hosts: tuple[str, ...] | None = None
    "Patterns, in lower case; None: any host."
    profiles: tuple[str, ...] | None = None
    defaults: Settings = field(default_factory=Settings)
    tunnels: dict[str, Part] = field(default_factory=dict)
    "By name."

    def holds(self, selection: Selection) -> bool:
        """Whether it is for that host. One whose name is not known has no override by name."""
        if self.profiles is not None and not set(self.profiles).intersection(selection.profiles):
            return False
        return self.hosts is None or any(
            fnmatchcase(name, pattern) for name in selection.host_names for pattern in self.hosts
        )


def _read_pattern(node: Node) -> str:
    text = text_of(node, "a host", "gw1.example.com")
    if not text:
        hint = "write a host's name, or a pattern such as gw*.example.com"
        raise invalid(node, "host-invalid", "the host's name is empty", hint=hint)
    if not re.fullmatch(_PATTERN, text):
        why = "a name has letters, digits, - and . only; a pattern has *, ? and [ ] as well, as in a shell"
        raise invalid(node, "host-invalid", f"{shown(text)} is no pattern for host names", why=why)
    return text.lower()


def _read_profile(node: Node) -> str:
    text = text_of(node, "a profile", "debian")
    if not re.fullmatch(_PROFILE, text):
        hint = f"{command('profiles')} lists them"
        raise invalid(node, "profile-unknown", f"{shown(text)} is no profile's id", hint=hint)
    return text


HOST = ListOf(
    "host",
    "a host's name or a pattern such as gw*.example.com, or a list of them",
    _read_pattern,
    {"type": "string", "pattern": f"^{_PATTERN}$"},
    least=1,
)
PROFILE = ListOf(
    "profile",
    "a profile's id, or a list of them",
    _read_profile,
    {"type": "string", "pattern": f"^{_PROFILE}$"},
    least=1,
)


def example(pattern: str) -> str:
    """A host name that *pattern* is for; it may be that none is."""
    return re.sub(r"\[!?\]?[^\]]*\]", _of_class, pattern.replace("*", "x").replace("?", "x"))


def _of_class(match: "re.Match[str]") -> str:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789-"
    return next((each for each in letters if fnmatchcase(each, match[0])), "x")


def read_overrides(
    root: MappingNode, known_profiles: Callable[[], Sequence[str]], problems: list[Diagnostic]
) -> list[Override]:
    """The overrides of a document; every problem of them goes to *problems*.

    *known_profiles* is asked only if a condition names a profile; an empty answer lets every id pass.
    """
    entry = root.find("overrides")
    if entry is None or is_empty(entry.value):
        return []
    if not isinstance(entry.value, SequenceNode):
        message = f"overrides must be a list, not {kind_in_words(entry.value)}"
        hint = "begin each override with a dash: - host: NAME"
        problems.append(Diagnostic("wrong-type", message, entry.value.where, hint=hint))
        return []
    found = []
    for item in entry.value.items:
        if isinstance(item, MappingNode):
            found.append(_Item(item, known_profiles, problems).read())
            continue
        message = f"an override must be settings with a condition, not {kind_in_words(item)}"
        hint = "write - host: NAME (or profile: ID), and defaults or tunnels below it"
        problems.append(Diagnostic("wrong-type", message, item.where, hint=hint))
    return found


class _Item:
    """Reads one override."""

    def __init__(
        self,
        node: MappingNode,
        known_profiles: Callable[[], Sequence[str]],
        problems: list[Diagnostic],
    ) -> None:
        self._node, self._known_profiles, self._problems = node, known_profiles, problems

    def read(self) -> Override:
        node, found = self._node, Override(self._node.where)
        unknown = [each for each in node.entries if each.key.text not in KEYS]
        self._problems.extend(map(_unknown, unknown))
        found.hosts = self._condition("host", HOST)
        found.profiles = self._condition("profile", PROFILE)
        if found.profiles:
            self._check_profiles(found.profiles)
        defaults = node.find("defaults")
        if defaults is not None and not is_empty(defaults.value):
            found.defaults = read_settings(defaults, "defaults", self._problems)
        found.tunnels = self._tunnels()
        if not unknown:
            self._require(
                "host", "profile", "has no condition", "what holds everywhere stands in defaults and tunnels"
            )
            self._require("defaults", "tunnels", "changes nothing", None)
        return found

    def _condition(self, key: str, kind: ListOf) -> tuple[str, ...] | None:
        entry = self._node.find(key)
        if entry is None:
            return None
        try:
            return tuple(str(each) for each in kind.read(entry.value))
        except SpecError as error:
            self._problems.extend(error.diagnostics)
        return ()

    def _check_profiles(self, profiles: Sequence[str]) -> None:
        known = tuple(self._known_profiles())
        entry = self._node.find("profile")
        if not known or entry is None:
            return
        nodes = entry.value.items if isinstance(entry.value, SequenceNode) else (entry.value,)
        for node in nodes:
            if isinstance(node, Scalar) and node.text in profiles and node.text not in known:
                close = suggestion(node.text, known)
                hint = f"did you mean {close}?" if close else f"{command('profiles')} lists them"
                message = f"there is no profile {shown(node.text)}"
                self._problems.append(Diagnostic("profile-unknown", message, node.where, hint=hint))

    def _tunnels(self) -> dict[str, Part]:
        entry = self._node.find("tunnels")
        if entry is None or is_empty(entry.value):
            return {}
        if not isinstance(entry.value, MappingNode):
            message = f"tunnels must map names to settings, not be {kind_in_words(entry.value)}"
            hint = f"write each tunnel's name and a colon, and its settings or {ABSENT_WORD} behind it"
            self._problems.append(Diagnostic("wrong-type", message, entry.value.where, hint=hint))
            return {}
        return {each.key.text: self._tunnel(each) for each in entry.value.entries}

    def _tunnel(self, entry: Entry) -> Part:
        name, value = entry.key, entry.value
        try:
            names.check_tunnel_name(name.text)
        except SpecError as error:
            placed = (Diagnostic(d.code, d.message, name.where, d.why, d.hint) for d in error.diagnostics)
            self._problems.extend(placed)
        if isinstance(value, Scalar) and value.tag == "str":
            if value.text != ABSENT_WORD:
                message = (
                    f"{shown(value.text)} stands where tunnel {names.named(name.text)} has its settings"
                )
                hint = f"write settings, or {ABSENT_WORD} where the tunnel shall not be"
                self._problems.append(Diagnostic("wrong-type", message, value.where, hint=hint))
            return Part(name, None)
        if is_empty(value):
            return Part(name, Settings())
        return Part(name, read_settings(entry, f"tunnel {names.named(name.text)}", self._problems))

    def _require(self, one: str, other: str, lacks: str, why: str | None) -> None:
        if self._node.find(one) is None and self._node.find(other) is None:
            hint = f"add {one} or {other}, or remove the override"
            problem = Diagnostic("override-incomplete", f"an override {lacks}", self._node.where, why, hint)
            self._problems.append(problem)


def _unknown(entry: Entry) -> Diagnostic:
    key = entry.key.text
    close = suggestion(key, KEYS)
    hint = f"did you mean {close}?" if close else f"the keys here are {', '.join(KEYS)}"
    return Diagnostic("unknown-key", f"an override has no key {shown(key)}", entry.key.where, hint=hint)


def check_absent(overrides: Sequence[Override], base: Mapping[str, object]) -> list[Diagnostic]:
    """The problems of overrides that leave out a tunnel which is nowhere; *base* has those of the rest."""
    there = {*base, *(name for each in overrides for name, part in each.tunnels.items() if part.settings)}
    found = []
    for each in overrides:
        for name, part in each.tunnels.items():
            if part.settings is None and name not in there:
                close = suggestion(name, tuple(there))
                hint = f"did you mean {close}?" if close else "remove the line"
                message = f"there is no tunnel {names.named(name)} to leave out"
                found.append(Diagnostic("no-such-tunnel", message, part.key.where, hint=hint))
    return found
