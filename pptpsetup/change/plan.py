"""From what shall be, what is and what we last left, to the steps in between.

Every path falls into one case of a three-way comparison:

=================  =========================  ===================================================
listed as ours     the host has               so
=================  =========================  ===================================================
no                 nothing                    create
no                 exactly what is wanted     take over (the list was lost)
no                 something else             conflict ``foreign-file``
yes                nothing, or what we left   create or update; remove when no longer wanted
yes                something else             conflict ``edited-file``
=================  =========================  ===================================================

Files that the user edits and files shared with others have rules of their own, see ``compare``. All
conflicts are reported at once, and nothing may be applied then; a path in *overwrite* is replaced instead,
after its version was put away; the edited file at a path in *hold* stays as it is, until the spec asks for
something else there than it does now.
"""

from collections.abc import Iterable, Mapping
from posixpath import dirname

from pptpengine.record import replace
from pptpsetup.change.clearing import clear, in_front
from pptpsetup.change.compare import Merger, drop, want_file, want_link, want_shared
from pptpsetup.change.conflict import not_a
from pptpsetup.change.draft import OVERWRITE_ALL, Draft
from pptpsetup.change.entry import DirEntry, FileEntry
from pptpsetup.change.links import links_ahead
from pptpsetup.change.manifest import STATE_DIR, Manifest, Owned, manifest_path
from pptpsetup.change.step import Plan, Step
from pptpsetup.change.system import System
from pptpsetup.errors import Diagnostic, DifferentError, InternalError, PrivilegeError, Where
from pptpsetup.progress import Tell, counted, nobody
from pptpsetup.render.artifact import (
    Access,
    Artifact,
    DirectoryArtifact,
    FileArtifact,
    LinkArtifact,
    SharedArtifact,
)
from pptpsetup.spec.files import MAIN

__all__ = ["OVERWRITE_ALL", "Merger", "make_plan", "survey"]

_PLAIN_DIRECTORY = Access("root", "root", 0o755)
_PRIVATE_FILE = Access("root", "root", 0o600)


def make_plan(
    artifacts: Iterable[Artifact],
    system: System,
    manifest: Manifest,
    *,
    overwrite: frozenset[str] = frozenset(),
    hold: frozenset[str] = frozenset(),
    spec: Mapping[str, str] | None = None,
    state_dir: str = STATE_DIR,
    mergers: Mapping[str, Merger] | None = None,
    tell: Tell = nobody,
) -> Plan:
    """A plan that can be applied: as :func:`survey`, and nothing is in the way.

    Raises DifferentError with every ``foreign-file``, ``edited-file`` and ``held-file``, and what ``survey``
    raises.
    """
    plan = survey(
        artifacts,
        system,
        manifest,
        overwrite=overwrite,
        hold=hold,
        spec=spec,
        state_dir=state_dir,
        mergers=mergers,
        tell=tell,
    )
    if plan.conflicts:
        raise DifferentError(plan.conflicts)
    return plan


def survey(
    artifacts: Iterable[Artifact],
    system: System,
    manifest: Manifest,
    *,
    overwrite: frozenset[str] = frozenset(),
    hold: frozenset[str] = frozenset(),
    spec: Mapping[str, str] | None = None,
    state_dir: str = STATE_DIR,
    mergers: Mapping[str, Merger] | None = None,
    tell: Tell = nobody,
) -> Plan:
    """The steps that make *system* hold *artifacts* and nothing else of what *manifest* lists. Only reads.

    What is in the way is in the plan's ``conflicts``; its steps show what would happen if the user allowed
    it. Directories on the way to an artifact are made 0755 root:root when no artifact describes them.
    *overwrite* names paths, or is OVERWRITE_ALL; *hold* names paths. *spec* has the texts
    that all this comes from, by name, to be remembered as applied. *mergers* defaults to
    ``pptpsetup.render.shared.MERGERS``.

    Raises PrivilegeError when a file may not be read; UnsupportedError for an owner that the host does not
    know; OSError when the host cannot be read.
    """
    if mergers is None:
        from pptpsetup.render.shared import MERGERS

        mergers = MERGERS
    draft = Draft(system, manifest, overwrite, system.resolve(state_dir), hold)
    try:
        steps = _decide(draft, tuple(dict.fromkeys(artifacts)), mergers, tell)
        record = _record(draft, spec, alone=not steps)
    except PermissionError as error:
        hint = "repeat the command as root, for example with sudo"
        where = Where(str(error.filename))
        raise PrivilegeError(
            Diagnostic("not-root", "only root may read this file", where, hint=hint)
        ) from None
    return Plan((*steps, *record), tuple(draft.conflicts), tuple(sorted(draft.held)))


