"""Which init system a tunnel is for, and what files that needs."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.distro.facts import Facts
from pptpsetup.errors import Diagnostic, UnsupportedError
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Init, Tunnel

Files = Callable[[Sequence[Tunnel], Target], tuple[Artifact, ...]]
Linknames = Callable[[Sequence[Tunnel]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What one init system needs."""

    files: Files
    "Given all tunnels that are for it, at least one, in the spec's order."
    runs_pppd: bool = True
    "With our peers file, secrets and hooks; otherwise it configures pppd itself."
    linknames: Linknames | None = None
    "By tunnel: pppd's ``linkname``, where the init system finds its pppd by a name of its own."


def _files(module: str) -> Files:
    """``files`` of a module beside this one, which is imported when a tunnel is for it."""

    def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
        found: Files = import_module(f"pptpsetup.render.init.{module}").files
        return found(tunnels, target)

    return files


def _netifrc_linknames(tunnels: Sequence[Tunnel]) -> Mapping[str, str]:
    from pptpsetup.render.init.netifrc import interfaces

    return interfaces(tunnels)


KINDS: Final[Mapping[Init, Kind]] = {
    Init.SYSTEMD: Kind(_files("systemd")),
    Init.IFUPDOWN: Kind(_files("ifupdown")),
    Init.NETWORKMANAGER: Kind(_files("networkmanager"), runs_pppd=False),
    Init.OPENRC: Kind(_files("openrc")),
    Init.NETIFRC: Kind(_files("netifrc"), linknames=_netifrc_linknames),
    Init.SYSV: Kind(_files("sysv")),
    Init.RC_D: Kind(_files("rcd")),
    Init.RUNIT: Kind(_files("runit")),
    Init.UCI: Kind(_files("uci"), runs_pppd=False),
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


def by_kind(tunnels: Sequence[Tunnel], facts: Facts) -> Mapping[Init, Sequence[Tunnel]]:
    """*tunnels* by the init system each is for. Raises UnsupportedError ``no-init``."""
    found: dict[Init, list[Tunnel]] = {}
    for tunnel in tunnels:
        found.setdefault(choose(tunnel, facts), []).append(tunnel)
    return found
