"""Profiles from their files: ``extends`` followed, checked as a whole, every fault told at its place.

A variant names its parent with ``extends:`` and states only what differs; mappings are merged key by key,
lists and single values replaced. What it repeats is refused: the next reader would take it for a difference.
Only ``match`` is never inherited: a variant is another system. What the parent calls unverified remains so
where a variant takes it from there.
"""

import pathlib
import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise

from pptpengine.record import defaults, is_record
from pptpsetup.distro.inheritance import EXTENDS, inherit, repetitions, without
from pptpsetup.distro.kinds import HookKind, Standing
from pptpsetup.distro.profile import INIT_SECTIONS, Hooks, Profile, Release, numbers
from pptpsetup.distro.schema import build
from pptpsetup.errors import Diagnostic, InternalError, SpecError, UnsupportedError, Where
from pptpsetup.resources import data_dir
from pptpsetup.yaml.node import Entry, MappingNode, Node, Scalar
from pptpsetup.yaml.reader import read

_ID = re.compile(r"[a-z][a-z0-9-]*")
_KEYS = (EXTENDS, *(name for name in defaults(Profile) if name != "id"))
"What can stand in a file."
_VERSIONS = r"\d+(\.\d+)*-\d+(\.\d+)*"
_WITHOUT_PARENT = frozenset({"profile-unknown", "profile-cycle"})
_NAME_RULES = {
    HookKind.RUN_PARTS: (r"[A-Za-z0-9_-]+", "run-parts skips names with anything but A-Z a-z 0-9 _ -"),
    HookKind.EXEC_DOT_SH: (r".+\.sh", "only names that end in .sh are run"),
    HookKind.SOURCED_SH: (r".+\.sh", "only names that end in .sh are read"),
}
_DIRECTORY_HOOKS = frozenset(
    {HookKind.RUN_PARTS, HookKind.EXEC_ANY, HookKind.EXEC_DOT_SH, HookKind.SOURCED_SH}
)
Read = Callable[[str], MappingNode | None]
"Gives the document of a profile's id; None when there is no such profile. Raises SpecError."


def profile_ids(directory: pathlib.Path | None = None) -> tuple[str, ...]:
    """The ids of all profiles, sorted."""
    return tuple(sorted(path.stem for path in (directory or data_dir("profiles")).glob("*.yaml")))


@cache
def load_profile(profile_id: str, directory: pathlib.Path | None = None) -> Profile:
    """The profile called *profile_id*.

    Raises UnsupportedError ``profile-unknown``; InternalError with all that is wrong in the file.
    """
    folder = directory or data_dir("profiles")
    known = profile_ids(folder)
    if profile_id not in known:
        raise _no_profile(profile_id, known)
    try:
        return parse(profile_id, _reader(folder, folder.name))
    except SpecError as error:
        raise InternalError(error.diagnostics) from error


def check_file(path: pathlib.Path) -> Profile:
    """The profile in *path*, which may extend the profiles beside it and the shipped ones.

    Raises SpecError with every fault; OSError when it cannot be read.
    """
    own = _document(path.read_bytes(), str(path))
    beside, shipped = _reader(path.parent, str(path.parent)), _reader(data_dir("profiles"), "profiles")
    return parse(path.stem, lambda each: own if each == path.stem else beside(each) or shipped(each))


def parse(profile_id: str, documents: Read) -> Profile:
    """The profile called *profile_id* among *documents*. Raises SpecError with every fault."""
    problems: list[Diagnostic] = []
    if not _ID.fullmatch(profile_id):
        problems.append(
            Diagnostic(
                "profile-name",
                f"{profile_id!r} is no profile's name: lower-case letters, digits and - only",
                hint="rename the file: the part before .yaml is the id",
            )
        )
    merged = _merged(profile_id, documents, problems, ())
    found: list[Diagnostic] = []
    profile = build(Profile, merged, found, _KEYS)
    if any(each.code in _WITHOUT_PARENT for each in problems):
        # What is missing now would mostly have come from the parent.
        found = [each for each in found if each.code != "missing-key"]
    problems += found
    if not problems:
        _check_whole(profile, merged, problems)
    if problems:
        raise SpecError(sorted(problems, key=_place))
    return profile


def _place(problem: Diagnostic) -> tuple[str, int, int]:
    where = problem.where
    return ("", 0, 0) if where is None else (where.file, where.line or 0, where.column or 0)


def _no_profile(profile_id: str, known: tuple[str, ...]) -> UnsupportedError:
    message = _not_there(profile_id, known)
    return UnsupportedError(Diagnostic("profile-unknown", message, hint=f"choose one of {', '.join(known)}"))


