"""Policies for security modules that confine the engine: rendered for the administrator, never installed.

A security module tells programs apart by the file that is executed. pppd executes the engine as
``python -I -S …/pptpengine/__main__.py``, which to SELinux and AppArmor is Python and nothing more. So each
policy comes with a launcher, a script that is nothing but the engine, and is about that file.
"""

import re
import sys
import sysconfig
from pathlib import Path, PurePosixPath
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.distro.facts import LAUNCHER
from pptpsetup.grammar import shell
from pptpsetup.render.places import own_run_directory
from pptpsetup.render.programs import Programs
from pptpsetup.render.template import rendered

_LAUNCHER_FILE: Final = "pptpengine"
_PLAIN: Final = re.compile(r"[A-Za-z0-9/._-]+")
SOCKETS: Final = "/run/pptp"


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """One file for the administrator's directory."""

    name: str
    text: str
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What belongs to an interpreter, as absolute paths with links resolved."""

    program: str
    libraries: tuple[str, ...]
    "Directories of its standard library."
    objects: tuple[str, ...]
    "Shared libraries of its own, if it is built with any."
    read: tuple[str, ...]
    "Files that it looks at to find them."


def running() -> Interpreter:
    """The interpreter that runs this."""
    paths = sysconfig.get_paths()
    libraries = {str(Path(paths[each]).resolve()) for each in ("stdlib", "platstdlib")}
    variables = sysconfig.get_config_vars()
    shared = Path(variables.get("LIBDIR") or "/") / (variables.get("INSTSONAME") or "none")
    marker = Path(sys.prefix) / "pyvenv.cfg"
    return Interpreter(
        program=str(Path(sys.executable).resolve()),
        # In a virtual environment one of them is a directory inside it, with nothing of the library.
        libraries=tuple(sorted(each for each in libraries if (Path(each) / "os.py").is_file())),
        objects=(str(shared.resolve()),) if shared.is_file() else (),
        read=(str(marker),) if marker.is_file() else (),
    )


def selinux(programs: Programs) -> tuple[PolicyFile, ...]:
    """The module's source, its file contexts, and the launcher. Raises SpecError for paths with blanks."""
    place = _place(programs)
    return (
        PolicyFile("pptpsetup.te", _text("pptpsetup.te", place)),
        PolicyFile("pptpsetup.fc", _text("pptpsetup.fc", place)),
        _launcher(programs),
    )


def apparmor(programs: Programs, interpreter: Interpreter) -> tuple[PolicyFile, ...]:
    """The profile and the launcher. Raises SpecError for paths with blanks."""
    place = {
        **_place(programs),
        "python": interpreter.program,
        "libraries": interpreter.libraries,
        "objects": interpreter.objects,
        "read": interpreter.read,
    }
    return (PolicyFile("pptpengine.apparmor", _text("apparmor", place)), _launcher(programs))


def selinux_commands(directory: str) -> str:
    """Shell lines that build and load what lies in *directory*."""
    module = f"{directory}/pptpsetup"
    return _lines(
        ("install", "-D", "-m", "755", f"{directory}/{_LAUNCHER_FILE}", LAUNCHER),
        ("checkmodule", "-M", "-m", "-o", f"{module}.mod", f"{module}.te"),
        ("semodule_package", "-o", f"{module}.pp", "-m", f"{module}.mod", "-f", f"{module}.fc"),
        ("semodule", "-i", f"{module}.pp"),
        ("mkdir", "-p", "-m", "700", SOCKETS),
        ("mkdir", "-p", own_run_directory()),
        ("restorecon", "-RFv", LAUNCHER, SOCKETS, own_run_directory()),
    )


def apparmor_commands(directory: str) -> str:
    """Shell lines that install and load what lies in *directory*."""
    profile = f"/etc/apparmor.d/{LAUNCHER.strip('/').replace('/', '.')}"
    return _lines(
        ("install", "-D", "-m", "755", f"{directory}/{_LAUNCHER_FILE}", LAUNCHER),
        ("install", "-m", "644", f"{directory}/pptpengine.apparmor", profile),
        ("apparmor_parser", "-r", profile),
    )


def _lines(*commands: tuple[str, ...]) -> str:
    return "\n".join(map(_command, commands))


def _command(words: tuple[str, ...]) -> str:
    """Quoted only where need be: people read these lines."""
    return " ".join(word if _PLAIN.fullmatch(word) else shell.quote(word) for word in words)


def _launcher(programs: Programs) -> PolicyFile:
    text = _text("launcher", {"interpreter": programs.python, **_place(programs)})
    return PolicyFile(_LAUNCHER_FILE, text, executable=True)


def _place(programs: Programs) -> dict[str, object]:
    return {
        "launcher": LAUNCHER,
        "package": str(PurePosixPath(programs.engine).parent),
        "directory": str(PurePosixPath(programs.engine).parent.parent),
        "run_directory": own_run_directory(),
    }


def _text(name: str, values: dict[str, object]) -> str:
    return rendered(f"lsm/{name}.j2", **values).decode()
