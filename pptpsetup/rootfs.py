"""Paths of a system that lies in a directory: symbolic links are followed as that system would."""

from pathlib import Path, PurePosixPath

_MOST_LINKS = 40
"Linux's own limit (path_resolution(7))."


def inside(root: Path, path: str) -> Path:
    """Where *path*, absolute in the system under *root*, really is.

    An absolute link stays under *root*, and ``..`` cannot leave it. A missing file or a loop of links gives
    a path that does not exist.
    """
    if root == Path("/"):
        return Path(path)
    todo = list(reversed(PurePosixPath(path).parts[1:]))
    done: list[str] = []
    links = 0
    while todo:
        part = todo.pop()
        if part == "..":
            done[-1:] = []
            continue
        here = root.joinpath(*done, part)
        if not here.is_symlink():
            done.append(part)
            continue
        links += 1
        if links > _MOST_LINKS:
            # Not the link itself: whoever opens it would follow it out of the root.
            return here / "too-many-links"
        target = PurePosixPath(here.readlink())
        if target.is_absolute():
            done = []
        todo.extend(reversed([each for each in target.parts if each != "/"]))
    return root.joinpath(*done)


def any_exists(root: Path, paths: tuple[str, ...]) -> bool:
    """Whether at least one of *paths* exists in the system under *root*."""
    return any(inside(root, each).exists() for each in paths)
