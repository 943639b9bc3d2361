"""Taking steps back, in reverse, each one whatever becomes of the others."""

import errno
from collections.abc import Mapping, Sequence
from typing import Literal

from pptpengine.record import dataclass, field
from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry, same
from pptpsetup.change.step import Masking, Step, kind_of
from pptpsetup.change.system import System

Description = Mapping[str, object]
"What tells an entry from another, without its content: fit for JSON."

_Outcome = Literal["untouched", "restored", "left"]


@dataclass(frozen=True, slots=True)
class Undo:
    """How one step is taken back."""

    path: str
    place: str
    before: Entry | None
    after: Description | None
    "What the step makes, so that what somebody else has put there since is recognised."
    masking: Masking = "everything"
    merges: str | None = None
    bookkeeping: bool = False

    @classmethod
    def of(cls, step: Step) -> "Undo":
        after = describe(step.after)
        return cls(step.path, step.place, step.before, after, step.masking, step.merges, step.bookkeeping)


@dataclass(slots=True)
class Undone:
    """What became of each undo; a place that was as before is in no list."""

    restored: list[Undo] = field(default_factory=list)
    left: list[Undo] = field(default_factory=list)
    "Somebody else has changed these since."
    failed: list[Undo] = field(default_factory=list)
    reason: OSError | None = None
    "Why the last one of ``failed`` failed."


def describe(entry: Entry | None) -> Description | None:
    """*entry* without content and attributes."""
    if entry is None:
        return None
    fields: dict[str, object] = {"kind": kind_of(entry)}
    if isinstance(entry, FileEntry | DirEntry):
        fields |= {"uid": entry.uid, "gid": entry.gid, "mode": entry.mode}
    if isinstance(entry, FileEntry):
        fields["sha256"] = entry.sha256
    if isinstance(entry, LinkEntry):
        fields["target"] = entry.target
    return fields


def undo_all(system: System, undos: Sequence[Undo], *, by_force: bool) -> Undone:
    """Make the places of *undos* as they were, the last one first; doing so twice does no harm.

    With *by_force*, whatever is there was written by us a moment ago, even where it reads back wrongly.
    Without, what is neither the former nor the new state has been changed by somebody else and is left
    alone.
    """
    undone = Undone()
    for undo in reversed(undos):
        _undo(system, undo, undone, by_force=by_force)
    return undone


def _undo(system: System, undo: Undo, undone: Undone, *, by_force: bool) -> None:
    try:
        outcome = _put_back(system, undo, by_force=by_force)
    except OSError as error:
        undone.reason = error
        undone.failed.append(undo)
        return
    if outcome == "restored":
        undone.restored.append(undo)
    elif outcome == "left":
        undone.left.append(undo)


def _put_back(system: System, undo: Undo, *, by_force: bool) -> _Outcome:
    system.discard(undo.place)
    actual = system.read(undo.place)
    if same(actual, undo.before):
        return "untouched"
    if not by_force and not _is_ours(undo, describe(actual)):
        return "left"
    if undo.before is not None:
        system.put(undo.place, undo.before)
    elif not _removed(system, undo.place):
        return "left"
    if not same(system.read(undo.place), undo.before):
        raise OSError(errno.EIO, "it reads back differently from what was written", undo.path)
    return "restored"


def _removed(system: System, place: str) -> bool:
    try:
        system.remove(place)
    except OSError as error:
        if error.errno == errno.ENOTEMPTY:  # a directory into which somebody else has put something
            return False
        raise
    return True


def _is_ours(undo: Undo, actual: Description | None) -> bool:
    if actual == undo.after:
        return True
    # Owner and mode of a directory are not set in one go, so a crash may leave anything in between.
    before = describe(undo.before)
    return all(each is not None and each["kind"] == "directory" for each in (before, actual, undo.after))
