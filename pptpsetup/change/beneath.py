"""Paths below a root directory that symbolic links cannot leave.

An image mounted at ``/mnt`` may hold ``/etc/ppp -> /srv/ppp``; for the system in the image that means
``/mnt/srv/ppp``, and writing to the running host's ``/srv/ppp`` would be a disaster. So links are followed
here, by hand, with the root as ``/``, and the walk that opens the directories afterwards refuses every link
(``O_NOFOLLOW``): one that appears in between is an error, never a way out.
"""

import errno
import os
import posixpath
from collections.abc import Callable

from pptpengine.record import dataclass
from pptpsetup.rootfs import walk

_PATH = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def parts_of(path: str) -> list[str]:
    """The components of the absolute, normal *path*.

    Raises ValueError for a path that is relative or contains ``.``, ``..``, ``//`` or NUL: ours never do.
    """
    if not path.startswith("/") or posixpath.normpath(path) != path or path.startswith("//") or "\0" in path:
        raise ValueError(f"not a plain absolute path: {path!r}")
    return [part for part in path.split("/") if part]


def follow(path: str, readlink: Callable[[str], str | None], *, last: bool) -> str:
    """Where *path* is once every symbolic link is followed, the last component's only if *last*.

    *readlink* gives the target of a link and None for everything else, missing names included; the part of
    the path that does not exist is kept as it is. Raises OSError(ELOOP).
    """
    return walk(parts_of(path), readlink, last=last)


@dataclass(frozen=True, slots=True)
class Directory:
    """An open directory."""

    descriptor: int
    place: str
    "Its path below the root, without links."
    identity: tuple[int, int]
    "Device and inode; nothing else gets these while the descriptor is open."


class Directories:
    """Directories below a root, opened without following a link, some of them kept open.

    Thousands of files are read and written in few directories, one after the other. A kept directory is used
    again only if its path still leads to it, which one stat(2) tells; by way of a link that is absolute it
    leads elsewhere, and the path is then followed anew, by hand.
    """

    KEPT = 32

    def __init__(self, root: str) -> None:
        self._root = root
        self._kept: dict[str, Directory] = {}
        "The one used last is last."

    def __del__(self) -> None:
        for each in self._kept.values():
            os.close(each.descriptor)

    def at(self, path: str) -> Directory:
        """The directory *path*, links followed; it stays open for the next few calls.

        Raises FileNotFoundError when there is none, NotADirectoryError when it is something else.
        """
        try:
            return self._opened(path)
        except NotADirectoryError:
            return self._opened(follow(path, self.readlink, last=True))

    def has(self, path: str) -> bool:
        """Whether *path* has been opened, and is kept."""
        return path in self._kept

    def forget(self, path: str) -> None:
        """Close *path* and what is below it: it goes, and an open descriptor would keep its disk busy."""
        for each in [kept for kept in self._kept if kept == path or kept.startswith(f"{path}/")]:
            os.close(self._kept.pop(each).descriptor)

    def readlink(self, path: str) -> str | None:
        """The target of the link *path*, the directories of which are none; None for everything else."""
        try:
            return os.readlink(self._root.rstrip("/") + path)  # noqa: PTH115  no Path per component
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINVAL, errno.ENOTDIR):
                return None
            raise

    def _opened(self, path: str) -> Directory:
        """The directory *path*, no part of which may be a link."""
        kept = self._kept.pop(path, None)
        if kept is not None and self._is_still(path, kept):
            self._kept[path] = kept
            return kept
        if kept is not None:
            os.close(kept.descriptor)
        opened = self._open(path)
        self._kept[path] = opened
        if len(self._kept) > self.KEPT:
            os.close(self._kept.pop(next(iter(self._kept))).descriptor)
        return opened

    def _is_still(self, path: str, kept: Directory) -> bool:
        try:
            found = os.stat(self._root.rstrip("/") + path)  # noqa: PTH116  no Path per file
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == kept.identity

    def _open(self, path: str) -> Directory:
        if path == "/":
            descriptor = os.open(self._root, _PATH)
        else:
            above, _, name = path.rpartition("/")
            parent = self._opened(above or "/")
            descriptor = os.open(name, _PATH | os.O_NOFOLLOW, dir_fd=parent.descriptor)
        found = os.fstat(descriptor)
        return Directory(descriptor, path, (found.st_dev, found.st_ino))
