"""The way to the server, as a value, and its words in the dialogues between the processes."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from pptpengine.record import dataclass


@dataclass(frozen=True, slots=True)
class HostRoute:
    """How the server is reached outside of the tunnel."""

    destination: IPv4Address
    gateway: IPv4Address | IPv6Address | None
    "None: the server is on the link."
    interface: str
    owned: bool
    "A route of ours is in the kernel, for `pptpengine.net.hostroute.release` to take out."
    source: IPv4Address | None = None
    "The local address of packets that go this way."


def encode_route(route: HostRoute) -> tuple[object, ...]:
    """The words for *route*."""
    return (
        "route",
        route.destination,
        route.gateway or "-",
        route.interface,
        int(route.owned),
        route.source or "-",
    )


def decode_route(words: list[str]) -> HostRoute:
    """The route in the words of `encode_route`. Raises ValueError."""
    _, destination, gateway, interface, owned, source = words
    return HostRoute(
        IPv4Address(destination),
        None if gateway == "-" else ip_address(gateway),
        interface,
        owned == "1",
        None if source == "-" else IPv4Address(source),
    )
