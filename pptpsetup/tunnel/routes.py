"""Routes that a tunnel depends on: to its server, through itself, and those that must not stay behind.

The engine marks the host route it adds with a routing protocol number of our own, so the kernel itself says
whose it is. /proc/net/route is read where that is enough; pyroute2 is imported only where it is not.
"""

from collections.abc import Callable, Iterable
from errno import EHOSTUNREACH, ENETUNREACH, ESRCH
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from pptpsetup.spec.model import Mode, Tunnel
from pptpsetup.tunnel.places import run_directory
from pptpsetup.tunnel.processes import alive
from pptpsetup.tunnel.report import read_report_file

ROUTE_PROTOCOL = 80
"""rtm_protocol (rtnetlink(7)) of routes that pptpengine adds; numbers above 4 are free for user programs."""

EVERYTHING = (IPv4Network("0.0.0.0/1"), IPv4Network("128.0.0.0/1"))
"""How all traffic is sent into the tunnel without touching the default route."""

_MAIN_TABLE = 254
_AF_INET = 2


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

    Raises OSError when the kernel cannot be asked.
    """
    with _netlink() as kernel:
        try:
            found = _ask(kernel.route, "get", dst=address)
        except OSError as error:
            if error.errno in (ENETUNREACH, EHOSTUNREACH):
                return None
            raise
        index = _attribute(found[0], "RTA_OIF") if found else None
        return None if index is None else str(_attribute(_ask(kernel.get_links, index)[0], "IFLA_IFNAME"))


def release_leftovers(root: Path) -> tuple[str, ...]:
    """Remove host routes of ours whose call manager is gone; return their destinations.

    Raises OSError when a route cannot be removed.
    """
    owned = _servers_in_use(root)
    removed = []
    with _netlink() as kernel:
        for route in _ask(kernel.get_routes, family=_AF_INET, table=_MAIN_TABLE, proto=ROUTE_PROTOCOL):
            destination = _attribute(route, "RTA_DST")
            # The kernel filters by protocol only where strict checking is on.
            if route["proto"] != ROUTE_PROTOCOL or destination is None or destination in owned:
                continue
            _remove(kernel, f"{destination}/{route['dst_len']}")
            removed.append(str(destination))
    return tuple(removed)


def _remove(kernel: Any, destination: str) -> None:
    try:
        _ask(kernel.route, "del", dst=destination, proto=ROUTE_PROTOCOL, table=_MAIN_TABLE)
    except OSError as error:
        if error.errno != ESRCH:  # Somebody was faster.
            raise


def _servers_in_use(root: Path) -> frozenset[str]:
    """Server addresses of calls whose call manager lives."""
    try:
        files = sorted(run_directory(root).glob("*.json"))
    except OSError:
        return frozenset()
    reports = (read_report_file(file) for file in files)
    return frozenset(
        report.server_address
        for report in reports
        if report is not None
        and report.server_address is not None
        and report.call_manager_pid is not None
        and alive(root, report.call_manager_pid)
    )


def _netlink() -> Any:
    """A route netlink socket. pyroute2 has no types: what comes out of it is Any and stays in here."""
    from pyroute2 import IPRoute

    return IPRoute()


def _ask(call: Callable[..., Any], *arguments: object, **options: object) -> list[Any]:
    """Call pyroute2; its errors come out as OSError."""
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        return list(call(*arguments, **options))
    except NetlinkError as error:
        raise OSError(error.code, str(error)) from error


def _attribute(message: Any, name: str) -> Any:
    return message.get_attr(name)
