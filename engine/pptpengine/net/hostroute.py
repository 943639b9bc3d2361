"""The host route that keeps the server reachable outside of its own tunnel.

It is put into the main table of the current network namespace before the control connection starts, and
marked with our rtm_protocol: so the kernel itself remembers that it is ours, and no file has to.
"""

from __future__ import annotations

import errno
import fcntl
import struct
from collections.abc import Collection
from contextlib import closing
from ipaddress import IPv4Address, IPv4Network

from pptpengine.errors import EngineError
from pptpengine.net import sockets
from pptpengine.net.ownlink import interface_of
from pptpengine.net.rtnetlink import RTN_LOCAL, RTN_UNICAST, RTPROT_KERNEL, Route, RouteSocket
from pptpengine.net.way import HostRoute
from pptpengine.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, NoReturn

RTPROT_PPTP: Final = 80
"Ours: a number that neither the kernel nor any routing daemon in linux/rtnetlink.h uses."

_IFNAMSIZ: Final = 16
_ARPHRD_PPP: Final = 512
_SIOCGIFDSTADDR: Final = 0x8917
_SIOCGIFHWADDR: Final = 0x8927


class RouteLoopError(EngineError):
    """The way to the server leads through a tunnel to that very server: packets would go round for ever."""


class RouteUnsupportedError(EngineError):
    """This system has no rtnetlink (it is not Linux): routes cannot be handled here."""


def release(server: IPv4Address) -> bool:
    """Take every host route of ours to *server* out; True if there was one.

    Raises RouteUnsupportedError, and OSError when the kernel refuses (EPERM without the privilege).
    """
    with closing(_open()) as kernel:
        host = IPv4Network(server)
        return any(tuple(_delete(kernel, route) for route in _ours(kernel) if route.destination == host))


def pin(
    server: IPv4Address,
    source: IPv4Address | None = None,
    *,
    previous: HostRoute | None = None,
    pppd: int | None = None,
) -> HostRoute:
    """Make sure that *server* stays reachable the way it is now, whatever routes a tunnel adds later.

    No route is added where none is needed (the server is a neighbour or this machine), nor where somebody
    else's host route is in effect. One of ours that is there already is taken over, and renewed if the rest
    of the table says by now that another way is right; the kernel is not touched if it is right as it is.
    *source*: the local address that will be used, which policy rules may look at. *previous*: what was
    pinned before; when the uplink is gone for a while, what is left of the table may lead into the tunnel.
    *pppd*: the process that the call is for; if it dials on demand, its interface has routes already, and
    none of them is a way to the server.

    Raises RouteLoopError, RouteUnsupportedError, and OSError: no way to the server (ENETUNREACH), no
    privilege (EPERM).
    """
    with closing(_open()) as kernel:
        try:
            found = _pin(kernel, server, source, _Detours(previous, pppd))
        except FileExistsError:
            # Another manager has pinned the same server in this very moment: it is there to be taken over.
            found = _pin(kernel, server, source, _Detours(previous, pppd))
        # Asked for again: an entry of the table need not say which address it makes packets leave with.
        return replace(found, source=kernel.lookup(server, source).source)


class _Detours:
    """Which PPP links lead into a tunnel and not to the server."""

    def __init__(self, previous: HostRoute | None, pppd: int | None) -> None:
        self._previous = previous
        self._pppd = pppd
        self._own: str | None = None

    def taken_by(self, way: Route) -> bool:
        """Is *way* through our own pppd's interface, or through a PPP link that was not the way before?"""
        name = _name(way)
        if not _is_ppp(name):
            return False
        later = self._previous is not None and name != self._previous.interface
        return later or name == self._our_own()

    def may_be(self, route: Route) -> bool:
        """With nothing known of our own interface, every PPP link may be one."""
        return self.taken_by(route) if self._our_own() is not None else _is_ppp(_name(route))

    def _our_own(self) -> str | None:
        """Looked up when a PPP link is in question, and once: a table may have many routes."""
        if self._pppd is not None:
            self._own, self._pppd = interface_of(self._pppd), None
        return self._own


def _pin(
    kernel: RouteSocket, server: IPv4Address, source: IPv4Address | None, detours: _Detours
) -> HostRoute:
    host = IPv4Network(server)
    way, entry = kernel.lookup(server, source), kernel.match(server, source)
    if detours.taken_by(way):
        way = entry = _without_ours(kernel, server, detours) or _no_way(server)
    present = _present(server, way)
    if way.type == RTN_LOCAL:
        return present
    left_behind, ours = entry.protocol == RTPROT_PPTP, entry
    if left_behind:
        way = entry = _without_ours(kernel, server, detours) or entry
        present = _present(server, way)
    if _lasts(entry, host):
        if left_behind:
            _delete(kernel, ours)
        return present
    wanted = Route(
        destination=host,
        interface=way.interface,
        gateway=way.gateway,
        source=entry.source,
        protocol=RTPROT_PPTP,
        flags=entry.flags,
    )
    if not (left_behind and _same_way(ours, wanted)):
        kernel.add(wanted, replace=left_behind)
    return replace(present, owned=True)


