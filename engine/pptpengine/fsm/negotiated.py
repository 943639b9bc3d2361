"""What a PPP negotiation has settled, as values (RFC 1661, RFC 1332, RFC 3078)."""

from __future__ import annotations

from ipaddress import IPv4Address

from pptpengine.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

FULL_ASYNC_MAP: Final = 0xFFFFFFFF
"The map before any agreement: every control character is escaped (RFC 1662 section 7.1)."
DEFAULT_MRU: Final = 1500


@dataclass(frozen=True, slots=True)
class Encryption:
    """MPPE as agreed in both directions (RFC 3078 section 2); the weaker of the two where they differ."""

    bits: int
    "Key length: 128, 56 or 40."
    stateful: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOptions:
    """What one side's LCP options say, defaults filled in (RFC 1661 section 6)."""

    mru: int = DEFAULT_MRU
    "Largest information field this side takes, octets."
    asyncmap: int = FULL_ASYNC_MAP
    "Control characters that must be escaped on the way to this side, one bit each."
    authentication: str | None = None
    "How this side wants the other one to prove who it is: pap, chap-md5, mschap, mschap-v2, eap."
    magic: int | None = None
    protocol_compression: bool = False
    address_compression: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiated:
    """What holds at present; a protocol that is not open leaves its fields empty."""

    ours: LinkOptions | None = None
    theirs: LinkOptions | None = None
    authenticated: bool = False
    "The peer accepted our name and password."
    encryption: Encryption | None = None
    local: IPv4Address | None = None
    remote: IPv4Address | None = None
    dns: tuple[IPv4Address, ...] = ()

    @property
    def mru(self) -> int | None:
        """Our MRU: the largest information field the peer may send us, octets."""
        return self.ours.mru if self.ours else None

    @property
    def asyncmap(self) -> int | None:
        """Control characters to be escaped on the way to us."""
        return self.ours.asyncmap if self.ours else None

    @property
    def authentication(self) -> str | None:
        """How we prove to the peer who we are."""
        return self.theirs.authentication if self.theirs else None
