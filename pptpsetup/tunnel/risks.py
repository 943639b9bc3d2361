"""Ways in which a tunnel can lock its administrator out, as rules; nothing here looks at the system.

Each has a name, by which ``--accept-risk`` takes it.
"""

from collections.abc import Iterable
from enum import Enum
from ipaddress import IPv4Address, IPv4Network

from pptpengine.record import dataclass, replace
from pptpsetup.errors import Diagnostic
from pptpsetup.spec.model import Mode, Tunnel
from pptpsetup.tunnel import routes


class Risk(str, Enum):
    """The names."""

    DEFAULT_ROUTE = "default-route"
    "All traffic goes into a tunnel, the answers to this login too."
    SSH_PEER = "ssh-peer"
    "A route of a tunnel covers the client that this login comes from."
    LAST_WAY_IN = "last-way-in"
    "This login comes through the tunnel that is stopped."
    SERVER_LOOP = "server-loop"
    "Packets to a tunnel's server go into that tunnel."


@dataclass(frozen=True, slots=True)
class WayIn:
    """The login that a command was typed in, as a packet back to its client is routed."""

    client: str
    "Its address, IPv4 or IPv6."
    interface: str | None
    "Where packets to it leave by; None: nobody could tell."
    prefix: int | None = None
    "How specific the route is that takes them there; None: not in the main table."


@dataclass(frozen=True, slots=True)
class Started:
    """A tunnel that a change starts or starts again, or only stops."""

    name: str
    everything: bool = False
    "It takes all traffic."
    networks: tuple[IPv4Network, ...] = ()
    "What is routed into it."
    interface: str | None = None
    "Which it has now; None: it does not run."


def started(tunnel: Tunnel, interface: str | None = None) -> Started:
    """*tunnel* as these rules see it, now with *interface*."""
    return Started(tunnel.name, tunnel.mode is Mode.ALL_TO_TUNNEL, routes.of(tunnel), interface)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A risk and what it comes from."""

    risk: Risk
    message: str
    why: str


def diagnostics(found: Iterable[Foreseen], command: str, accepted: Iterable[Risk]) -> tuple[Diagnostic, ...]:
    """*found* as what stops *command*; the last hint is that command with all that it would have to accept,
    *accepted* already included."""
    risks = tuple(found)
    names = {each.risk.value for each in risks} | {each.value for each in accepted}
    hint = f"{command} --accept-risk={','.join(sorted(names))}"
    said = [Diagnostic(f"risk-{each.risk.value}", each.message, why=each.why) for each in risks]
    return (*said[:-1], replace(said[-1], hint=hint)) if said else ()


def foreseen(way: WayIn, tunnels: Iterable[Started]) -> tuple[Foreseen, ...]:
    """What starting or stopping *tunnels* would do to the login by *way*."""
    found = []
    for tunnel in tunnels:
        if tunnel.interface is not None and tunnel.interface == way.interface:
            found.append(_through(tunnel.name, way))
        elif (network := _taking(way, tunnel)) is not None:
            found.append(_taken(tunnel, network, way))
    return tuple(found)


def _taking(way: WayIn, tunnel: Started) -> IPv4Network | None:
    """The network of *tunnel* that takes over packets to the client from the route that they have now."""
    try:
        client = IPv4Address(way.client)
    except ValueError:  # IPv6, which our tunnels do not carry
        return None
    if way.prefix is None:  # a rule of the administrator's own (ip-rule(8)) goes first
        return None
    covering = [each for each in tunnel.networks if client in each and each.prefixlen > way.prefix]
    return max(covering, key=lambda each: each.prefixlen, default=None)


def _through(name: str, way: WayIn) -> Foreseen:
    return Foreseen(
        Risk.LAST_WAY_IN,
        f"you are logged in through {name}, which this change stops or restarts",
        f"packets to your client {way.client} leave by its interface {way.interface}; "
        "if it does not come up again, there is no way in",
    )


def _taken(tunnel: Started, network: IPv4Network, way: WayIn) -> Foreseen:
    why = f"packets to your client {way.client} leave by {way.interface} now; "
    why += "the answers would go into the tunnel, and this login would hang"
    if tunnel.everything:
        return Foreseen(
            Risk.DEFAULT_ROUTE, f"{tunnel.name} takes all traffic, the answers to your login too", why
        )
    return Foreseen(
        Risk.SSH_PEER, f"{tunnel.name} has a route to {network}, which your login comes from", why
    )


@dataclass(frozen=True, slots=True)
class Uplink:
    """A tunnel that is up, and where packets to its server leave by."""

    name: str
    interface: str | None
    server: str
    leaves_by: str | None
    "None: nobody could tell."


def happened(before: WayIn | None, after: WayIn | None, uplinks: Iterable[Uplink]) -> tuple[Foreseen, ...]:
    """What has gone wrong with a change that was made: the probes after it."""
    found = []
    if before is not None and after is not None and before.interface not in (None, after.interface):
        found.append(_moved(before, after))
    found += [
        Foreseen(
            Risk.SERVER_LOOP,
            f"packets to {each.server}, the server of {each.name}, go into {each.name} itself",
            f"the route to {each.server} leaves by {each.interface}",
        )
        for each in uplinks
        if each.interface is not None and each.interface == each.leaves_by
    ]
    return tuple(found)


def _moved(before: WayIn, after: WayIn) -> Foreseen:
    now = "nowhere" if after.interface is None else f"by {after.interface}"
    return Foreseen(
        Risk.SSH_PEER,
        "the answers to your login took another way after the change",
        f"packets to your client {before.client} left by {before.interface} before, and leave {now} now",
    )
