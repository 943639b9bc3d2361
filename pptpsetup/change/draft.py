"""A plan in the making: what is there, what has been decided, and what is in the way."""

from __future__ import annotations

import errno

from pptpengine.record import dataclass, field, replace
from pptpsetup.change.conflict import replaceable
from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry, OtherEntry, same
from pptpsetup.change.kept import kept_directory, kept_path
from pptpsetup.change.manifest import Manifest, Owned
from pptpsetup.change.ondisk import ACL
from pptpsetup.change.step import Masking, Step
from pptpsetup.change.system import System
from pptpsetup.errors import Diagnostic, InternalError
from pptpsetup.render.artifact import Access

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.change.memory import MemorySystem

OVERWRITE_ALL = frozenset({"*"})
"Adopt whatever is in the way."

_LOOP = OtherEntry("loop of links")


@dataclass(frozen=True, slots=True)
class Sight:
    """What is found at a path."""

    path: str
    place: str
    "Where the path leads once all links are followed."
    entry: Entry | None
    "What is at ``place``."
    link: LinkEntry | None
    "The link at the path itself, if it is one."
    link_place: str
    "Where the path is, its last component not followed."

    @property
    def unfollowed(self) -> Entry | None:
        """What is at the path itself."""
        return self.link or self.entry


@dataclass(slots=True)
class Draft:
    """Collects the decisions that the functions in ``compare`` and ``plan`` make."""

    system: System
    old: Manifest
    overwrite: frozenset[str]
    state_dir: str
    hold: frozenset[str] = frozenset()
    "Paths whose edited content shall stay."
    owned: dict[str, Owned] = field(default_factory=dict)
    "What will be ours, by path."
    conflicts: list[Diagnostic] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    "Paths of ours that stay as the user has edited them."
    kept: list[Step] = field(default_factory=list)
    puts: dict[str, Step | None] = field(default_factory=dict)
    "By place, for every place that shall exist; None when it is right already."
    removals: dict[str, Step] = field(default_factory=dict)
    "By place."
    cleared: dict[str, Step] = field(default_factory=dict)
    "By place, what goes first because something of another kind takes its place."
    ahead: MemorySystem | None = None
    """The system with links of ours as they shall be, where one that changes leads to others of ours, and
    without what is `cleared`."""

    def look(self, path: str) -> Sight:
        """What is where *path* will lead. Raises OSError."""
        return self._look(path, self.ahead or self.system)

    def look_now(self, path: str) -> Sight:
        """What is where *path* leads now. Raises OSError."""
        return self._look(path, self.system)

    def _look(self, path: str, system: System) -> Sight:
        link_place = resolved(system, path, last=False)
        if link_place is None:
            return Sight(path, path, _LOOP, None, path)
        found = self._read(link_place, system)
        if not isinstance(found, LinkEntry):
            return Sight(path, link_place, found, None, link_place)
        place = resolved(system, path, last=True)
        if place is None:
            return Sight(path, link_place, _LOOP, found, link_place)
        return Sight(path, place, system.read(place), found, link_place)

    def _read(self, place: str, system: System) -> Entry | None:
        """What is at *place*: a loop when a link of ours, which will be gone, still leads round there."""
        try:
            return system.read(place)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            return _LOOP

    def put(self, step: Step, owned: Owned | None) -> None:
        """Decide that ``step.after`` shall be at its place, and whether it will be ours."""
        if step.place in self.puts:
            raise InternalError(Diagnostic("artifact-twice", f"two artifacts lead to {step.place}"))
        if self.ahead is not None and self.ahead.holds(step.place):
            step = self._of_what_is_there(step)
        self.puts[step.place] = None if same(step.before, step.after) else step
        if owned is not None:
            self.owned[step.path] = owned

    def _of_what_is_there(self, step: Step) -> Step:
        """*step*, planned on the view ahead, for the place as it is when its turn comes."""
        cleared = self.cleared.get(step.place)
        if cleared is None:
            return replace(step, before=self.system.read(step.place))
        if isinstance(cleared.before, DirEntry):
            return step
        masking = step.masking if cleared.masking == "nothing" else cleared.masking
        note, blocked = step.note or cleared.note, step.blocked or cleared.blocked
        return replace(step, before=cleared.before, masking=masking, note=note, blocked=blocked)

    def remove(self, step: Step) -> None:
        """Decide that nothing shall be at the place of *step*."""
        self.removals[step.place] = step

    def is_free(self, path: str, entry: Entry | None, conflict: Diagnostic) -> bool:
        """Whether the user allows us to replace *entry* at *path*; else *conflict* is in the way."""
        free = (path in self.overwrite or self.overwrite == OVERWRITE_ALL) and replaceable(entry)
        if not free:
            self.conflicts.append(conflict)
        return free

    def keep(self, path: str, entry: Entry | None, masking: Masking) -> str | None:
        """Put a version of *entry* away, and the note that says where; only a file has content to keep."""
        if not isinstance(entry, FileEntry):
            return None
        directory = kept_directory(self.state_dir)
        if not self.kept and self.system.read(directory) is None:
            made = self.directory(Access("root", "root", 0o700))
            self.kept.append(Step(directory, directory, None, made, bookkeeping=True))
        taken = {step.place for step in self.kept}
        version = kept_path(self.system, self.state_dir, path, taken)
        after = self.file(entry.content, Access("root", "root", 0o600))
        self.kept.append(Step(version, version, None, after, masking, bookkeeping=True))
        return f"the old version goes to {version}"

    def file(self, content: bytes, access: Access, replaced: Entry | None = None) -> FileEntry:
        """The file with *content* and *access*; attributes come from the file that it replaces.

        An ACL is kept only along with the mode it belongs to: repairing the mode means taking back what was
        granted.
        """
        uid, gid = self.system.user_id(access.owner), self.system.group_id(access.group)
        xattrs: tuple[tuple[str, bytes], ...] = ()
        if isinstance(replaced, FileEntry):
            keep_acl = replaced.mode == access.mode
            xattrs = tuple((name, value) for name, value in replaced.xattrs if keep_acl or name != ACL)
        return FileEntry(content, uid, gid, access.mode, xattrs)

    def directory(self, access: Access) -> DirEntry:
        """The directory with *access*."""
        return DirEntry(self.system.user_id(access.owner), self.system.group_id(access.group), access.mode)


def resolved(system: System, path: str, *, last: bool) -> str | None:
    """Where *path* leads; None when it leads round in circles."""
    try:
        return system.resolve(path, last=last)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        return None
