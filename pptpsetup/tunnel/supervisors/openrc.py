"""OpenRC, through rc-service(8): our own services, and those of netifrc."""

import re
from collections.abc import Iterable
from pathlib import Path

from pptpsetup.errors import Diagnostic, DifferentError
from pptpsetup.grammar.block import lines_of
from pptpsetup.invocation import command
from pptpsetup.render.init.openrc import service_name
from pptpsetup.tunnel.attempt import Attempt, StarterAttempt
from pptpsetup.tunnel.supervisors.command import must
from pptpsetup.tunnel.supervisors.kept import KeptAttempt

_STATES = ("started", "starting", "inactive")
"Directories with a link for each service that is in that state (librc)."


class Openrc:
    """Our script, whose supervise-daemon dials again."""

    def __init__(self, state_directory: Path) -> None:
        self._state = state_directory

    def attempt(self, tunnel: str) -> Attempt:
        attempt = KeptAttempt(tunnel)
        must("rc-service", service_name(tunnel), "start")
        return attempt

    def end(self, tunnel: str) -> bool:
        return _stop(service_name(tunnel), self._state)

    def files_changed(self, paths: Iterable[str]) -> None:
        """OpenRC notices itself that scripts are newer than what it knows of them."""


class Netifrc:
    """net.pppN, under which pppd dials again itself."""

    def __init__(self, configuration: Path, state_directory: Path) -> None:
        self._configuration = configuration
        self._state = state_directory

    def attempt(self, tunnel: str) -> Attempt:
        service = self._service(tunnel)
        if service is None:
            raise DifferentError(
                Diagnostic(
                    "init-file-missing",
                    f"{self._configuration} has no interface for tunnel {tunnel}",
                    hint=f"write the files again: {command('create', tunnel)}",
                )
            )
        return StarterAttempt(["rc-service", service, "start"], tunnel)

    def end(self, tunnel: str) -> bool:
        service = self._service(tunnel)
        return service is not None and _stop(service, self._state)

    def files_changed(self, paths: Iterable[str]) -> None:
        """As with `Openrc`."""

    def _service(self, tunnel: str) -> str | None:
        """The service that calls *tunnel*, by our lines of conf.d/net."""
        call = re.compile(rf"pppd_(ppp[0-9]+)='call {re.escape(tunnel)}'\n".encode())
        try:
            ours = lines_of(self._configuration.read_bytes())
        except FileNotFoundError:
            return None
        found = next((match for line in ours if (match := call.fullmatch(line))), None)
        return None if found is None else f"net.{found[1].decode('ascii')}"


def _stop(service: str, state: Path) -> bool:
    if not any((state / each / service).is_symlink() for each in _STATES):
        return False
    must("rc-service", service, "stop")
    return True
