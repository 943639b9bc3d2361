"""What all RFC 2637 control messages (TCP 1723) begin with: twelve octets."""

from __future__ import annotations

from struct import Struct

from pptpengine.enumeration import IntEnum
from pptpengine.errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

MAGIC: Final = 0x1A2B3C4D
HEADER: Final = Struct(">HHIHH")
"Length, PPTP message type, magic cookie, control message type, reserved; section 1.4."
CONTROL_MESSAGE: Final = 1
"The PPTP message type; management messages (2) were never defined."


class MessageType(IntEnum):
    """Control message types, RFC 2637 section 1.4."""

    START_REQUEST = 1
    START_REPLY = 2
    STOP_REQUEST = 3
    STOP_REPLY = 4
    ECHO_REQUEST = 5
    ECHO_REPLY = 6
    OUTGOING_CALL_REQUEST = 7
    OUTGOING_CALL_REPLY = 8
    INCOMING_CALL_REQUEST = 9
    INCOMING_CALL_REPLY = 10
    INCOMING_CALL_CONNECTED = 11
    CALL_CLEAR_REQUEST = 12
    CALL_DISCONNECT_NOTIFY = 13
    WAN_ERROR_NOTIFY = 14
    SET_LINK_INFO = 15


SIZE: Final[dict[MessageType, int]] = {
    MessageType.START_REQUEST: 156,
    MessageType.START_REPLY: 156,
    MessageType.STOP_REQUEST: 16,
    MessageType.STOP_REPLY: 16,
    MessageType.ECHO_REQUEST: 16,
    MessageType.ECHO_REPLY: 20,
    MessageType.OUTGOING_CALL_REQUEST: 168,
    MessageType.OUTGOING_CALL_REPLY: 32,
    MessageType.INCOMING_CALL_REQUEST: 220,
    MessageType.INCOMING_CALL_REPLY: 24,
    MessageType.INCOMING_CALL_CONNECTED: 28,
    MessageType.CALL_CLEAR_REQUEST: 16,
    MessageType.CALL_DISCONNECT_NOTIFY: 148,
    MessageType.WAN_ERROR_NOTIFY: 40,
    MessageType.SET_LINK_INFO: 24,
}
"Octets of a whole message; every type has one size (sections 2.1 to 2.15)."


def check_header(data: bytes | bytearray) -> MessageType:
    """The message type that the first twelve octets announce, with its exact length; DecodeError if they
    do not.
    """
    if len(data) < HEADER.size:
        raise DecodeError(f"a control message header of {len(data)} octets, not {HEADER.size}")
    length, message_type, magic, control_type, _ = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise DecodeError(f"magic cookie {magic:#010x}, not {MAGIC:#010x}: not PPTP, or out of step")
    if message_type != CONTROL_MESSAGE:
        raise DecodeError(f"PPTP message type {message_type}, not a control message")
    if control_type not in SIZE:
        raise DecodeError(f"unknown control message type {control_type}")
    kind = MessageType(control_type)
    if length != SIZE[kind]:
        raise DecodeError(f"{kind.name} announces {length} octets, not {SIZE[kind]}")
    return kind
