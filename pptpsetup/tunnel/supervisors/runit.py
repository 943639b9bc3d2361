"""runit, through sv(8) and the pipe that runsv(8) reads."""

import time
from collections.abc import Iterable
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


class Runit:
    """A runsvdir that runs here."""

    def __init__(self, enabled_directory: Path) -> None:
        self._enabled = enabled_directory

    def attempt(self, tunnel: str) -> Attempt:
        folder = self._enabled / service_name(tunnel)
        end = time.monotonic() + _NOTICED_LIMIT
        while not _is_run(folder):
            if time.monotonic() > end:
                raise DifferentError(
                    Diagnostic(
                        "service-not-run",
                        f"runit does not run the service {folder}",
                        hint=f"see whether runsvdir runs for {self._enabled}: pgrep -a runsvdir",
                    )
                )
            time.sleep(_STEP)
        attempt = KeptAttempt(tunnel)
        _control(folder, b"u")
        return attempt

    def end(self, tunnel: str) -> bool:
        folder = self._enabled / service_name(tunnel)
        if not _is_run(folder) or _is_down(folder):
            return False
        _control(folder, b"d")
        must("sv", "-w", _STOP_LIMIT, "stop", str(folder))
        return True

    def files_changed(self, paths: Iterable[str]) -> None:
        """runsvdir notices itself."""


def _is_run(folder: Path) -> bool:
    """Whether a runsv(8) has it: its ``ok`` is a pipe that somebody reads."""
    import os

    try:
        os.close(os.open(folder / "supervise/ok", os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def _control(folder: Path, command: bytes) -> None:
    """``sv`` would not send what runsv has been told before, and finish may just have told it otherwise."""
    import os

    pipe = os.open(folder / "supervise/control", os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(pipe, command)
    finally:
        os.close(pipe)


def _is_down(folder: Path) -> bool:
    """Whether nothing runs and nothing is going to."""
    return (folder / "supervise/stat").read_text("ascii", "replace").strip() == "down"
