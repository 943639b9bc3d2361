"""A plan as a value: every place that changes, as it is and as it shall be."""

from typing import Literal

from pptpengine.record import dataclass
from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry
from pptpsetup.errors import Diagnostic

Masking = Literal["nothing", "lines", "everything"]
"How much of a content must stay out of sight: nothing, its words, or even how many lines there are."

_SIGNS = {"create": "+", "update": "~", "remove": "-"}
_BLOCKED = {
    "edited-file": "edited since pptpsetup wrote it",
    "foreign-file": "not pptpsetup's",
    "held-file": "kept as edited by hand, and the spec asks for something else now",
}


@dataclass(frozen=True, slots=True)
class Step:
    """The way of one place from ``before`` to ``after``; None stands for absent."""

    path: str
    "As the artifact calls it."
    place: str
    "Where that really is: *path* with symbolic links followed."
    before: Entry | None
    after: Entry | None
    masking: Masking = "nothing"
    note: str | None = None
    "What a reader of the plan should know about this step."
    bookkeeping: bool = False
    "Our own manifest and what is put away, which a note tells: no news to the user."
    merges: str | None = None
    "The grammar that takes our lines out of the file, if it also belongs to others: a key of MERGERS."
    blocked: str | None = None
    "The code of what is in the way: the step is shown, and not made unless the user says so."

    @property
    def action(self) -> Literal["create", "update", "remove"]:
        if self.before is None:
            return "create"
        return "remove" if self.after is None else "update"

    @property
    def changes(self) -> tuple[str, ...]:
        """What an update alters, in words."""
        if self.before is None or self.after is None:
            return ()
        if isinstance(self.before, LinkEntry) and isinstance(self.after, LinkEntry):
            return (f"target {self.before.target} → {self.after.target}",)
        if not isinstance(self.before, FileEntry | DirEntry) or type(self.before) is not type(self.after):
            return ("kind",)
        return tuple(_differences(self.before, self.after))

    @property
    def summary(self) -> str:
        """One line: ``+``, ``~`` or ``-``, the path, and what matters about it."""
        slash = "/" if isinstance(self.after or self.before, DirEntry) else ""
        through = () if self.place == self.path else (f"by way of the link to {self.place}",)
        blocked = () if self.blocked is None else (_BLOCKED.get(self.blocked, self.blocked),)
        details = "; ".join((*blocked, *self.changes, *through, *((self.note,) if self.note else ())))
        sign = _SIGNS[self.action] if self.blocked is None else "!"
        return f"{sign} {self.path}{slash}" + (f" ({details})" if details else "")

    def to_json(self) -> dict[str, object]:
        """The step without contents, and without their lengths: a length tells a lot about a password."""
        wanted = self.after or self.before
        result: dict[str, object] = {
            "action": self.action,
            "path": self.path,
            "place": self.place,
            "kind": kind_of(wanted),
            "changes": list(self.changes),
            "secret": self.masking != "nothing",
            "note": self.note,
            "blocked": self.blocked,
            "bookkeeping": self.bookkeeping,
        }
        if isinstance(self.after, FileEntry | DirEntry):
            result |= {"uid": self.after.uid, "gid": self.after.gid, "mode": f"{self.after.mode:04o}"}
        elif isinstance(self.after, LinkEntry):
            result["target"] = self.after.target
        return result


@dataclass(frozen=True, slots=True)
class Counts:
    """How many places a plan adds, changes and removes, and how many it must not touch."""

    add: int
    change: int
    remove: int
    blocked: int

    def __str__(self) -> str:
        text = f"{self.add} to add, {self.change} to change, {self.remove} to remove"
        return f"{text}, {self.blocked} in the way" if self.blocked else text


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order in which they are carried out; at most one per place, and one more before it
    that makes room where a directory becomes something else or the other way round."""

    steps: tuple[Step, ...]
    conflicts: tuple[Diagnostic, ...] = ()
    "What must be cleared first; a plan with any is for reading only."
    held: tuple[str, ...] = ()
    "Files of ours that stay as the user has edited them."

    @property
    def empty(self) -> bool:
        """Whether applying it would change nothing; exactly then."""
        return not self.steps

    @property
    def in_sync(self) -> bool:
        """Whether the host is as wanted: there is nothing to do, and nothing in the way of anything."""
        return not self.steps and not self.conflicts

    @property
    def news(self) -> tuple[Step, ...]:
        """The steps without our bookkeeping; that alone when there is nothing else to tell."""
        return tuple(step for step in self.steps if not step.bookkeeping) or self.steps

    @property
    def counts(self) -> Counts:
        """The numbers of the summary line; the bookkeeping counts only when it is all there is."""
        free = [step.action for step in self.news if step.blocked is None]
        found = (free.count("create"), free.count("update"), free.count("remove"))
        return Counts(*found, blocked=len(self.conflicts))

    @property
    def summary(self) -> tuple[str, ...]:
        """A line per step; that of the manifest only when there is nothing else to tell."""
        return tuple(step.summary for step in self.news)


def kind_of(entry: Entry | None) -> str:
    """The word for what *entry* is."""
    if isinstance(entry, FileEntry):
        return "file"
    if isinstance(entry, LinkEntry):
        return "link"
    if isinstance(entry, DirEntry):
        return "directory"
    return "nothing" if entry is None else entry.kind


def _differences(before: FileEntry | DirEntry, after: Entry) -> list[str]:
    assert isinstance(after, FileEntry | DirEntry)  # noqa: S101  the caller compared the types
    found = []
    if isinstance(before, FileEntry) and isinstance(after, FileEntry) and before.content != after.content:
        found.append("content")
    if before.mode != after.mode:
        found.append(f"mode {before.mode:04o} → {after.mode:04o}")
    if (before.uid, before.gid) != (after.uid, after.gid):
        found.append(f"owner {before.uid}:{before.gid} → {after.uid}:{after.gid}")
    return found
