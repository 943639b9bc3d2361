"""ifupdown: what ``ifup`` has brought up it wants to take down itself."""

from collections.abc import Iterable
from pathlib import Path

from pptpsetup.render.init.ifupdown import interface_name
from pptpsetup.tunnel.attempt import Attempt, StarterAttempt
from pptpsetup.tunnel.supervisors.command import must


class Ifupdown:
    """pppd dials again itself; ifupdown keeps a list of what it has brought up."""

    def __init__(self, run_directory: Path) -> None:
        self._state = run_directory / "ifstate"

    def attempt(self, tunnel: str) -> Attempt:
        # Also when it believes that it has done so already: pppd may have given up since.
        return StarterAttempt(["ifup", "--force", interface_name(tunnel)], tunnel)

    def end(self, tunnel: str) -> bool:
        interface = interface_name(tunnel)
        if not self._has(interface):
            return False
        must("ifdown", "--force", interface)
        return True

    def files_changed(self, paths: Iterable[str]) -> None:
        """It reads its files every time."""

    def _has(self, interface: str) -> bool:
        try:
            lines = self._state.read_text("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return False
        return any(line.partition("=")[0] == interface for line in lines)
