"""Paths below a root directory that symbolic links cannot leave.

An image mounted at ``/mnt`` may hold ``/etc/ppp -> /srv/ppp``; for the system in the image that means
``/mnt/srv/ppp``, and writing to the running host's ``/srv/ppp`` would be a disaster. So links are followed
here, by hand, with the root as ``/``, and the walk that opens the directories afterwards refuses every link
(``O_NOFOLLOW``): one that appears in between is an error, never a way out.
"""

import errno
import os
import posixpath
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MAX_LINKS = 40
"The kernel's own limit, path_resolution(7)."


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
    todo = deque(parts_of(path))
    done: list[str] = []
    links = 0
    while todo:
        name = todo.popleft()
        if name in ("", "."):
            continue
        if name == "..":
            del done[-1:]  # ".." of the root is the root
            continue
        here = "/" + "/".join((*done, name))
        target = readlink(here) if todo or last else None
        if target is None:
            done.append(name)
            continue
        links += 1
        if links > MAX_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        if target.startswith("/"):
            done.clear()
        todo.extendleft(reversed(target.rstrip("/").split("/")))
    return "/" + "/".join(done)


@contextmanager
def parent_of(root: str, path: str) -> Iterator[tuple[int, str]]:
    """The open directory that holds *path*, and the last component; *path* must have been followed.

    Raises FileNotFoundError when a directory is missing, NotADirectoryError when one is a file or a link.
    """
    *directories, name = parts_of(path) or ["."]
    here = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for directory in directories:
            below = os.open(
                directory, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here
            )
            os.close(here)
            here = below
        yield here, name
    finally:
        os.close(here)
