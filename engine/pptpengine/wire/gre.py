"""Enhanced GRE header (RFC 2637 section 4.1).

`Header` is the frozen pair; `pack` and `unpack` do the same work without an object for the data path. All
octets behind the IP header are "the packet" here.
"""

from struct import Struct

from pptpengine.errors import DecodeError
from pptpengine.record import dataclass

PROTOCOL = 0x880B
IP_PROTOCOL = 47
MAX_PAYLOAD = 0xFFFF

_FLAG_K = 0x2000
_FLAG_S = 0x1000
_FLAG_A = 0x0080
# C, R, s, recursion control and the reserved flag bits must be zero, version 1 and K set; S and A are free.
_FIXED_MASK = 0xFFFF & ~(_FLAG_S | _FLAG_A)
_FIXED = _FLAG_K | 0x0001

_BASE = Struct(">HHHH")
_ONE = Struct(">HHHHI")
_BOTH = Struct(">HHHHII")
_WORD = Struct(">I")


def pack(call_id: int, sequence: int | None, ack: int | None, payload: bytes = b"") -> bytes:
    """A whole packet; *call_id* is the receiver's. A payload goes with a sequence number, and only then."""
    if sequence is None:
        if ack is None:
            return _BASE.pack(_FIXED, PROTOCOL, 0, call_id)
        return _ONE.pack(_FIXED | _FLAG_A, PROTOCOL, 0, call_id, ack)
    if ack is None:
        return _ONE.pack(_FIXED | _FLAG_S, PROTOCOL, len(payload), call_id, sequence) + payload
    return _BOTH.pack(_FIXED | _FLAG_S | _FLAG_A, PROTOCOL, len(payload), call_id, sequence, ack) + payload


def unpack(packet: bytes, offset: int = 0) -> tuple[int, int | None, int | None, int, int]:
    """Call ID, sequence, ack, start and end of the payload of the packet that begins at *offset*.

    Octets behind the announced payload are ignored (link-layer padding). Raises DecodeError.
    """
    size = len(packet)
    if size - offset < 8:
        raise DecodeError(f"a GRE packet of {size - offset} octets")
    flags, protocol, length, call_id = _BASE.unpack_from(packet, offset)
    if protocol != PROTOCOL or flags & _FIXED_MASK != _FIXED:
        raise DecodeError(f"not enhanced GRE: flags {flags:#06x}, protocol {protocol:#06x}")
    offset += 8
    sequence = ack = None
    if flags & _FLAG_S:
        if size - offset < 4:
            raise DecodeError("a GRE packet cut in its sequence number")
        (sequence,) = _WORD.unpack_from(packet, offset)
        offset += 4
    if flags & _FLAG_A:
        if size - offset < 4:
            raise DecodeError("a GRE packet cut in its acknowledgement number")
        (ack,) = _WORD.unpack_from(packet, offset)
        offset += 4
    if sequence is None and length:
        raise DecodeError("a GRE packet with a payload but without a sequence number")
    end = offset + length
    if end > size:
        raise DecodeError(f"a GRE packet of {length} octets payload, of which {size - offset} came")
    return call_id, sequence, ack, offset, end


@dataclass(frozen=True, slots=True)
class Header:
    """An enhanced GRE header; absent numbers are None."""

    call_id: int
    "The receiver's call ID."
    sequence: int | None = None
    ack: int | None = None

    def encode(self, payload: bytes = b"") -> bytes:
        """The packet with *payload* in it."""
        return pack(self.call_id, self.sequence, self.ack, payload)

    @classmethod
    def decode(cls, packet: bytes) -> "tuple[Header, bytes]":
        """The header and the payload. Raises DecodeError."""
        call_id, sequence, ack, start, end = unpack(packet)
        return cls(call_id, sequence, ack), packet[start:end]
