"""Rules for a packet filter that drops by default, so that a tunnel of ours comes up through it.

They are printed for the administrator to read and load, never written anywhere.

A tunnel needs TCP to port 1723 of the server, and GRE (IP protocol 47) with the server both ways. Linux's
connection tracking takes the GRE packets that come back for a new connection, since each direction carries
the other end's call ID (RFC 2637 section 4.1), unless its PPTP helper has read the IDs in the control
connection. So GRE is let in either by the server's address or, where only its name is known, by the helper.
"""

from collections.abc import Iterable, Sequence
from ipaddress import AddressValueError, IPv4Address
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.distro.kinds import Firewall
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Tunnel

PORT: Final = 1723
GRE: Final = 47
TABLE: Final = "pptpsetup_firewall"
"Of the nftables ruleset; ours alone, and replaced whole."
_TRACKING: Final = frozenset({Firewall.NFTABLES, Firewall.IPTABLES})
"Those that can assign the helper to a connection of this host's own by a rule."


@dataclass(frozen=True, slots=True)
class Gate:
    """What one tunnel needs."""

    name: str
    server: str
    addresses: tuple[str, ...]
    "The server's IPv4 addresses; none: only its name is known, and the rules hold for every address."


def gates(tunnels: Iterable[Tunnel], addresses: Sequence[IPv4Address] = ()) -> tuple[Gate, ...]:
    """What each of *tunnels* needs; *addresses*, if given, are the server's whatever the spec says."""
    given = tuple(map(str, addresses))
    return tuple(Gate(each.name, each.server, given or _address(each.server)) for each in tunnels)


def tracks(tool: Firewall, found: Iterable[Gate], table: str | None) -> bool:
    """Whether the rules for *found* use the PPTP helper."""
    if tool is Firewall.NFTABLES and table is None:
        return True
    return tool in _TRACKING and any(not each.addresses for each in found)


def rules(found: Sequence[Gate], tool: Firewall, *, table: str | None = None) -> str:
    """The rules for *found* in the words of *tool*, explained by comments.

    *table*: for nftables, ``FAMILY NAME`` of a table whose chains ``input`` and ``output`` get rules;
    without it there is a table of our own only, which assigns the helper.

    Raises SpecError for a name of a table that nft could not have.
    """
    return rendered(
        f"firewall/{tool.value}.j2",
        gates=found,
        port=PORT,
        own_table=TABLE,
        table=table,
        tracks=tracks(tool, found, table),
        unbound=[each.name for each in found if not each.addresses],
    ).decode()


def _address(server: str) -> tuple[str, ...]:
    try:
        return (str(IPv4Address(server)),)
    except AddressValueError:
        return ()
