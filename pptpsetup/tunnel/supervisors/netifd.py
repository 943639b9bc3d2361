"""OpenWrt's netifd, through ubus(1), ifup and ifdown. It runs pppd itself and dials again.

Written from its sources (netifd's ubus.c; ppp.sh and, in newer releases, ppp.uc of the package ppp): OpenWrt
does not run where pptpsetup is tested.
"""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.tunnel.attempt import Attempt, Failure
from pptpsetup.tunnel.supervisors.command import must, run

_EXIT_STATUSES: Final[Mapping[str, int]] = {
    # ppp.sh
    "AUTH_FAILED": 19,
    "INVALID_OPTIONS": 2,
    # ppp.uc
    "FATAL_ERROR": 1,
    "OPTION_ERROR": 2,
    "NO_KERNEL_SUPPORT": 4,
    "LOCK_FAILED": 6,
    "NEGOTIATION_FAILED": 10,
    "PEER_AUTH_FAILED": 11,
    "IDLE_TIMEOUT": 12,
    "PEER_DEAD": 15,
    "HANGUP": 16,
    "LOOPBACK": 17,
    "AUTH_TOPEER_FAILED": 19,
}
"What the protocol's script calls pppd's exit statuses."


@dataclass(frozen=True, slots=True)
class Interface:
    """What netifd says of an interface (``ubus call network.interface.NAME status``)."""

    known: bool
    up: bool
    autostart: bool
    "It shall be up: what ends is set up again."
    errors: tuple[str, ...] = ()
    "Codes."


NOT_KNOWN: Final = Interface(known=False, up=False, autostart=False)


def read_interface(tunnel: str) -> Interface:
    """The state of the interface of *tunnel*."""
    done = run("ubus", "call", f"network.interface.{tunnel}", "status")
    return parse_status(done.output) if done.status == 0 else NOT_KNOWN


def parse_status(text: str) -> Interface:
    """What ``ubus`` has printed; `NOT_KNOWN` when it is not what netifd answers."""
    try:
        said = json.loads(text)
    except ValueError:
        return NOT_KNOWN
    if not isinstance(said, dict) or not isinstance(said.get("up"), bool):
        return NOT_KNOWN
    errors = said.get("errors")
    found = errors if isinstance(errors, list) else []
    return Interface(
        known=True,
        up=said["up"],
        autostart=said.get("autostart") is True,
        errors=tuple(str(each["code"]) for each in found if isinstance(each, dict) and "code" in each),
    )


class Netifd:
    """The netifd that runs here."""

    def __init__(self, configuration: str) -> None:
        self._configuration = configuration

    def attempt(self, tunnel: str) -> Attempt:
        return InterfaceAttempt(tunnel)

    def end(self, tunnel: str) -> bool:
        interface = read_interface(tunnel)
        if not interface.up and not interface.autostart:
            return False
        must("ifdown", tunnel)
        return True

    def files_changed(self, paths: Iterable[str]) -> None:
        if self._configuration in paths:
            must("ubus", "call", "network", "reload")


class InterfaceAttempt:
    """netifd sets the tunnel's interface up, again and again, until it is told to stop."""

    PAUSE = 0.5
    "Seconds between two looks: each starts a program."

    def __init__(self, tunnel: str) -> None:
        self._tunnel = tunnel
        self._next_look = 0.0
        # It takes the interface down first, and with it the errors of the last time.
        must("ifup", tunnel)

    def poll(self) -> Failure | None:
        if time.monotonic() < self._next_look:
            return None
        self._next_look = time.monotonic() + self.PAUSE
        interface = read_interface(self._tunnel)
        if interface.up:
            return None
        if not interface.known:
            return Failure(None, f"there is no interface {self._tunnel}", said_by="netifd")
        if not interface.errors:
            return None
        last = interface.errors[-1]
        return Failure(_EXIT_STATUSES.get(last), last, said_by="netifd")

    def settle(self) -> None:
        pass

    def abandon(self) -> None:
        pass
