"""What a system cannot carry, told before anything is written.

The rules judge by the profile and by what the tunnel asks for, so that the answer is the same for a machine,
a directory and a table of all profiles. What this machine lacks today is `distro.needs.require`'s to tell.
"""

from collections.abc import Iterable
from typing import Final

from pptpsetup.errors import Diagnostic, UnsupportedError
from pptpsetup.render.limits import delivery, netifd, networkmanager, system
from pptpsetup.render.limits.rule import Rule
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Tunnel

RULES: Final[tuple[Rule, ...]] = (
    system.init,
    system.pppd,
    system.mppe,
    system.peers_name,
    system.masquerade,
    system.forwarding,
    system.demand,
    system.redialling,
    delivery.passwordfd,
    delivery.credential,
    networkmanager.boot,
    networkmanager.mtu,
    networkmanager.attempts,
    networkmanager.delay,
    networkmanager.pppd_options,
    netifd.redialling,
    netifd.delay,
    netifd.pppd_options,
    netifd.engine,
    netifd.encryption,
    netifd.domains,
    netifd.name,
)
"Each may refuse a tunnel."
CAUTIONS: Final[tuple[Rule, ...]] = (networkmanager.engine, system.fips)
"Each may have something to say about a tunnel that is written as asked."


def obstacles(tunnels: Iterable[Tunnel], target: Target) -> tuple[Diagnostic, ...]:
    """Every reason why the system of *target* cannot carry one of *tunnels*, with the nearest that works."""
    refused = system.standing(target)
    if refused is not None:
        return tuple(refused for _ in tunnels)
    return _asked(RULES, tunnels, target)


def require_carried(tunnels: Iterable[Tunnel], target: Target) -> None:
    """Raises UnsupportedError with all `obstacles`."""
    found = obstacles(tunnels, target)
    if found:
        raise UnsupportedError(found)


def cautions(tunnels: Iterable[Tunnel], target: Target) -> tuple[Diagnostic, ...]:
    """What will be written as asked and not be all that was wanted."""
    return _asked(CAUTIONS, tunnels, target)


def _asked(rules: tuple[Rule, ...], tunnels: Iterable[Tunnel], target: Target) -> tuple[Diagnostic, ...]:
    return tuple(
        found for tunnel in tunnels for rule in rules if (found := rule(tunnel, target)) is not None
    )
