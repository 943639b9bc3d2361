"""PPP frames and the packets of its control protocols (RFC 1661, RFC 1662 section 3, RFC 1332, 1334, 1994,
1962).

A *frame* here is what HDLC carries: address and control octets, protocol, information; no flags, no escapes,
no FCS. Decoding accepts whatever a receiver must accept; only DecodeError comes out of it. Encoding what was
decoded gives the same octets again, except for padding and for a compressed header, which the caller asks
for.
"""

from __future__ import annotations

from collections.abc import Iterable

from pptpengine.enumeration import IntEnum
from pptpengine.errors import DecodeError
from pptpengine.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

ADDRESS_CONTROL: Final = b"\xff\x03"


class Protocol(IntEnum):
    """PPP protocol numbers that matter to a PPTP client (IANA "PPP DLL Protocol Numbers")."""

    IP = 0x0021
    COMPRESSED = 0x00FD
    "Compressed or, with MPPE, encrypted datagram (RFC 3078)."
    IPCP = 0x8021
    CCP = 0x80FD
    LCP = 0xC021
    PAP = 0xC023
    CHAP = 0xC223
    EAP = 0xC227


class Code(IntEnum):
    """Codes shared by LCP and the NCPs (RFC 1661 section 5); 8 to 11 are LCP's alone."""

    CONFIGURE_REQUEST = 1
    CONFIGURE_ACK = 2
    CONFIGURE_NAK = 3
    CONFIGURE_REJECT = 4
    TERMINATE_REQUEST = 5
    TERMINATE_ACK = 6
    CODE_REJECT = 7
    PROTOCOL_REJECT = 8
    ECHO_REQUEST = 9
    ECHO_REPLY = 10
    DISCARD_REQUEST = 11


class PapCode(IntEnum):
    """Codes of the Password Authentication Protocol (RFC 1334 section 2.2)."""

    REQUEST = 1
    ACK = 2
    NAK = 3


class ChapCode(IntEnum):
    """Codes of the Challenge Handshake Authentication Protocol (RFC 1994 section 4)."""

    CHALLENGE = 1
    RESPONSE = 2
    SUCCESS = 3
    FAILURE = 4


class LcpOption(IntEnum):
    """LCP option types (RFC 1661 section 6, RFC 1662 section 7.1)."""

    MRU = 1
    ASYNC_MAP = 2
    AUTHENTICATION = 3
    MAGIC = 5
    PROTOCOL_COMPRESSION = 7
    ADDRESS_COMPRESSION = 8


class IpcpOption(IntEnum):
    """IPCP option types (RFC 1332 section 3, RFC 1877 section 1)."""

    IP_ADDRESS = 3
    PRIMARY_DNS = 129
    SECONDARY_DNS = 131


class CcpOption(IntEnum):
    """CCP option types (RFC 3078 section 2)."""

    MPPE = 18


@dataclass(frozen=True, slots=True)
class Frame:
    """One PPP frame; `information` may end in padding."""

    protocol: int
    "16 bits, odd low octet, even high octet."
    information: bytes


@dataclass(frozen=True, slots=True)
class Packet:
    """The packet form shared by LCP, the NCPs, PAP and CHAP (RFC 1661 section 5)."""

    code: int
    identifier: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Option:
    """One configuration option: type, and value without its two octets of header (RFC 1661 section 6)."""

    type: int
    value: bytes = b""


def is_control(frame: bytes) -> bool:
    """Is the protocol number 0x8000 or above? Those are never compressed. Cheap enough for every frame."""
    at = 2 if frame.startswith(ADDRESS_CONTROL) else 0
    return len(frame) > at and frame[at] >= 0x80 and not frame[at] & 1


def decode_frame(data: bytes) -> Frame:
    """Split a frame; both address/control and protocol field may be compressed (RFC 1661 section 6.5 and
    6.6).

    Raises DecodeError when there is no whole protocol number, or one that RFC 1661 section 2 does not allow.
    """
    at = 2 if data[:2] == ADDRESS_CONTROL else 0
    if len(data) <= at:
        raise DecodeError(f"PPP frame of {len(data)} octets has no protocol number")
    if data[at] & 1:
        return Frame(data[at], data[at + 1 :])
    if len(data) < at + 2:
        raise DecodeError(f"PPP frame of {len(data)} octets ends inside its protocol number")
    protocol = int.from_bytes(data[at : at + 2], "big")
    if not protocol & 1:
        raise DecodeError(f"PPP protocol number 0x{protocol:04x} is even")
    return Frame(protocol, data[at + 2 :])


def encode_frame(frame: Frame, *, address_control: bool = True, compress_protocol: bool = False) -> bytes:
    """The octets of *frame*; LCP always gets the whole header (RFC 1661 section 6.6)."""
    if not (frame.protocol & 1 and not frame.protocol & 0x100 and 0 < frame.protocol <= 0xFFFF):
        raise ValueError(f"not a PPP protocol number: 0x{frame.protocol:x}")
    # One octet 0xff, and 0x03 after it, would be an address and control field (RFC 1661 section 6.6).
    width = 1 if compress_protocol and frame.protocol < 0xFF else 2
    head = ADDRESS_CONTROL if address_control or frame.protocol == Protocol.LCP else b""
    return head + frame.protocol.to_bytes(width, "big") + frame.information


def decode_packet(data: bytes) -> Packet:
    """Split a control packet; octets beyond its length field are padding.

    Raises DecodeError when the length field is below 4 or beyond what arrived.
    """
    if len(data) < 4:
        raise DecodeError(f"PPP control packet of {len(data)} octets, at least 4 are needed")
    length = int.from_bytes(data[2:4], "big")
    if not 4 <= length <= len(data):
        raise DecodeError(f"PPP control packet claims {length} octets, {len(data)} arrived")
    return Packet(data[0], data[1], data[4:length])


def encode_packet(packet: Packet) -> bytes:
    """The octets of *packet*."""
    return bytes((packet.code, packet.identifier)) + (len(packet.data) + 4).to_bytes(2, "big") + packet.data


def decode_options(data: bytes) -> tuple[Option, ...]:
    """Split the data of a Configure packet.

    Raises DecodeError when an option's length is below 2 or beyond the end.
    """
    options = []
    at = 0
    while at < len(data):
        length = data[at + 1] if at + 1 < len(data) else 0
        if not 2 <= length <= len(data) - at:
            raise DecodeError(f"PPP option {data[at]} at offset {at} has length {length}")
        options.append(Option(data[at], data[at + 2 : at + length]))
        at += length
    return tuple(options)


def encode_options(options: Iterable[Option]) -> bytes:
    """The data of a Configure packet holding *options* in this order."""
    return b"".join(bytes((option.type, len(option.value) + 2)) + option.value for option in options)
