"""A plan as a value: every place that changes, as it is and as it shall be."""

from dataclasses import dataclass
from typing import Literal

from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry

Masking = Literal["nothing", "lines", "everything"]
"How much of a content must stay out of sight: nothing, its words, or even how many lines there are."

_SIGNS = {"create": "+", "update": "~", "remove": "-"}


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
    "Our own manifest: no news to the user."

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
        details = "; ".join((*self.changes, *through, *((self.note,) if self.note else ())))
        return f"{_SIGNS[self.action]} {self.path}{slash}" + (f" ({details})" if details else "")

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
        }
        if isinstance(self.after, FileEntry | DirEntry):
            result |= {"uid": self.after.uid, "gid": self.after.gid, "mode": f"{self.after.mode:04o}"}
        elif isinstance(self.after, LinkEntry):
            result["target"] = self.after.target
        return result


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order in which they are carried out; at most one per place."""

    steps: tuple[Step, ...]

    @property
    def empty(self) -> bool:
        """Whether applying it would change nothing; exactly then."""
        return not self.steps

    @property
    def summary(self) -> tuple[str, ...]:
        """A line per step; that of the manifest only when there is nothing else to tell."""
        news = [step for step in self.steps if not step.bookkeeping]
        return tuple(step.summary for step in news or self.steps)

    def to_json(self) -> dict[str, object]:
        """Version 1 of the machine-readable plan."""
        return {"version": 1, "empty": self.empty, "steps": [step.to_json() for step in self.steps]}


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
