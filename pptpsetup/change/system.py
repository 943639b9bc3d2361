"""The files of a host, real or pretended, behind nine verbs.

Planning, applying, verifying and recovering all go through a :class:`System`, so a dry run and a test run
the very code that changes a host. Every path is the absolute POSIX path that the running system would use;
an implementation decides where that is. ``put`` is atomic: a reader sees the old entry or the new one, also
after a power cut.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from pptpsetup.change.beneath import Directories, Directory, follow, parts_of
from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry, OtherEntry, same
from pptpsetup.change.ondisk import (
    DIRECTORY,
    discard,
    is_link,
    opened,
    put_entry,
    read_entry,
    remove_entry,
    sync_directory,
    temporary_name,
)
from pptpsetup.errors import Diagnostic, UnsupportedError, Where

__all__ = [
    "DirEntry",
    "Entry",
    "FileEntry",
    "LinkEntry",
    "OtherEntry",
    "RealSystem",
    "System",
    "read_bytes",
    "same",
]


class System(Protocol):
    """What a change needs of a host. An OSError has the path that a method was given as ``filename``."""

    def resolve(self, path: str, *, last: bool = True) -> str:
        """*path* with symbolic links followed, the last component's only if *last*; it need not exist."""

    def read(self, path: str) -> Entry | None:
        """What is at *path*, a link as the link; None when there is nothing."""

    def list(self, path: str) -> tuple[str, ...]:
        """The sorted names in the directory *path*; none when there is no such directory."""

    def put(self, path: str, entry: Entry) -> None:
        """Make *path* be *entry*; it replaces a file or link, an existing directory gets its access."""

    def remove(self, path: str) -> None:
        """Remove the file, link or empty directory at *path*."""

    def rename(self, old: str, new: str) -> None:
        """Give *old* another name in the same directory."""

    def discard(self, path: str) -> None:
        """Remove what a ``put`` of *path* that was killed half-way may have left beside it."""

    def user_id(self, name: str) -> int:
        """The number of the user *name*. Raises UnsupportedError ``owner-unknown``."""

    def group_id(self, name: str) -> int:
        """The number of the group *name*. Raises UnsupportedError ``owner-unknown``."""


def read_bytes(system: System, path: str) -> bytes | None:
    """The content of the file at *path*, links followed; None when there is none.

    Raises IsADirectoryError or OSError(EINVAL) for anything that is not a regular file.
    """
    entry = system.read(system.resolve(path))
    if entry is None or isinstance(entry, FileEntry):
        return None if entry is None else entry.content
    number = errno.EISDIR if isinstance(entry, DirEntry) else errno.EINVAL
    raise OSError(number, os.strerror(number), path)


class RealSystem:
    """The files below *root*. Owner and group names are those of the root's own passwd and group files."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._directories = Directories(os.fspath(root))
        self._numbers: dict[str, dict[str, int]] = {}

    def resolve(self, path: str, *, last: bool = True) -> str:
        with naming(path):
            try:
                directory, name = self._directory(path)
            except (FileNotFoundError, NotADirectoryError):
                return follow(path, self._directories.readlink, last=last)
            place = directory.place if name == "." else f"{directory.place.rstrip('/')}/{name}"
            if last and is_link(directory.descriptor, name):
                return follow(place, self._directories.readlink, last=True)
            return place

    def read(self, path: str) -> Entry | None:
        try:
            parent, name = self.parent(path)
            return read_entry(parent, name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _named(error, path) from None

    def list(self, path: str) -> tuple[str, ...]:
        try:
            with naming(path):
                parent, name = self.parent(path)
                with opened(name, DIRECTORY, parent) as directory:
                    return tuple(sorted(os.listdir(directory)))  # noqa: PTH208  a descriptor, not a path
        except (FileNotFoundError, NotADirectoryError):
            return ()

    def put(self, path: str, entry: Entry) -> None:
        with naming(path):
            parent, name = self.parent(path)
            put_entry(parent, name, entry)

    def remove(self, path: str) -> None:
        with naming(path):
            parent, name = self.leaving(path)
            remove_entry(parent, name)

    def rename(self, old: str, new: str) -> None:
        with naming(old):
            parent, name = self.leaving(old)
            os.rename(name, parts_of(new)[-1], src_dir_fd=parent, dst_dir_fd=parent)
            sync_directory(parent)

    def discard(self, path: str) -> None:
        with suppress(FileNotFoundError, NotADirectoryError), naming(path):
            parent, name = self.parent(path)
            discard(parent, temporary_name(name))

    def parent(self, path: str) -> tuple[int, str]:
        """The open directory that holds *path*, links in the way followed, and the last component.

        The descriptor is good until the next few calls. Raises FileNotFoundError when a directory is
        missing, NotADirectoryError when one is something else.
        """
        directory, name = self._directory(path)
        return directory.descriptor, name

    def user_id(self, name: str) -> int:
        return self._number("passwd", "user", name)

    def group_id(self, name: str) -> int:
        return self._number("group", "group", name)

    def _number(self, database: str, what: str, name: str) -> int:
        file = f"/etc/{database}"
        if database not in self._numbers:
            self._numbers[database] = _numbers(read_bytes(self, file) or b"")
        number = self._numbers[database].get(name, 0 if name == "root" else None)
        if number is None:
            message = f"the {what} {name} does not exist on this system"
            hint = "install the ppp package: its files belong to this user or group"
            raise UnsupportedError(Diagnostic("owner-unknown", message, where=Where(file), hint=hint))
        return number

    def leaving(self, path: str) -> tuple[int, str]:
        """As :meth:`parent`, when *path* is about to go."""
        directory, name = self._directory(path)
        self._directories.forget(f"{directory.place.rstrip('/')}/{name}")
        return directory.descriptor, name

    def _directory(self, path: str) -> tuple[Directory, str]:
        above, _, name = path.rpartition("/")
        usual = above.startswith("/") and above != "/" and name not in ("", ".", "..") and "\0" not in name
        if not usual or not self._directories.has(above):
            parts_of(path)  # refuses what is no plain absolute path
        return self._directories.at(above or "/"), name or "."


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Let errors name *path*, not the bare name that openat(2) and its relatives were given."""
    try:
        yield
    except OSError as error:
        raise _named(error, path) from None


def _named(error: OSError, path: str) -> OSError:
    error.filename = path
    del error.filename2
    return error


def _numbers(database: bytes) -> dict[str, int]:
    """The names and numbers of a passwd(5) or group(5) file; the first entry of a name counts."""
    entries = [line.split(":") for line in database.decode("utf-8", "surrogateescape").splitlines()]
    return {each[0]: int(each[2]) for each in reversed(entries) if len(each) > 2 and _is_number(each[2])}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
