"""Where packets to an address leave by, asked of the kernel: the facts for `pptpsetup.tunnel.risks`.

By ip(8), also busybox's, and by NetBSD's route(8). Who has neither is told nothing, and nothing is refused.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, ip_address
from pathlib import Path

from pptpsetup.tunnel.risks import Uplink, WayIn
from pptpsetup.tunnel.routes import table
from pptpsetup.tunnel.status import TunnelState, read_status
from pptpsetup.tunnel.supervisors.command import run

_DEVICE = re.compile(r"\bdev (\S+)")
_INTERFACE = re.compile(r"^\s*interface: (\S+)", re.MULTILINE)


def way_in(peer: tuple[str, str] | None, root: Path = Path("/")) -> WayIn | None:
    """The way of a login from the client ``peer[0]`` to our address ``peer[1]``; None: not over SSH."""
    if peer is None:
        return None
    try:
        # An IPv4 client of a socket for both, and the zone of a link-local one.
        client, ours = (ip_address(each.partition("%")[0].removeprefix("::ffff:")) for each in peer)
    except ValueError:
        return None
    interface = leaves_by(str(client), source=str(ours))
    prefix = _prefix(root, client, interface) if isinstance(client, IPv4Address) else None
    return WayIn(str(client), interface, prefix)


def uplinks(names: Iterable[str], root: Path = Path("/")) -> tuple[Uplink, ...]:
    """Those of the tunnels *names* that are up and whose engine says where its server is."""
    found = []
    for name in names:
        status = read_status(root, name)
        if status.state is TunnelState.UP and status.server_address is not None:
            server = status.server_address
            found.append(Uplink(name, status.interface, server, leaves_by(server)))
    return tuple(found)


def leaves_by(address: str, *, source: str | None = None) -> str | None:
    """The interface that packets to *address*, from our address *source*, leave by; None: nobody knows."""
    done = run("ip", "route", "get", address, *(() if source is None else ("from", source)))
    if done.status == 127:
        done = run("route", "-n", "get", address)
        match = _INTERFACE.search(done.output)
    else:
        match = _DEVICE.search(done.output)
    return None if match is None else match[1]


def _prefix(root: Path, client: IPv4Address, interface: str | None) -> int | None:
    """How long the prefix of the main table's route to *client* is, if that is the one that counts."""
    routes = [(network, by) for network, by in table(root) if client in network]
    network, by = max(routes, key=lambda each: each[0].prefixlen, default=(None, None))
    return network.prefixlen if network is not None and by == interface else None
