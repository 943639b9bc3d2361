"""One attempt to bring a tunnel up: through a program, or by watching one that is under way.

An attempt is polled. It never waits by itself and never judges why it failed: it hands over what it saw.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pptpengine.record import dataclass
from pptpsetup.tunnel.processes import find_link

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence
    from typing import IO

_ROOT = Path("/")

_FIRST_FAILURE = ("Connection terminated.", "Connect script failed", "Link terminated.")
"""What pppd says when a link ends, even when ``persist`` makes it try again (pppd/auth.c, pppd/tty.c)."""
_LOG_LIMIT = 1 << 20
_END_LIMIT = 10.0
"""Seconds for pppd to detach, or to end the link in order."""
_STANDBY_LIMIT = 20.0
"""Seconds for a pppd that has detached to have its interface."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The attempt is over and the tunnel is not up."""

    exit_status: int | None
    log: str
    said_by: str = "pppd"
    "Whose words *log* is."


class Attempt(Protocol):
    """What `service.start` polls."""

    def poll(self) -> Failure | None:
        """The failure, once there is one; whether the tunnel is up is told by its status, not here."""

    def settle(self) -> None:
        """The tunnel is up: let go of it."""

    def abandon(self) -> None:
        """It is not going to be: end what this attempt has started and its supervisor does not know."""


class _Program:
    """A program that runs until the tunnel is up, and what it says."""

    def __init__(self, command: Sequence[str]) -> None:
        import os
        import subprocess
        import tempfile

        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        # A session of its own: Ctrl-C is for us, who then stop pppd in order.
        self._process: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            start_new_session=True,
        )

    def settle(self) -> None:
        self._wait()

    def abandon(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._wait()

    def _wait(self) -> None:
        import subprocess

        try:
            self._process.wait(_END_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _read(self) -> str:
        import os

        # pread: the position in the file is shared with the program, which writes there.
        return os.pread(self._log.fileno(), _LOG_LIMIT, 0).decode("utf-8", "replace")


class PppdAttempt(_Program):
    """pppd runs in the foreground until the link is up (``updetach``) and logs to a file of ours until then.

    Without ``logfd`` pppd logs to its standard output as long as it is attached and stops doing so when it
    detaches. With ``logfd`` it would go on writing to a descriptor number that is something else by then.
    """

    def __init__(self, pppd: Sequence[str], tunnel: str) -> None:
        super().__init__([*pppd, "call", tunnel, "updetach"])

    def poll(self) -> Failure | None:
        status = self._process.poll()
        if status is not None:
            # Ended by a signal: negative, and none of pppd's own statuses.
            return Failure(status if status > 0 else None, self._read()) if status else None
        log = self._read()
        return Failure(None, log) if any(text in log for text in _FIRST_FAILURE) else None


class DemandAttempt(_Program):
    """pppd goes to the background at once and waits there for the first packet.

    Where a global options file says ``nodetach`` it stays in the foreground, which makes no difference:
    whoever has started it need not wait for it.
    """

    def __init__(self, pppd: Sequence[str], tunnel: str) -> None:
        super().__init__([*pppd, "call", tunnel])
        self._deadline = time.monotonic() + _STANDBY_LIMIT

    def poll(self) -> Failure | None:
        status = self._process.poll()
        if status is None or (status == 0 and time.monotonic() < self._deadline):
            return None
        return Failure(status if status > 0 else None, self._read())

    def settle(self) -> None:
        if self._process.poll() is None:
            # It goes on without us; Popen would take a child that nobody waits for as forgotten.
            self._process.returncode = 0
        self._log.close()


class StarterAttempt(_Program):
    """Another program starts pppd, which then goes on in the background: ``ifup``, ``rc-service``."""

    _PATIENCE = 2.0
    "Seconds in which a pppd that has been started must be seen."

    def __init__(self, command: Sequence[str], tunnel: str) -> None:
        super().__init__(command)
        self._tunnel = tunnel
        self._last_seen: float | None = None

    def poll(self) -> Failure | None:
        status = self._process.poll()
        if status is None:
            return None
        if status:
            # Its own status, not pppd's.
            return Failure(None, self._read())
        now = time.monotonic()
        if self._last_seen is None or find_link(_ROOT, self._tunnel) is not None:
            self._last_seen = now
        return Failure(None, self._read()) if now - self._last_seen > self._PATIENCE else None


class Watch:
    """Somebody else's pppd is at it: there is nothing to see but the tunnel's own state."""

    def poll(self) -> Failure | None:
        return None

    def settle(self) -> None:
        pass

    def abandon(self) -> None:
        pass
