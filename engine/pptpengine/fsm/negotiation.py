"""One Configure exchange, both directions, and what its options say (RFC 1661 sections 4 to 6)."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address

from pptpengine.enumeration import IntEnum
from pptpengine.errors import DecodeError
from pptpengine.fsm.negotiated import DEFAULT_MRU, FULL_ASYNC_MAP, Encryption, LinkOptions
from pptpengine.wire.ppp import CcpOption, Code, LcpOption, Option, Packet, Protocol, decode_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_MPPE_STATELESS: Final = 0x01000000
_MPPE_BITS: Final = ((0x00000040, 128), (0x00000080, 56), (0x00000020, 40))
_CHAP_NAMES: Final = {0x05: "chap-md5", 0x80: "mschap", 0x81: "mschap-v2"}
_AUTHENTICATION_NAMES: Final[Mapping[int, str]] = {Protocol.PAP: "pap", Protocol.EAP: "eap"}


class Side(IntEnum):
    """Whose options: our pppd's or the peer's."""

    OURS = 0
    THEIRS = 1

    @property
    def other(self) -> Side:
        """The other side."""
        return Side(1 - self)


class Exchange:
    """Configure-Requests and their Acks in both directions of one protocol (LCP or an NCP)."""

    def __init__(self) -> None:
        self._asked: list[Packet | None] = [None, None]
        self._agreed: list[tuple[Option, ...] | None] = [None, None]

    @property
    def opened(self) -> bool:
        """Both sides' options are agreed."""
        return None not in self._agreed

    def asked(self, side: Side) -> dict[int, bytes]:
        """The options of the newest request of *side*, agreed or not, by type."""
        packet = self._asked[side]
        return _by_type(decode_options(packet.data)) if packet else {}

    def agreed(self, side: Side) -> dict[int, bytes]:
        """The agreed options of *side* by type."""
        return _by_type(self._agreed[side] or ())

    def request(self, side: Side, packet: Packet) -> None:
        """A Configure-Request from *side*; while open, it starts everything anew (RFC 1661 section 4.1)."""
        decode_options(packet.data)
        if self.opened:
            self._agreed = [None, None]
        self._agreed[side] = None
        self._asked[side] = packet

    def ack(self, side: Side, packet: Packet) -> None:
        """A Configure-Ack for what *side* asked; DecodeError if it does not answer the newest request."""
        asked = self._asked[side]
        if asked is None or (asked.identifier, asked.data) != (packet.identifier, packet.data):
            raise DecodeError("Configure-Ack does not answer the newest Configure-Request")
        self._agreed[side] = decode_options(packet.data)

    def forget(self, side: Side) -> None:
        """What *side* asked for is not agreed any more."""
        self._agreed[side] = None

    def reset(self) -> None:
        """The protocol went down."""
        self._asked = [None, None]
        self._agreed = [None, None]


def _number(options: Mapping[int, bytes], kind: int, width: int) -> int | None:
    """The value of an option of *width* octets; None when absent or of another width."""
    value = options.get(kind, b"")
    return int.from_bytes(value, "big") if len(value) == width else None


def link_options(options: Mapping[int, bytes]) -> LinkOptions:
    mru = _number(options, LcpOption.MRU, 2)
    asyncmap = _number(options, LcpOption.ASYNC_MAP, 4)
    return LinkOptions(
        mru=DEFAULT_MRU if mru is None else mru,
        asyncmap=FULL_ASYNC_MAP if asyncmap is None else asyncmap,
        authentication=_authentication(options.get(LcpOption.AUTHENTICATION)),
        magic=_number(options, LcpOption.MAGIC, 4),
        protocol_compression=LcpOption.PROTOCOL_COMPRESSION in options,
        address_compression=LcpOption.ADDRESS_COMPRESSION in options,
    )


def _authentication(value: bytes | None) -> str | None:
    if value is None:
        return None
    protocol = int.from_bytes(value[:2], "big")
    if protocol == Protocol.CHAP and len(value) == 3:
        return _CHAP_NAMES.get(value[2], f"chap-0x{value[2]:02x}")
    return _AUTHENTICATION_NAMES.get(protocol, f"0x{protocol:04x}")


def address(options: Mapping[int, bytes], kind: int) -> IPv4Address | None:
    number = _number(options, kind, 4)
    return IPv4Address(number) if number else None


def key_length(options: Mapping[int, bytes]) -> int | None:
    """The longest MPPE key length, in bits, that a set of CCP options names."""
    bits = _number(options, CcpOption.MPPE, 4) or 0
    return next((length for mask, length in _MPPE_BITS if bits & mask), None)


def encryption(ccp: Exchange) -> Encryption | None:
    if not ccp.opened:
        return None
    sides = [ccp.agreed(side) for side in Side]
    lengths = [length for length in map(key_length, sides) if length is not None]
    if len(lengths) < len(sides):
        return None
    stateless = all((_number(options, CcpOption.MPPE, 4) or 0) & _MPPE_STATELESS for options in sides)
    return Encryption(min(lengths), not stateless)


def refuses_mppe(code: int, options: tuple[Option, ...]) -> bool:
    """Does a Configure-Reject or Configure-Nak leave no key length to try?"""
    named = _by_type(options)
    return CcpOption.MPPE in named and (code == Code.CONFIGURE_REJECT or key_length(named) is None)


def _by_type(options: tuple[Option, ...]) -> dict[int, bytes]:
    return {option.type: option.value for option in options}