def _not_there(profile_id: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(profile_id, known, n=1)
    return f"there is no profile {profile_id!r}" + (f"; did you mean {close[0]}?" if close else "")


def _reader(folder: pathlib.Path, called: str) -> Read:
    """*called* is what messages call the folder."""

    def document(profile_id: str) -> MappingNode | None:
        path = folder / f"{profile_id}.yaml"
        if not _ID.fullmatch(profile_id) or not path.is_file():
            return None
        return _document(path.read_bytes(), str(pathlib.PurePath(called, path.name)))

    return document


def _document(content: bytes, name: str) -> MappingNode:
    """Raises SpecError: not UTF-8, not YAML, not a mapping, or a profile that says its own id."""
    problems: list[Diagnostic] = []
    try:
        root = read(content.decode(), name, problems)
    except UnicodeDecodeError as error:
        raise SpecError(Diagnostic("not-utf-8", f"is not UTF-8: {error.reason}", Where(name))) from error
    if not isinstance(root, MappingNode):
        problems.append(Diagnostic("invalid-value", "a profile must be a mapping", root.where))
    elif (own := root.find("id")) is not None:
        problems.append(Diagnostic("unknown-key", "the file's name is the id; leave it out", own.key.where))
    if problems or not isinstance(root, MappingNode):
        raise SpecError(problems)
    return root


def _merged(
    profile_id: str, documents: Read, problems: list[Diagnostic], below: tuple[str, ...]
) -> MappingNode:
    """The document of *profile_id* with its parents' merged in; ``id`` is set, ``extends`` is gone."""
    found = documents(profile_id)
    if found is None:
        raise SpecError(Diagnostic("profile-unknown", f"there is no profile {profile_id!r}"))
    own = without(found, EXTENDS)
    extends = found.find(EXTENDS)
    if extends is not None:
        parent = _parent(profile_id, extends.value, documents, below)
        if isinstance(parent, Diagnostic):
            problems.append(parent)
        else:
            inherited = _merged(parent, documents, problems, (profile_id, *below))
            problems.extend(repetitions(inherited, own))
            own = inherit(inherited, own)
    name = Entry(Scalar("id", "str", own.where), Scalar(profile_id, "str", own.where))
    return MappingNode((name, *without(own, "id").entries), own.where)


def _parent(profile_id: str, node: Node, documents: Read, below: tuple[str, ...]) -> str | Diagnostic:
    said = node.text if isinstance(node, Scalar) else ""
    if said in (profile_id, *below):
        circle = " -> ".join((*reversed(below), profile_id, said))
        return Diagnostic("profile-cycle", f"extends goes round in a circle: {circle}", node.where)
    if not said or documents(said) is None:
        known = profile_ids()
        hint = f"choose one of {', '.join(known)}"
        message = f"extends: {_not_there(said, known)}"
        return Diagnostic("profile-unknown", message, node.where, hint=hint)
    return said


def _faults_of_hooks(hooks: Hooks) -> list[str]:
    needed = ("file_name", "directory_access") if hooks.kind in _DIRECTORY_HOOKS else ()
    absent = [each for each in needed if getattr(hooks, each) is None]
    if absent:
        return [f"hooks of kind {hooks.kind.value} need {' and '.join(absent)}"]
    pattern, rule = _NAME_RULES.get(hooks.kind, (None, ""))
    if pattern is None or re.fullmatch(pattern, hooks.file_name or ""):
        return []
    return [f"hooks.file_name {hooks.file_name} would be left out: {rule}"]


def _faults_of_releases(profile: Profile) -> list[str]:
    wrong = [
        f"release {each.first} to {each.last} is no range of version numbers"
        for each in profile.releases
        if not numbers(each.first) or numbers(each.first) > numbers(each.last)
    ]
    if wrong:
        return wrong
    pairs = pairwise(sorted(profile.releases, key=_start))
    return [
        f"release {after.first} belongs to {before.first} to {before.last} as well"
        for before, after in pairs
        if before.covers(after.first)
    ]


def _start(release: Release) -> tuple[int, ...]:
    return numbers(release.first)


def _missing_sections(profile: Profile) -> list[tuple[str, str]]:
    pairs = [(each.kind.value, INIT_SECTIONS[each.kind]) for each in profile.init]
    return [(kind, section) for kind, section in pairs if getattr(profile, section) is None]


def _unknown_marks(profile: Profile) -> list[str]:
    return [path for path in profile.unverified if not _states(profile, path)]


def _states(profile: Profile, path: str) -> bool:
    """Whether *profile* has something at *path*, as in its ``unverified``."""
    head, _, rest = path.partition(".")
    if head == "releases" and rest:
        return any(each.first == rest for each in profile.releases)
    found: object = profile
    for name in path.split("."):
        found = getattr(found, name, None) if is_record(found) else None
    return found is not None


def _check_whole(profile: Profile, document: MappingNode, problems: list[Diagnostic]) -> None:
    """What no single value is wrong for."""

    def wrong(keys: tuple[str, ...], message: str) -> None:
        entry = next((found for key in keys if (found := document.find(key)) is not None), None)
        where = entry.key.where if entry is not None else document.where
        problems.append(Diagnostic("contradiction", message, where))

    for kind, section in _missing_sections(profile):
        wrong((section, "init"), f"init names {kind}, and there is no section {section}")
    for message in _faults_of_hooks(profile.hooks):
        wrong(("hooks",), message)
    if profile.match.versions is not None and not re.fullmatch(_VERSIONS, profile.match.versions):
        wrong(("match",), f"match.versions is FIRST-LAST, such as 8.2-10.0, not {profile.match.versions}")
    if not profile.modules.mppe and not profile.modules.no_mppe_because:
        wrong(("modules",), "a kernel without MPPE needs the reason in no_mppe_because")
    if (profile.standing is Standing.SUPPORTED) == (profile.because is not None):
        wrong(("because", "standing"), "because goes with a standing other than supported, and only with it")
    if not profile.releases and profile.rolling_ppp is None:
        wrong(("releases",), "a system without releases needs rolling_ppp")
    for message in _faults_of_releases(profile):
        wrong(("releases",), message)
    for path in _unknown_marks(profile):
        wrong(("unverified",), f"unverified names {path}, and the profile says nothing there")
