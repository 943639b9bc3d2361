"""Paths of a system that lies in a directory: symbolic links are followed as that system would."""

import errno
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from stat import S_ISLNK

MAX_LINKS = 40
"Linux's own limit (path_resolution(7))."


def inside(root: Path, path: str) -> Path:
    """Where *path*, absolute in the system under *root*, really is.

    An absolute link stays under *root*, and ``..`` cannot leave it. A missing file or a loop of links gives
    a path that does not exist.
    """
    if root == Path("/"):
        return Path(path)
    # Text and lstat(2): thousands of files are looked for, and a Path per component takes six times as long.
    top = str(root)
    try:
        return Path(top + walk(path.split("/"), lambda place: _link(top + place), last=True))
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        # Not a part of the loop: whoever opens that would follow it out of the root.
        return root / ".pptpsetup-too-many-links"


def any_exists(root: Path, paths: tuple[str, ...]) -> bool:
    """Whether at least one of *paths* exists in the system under *root*."""
    return any(inside(root, each).exists() for each in paths)


def walk(parts: Iterable[str], readlink: Callable[[str], str | None], *, last: bool) -> str:
    """Where a path of *parts* leads from the root, each link in it followed, the last one only if *last*.

    *readlink* gives the target of a link and None for everything else, missing names included; the part of
    the path that does not exist is kept as it is. Raises OSError(ELOOP).
    """
    todo = list(parts)
    todo.reverse()
    done: list[str] = []
    links = 0
    while todo:
        name = todo.pop()
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
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), here)
        if target.startswith("/"):
            done.clear()
        todo.extend(reversed(target.rstrip("/").split("/")))
    return "/" + "/".join(done)


def _link(place: str) -> str | None:
    try:
        return os.readlink(place) if S_ISLNK(os.lstat(place).st_mode) else None  # noqa: PTH115  as above
    except (FileNotFoundError, NotADirectoryError):
        return None
