"""Which init system a tunnel is for, and what files that needs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.distro.facts import Facts
from pptpsetup.errors import Diagnostic, UnsupportedError
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.init import ifupdown, netifrc, networkmanager, openrc, rcd, runit, systemd, sysv, uci
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Init, Tunnel


@dataclass(frozen=True, slots=True)
class Kind:
    """What one init system needs."""

    files: Callable[[Sequence[Tunnel], Target], tuple[Artifact, ...]]
    "Given all tunnels that are for it, at least one, in the spec's order."
    runs_pppd: bool = True
    "With our peers file, secrets and hooks; otherwise it configures pppd itself."
    linknames: Callable[[Sequence[Tunnel]], Mapping[str, str]] | None = None
    "By tunnel: pppd's ``linkname``, where the init system finds its pppd by a name of its own."
    start_command: Callable[[str], str] | None = None
    "Starts a tunnel; for what runs pppd itself and is not asked by us."


KINDS: Final[Mapping[Init, Kind]] = {
    Init.SYSTEMD: Kind(systemd.files),
    Init.IFUPDOWN: Kind(ifupdown.files),
    Init.NETWORKMANAGER: Kind(
        networkmanager.files,
        runs_pppd=False,
        # It does not look for new files by itself (nmcli(1)).
        start_command=lambda tunnel: f"nmcli connection reload && nmcli connection up {tunnel}",
    ),
    Init.OPENRC: Kind(openrc.files),
    Init.NETIFRC: Kind(netifrc.files, linknames=netifrc.interfaces),
    Init.SYSV: Kind(sysv.files),
    Init.RC_D: Kind(rcd.files),
    Init.RUNIT: Kind(runit.files),
    Init.UCI: Kind(uci.files, runs_pppd=False, start_command=lambda tunnel: f"ifup {tunnel}"),
    Init.MANUAL: Kind(lambda _tunnels, _target: ()),
}


def choose(tunnel: Tunnel, facts: Facts) -> Init:
    """What ``init`` of *tunnel* means on this host; never `Init.AUTO`.

    ``auto`` is the first one installed in the profile's order, or ``manual``. What the spec names is taken
    as it is, also when it is not installed (yet).

    Raises UnsupportedError ``no-init``: the tunnel shall start at boot and nothing here could do that.
    """
    chosen = Init(facts.init_for(tunnel.init.value))
    if chosen is Init.MANUAL and tunnel.on_boot:
        raise UnsupportedError(
            Diagnostic(
                "no-init",
                f"nothing can start tunnel {tunnel.name} at boot",
                why="no init system of this distribution is installed, or the tunnel's init is manual",
                hint="set on_boot to false",
            )
        )
    return chosen


def by_kind(tunnels: Sequence[Tunnel], facts: Facts) -> Mapping[Init, tuple[Tunnel, ...]]:
    """*tunnels* by the init system each is for. Raises UnsupportedError ``no-init``."""
    found: dict[Init, tuple[Tunnel, ...]] = {}
    for tunnel in tunnels:
        init = choose(tunnel, facts)
        found[init] = (*found.get(init, ()), tunnel)
    return found
