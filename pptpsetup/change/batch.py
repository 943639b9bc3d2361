"""Many changes as one: the same safety as one by one, and a number of syncs that does not grow with them.

``put`` syncs each file before its rename and the directory after it, which costs a disk some milliseconds.
Here all files are prepared beside their places and synced, then all are renamed, and then the directories
are synced. From `MANY` entries on, whole file systems are synced by syncfs(2), once for the contents and
once for the renames, where that reports errors.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from posixpath import dirname

from pptpsetup.change import syncfs
from pptpsetup.change.entry import DirEntry, Entry
from pptpsetup.change.ondisk import (
    DIRECTORY,
    discard,
    prepare,
    publish,
    remove_unsynced,
    set_directory_access,
    sync_directory,
    temporary_name,
)
from pptpsetup.change.system import RealSystem, System, naming
from pptpsetup.progress import Tell, counted, nobody

MANY = 32
"Entries: syncing a whole file system for fewer would also wait for what others have written."
Before = Callable[[int], None]
"Called with the index of an entry before it takes its place, or goes. May raise."


def put_all(
    system: System,
    entries: Sequence[tuple[str, Entry]],
    before: Before = lambda _: None,
    tell: Tell = nobody,
) -> None:
    """As ``put`` for each of *entries* in turn, but none is in its place before all are prepared.

    The directories that they go into must be there. Raises OSError; the entries for which *before* was
    called are in their places then, the last one perhaps, and nothing is left of the others.
    """
    if isinstance(system, RealSystem):
        _Putting(system, entries).carry_out(before, tell)
        return
    for index, (path, entry) in enumerate(entries):
        before(index)
        system.put(path, entry)


def remove_all(system: System, paths: Sequence[str], before: Before = lambda _: None) -> None:
    """As ``remove`` for each of *paths* in turn. Raises OSError."""
    if not isinstance(system, RealSystem):
        for index, path in enumerate(paths):
            before(index)
            system.remove(path)
        return
    with _syncing(system, paths) as sync:
        for index, path in enumerate(paths):
            before(index)
            with naming(path):
                parent, name = system.leaving(path)
                sync.note(parent)
                remove_unsynced(parent, name)
        sync()


class _Putting:
    def __init__(self, system: RealSystem, entries: Sequence[tuple[str, Entry]]) -> None:
        self._system = system
        self._entries = entries
        self._prepared: list[bool] = []
        "For each entry dealt with: whether there is something beside its place to be renamed."

    def carry_out(self, before: Before, tell: Tell) -> None:
        published = 0
        with _syncing(self._system, [path for path, _ in self._entries]) as sync:
            try:
                for path, entry in counted(self._entries, "writing files", tell):
                    self._prepare(path, entry, sync)
                if sync.whole:
                    sync()
                for index, (path, entry) in enumerate(self._entries):
                    before(index)
                    self._publish(index, path, entry)
                    published = index + 1
            except BaseException:
                self._discard(published)
                raise
            sync()

    def _prepare(self, path: str, entry: Entry, sync: "_Sync") -> None:
        with naming(path):
            parent, name = self._system.parent(path)
            sync.note(parent)
            self._prepared.append(False)  # whatever happens now may leave something
            self._prepared[-1] = prepare(parent, name, entry, synced=not sync.whole)

    def _publish(self, index: int, path: str, entry: Entry) -> None:
        with naming(path):
            parent, name = self._system.parent(path)
            if self._prepared[index]:
                publish(parent, name)
            elif isinstance(entry, DirEntry):
                set_directory_access(parent, name, entry)

    def _discard(self, published: int) -> None:
        for path, _ in self._entries[published : len(self._prepared)]:
            with suppress(OSError):  # the first error is the one to report, and recovery discards again
                parent, name = self._system.parent(path)
                discard(parent, temporary_name(name))


class _Sync:
    """Makes what was written and renamed so far survive a power cut."""

    def __init__(self, system: RealSystem, paths: Sequence[str]) -> None:
        self._system = system
        self._directories = tuple(dict.fromkeys(map(dirname, paths)))
        self.whole = len(paths) >= MANY and syncfs.can_sync_file_systems()
        "Whether that is all of a file system, files included; else the directories only."
        self._file_systems: dict[int, int] = {}
        "A descriptor of each, by device."

    def note(self, parent: int) -> None:
        """Something in the directory *parent* is about to be written: errors from here on shall be told."""
        if self.whole and (device := os.fstat(parent).st_dev) not in self._file_systems:
            self._file_systems[device] = os.open(".", DIRECTORY, dir_fd=parent)

    def __call__(self) -> None:
        """Raises OSError."""
        for descriptor in self._file_systems.values():
            syncfs.sync_file_system(descriptor)
        for directory in () if self.whole else self._directories:
            with suppress(FileNotFoundError, NotADirectoryError), naming(directory):  # removed, too
                parent, _ = self._system.parent(f"{directory.rstrip('/')}/x")
                sync_directory(parent)

    def close(self) -> None:
        """No more syncs."""
        for descriptor in self._file_systems.values():
            os.close(descriptor)


@contextmanager
def _syncing(system: RealSystem, paths: Sequence[str]) -> Iterator[_Sync]:
    """What is to be called when *paths* have been changed."""
    sync = _Sync(system, paths)
    try:
        yield sync
    finally:
        sync.close()
