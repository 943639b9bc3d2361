"""Routes that a tunnel depends on: to its server, through itself, and those that must not stay behind.

The engine marks the host route it adds with a routing protocol number of our own, so the kernel itself says
whose it is. /proc/net/route is read where that is enough; where it is not, the kernel is asked as the engine
asks it (rtnetlink(7)).
"""

from collections.abc import Iterable
from contextlib import closing, suppress
from errno import EHOSTUNREACH, ENETUNREACH, ENOSYS
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from pptpsetup.spec.model import Mode, Tunnel
from pptpsetup.tunnel.places import run_directory
from pptpsetup.tunnel.processes import alive
from pptpsetup.tunnel.report import read_report_file

EVERYTHING = (IPv4Network("0.0.0.0/1"), IPv4Network("128.0.0.0/1"))
"""How all traffic is sent into the tunnel without touching the default route."""


def of(tunnel: Tunnel) -> tuple[IPv4Network, ...]:
    """What is routed into *tunnel* when it is up."""
    if tunnel.mode is Mode.ALL_TO_TUNNEL:
        return EVERYTHING
    return tunnel.routes if tunnel.mode in {Mode.CLIENT_TO_LAN, Mode.LAN_TO_LAN} else ()


def through(root: Path, interface: str) -> frozenset[IPv4Network]:
    """The networks that the main table sends into *interface*."""
    return frozenset(network for network, by in table(root) if by == interface)


def table(root: Path) -> tuple[tuple[IPv4Network, str], ...]:
    """The main table (proc(5), /proc/net/route): networks, and the interface that each is sent to."""
    try:
        lines = (root / "proc/net/route").read_text("ascii", "replace").splitlines()[1:]
    except OSError:
        return ()
    return tuple((_network(fields[1], fields[7]), fields[0]) for fields in map(str.split, lines))


def _network(destination: str, mask: str) -> IPv4Network:
    """Both are hexadecimal in host byte order."""
    return IPv4Network((_address(destination), str(_address(mask))))


def _address(word: str) -> IPv4Address:
    import sys

    return IPv4Address(int(word, 16).to_bytes(4, sys.byteorder))


def missing(root: Path, interface: str, wanted: Iterable[IPv4Network]) -> tuple[IPv4Network, ...]:
    """Which of *wanted* do not go through *interface* (yet)."""
    present = through(root, interface)
    return tuple(network for network in wanted if network not in present)


def interface_to(address: str) -> str | None:
    """The interface that packets to *address* leave by now; None when there is no way.

    Raises OSError when the kernel cannot be asked, ValueError when *address* is no IPv4 address.
    """
    from pptpengine.net import sockets
    from pptpengine.net.rtnetlink import RouteSocket

    if not hasattr(sockets, "AF_NETLINK"):
        raise OSError(ENOSYS, "only Linux says which way packets leave")
    with closing(RouteSocket()) as kernel:
        try:
            way = kernel.lookup(IPv4Address(address))
        except OSError as error:
            if error.errno in (ENETUNREACH, EHOSTUNREACH):
                return None
            raise
    return None if way.interface is None else sockets.if_indextoname(way.interface)


def release_leftovers(root: Path) -> tuple[IPv4Address, ...]:
    """Remove host routes of ours whose call manager is gone; return their destinations.

    Raises OSError when a route cannot be removed.
    """
    from pptpengine.net.hostroute import release_stale

    return release_stale(_servers_in_use(root))


def _servers_in_use(root: Path) -> frozenset[IPv4Address]:
    """Server addresses of calls whose call manager lives."""
    found = set()
    with suppress(OSError):
        for file in run_directory(root).glob("*.json"):
            report = read_report_file(file)
            if report is None or report.call_manager_pid is None or not alive(root, report.call_manager_pid):
                continue
            with suppress(ValueError):
                found.add(IPv4Address(report.server_address or ""))
    return frozenset(found)
