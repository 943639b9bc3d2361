"""What takes a trial back when its time is over, whatever becomes of the login that began it.

Under systemd, a transient timer: it belongs to no session, and systemd itself keeps it. Elsewhere, and where
systemd refuses, a process of its own in a session of its own that ignores the signals which end a login. It
stays in the login's control group, which only an init system can change: a logind with KillUserProcesses=yes
(logind.conf(5)) ends it with the login. Then the recovery at the next boot, or the next command, takes the
trial back.

Both run ``pptpsetup recover --trial ID``, which looks at the clock itself: the timer may call too early.
"""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from pptpsetup.tunnel.supervisors.command import run

_SYSTEMD = Path("/run/systemd/system")
"Exists while systemd is process 1 (sd_booted(3))."
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ACCURATE = "--timer-property=AccuracySec=100ms"
_AFTER_SLEEP = "--timer-property=OnClockChange=yes"
"""The timer's clock stands still while the machine sleeps; waking up counts as a jump of the wall clock.
New in systemd 242."""


def start(trial: str, seconds: float, command: Sequence[str], *, live: bool) -> str | None:
    """Have *command* run in *seconds* for the trial with the id *trial*; *live*: on the running system.

    Returns what the user should know about it, if there is anything. Raises OSError.
    """
    if live and _SYSTEMD.is_dir():
        why = _transient(trial, seconds, command)
        if why is None:
            return None
        _detach(command)
        return f"systemd does not take a timer ({why}), so a process of this login waits instead"
    _detach(command)
    return None


def stop(trial: str, *, live: bool) -> None:
    """The timer of *trial* is not needed any more; a process that waits notices that itself."""
    if live and _SYSTEMD.is_dir():
        run("systemctl", "stop", f"{_unit(trial)}.timer")


def _unit(trial: str) -> str:
    return f"pptpsetup-trial-{trial}"


def _transient(trial: str, seconds: float, command: Sequence[str]) -> str | None:
    """Why systemd refuses; None when the timer runs."""
    why = ""
    for extra in ((_ACCURATE, _AFTER_SLEEP), (_ACCURATE,)):
        done = run(
            "systemd-run",
            "--quiet",
            "--collect",
            f"--unit={_unit(trial)}",
            "--description=Takes a change of PPTP tunnels back unless it is confirmed",
            f"--on-active={max(1, round(seconds))}s",
            *extra,
            # A tunnel that it starts again without a supervisor must outlive it.
            "--property=KillMode=process",
            *command,
        )
        if done.status == 0:
            return None
        why = done.errors.strip().partition("\n")[0] or f"status {done.status}"
    return why


def _detach(command: Sequence[str]) -> None:
    """Run *command* as a daemon (daemon(7)). Raises OSError when it cannot be started."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            # Not the leader of its session: it never gets a controlling terminal.
            if os.fork() == 0:
                _become(command, write)
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        os.waitpid(child, 0)
        # Closed without a word by the start of the program (O_CLOEXEC).
        refused = pipe.read()
    if refused:
        raise OSError(int(refused), os.strerror(int(refused)), command[0])


def _become(command: Sequence[str], report: int) -> NoReturn:
    try:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(null, standard)
        _close_others(report)
        os.execve(command[0], list(command), {"PATH": _PATH, "LC_ALL": "C.UTF-8"})  # noqa: S606
    except OSError as error:
        with suppress(OSError):
            os.write(report, str(error.errno).encode())
    os._exit(1)


def _close_others(keep: int) -> None:
    limit = os.sysconf("SC_OPEN_MAX")
    os.closerange(3, keep)
    os.closerange(keep + 1, min(limit, 65536) if limit > 0 else 65536)