def _decide(
    draft: Draft, artifacts: tuple[Artifact, ...], mergers: Mapping[str, Merger], tell: Tell
) -> tuple[Step, ...]:
    clear(draft, artifacts, mergers)
    draft.ahead = links_ahead(draft.system, draft.old, artifacts, draft.ahead)
    for artifact in counted(artifacts, "comparing files", tell):
        if isinstance(artifact, FileArtifact):
            want_file(draft, artifact)
        elif isinstance(artifact, LinkArtifact):
            want_link(draft, artifact)
    shared: dict[str, list[SharedArtifact]] = {}
    for artifact in artifacts:
        if isinstance(artifact, SharedArtifact):
            shared.setdefault(draft.look(artifact.path).place, []).append(artifact)
    for together in shared.values():
        want_shared(draft, together, mergers)
    wanted = {artifact.path for artifact in artifacts}
    for path, owned in draft.old.entries.items():
        if path not in wanted or _moves(draft, path):
            drop(draft, path, owned, mergers)
    made, needed = _make_directories(draft, artifacts)
    puts = [step for _, step in sorted(draft.puts.items()) if step is not None]
    removals = [step for _, step in sorted(draft.removals.items())]
    emptied = _remove_directories(draft, needed)
    return (*draft.kept, *in_front(draft), *made, *puts, *removals, *emptied)


def _moves(draft: Draft, path: str) -> bool:
    """Whether *path* leads elsewhere when the links of ours are as they shall be."""
    return draft.ahead is not None and draft.look_now(path).link_place != draft.look(path).link_place


def _make_directories(draft: Draft, artifacts: tuple[Artifact, ...]) -> tuple[list[Step], set[str]]:
    """The steps for the directories that must exist, and all of those directories."""
    described = {
        draft.look(artifact.path).place: artifact.access
        for artifact in artifacts
        if isinstance(artifact, DirectoryArtifact)
    }
    needed = set(described)
    for directory in {dirname(place) for place in (*described, *draft.puts)}:
        needed |= _and_above(directory)
    steps = []
    for place in sorted(needed):  # a directory sorts before what is in it
        before, owned = draft.look(place).entry, draft.old.entries.get(place)
        ours = owned is not None and owned.kind == "directory"
        if place in draft.puts:
            raise InternalError(Diagnostic("artifact-twice", f"{place} shall be a directory and not"))
        if before is not None and not isinstance(before, DirEntry):
            draft.conflicts.append(not_a("directory", place, before))
            continue
        if before is None or ours:
            draft.owned[place] = Owned("directory")
        if before is None or (ours and place in described):
            after = draft.directory(described.get(place, _PLAIN_DIRECTORY))
            steps += [Step(place, place, before, after)] if before != after else []
    return steps, needed


def _remove_directories(draft: Draft, needed: set[str]) -> list[Step]:
    """The steps for directories of ours that nothing needs and that will be empty; others stay ours."""
    removed: list[Step] = []
    gone = draft.removals.keys() | (draft.cleared.keys() - draft.puts.keys() - needed)
    ours = {path for path, owned in draft.old.entries.items() if owned.kind == "directory"}
    for place in sorted(ours - needed, reverse=True):
        before = draft.system.read(place)
        if not isinstance(before, DirEntry):
            continue
        if {f"{place}/{name}" for name in draft.system.list(place)} <= gone:
            removed.append(Step(place, place, before, None))
            gone.add(place)
        else:
            draft.owned[place] = Owned("directory")
    return removed


def _record(draft: Draft, spec: Mapping[str, str] | None, *, alone: bool) -> tuple[Step, ...]:
    """The step that writes the manifest, if it changes; another wording of the spec *alone* is no change."""
    sight = draft.look(manifest_path(draft.state_dir))
    before = sight.entry
    reworded = alone and _proofs(draft.owned) == _proofs(draft.old.entries)
    fragments = {name: text for name, text in (spec or {}).items() if name != MAIN}
    wanted = draft.old if reworded else Manifest(draft.owned, (spec or {}).get(MAIN), fragments)
    known = before.content if isinstance(before, FileEntry) and wanted == draft.old else None
    content = wanted.encode() if known is None else known
    after = draft.file(content, _PRIVATE_FILE, before) if draft.owned else None
    if before == after:
        return ()
    step = Step(sight.path, sight.place, before, after, "everything", bookkeeping=True)
    return (step,)


def _proofs(entries: Mapping[str, Owned]) -> dict[str, Owned]:
    """*entries* without the fingerprints of files that the user edits, which prove nothing."""
    return {
        path: replace(owned, sha256=None) if owned.user_owned else owned for path, owned in entries.items()
    }


def _and_above(directory: str) -> set[str]:
    """*directory* and those that lead to it, without the root."""
    found = set()
    while directory != "/":
        found.add(directory)
        directory = dirname(directory)
    return found
