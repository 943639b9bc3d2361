"""runit, through sv(8) and the pipe that runsv(8) reads."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from pptpsetup.errors import Diagnostic, DifferentError
from pptpsetup.render.init.runit import service_name
from pptpsetup.tunnel.attempt import Attempt
from pptpsetup.tunnel.supervisors.command import must
from pptpsetup.tunnel.supervisors.kept import KeptAttempt

_NOTICED_LIMIT = 10.0
"""Seconds: runsvdir(8) looks every five for new services."""
_STOP_LIMIT = "40"
"""Seconds: pppd ends the link in order, and the scripts after it run."""
_STEP = 0.1
_STATE = "supervise"
"""What runsv fills, in a service directory: a link to where it goes with the next boot."""


class Runit:
    """A runsvdir that runs here; what its runsv keep is below *state_directory*."""

    def __init__(self, enabled_directory: Path, state_directory: Path) -> None:
        self._enabled = enabled_directory
        self._state = state_directory

    def attempt(self, tunnel: str) -> Attempt:
        folder = self._enabled / service_name(tunnel)
        if not _comes_true(lambda: _is_run(folder / _STATE)):
            raise DifferentError(
                Diagnostic(
                    "service-not-run",
                    f"runit does not run the service {folder}",
                    hint=f"see whether runsvdir runs for {self._enabled}: pgrep -a runsvdir",
                )
            )
        attempt = KeptAttempt(tunnel)
        _control(folder / _STATE, b"u")
        return attempt

    def end(self, tunnel: str) -> bool:
        folder = self._enabled / service_name(tunnel)
        if not _is_run(folder / _STATE) or _is_down(folder / _STATE):
            return False
        _control(folder / _STATE, b"d")
        must("sv", "-w", _STOP_LIMIT, "stop", str(folder))
        return True

    def files_changed(self, paths: Iterable[str]) -> None:
        """runsvdir notices itself, but later: until then the runsv of a service that is gone would take what
        is said to a new one of that name, and would not let the new one's run."""
        for path in map(Path, paths):
            if path.parent == self._enabled and not path.is_symlink():
                _let_go(self._state / f"supervise.{path.name}")


def _let_go(state: Path) -> None:
    """End the runsv that is at work there, as runsvdir would."""
    if _is_run(state):
        # It may be going already.
        with suppress(OSError):
            _control(state, b"x")
        _comes_true(lambda: not _is_run(state))


def _comes_true(condition: Callable[[], bool]) -> bool:
    """Wait until *condition* holds, as long as runsvdir may take to look around; whether it does."""
    end = time.monotonic() + _NOTICED_LIMIT
    while not condition():
        if time.monotonic() > end:
            return False
        # Nobody tells that a pipe has found its reader; sv(8) looks again and again, too.
        time.sleep(_STEP)
    return True


def _is_run(state: Path) -> bool:
    """Whether a runsv(8) is at work there: ``ok`` is a pipe that it reads."""
    import os

    try:
        os.close(os.open(state / "ok", os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def _control(state: Path, command: bytes) -> None:
    """``sv`` would not send what runsv has been told before, and finish may just have told it otherwise."""
    import os

    pipe = os.open(state / "control", os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(pipe, command)
    finally:
        os.close(pipe)


def _is_down(state: Path) -> bool:
    """Whether nothing runs and nothing is going to."""
    return (state / "stat").read_text("ascii", "replace").strip() == "down"
