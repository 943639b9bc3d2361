"""Where a system in a directory has our engine, and the interpreter that runs it.

What is written below ``--root`` must name programs of that system, not those of the machine that writes it.
It is only looked at: by the script ``pptpsetup``, whose first line names the interpreter that will be
``sys.executable`` there, and by the usual places of Python packages.
"""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.errors import Diagnostic
from pptpsetup.rootfs import inside

HOME: Final = "/usr/lib/pptpsetup/pptpengine"
"Where the engine can be put by hand: a copy of its folder is all it needs besides Python."
_MAIN: Final = "__main__.py"
_SCRIPTS: Final = tuple(
    f"{prefix}/{folder}/pptpsetup"
    for prefix in ("/usr", "/usr/local", "/opt/pptpsetup", "/usr/pkg")
    for folder in ("sbin", "bin")
)
_SHEBANG: Final = rb"#!\s*(/[^\s]+)\s*(?:-[A-Za-z]+\s*)?\n"
_VERSIONED: Final = re.compile(r"python3(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class EnginePlace:
    """The engine of a system; absolute paths, as that system sees them."""

    python: str
    "The interpreter."
    main: str
    "The engine's ``__main__.py``."
    missing: tuple[str, ...] = ()
    "Those of the two that are not there (yet)."

    def shortage(self) -> Diagnostic | None:
        """What must still be installed for the tunnels to be dialled; None: nothing."""
        if not self.missing:
            return None
        return Diagnostic(
            "engine-elsewhere",
            f"the files name {' and '.join(self.missing)}, which this system does not have",
            why="the engine is what dials, and releases routes, whatever starts the tunnel",
            hint="install pptpsetup there and repeat the command, or give it Python 3.10 or newer as "
            f"{self.python} and a copy of the engine's folder as {PurePosixPath(self.main).parent}",
        )


def expected_place(python: str) -> EnginePlace:
    """That of a system of which nothing is known but its interpreter *python*."""
    return EnginePlace(python, f"{HOME}/{_MAIN}", (f"{HOME}/{_MAIN}",))


def engine_place(root: Path, python: str) -> EnginePlace:
    """That of the system under *root*; *python* is the interpreter that its packages are run with."""
    script, interpreter = _script(root)
    for main, own_python in _mains(root, script):
        chosen = interpreter if interpreter and _belongs(main, script) else own_python
        candidates = [each for each in (chosen, python) if each and inside(root, each).exists()]
        found = candidates[0] if candidates else python
        return EnginePlace(found, main, () if candidates else (found,))
    missing = (f"{HOME}/{_MAIN}",) if inside(root, python).exists() else (python, f"{HOME}/{_MAIN}")
    return EnginePlace(python, f"{HOME}/{_MAIN}", missing)


def _script(root: Path) -> tuple[PurePosixPath | None, str | None]:
    """The prefix that ``pptpsetup`` is installed under, and the interpreter that it names."""
    for path in _SCRIPTS:
        place = inside(root, path)
        if not place.is_file():
            continue
        with place.open("rb") as file:
            shebang = re.match(_SHEBANG, file.read(512))
        named = shebang[1].decode("utf-8", "replace") if shebang else None
        here = named is not None and inside(root, named).exists()
        return _seen(root, place).parent.parent, named if here else None
    return None, None


def _mains(root: Path, prefix: PurePosixPath | None) -> Iterator[tuple[str, str | None]]:
    """Each ``__main__.py`` that is there, and the interpreter whose folder it is in; the best first."""
    prefixes = ("/usr", "/usr/local", "/opt/pptpsetup", "/usr/pkg")
    for each in dict.fromkeys((*((str(prefix),) if prefix else ()), *prefixes)):
        for library in ("lib", "lib64"):
            for folder, python in _interpreters(root, each, library):
                for packages in ("dist-packages", "site-packages"):
                    main = inside(root, f"{folder}/{packages}/pptpengine/{_MAIN}")
                    if main.is_file():
                        yield str(_seen(root, main)), python
    main = inside(root, f"{HOME}/{_MAIN}")
    if main.is_file():
        yield str(_seen(root, main)), None


def _interpreters(root: Path, prefix: str, library: str) -> list[tuple[str, str | None]]:
    """The folders ``python3`` and ``python3.N`` below *library*, the newest first."""
    place = inside(root, f"{prefix}/{library}")
    names = [each.name for each in place.iterdir()] if place.is_dir() else []
    found = [(int(match[1] or 0), match[0]) for name in names if (match := _VERSIONED.fullmatch(name))]
    return [
        (f"{prefix}/{library}/{name}", f"{prefix}/bin/{name}" if minor else None)
        for minor, name in sorted(found, reverse=True)
    ]


def _belongs(main: str, prefix: PurePosixPath | None) -> bool:
    return prefix is not None and PurePosixPath(main).is_relative_to(prefix)


def _seen(root: Path, place: Path) -> PurePosixPath:
    """*place*, below *root*, as the system there sees it."""
    return PurePosixPath("/") / place.relative_to(root)
