"""Which init systems run here and are asked to start and stop tunnels."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

from pptpsetup.distro.profile import Profile
from pptpsetup.spec.model import Init
from pptpsetup.tunnel.attempt import Attempt


class Supervisor(Protocol):
    """An init system that runs here."""

    def attempt(self, tunnel: str) -> Attempt:
        """Have *tunnel* started, and return at once.

        Raises DifferentError when it refuses.
        """

    def end(self, tunnel: str) -> bool:
        """Have *tunnel* stopped, also one that waits to dial again; False when there was nothing to stop.

        Raises DifferentError when it refuses.
        """

    def files_changed(self, paths: Iterable[str]) -> None:
        """Tell it that the files at *paths* have changed, if it wants to know.

        Raises DifferentError when it refuses.
        """


_IFUPDOWN: Final = Path("/run/network")
"Made at boot where ifupdown is in use."


# Each is imported where it runs: most systems have one or two of them.


def _systemd(profile: Profile) -> Supervisor | None:
    places = profile.systemd
    if places is None or not Path(places.running).is_dir():
        return None
    from pptpsetup.tunnel.supervisors.systemd import Systemd

    return Systemd(places.unit_directory)


def _ifupdown(profile: Profile) -> Supervisor | None:
    if profile.ifupdown is None or not _IFUPDOWN.is_dir():
        return None
    from pptpsetup.tunnel.supervisors.ifupdown import Ifupdown

    return Ifupdown(_IFUPDOWN)


def _openrc(profile: Profile) -> Supervisor | None:
    places = profile.openrc
    if places is None or not Path(places.running).exists():
        return None
    from pptpsetup.tunnel.supervisors.openrc import Openrc

    return Openrc(Path(places.started_directory).parent)


def _netifrc(profile: Profile) -> Supervisor | None:
    places = profile.netifrc
    if places is None or not Path(places.running).exists():
        return None
    from pptpsetup.tunnel.supervisors.openrc import Netifrc

    return Netifrc(Path(places.configuration), Path(places.running).parent)


def _runit(profile: Profile) -> Supervisor | None:
    places = profile.runit
    if places is None or not Path(places.state_directory).is_dir():
        return None
    from pptpsetup.tunnel.supervisors.runit import Runit

    return Runit(Path(places.enabled_directory), Path(places.state_directory))


def _networkmanager(profile: Profile) -> Supervisor | None:
    places = profile.networkmanager
    if places is None or not Path(places.state_directory).is_dir():
        return None
    from pptpsetup.tunnel.supervisors.networkmanager import NetworkManager, networkmanager_runs

    return NetworkManager(places.directory) if networkmanager_runs() else None


def _netifd(profile: Profile) -> Supervisor | None:
    places = profile.uci
    if places is None or not Path(places.running).exists():
        return None
    from pptpsetup.tunnel.supervisors.netifd import Netifd

    return Netifd(places.configuration)


SUPERVISORS: Final[Mapping[Init, Callable[[Profile], Supervisor | None]]] = {
    Init.SYSTEMD: _systemd,
    Init.OPENRC: _openrc,
    Init.NETIFRC: _netifrc,
    Init.RUNIT: _runit,
    Init.IFUPDOWN: _ifupdown,
    Init.NETWORKMANAGER: _networkmanager,
    Init.UCI: _netifd,
}
"""Each gives None when it does not run here. The other kinds have nothing that would know of a pppd started
beside them: their scripts look for its pid file. NetBSD's rc.d/ppp only knows all peers at once."""


def running(profile: Profile) -> Mapping[Init, Supervisor]:
    """The init systems that run on this very host."""
    found = {init: make(profile) for init, make in SUPERVISORS.items()}
    return {init: each for init, each in found.items() if each is not None}
