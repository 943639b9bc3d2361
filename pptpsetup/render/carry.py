"""What a system cannot carry, told before anything is written.

The rules judge by the profile and by what the tunnel asks for, so that the answer is the same for a machine,
a directory and a table of all profiles. What this machine lacks today is `distro.needs.require`'s to tell.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, Final

from pptpsetup.errors import Diagnostic, UnsupportedError
from pptpsetup.render.limits import delivery, system
from pptpsetup.render.limits.rule import Rule, init_of
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Init, Tunnel

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
)
"Each may refuse a tunnel."
CAUTIONS: Final[tuple[Rule, ...]] = (system.fips,)
"Each may have something to say about a tunnel that is written as asked."
OWN_WORDS: Final[Mapping[Init, str]] = {Init.NETWORKMANAGER: "networkmanager", Init.UCI: "netifd"}
"What runs pppd itself, with words of its own: the module of `limits` with the RULES and CAUTIONS of these."


def obstacles(tunnels: Iterable[Tunnel], target: Target) -> tuple[Diagnostic, ...]:
    """Every reason why the system of *target* cannot carry one of *tunnels*, with the nearest that works."""
    refused = system.standing(target)
    if refused is not None:
        return tuple(refused for _ in tunnels)
    return _asked("RULES", RULES, tunnels, target)


def require_carried(tunnels: Iterable[Tunnel], target: Target) -> None:
    """Raises UnsupportedError with all `obstacles`."""
    found = obstacles(tunnels, target)
    if found:
        raise UnsupportedError(found)


def cautions(tunnels: Iterable[Tunnel], target: Target) -> tuple[Diagnostic, ...]:
    """What will be written as asked and not be all that was wanted."""
    return _asked("CAUTIONS", CAUTIONS, tunnels, target)


def _asked(
    which: str, common: tuple[Rule, ...], tunnels: Iterable[Tunnel], target: Target
) -> tuple[Diagnostic, ...]:
    found = []
    for tunnel in tunnels:
        rules = (*common, *_own(which, init_of(tunnel, target)))
        found += [said for rule in rules if (said := rule(tunnel, target)) is not None]
    return tuple(found)


def _own(which: str, init: Init) -> tuple[Rule, ...]:
    if init not in OWN_WORDS:
        return ()
    module: Any = import_module(f"pptpsetup.render.limits.{OWN_WORDS[init]}")
    rules: tuple[Rule, ...] = getattr(module, which)
    return rules
