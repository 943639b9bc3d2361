"""Which init system a tunnel is for."""

from pptpsetup.distro.facts import Facts
from pptpsetup.errors import Diagnostic, UnsupportedError
from pptpsetup.spec.model import Init, Tunnel


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
                why="neither systemd nor ifupdown is installed, or the tunnel's init is manual",
                hint="set on_boot to false, or install ifupdown",
            )
        )
    return chosen
