"""Why a tunnel ended, in words: stable codes, one sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from pptpengine.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal

    CauseCode = Literal[
        "host-unknown",
        "network-unreachable",
        "connect-refused",
        "connect-timeout",
        "control-refused",
        "control-timeout",
        "call-refused",
        "call-timeout",
        "no-gre",
        "routing-loop",
        "auth-failed",
        "encryption-refused",
        "peer-closed",
        "peer-silent",
        "uplink-changed",
        "pppd-failed",
        "internal",
    ]

HINTS: Final[Mapping[CauseCode, str]] = {
    "host-unknown": "Check the spelling of the server's name and this machine's DNS (/etc/resolv.conf).",
    "network-unreachable": "Check this machine's own network: is there a default route (ip route)?",
    "connect-refused": "Check the server's name; PPTP must be running there and TCP port 1723 must be open.",
    "connect-timeout": "A firewall on the way may drop TCP port 1723, or the server is down.",
    "control-refused": "Ask the server's administrator: it does not accept connections from this client.",
    "control-timeout": "What answers on TCP port 1723 does not speak PPTP; check the server's name.",
    "call-refused": "Ask the server's administrator; it may have no free connection for this client.",
    "call-timeout": "The server accepts connections but no calls; try again later.",
    "no-gre": (
        "Let IP protocol 47 (GRE) through every firewall on the way; behind NAT, the router needs its"
        " PPTP helper (Linux: modprobe nf_nat_pptp, and a 'ct helper' rule for TCP port 1723)."
    ),
    "routing-loop": "Stop the tunnel that carries the route, or give that tunnel another remote address.",
    "auth-failed": "Check user name, domain and password; some servers want DOMAIN\\user.",
    "encryption-refused": "Check that both sides allow MPPE, and the same key length.",
    "peer-closed": "The server's log says why.",
    "peer-silent": "The way to the server was lost; the tunnel can be started again once it is back.",
    "uplink-changed": "Nothing needs to be done if pppd or a service manager starts the tunnel again.",
    "pppd-failed": "pppd's own messages say why; its numbers are in pppd(8), EXIT STATUS.",
    "internal": "This is a fault of pptpengine: run it with --debug and report what it prints.",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a tunnel is down or cannot come up."""

    code: CauseCode
    message: str
    "One sentence for a user, without control characters."
    hint: str | None = None
    "What to do; None when there is nothing useful to say."

    @classmethod
    def of(cls, code: CauseCode, message: str) -> Cause:
        """A cause with the usual hint for its code."""
        return cls(code, message, HINTS[code])


def printable(data: bytes, limit: int = 160) -> str:
    """Text from a peer, made safe for a terminal, a log and a report: one line of at most *limit*
    characters.

    Control characters (C0, C1), invisible and direction-changing ones become spaces; octets that are not
    UTF-8 are read as Latin-1, which is what old servers send.
    """
    head = data[: 4 * limit]
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    clean = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(clean.split())[:limit]
