"""NetworkManager, through nmcli(1). It runs pppd itself and does not dial again.

The password stands in the keyfile, so nothing has to be given to nmcli.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pptpsetup.render.init.networkmanager import connection_uuid
from pptpsetup.tunnel.attempt import Attempt, Failure, StarterAttempt
from pptpsetup.tunnel.supervisors.command import must, run

_WAIT: Final = "110"
"""Seconds for nmcli: less than `service.start` waits, so that its words are heard."""
_JOURNAL: Final = Path("/run/systemd/journal/socket")


def networkmanager_runs() -> bool:
    """Whether it can be asked; it leaves no trace of its own that would tell."""
    return run("nmcli", "-g", "RUNNING", "general").output.strip() == "running"


class NetworkManager:
    """The NetworkManager that runs here."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def attempt(self, tunnel: str) -> Attempt:
        return NmcliAttempt(tunnel)

    def end(self, tunnel: str) -> bool:
        uuid = connection_uuid(tunnel)
        if uuid not in run("nmcli", "-g", "UUID", "connection", "show", "--active").output.split():
            return False
        must("nmcli", "connection", "down", "uuid", uuid)
        return True

    def files_changed(self, paths: Iterable[str]) -> None:
        # It does not look for changed files by itself (nmcli(1)).
        if any(path.startswith(f"{self._directory}/") for path in paths):
            must("nmcli", "connection", "reload")


class NmcliAttempt(StarterAttempt):
    """NetworkManager starts the tunnel; nmcli waits for it, and says why when it does not come up."""

    def __init__(self, tunnel: str) -> None:
        self._begun = int(time.time())
        super().__init__(
            ["nmcli", "--wait", _WAIT, "connection", "up", "uuid", connection_uuid(tunnel)], tunnel
        )

    def poll(self) -> Failure | None:
        failure = super().poll()
        if failure is None:
            return None
        return Failure(None, self._journal() + failure.log, said_by="NetworkManager")

    def _journal(self) -> str:
        """What NetworkManager's own children, pppd among them, have written since."""
        if not _JOURNAL.exists():
            return ""
        since = f"--since=@{self._begun}"
        match = "_SYSTEMD_UNIT=NetworkManager.service"
        return run("journalctl", "--quiet", "--no-pager", "--output=cat", since, match).output