def way_to(
    server: IPv4Address,
    source: IPv4Address | None = None,
    *,
    mark: int = 0,
    previous: HostRoute | None = None,
) -> HostRoute:
    """How packets with *mark* (SO_MARK) reach *server* now; nothing is changed. Raises as `pin` does."""
    with closing(_open()) as kernel:
        way = kernel.lookup(server, source, mark)
        return _present(server, _no_way(server) if _Detours(previous, None).taken_by(way) else way)


def release_stale(in_use: Collection[IPv4Address]) -> tuple[IPv4Address, ...]:
    """Take out every host route of ours to a server that is not *in_use*; returns those servers.

    Raises RouteUnsupportedError and OSError.
    """
    with closing(_open()) as kernel:
        stale = [route for route in _ours(kernel) if route.destination.network_address not in in_use]
        return tuple(route.destination.network_address for route in stale if _delete(kernel, route))


def _open() -> RouteSocket:
    if not hasattr(sockets, "AF_NETLINK"):
        raise RouteUnsupportedError(
            "routes can only be handled on Linux: set the host route to the server by hand"
        )
    return RouteSocket()


def _present(server: IPv4Address, way: Route) -> HostRoute:
    """How *way* reaches *server*, nothing being owned."""
    if way.type not in {RTN_LOCAL, RTN_UNICAST} or way.interface is None:
        raise OSError(errno.ENETUNREACH, f"{server} is not the address of a single host")
    interface = sockets.if_indextoname(way.interface)
    if _is_ppp(interface) and _far_end(interface) == server:
        raise RouteLoopError(
            f"the way to {server} goes through {interface}, a tunnel whose far end is {server} itself"
        )
    return HostRoute(server, way.gateway, interface, owned=False, source=way.source)


def _no_way(server: IPv4Address) -> NoReturn:
    raise OSError(errno.ENETUNREACH, f"there is no way to {server} at present but through a tunnel")


def _same_way(route: Route, other: Route) -> bool:
    return (route.interface, route.gateway, route.source) == (other.interface, other.gateway, other.source)


def _lasts(entry: Route, host: IPv4Network) -> bool:
    """Is *entry* another's host route, or a connected network? Neither gives way to a tunnel's routes."""
    if entry.protocol == RTPROT_PPTP:
        return False
    return entry.destination == host or (entry.gateway is None and entry.protocol == RTPROT_KERNEL)


def _without_ours(kernel: RouteSocket, server: IPv4Address, detours: _Detours) -> Route | None:
    """The way to *server* by the main table, our routes and *detours* left aside."""
    ways = [
        route
        for route in kernel.routes()
        if server in route.destination and route.protocol != RTPROT_PPTP and not detours.may_be(route)
    ]
    return max(ways, key=lambda route: (route.destination.prefixlen, -route.priority), default=None)


def _ours(kernel: RouteSocket) -> list[Route]:
    return [route for route in kernel.routes(RTPROT_PPTP) if route.destination.prefixlen == 32]


def _delete(kernel: RouteSocket, route: Route) -> bool:
    """False when it is gone already."""
    try:
        kernel.delete(route)
    except ProcessLookupError:  # ESRCH
        return False
    return True


def _name(route: Route) -> str:
    """The interface's name; empty when it vanished meanwhile."""
    try:
        return sockets.if_indextoname(route.interface or 0)
    except OSError:
        return ""


def _is_ppp(interface: str) -> bool:
    answer = _interface_ioctl(_SIOCGIFHWADDR, interface)
    return answer is not None and struct.unpack_from("=H", answer, _IFNAMSIZ)[0] == _ARPHRD_PPP


def _far_end(interface: str) -> IPv4Address | None:
    answer = _interface_ioctl(_SIOCGIFDSTADDR, interface)
    return None if answer is None else IPv4Address(answer[_IFNAMSIZ + 4 : _IFNAMSIZ + 8])


def _interface_ioctl(request: int, interface: str) -> bytes | None:
    """struct ifreq as netdevice(7) fills it; None when the interface is gone or has no such property."""
    with sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM | sockets.SOCK_CLOEXEC) as probe:
        try:
            return fcntl.ioctl(probe, request, struct.pack(f"{_IFNAMSIZ}s24x", interface.encode()))
        except OSError:
            return None
