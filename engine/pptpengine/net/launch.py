"""pppd as a child of the gateway, on a pseudo-terminal made for it: what pptp(8) does without
``--nolaunchpppd``.
"""

from __future__ import annotations

import os
import tty
from collections.abc import Sequence
from contextlib import suppress

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.net.process import default_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_FOLDERS = ("/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/pkg/sbin")
_OPEN_LIMIT = 3.0
"Seconds in which a pppd that went to the background opens its terminal."
_SPEED = "38400"
"pptp(8) gives it, too; on a pseudo-terminal it means nothing, but pppd wants to set one."


def find_pppd() -> str:
    """The path of pppd: on PATH, or where distributions have it. Raises Refused."""
    for folder in (*os.environ.get("PATH", os.defpath).split(":"), *_FOLDERS):
        path = f"{folder}/pppd"
        if folder and os.access(path, os.X_OK):
            return path
    raise Refused(Cause("pppd-failed", "pppd is not installed", "Install your distribution's package ppp."))


class Pppd:
    """pppd with *words* as its options. The gateway speaks to it on `master`.

    The other side of the terminal stays open here until pppd has surely opened it, because a terminal with
    nobody on it looks closed: until LCP is open, or for a while after the started process has ended, since
    pppd goes to the background first and opens the terminal then. Raises Refused, OSError.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._program = find_pppd()
        self._words = words
        self.master, self._slave = os.openpty()
        self._terminal = os.ttyname(self._slave)
        tty.setraw(self._slave)
        self._pid: int | None = None
        self.due: float | None = None
        "When `release` is to be called, on the monotonic clock."

    def start(self) -> None:
        """Run it. Raises OSError."""
        self._pid = os.fork()
        if self._pid == 0:
            self._become_pppd()

    def reap(self, now: float) -> Cause | None:
        """To be called on SIGCHLD: tells if pppd ended with an error."""
        if self._pid is None:
            return None
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if not pid:
            return None
        self._pid = None
        self.due = now + _OPEN_LIMIT
        code = os.waitstatus_to_exitcode(status)
        return Cause.of("pppd-failed", f"pppd ended with status {code}") if code else None

    def close(self) -> None:
        """Hang up: pppd sees its terminal go."""
        self.release()
        os.close(self.master)

    def release(self) -> None:
        """pppd has opened the terminal, or never will."""
        self.due = None
        if self._slave >= 0:
            os.close(self._slave)
            self._slave = -1

    def _become_pppd(self) -> NoReturn:
        try:
            os.setsid()
            default_signals()
            with suppress(OSError):
                null = os.open("/dev/null", os.O_RDWR)
                os.dup2(null, 0)
            os.closerange(3, 256)
            words = [self._program, self._terminal, _SPEED, *self._words]
            os.execv(self._program, words)  # noqa: S606 - no shell is wanted
        finally:
            os._exit(127)
