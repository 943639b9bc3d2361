"""Specs that the user names: a file, a folder with files, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from pptpsetup.errors import Diagnostic, UsageError, Where
from pptpsetup.spec.document import Document
from pptpsetup.spec.files import FRAGMENTS, MAIN, File, dangling, file_of, in_order, is_fragment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.spec.selection import Selection

STDIN = "-"
STDIN_NAME = "stdin"
"What messages call it."


def read_spec(path: str, selection: Selection) -> Document:
    """The spec at *path*, for the host *selection*.

    Raises SpecError with every problem, UsageError for a folder without one, OSError.
    """
    return Document.read(spec_files(path), selection)


def spec_files(path: str) -> tuple[File, ...]:
    """The files of the spec at *path*, as they would be called on a host.

    In a folder, ``tunnels.yaml`` is the main file and the other ``*.yaml`` are fragments; if it has a folder
    ``tunnels.d`` as /etc/pptpsetup has it, the fragments are those in there.
    Raises UsageError ``spec-missing`` for a folder without any, SpecError for a link that leads to nothing,
    OSError.
    """
    if path == STDIN:
        return (file_of(MAIN, sys.stdin.buffer.read(), STDIN_NAME),)
    if not Path(path).is_dir():
        return (file_of(MAIN, Path(path).read_bytes(), path),)
    places = _places(Path(path))
    if not places:
        message = "there is no spec in this folder"
        hint = f"write {path.rstrip('/')}/{MAIN}, or files whose names end in .yaml"
        raise UsageError(Diagnostic("spec-missing", message, Where(path), hint=hint))
    return tuple(
        file_of(name, places[name].read_bytes(), f"{places[name].parent}/{places[name].name}")
        for name in in_order(places)
    )


def passed_over(path: str) -> tuple[str, ...]:
    """Files at *path*, or in its ``tunnels.d``, that look like parts of a spec and are not read."""
    folders = (Path(path), Path(path) / FRAGMENTS)
    files = (each for folder in folders if folder.is_dir() for each in sorted(folder.iterdir()))
    return tuple(str(each) for each in files if each.suffix in {".yml", ".YAML", ".YML"} and each.is_file())


def _places(folder: Path) -> dict[str, Path]:
    """Where each file is, by the name it has on a host. Raises SpecError for a link to nothing."""
    beside, main = folder / FRAGMENTS, folder / MAIN
    fragments = beside if beside.is_dir() else folder
    found = {
        f"{FRAGMENTS}/{each.name}": each
        for each in fragments.iterdir()
        if is_fragment(each.name) and (fragments is beside or each.name != MAIN)
    }
    for each in (beside, main, *found.values()):
        if each.is_symlink() and not each.exists():
            raise dangling(str(each))
    return {MAIN: main, **found} if main.exists() else found
