"""An attempt by a supervisor that keeps pppd in the foreground and starts it again: OpenRC, runit.

What our scripts run under it leaves two files for us: what pppd says in its present run, and how the last
one ended. Both are in /run/pptpsetup, and the second is there only between two runs.
"""

from contextlib import suppress
from pathlib import Path

from pptpsetup.tunnel.attempt import Failure
from pptpsetup.tunnel.places import exit_file, log_file

_ROOT = Path("/")
_LOG_LIMIT = 1 << 20
_SIGNALLED = 128
"Shells add the number of the signal to this."


class KeptAttempt:
    """Make it before the supervisor is told to start."""

    def __init__(self, tunnel: str) -> None:
        self._exit = exit_file(_ROOT, tunnel)
        self._log = log_file(_ROOT, tunnel)
        with suppress(FileNotFoundError):
            self._exit.unlink()

    def poll(self) -> Failure | None:
        try:
            status = self._exit.read_text("ascii").strip()
        except FileNotFoundError:
            return None
        known = status.isdecimal() and 0 < int(status) < _SIGNALLED
        # Not there yet while it is being written: the next look is soon.
        return Failure(int(status) if known else None, self._said()) if status else None

    def settle(self) -> None:
        pass

    def abandon(self) -> None:
        pass

    def _said(self) -> str:
        try:
            with self._log.open("rb") as file:
                return file.read(_LOG_LIMIT).decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
