"""Making room where what is ours becomes a thing of another kind: a file a directory, a link lines in it.

What is there now is planned to go first, and what shall be is planned on a view in which it has gone. So
nothing is written through a link that goes, no content of ours is taken for somebody else's, and what
others have put there meets the same rules as everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from pptpengine.record import replace
from pptpsetup.change.compare import Merger, drop
from pptpsetup.change.draft import Draft
from pptpsetup.change.entry import DirEntry, Entry
from pptpsetup.change.links import above
from pptpsetup.change.manifest import Owned
from pptpsetup.change.step import Step
from pptpsetup.render.artifact import Artifact, DirectoryArtifact, FileArtifact, LinkArtifact


def clear(draft: Draft, artifacts: Collection[Artifact], mergers: Mapping[str, Merger]) -> None:
    """Plan in *draft* that what is ours goes where *artifacts* want another kind; its view ahead is without
    it."""
    changing = set(_changing(draft.old.entries, artifacts))
    if not changing:
        return
    from pptpsetup.change.memory import MemorySystem

    draft.ahead = view = MemorySystem(base=draft.system)
    along = {path for path in draft.old.entries if any(path.startswith(f"{each}/") for each in changing)}
    leaving = changing | {path for path in along if not _stays(path, changing, draft.old.entries)}
    for path in sorted(leaving, reverse=True):  # what is in a directory before it
        owned = draft.old.entries[path]
        step = _leave_directory(draft, path) if owned.kind == "directory" else _leave(draft, path, mergers)
        if step is None:
            continue
        if step.after is None:
            draft.cleared[step.place] = step
            view.remove(step.place)
        else:
            view.put(step.place, step.after)
    left = {path: owned for path, owned in draft.old.entries.items() if path not in leaving}
    draft.old = replace(draft.old, entries=left)


def _changing(old: Mapping[str, Owned], artifacts: Collection[Artifact]) -> Iterable[str]:
    wanted = {each.path: _kind(each) for each in artifacts}
    passed: set[str] | None = None
    for path, owned in old.items():
        kind = wanted.get(path)
        if kind is None and owned.kind != "directory":
            passed = above(wanted) if passed is None else passed
            kind = ("directory", None) if path in passed else None
        if kind is not None and kind != (owned.kind, owned.grammar):
            yield path


def _kind(artifact: Artifact) -> tuple[str, str | None]:
    if isinstance(artifact, FileArtifact):
        return "file", None
    if isinstance(artifact, LinkArtifact):
        return "link", None
    return ("directory", None) if isinstance(artifact, DirectoryArtifact) else ("shared", artifact.kind)


def _stays(path: str, changing: Collection[str], old: Mapping[str, Owned]) -> bool:
    """Whether *path* is behind a link only, where `links_ahead` sees to it."""
    return not any(path.startswith(f"{each}/") and old[each].kind == "directory" for each in changing)


def _leave(draft: Draft, path: str, mergers: Mapping[str, Merger]) -> Step | None:
    """How what is at *path* goes; of a file that others have lines in, our part."""
    drop(draft, path, draft.old.entries[path], mergers)
    if draft.removals:
        return draft.removals.popitem()[1]
    return draft.puts.popitem()[1] if draft.puts else None


def _leave_directory(draft: Draft, path: str) -> Step | None:
    """None when others have something in it: then it is in the way."""
    sight = draft.look_now(path)
    if not isinstance(sight.entry, DirEntry):
        return None
    inside = {f"{sight.place}/{name}" for name in draft.system.list(sight.place)}
    return Step(sight.path, sight.place, sight.entry, None) if inside <= draft.cleared.keys() else None


def in_front(draft: Draft) -> tuple[Step, ...]:
    """The steps that make room; what a file or link takes the place of in one go is among the puts."""
    return tuple(
        step
        for place, step in sorted(draft.cleared.items(), reverse=True)
        if not replaces(draft.puts.get(place), step.before)
    )


def replaces(put: Step | None, before: Entry | None) -> bool:
    """Whether one rename puts *put* in the place of *before*."""
    return put is not None and not isinstance(put.after, DirEntry) and not isinstance(before, DirEntry)
