"""What is about to be written, given to the programs that will read it, where they are installed.

Every value has been quoted by the grammar of its file already, and tests compare those grammars with the
real parsers. This is for what no test of ours can know: the pppd, the shell and the systemd of this very
host, and options of the user's own. It runs before anything is changed.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from shutil import which
from tempfile import TemporaryDirectory
from typing import Final

from pptpsetup.change.entry import FileEntry
from pptpsetup.change.step import Plan, Step
from pptpsetup.distro.pppd import validate_peers
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import Diagnostic, InternalError, Where
from pptpsetup.render.shared import SHELL_BLOCK

_SECONDS = 10
_SHELLS: Final = {"sh": "sh", "openrc-run": "sh", "bash": "bash"}
"The shell that reads a script whose first line names this program; openrc-run(8) sources it in sh."
_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


def try_out(plan: Plan, profile: Profile) -> tuple[Diagnostic, ...]:
    """Have everything that *plan* writes parsed, and return warnings.

    Peers files go to pppd, scripts and files that a shell sources to that shell, units to systemd, which
    only warns of what it will ignore. What cannot be parsed here is left out.
    Raises UnsupportedError when pppd refuses a file, InternalError when a shell does.
    """
    units: list[tuple[PurePosixPath, bytes]] = []
    for step in plan.steps:
        entry = step.after
        if not isinstance(entry, FileEntry) or step.blocked or _content(step.before) == entry.content:
            continue
        path = PurePosixPath(step.path)
        if str(path.parent) == profile.peers.directory:
            validate_peers(entry.content, profile.pppd, step.path)
        elif shell := _shell_of(step, entry):
            _parse(shell, step, entry)
        elif path.suffix == ".service":
            units.append((path, entry.content))
    return _verify_units(units)


def _content(entry: object) -> bytes | None:
    return entry.content if isinstance(entry, FileEntry) else None


def _shell_of(step: Step, entry: FileEntry) -> str | None:
    """The shell that will read the file, if it is one that can be asked."""
    if step.merges == SHELL_BLOCK:
        return "bash"
    first, _, _ = entry.content.partition(b"\n")
    if not first.startswith(b"#!"):
        return None
    words = first[2:].split()
    return _SHELLS.get(PurePosixPath(words[0].decode("utf-8", "replace")).name) if words else None


def _parse(shell: str, step: Step, entry: FileEntry) -> None:
    """Raises InternalError when *shell* cannot parse the file, and could parse what it was before."""
    said = _said_by(shell, entry.content)
    if not said or _said_by(shell, _content(step.before) or b""):
        # What the user's own lines do to a shared file is not for us to judge.
        return
    message = f"{shell} cannot parse what would be written"
    raise InternalError(Diagnostic("script-rejected", message, Where(step.path), why=said))


def _said_by(shell: str, script: bytes) -> str:
    """What ``SHELL -n`` has to say against *script*; nothing when it is not installed."""
    program = which(shell)
    if program is None:
        return ""
    status, output = _run((program, "-n"), script)
    # bash's second line is the one in question, and in a file of others that may hold a password.
    return output.strip().partition("\n")[0] if status else ""


def _verify_units(units: Sequence[tuple[PurePosixPath, bytes]]) -> tuple[Diagnostic, ...]:
    """What systemd-analyze(1) says about units; its exit status differs from release to release.

    It reads all of the system's units to verify one, so it is run once for all.
    """
    program = which("systemd-analyze")
    if program is None or not units:
        return ()
    with TemporaryDirectory(prefix="pptpsetup-unit-") as folder:
        files = {path: Path(folder, path.name) for path, _ in units}
        for path, content in units:
            files[path].write_bytes(content)
        _, output = _run((program, "verify", *map(str, files.values())))
    return tuple(
        Diagnostic(
            "unit-doubtful",
            "systemd has something to say",
            Where(str(path)),
            why=line.replace(str(file), path.name),
        )
        for path, file in files.items()
        for line in output.splitlines()
        if line.startswith(_names(path, file))
    )


def _names(path: PurePosixPath, file: Path) -> tuple[str, ...]:
    """How systemd-analyze begins what it says about the unit *path*, which it reads as *file*."""
    stem = path.stem.partition("@")[0]
    return str(file), f"{stem}.", f"{stem}@"


def _run(command: tuple[str, ...], stdin: bytes = b"") -> tuple[int, str]:
    """Exit status and everything said; 0 and nothing when it cannot be run or does not end."""
    try:
        done = subprocess.run(
            command,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_ENVIRONMENT,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0, ""
    return done.returncode, done.stdout.decode("utf-8", "replace")
