"""Files in memory: for tests, and over a real system for a dry run."""

import errno
import os
from collections.abc import Mapping
from posixpath import basename, dirname

from pptpsetup.change.beneath import follow
from pptpsetup.change.entry import DirEntry, Entry, LinkEntry
from pptpsetup.change.ondisk import temporary_name
from pptpsetup.change.system import System
from pptpsetup.errors import Diagnostic, UnsupportedError


class MemorySystem:
    """A tree of entries that nothing writes to disk.

    With *base*, everything is read from there until it is changed here: a whole transaction can be tried
    without touching the host. Without, user and group names are those given in *users* and *groups*.
    """

    def __init__(
        self,
        entries: Mapping[str, Entry] | None = None,
        *,
        base: System | None = None,
        users: Mapping[str, int] | None = None,
        groups: Mapping[str, int] | None = None,
    ) -> None:
        self._entries: dict[str, Entry | None] = {"/": DirEntry(0, 0, 0o755), **(entries or {})}
        self._base = base
        self._gone: set[str] = set()
        "Where the base's directories, or what its links lead to, are not to be seen any more."
        self._users = users or {"root": 0}
        self._groups = groups or {"root": 0}

    def tree(self) -> dict[str, Entry]:
        """The entries here by path, without those of the base that were never touched."""
        return {path: entry for path, entry in sorted(self._entries.items()) if entry is not None}

    def holds(self, place: str) -> bool:
        """Whether *place* was changed here."""
        return place in self._entries

    def resolve(self, path: str, *, last: bool = True) -> str:
        return follow(path, self._readlink, last=last)

    def read(self, path: str) -> Entry | None:
        return self._at(self.resolve(path, last=False))

    def list(self, path: str) -> tuple[str, ...]:
        place = self.resolve(path, last=False)
        if not isinstance(self._at(place), DirEntry):
            return ()
        hidden = place in self._gone or self._is_below_what_is_gone(place)
        below = set(self._base.list(place)) if self._base and not hidden else set()
        for each, entry in self._entries.items():
            if each != "/" and dirname(each) == place:
                (below.discard if entry is None else below.add)(basename(each))
        return tuple(sorted(below))

    def put(self, path: str, entry: Entry) -> None:
        place = self._place(path)
        present = self._at(place)
        if present is not None and isinstance(present, DirEntry) != isinstance(entry, DirEntry):
            raise _error(errno.EISDIR if isinstance(present, DirEntry) else errno.ENOTDIR, path)
        if not isinstance(present, DirEntry):
            self._gone.add(place)
        self._entries[place] = entry

    def remove(self, path: str) -> None:
        place = self._place(path)
        if self._at(place) is None:
            raise _error(errno.ENOENT, path)
        if self.list(place):
            raise _error(errno.ENOTEMPTY, path)
        self._gone.add(place)
        self._entries[place] = None

    def rename(self, old: str, new: str) -> None:
        source, target = self._place(old), self._place(new)
        for path in [each for each in self._entries if each == source or each.startswith(source + "/")]:
            self._entries[target + path[len(source) :]] = self._entries[path]
            self._entries[path] = None

    def discard(self, path: str) -> None:
        place = self.resolve(path, last=False)
        leftover = f"{dirname(place).rstrip('/')}/{temporary_name(basename(place))}"
        if self._at(leftover) is not None:
            self.remove(leftover)

    def user_id(self, name: str) -> int:
        return self._base.user_id(name) if self._base else _number(self._users, "user", name)

    def group_id(self, name: str) -> int:
        return self._base.group_id(name) if self._base else _number(self._groups, "group", name)

    def _at(self, place: str) -> Entry | None:
        if place in self._entries or self._base is None:
            return self._entries.get(place)
        return None if self._is_below_what_is_gone(place) else self._base.read(place)

    def _is_below_what_is_gone(self, place: str) -> bool:
        while self._gone and place != "/":
            place = dirname(place)
            if place in self._gone:
                return True
        return False

    def _readlink(self, place: str) -> str | None:
        entry = self._at(place)
        return entry.target if isinstance(entry, LinkEntry) else None

    def _place(self, path: str) -> str:
        """*path* without links, in a directory that exists."""
        place = self.resolve(path, last=False)
        parent = self._at(dirname(place))
        if not isinstance(parent, DirEntry):
            raise _error(errno.ENOENT if parent is None else errno.ENOTDIR, path)
        return place


def _error(number: int, path: str) -> OSError:
    return OSError(number, os.strerror(number), path)


def _number(names: Mapping[str, int], what: str, name: str) -> int:
    if name not in names:
        raise UnsupportedError(
            Diagnostic("owner-unknown", f"the {what} {name} does not exist on this system")
        )
    return names[name]
