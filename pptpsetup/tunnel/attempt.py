"""One attempt to bring a tunnel up: through systemd, through pppd, or by watching one that is under way.

An attempt is polled. It never waits by itself and never judges why it failed: it hands over what it saw.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pptpsetup.tunnel import systemd

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path
    from typing import IO

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


class Attempt(Protocol):
    """What `service.start` polls."""

    def poll(self) -> Failure | None:
        """The failure, once there is one; whether the tunnel is up is told by its status, not here."""

    def settle(self) -> None:
        """The tunnel is up: let go of it."""

    def abandon(self) -> None:
        """It is not going to be: end what this attempt has started and its supervisor does not know."""


class UnitAttempt:
    """systemd starts the tunnel's unit."""

    PAUSE = 0.5
    "Seconds between two looks at the unit: each starts a program."

    def __init__(self, tunnel: str) -> None:
        self._tunnel = tunnel
        self._before = systemd.read_unit(tunnel).invocation
        systemd.start_unit(tunnel)
        self._next_look = 0.0

    def poll(self) -> Failure | None:
        if time.monotonic() < self._next_look:
            return None
        self._next_look = time.monotonic() + self.PAUSE
        unit = systemd.read_unit(self._tunnel)
        return Failure(unit.exit_status, systemd.log_of(unit)) if unit.has_ended(self._before) else None

    def settle(self) -> None:
        pass

    def abandon(self) -> None:
        pass


class PppdAttempt:
    """pppd runs in the foreground until the link is up (``updetach``) and logs to a file of ours until then.

    Without ``logfd`` pppd logs to its standard output as long as it is attached and stops doing so when it
    detaches. With ``logfd`` it would go on writing to a descriptor number that is something else by then.
    """

    def __init__(self, pppd: Path, tunnel: str) -> None:
        self._log, self._process = _run_pppd(pppd, tunnel, "updetach")

    def poll(self) -> Failure | None:
        status = self._process.poll()
        if status is not None:
            # Ended by a signal: negative, and none of pppd's own statuses.
            return Failure(status if status > 0 else None, _read(self._log)) if status else None
        log = _read(self._log)
        return Failure(None, log) if any(text in log for text in _FIRST_FAILURE) else None

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


class DemandAttempt:
    """pppd goes to the background at once and waits there for the first packet.

    Where a global options file says ``nodetach`` it stays in the foreground, which makes no difference:
    whoever has started it need not wait for it.
    """

    def __init__(self, pppd: Path, tunnel: str) -> None:
        self._log, self._process = _run_pppd(pppd, tunnel)
        self._deadline = time.monotonic() + _STANDBY_LIMIT

    def poll(self) -> Failure | None:
        status = self._process.poll()
        if status is None or (status == 0 and time.monotonic() < self._deadline):
            return None
        return Failure(status if status > 0 else None, _read(self._log))

    def settle(self) -> None:
        if self._process.poll() is None:
            # It goes on without us; Popen would take a child that nobody waits for as forgotten.
            self._process.returncode = 0
        self._log.close()

    def abandon(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        self._log.close()


class Watch:
    """Somebody else's pppd is at it: there is nothing to see but the tunnel's own state."""

    def poll(self) -> Failure | None:
        return None

    def settle(self) -> None:
        pass

    def abandon(self) -> None:
        pass


def _run_pppd(pppd: Path, tunnel: str, *options: str) -> tuple[IO[bytes], subprocess.Popen[bytes]]:
    """pppd, and the file that it logs to as long as it is attached."""
    import os
    import subprocess
    import tempfile

    log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever gets it
    # A session of its own: Ctrl-C is for us, who then stop pppd in order.
    process: subprocess.Popen[bytes] = subprocess.Popen(
        [str(pppd), "call", tunnel, *options],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        start_new_session=True,
    )
    return log, process


def _read(log: IO[bytes]) -> str:
    import os

    # pread: the position in the file is shared with pppd, which writes there.
    return os.pread(log.fileno(), _LOG_LIMIT, 0).decode("utf-8", "replace")
