"""What a system cannot carry, told before anything is written: one small rule per reason.

A rule judges by the profile and by what the tunnel asks for, so that the answer is the same for a machine, a
directory and a table of all profiles. What this machine lacks today is `distro.facts.require`'s to tell.
"""

from collections.abc import Callable, Iterable
from typing import Final

from pptpsetup.errors import Diagnostic, UnsupportedError
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Encryption, Tunnel

Rule = Callable[[Tunnel, Target], Diagnostic | None]
"None: no objection."


def obstacles(tunnels: Iterable[Tunnel], target: Target) -> tuple[Diagnostic, ...]:
    """Every reason why the system of *target* cannot carry one of *tunnels*, with the nearest that works."""
    return tuple(
        found for tunnel in tunnels for rule in RULES if (found := rule(tunnel, target)) is not None
    )


def require_carried(tunnels: Iterable[Tunnel], target: Target) -> None:
    """Raises UnsupportedError with all `obstacles`."""
    found = obstacles(tunnels, target)
    if found:
        raise UnsupportedError(found)


def _mppe(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    modules = target.profile.modules
    if tunnel.encryption is Encryption.NONE or modules.mppe:
        return None
    return Diagnostic(
        "profile-without-mppe",
        f"{target.profile.name} cannot encrypt tunnel {tunnel.name}",
        why=modules.no_mppe_because,
        hint="encryption: none (--no-encrypt), which is unsafe: everything crosses the network in clear",
    )


def _peers_name(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if tunnel.name not in target.profile.peers.reserved:
        return None
    path = f"{target.profile.peers.directory}/{tunnel.name}"
    return Diagnostic(
        "reserved-name",
        f"a tunnel on {target.profile.name} cannot be called {tunnel.name}",
        why=f"a package of the distribution has {path}",
        hint=f"choose another name, such as my-{tunnel.name}",
    )


RULES: Final[tuple[Rule, ...]] = (_mppe, _peers_name)
