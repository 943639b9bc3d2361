"""RFC 2637 control messages (TCP 1723): fifteen frozen types, each an encode/decode pair.

Sizes are fixed by the RFC and checked exactly. Values the RFC does not know (result codes, bits) are kept as
they came. Text fields are bytes, without the NUL octets that fill them up. Only `DecodeError` comes out of
decoding.
"""

from __future__ import annotations

from struct import Struct
from struct import error as struct_error

from pptpengine.errors import DecodeError, LocalError
from pptpengine.record import dataclass
from pptpengine.wire.header import CONTROL_MESSAGE, HEADER, MAGIC, MessageType, check_header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar, TypeVar

    _Some = TypeVar("_Some", bound="Message")

VERSION = 0x0100
"Protocol version 1.0, RFC 2637 section 2.1."


class Message:
    """Base of all control messages; a subclass's fields are in the order of its layout."""

    __slots__ = ()
    TYPE: ClassVar[MessageType]
    LAYOUT: ClassVar[Struct]
    "Everything behind the twelve octets of the header."
    __match_args__: ClassVar[tuple[str, ...]] = ()

    def encode(self) -> bytes:
        """The whole message with its header. Raises LocalError when a value does not fit its field."""
        values = tuple(getattr(self, name) for name in self.__match_args__)
        if any(isinstance(value, bytes) and len(value) > _TEXT_LIMIT[self.TYPE] for value in values):
            raise LocalError(f"a text field of {type(self).__name__} is too long")
        try:
            body = self.LAYOUT.pack(*values)
        except struct_error as error:
            raise LocalError(f"{type(self).__name__}: {error}") from None
        return HEADER.pack(HEADER.size + len(body), CONTROL_MESSAGE, MAGIC, self.TYPE, 0) + body

    @classmethod
    def decode(cls: type[_Some], data: bytes) -> _Some:  # noqa: PYI019 - Self is newer than Python 3.10
        """One whole message of this type. Raises DecodeError."""
        kind = check_header(data)
        if kind is not cls.TYPE:
            raise DecodeError(f"{kind.name} where {cls.TYPE.name} was expected")
        if len(data) != HEADER.size + cls.LAYOUT.size:
            raise DecodeError(f"{kind.name} of {len(data)} octets, not {HEADER.size + cls.LAYOUT.size}")
        values = cls.LAYOUT.unpack_from(data, HEADER.size)
        return cls(*(value.rstrip(b"\0") if isinstance(value, bytes) else value for value in values))


@dataclass(frozen=True, slots=True)
class _Start(Message):
    version: int = VERSION
    result: int = 0
    "Reply only: 1 fine, 2 general error, 3 exists, 4 not authorised, 5 version. Reserved (0) in a request."
    error: int = 0
    framing: int = 3
    "Bits: 1 asynchronous, 2 synchronous."
    bearer: int = 3
    "Bits: 1 analog, 2 digital."
    max_channels: int = 0
    firmware: int = 0
    host_name: bytes = b""
    vendor: bytes = b""

    LAYOUT: ClassVar[Struct] = Struct(">HBBIIHH64s64s")


@dataclass(frozen=True, slots=True)
class StartRequest(_Start):
    """Start-Control-Connection-Request, section 2.1."""

    TYPE: ClassVar[MessageType] = MessageType.START_REQUEST


@dataclass(frozen=True, slots=True)
class StartReply(_Start):
    """Start-Control-Connection-Reply, section 2.2."""

    TYPE: ClassVar[MessageType] = MessageType.START_REPLY


@dataclass(frozen=True, slots=True)
class StopRequest(Message):
    """Stop-Control-Connection-Request, section 2.3. Reason: 1 none, 2 protocol version, 3 local shutdown."""

    reason: int

    TYPE: ClassVar[MessageType] = MessageType.STOP_REQUEST
    LAYOUT: ClassVar[Struct] = Struct(">Bxxx")


@dataclass(frozen=True, slots=True)
class StopReply(Message):
    """Stop-Control-Connection-Reply, section 2.4."""

    result: int
    error: int = 0

    TYPE: ClassVar[MessageType] = MessageType.STOP_REPLY
    LAYOUT: ClassVar[Struct] = Struct(">BBxx")


@dataclass(frozen=True, slots=True)
class EchoRequest(Message):
    """Echo-Request, section 2.5."""

    identifier: int

    TYPE: ClassVar[MessageType] = MessageType.ECHO_REQUEST
    LAYOUT: ClassVar[Struct] = Struct(">I")


@dataclass(frozen=True, slots=True)
class EchoReply(Message):
    """Echo-Reply, section 2.6."""

    identifier: int
    result: int
    error: int = 0

    TYPE: ClassVar[MessageType] = MessageType.ECHO_REPLY
    LAYOUT: ClassVar[Struct] = Struct(">IBBxx")


@dataclass(frozen=True, slots=True)
class OutgoingCallRequest(Message):
    """Outgoing-Call-Request, section 2.7; ``call_id`` is the sender's (the PNS's)."""

    call_id: int
    serial: int
    min_bps: int
    max_bps: int
    bearer: int
    framing: int
    window: int
    delay: int = 0
    "Packet processing delay in 1/10 s."
    phone_length: int = 0
    phone: bytes = b""
    subaddress: bytes = b""

    TYPE: ClassVar[MessageType] = MessageType.OUTGOING_CALL_REQUEST
    LAYOUT: ClassVar[Struct] = Struct(">HHIIIIHHHxx64s64s")


@dataclass(frozen=True, slots=True)
class OutgoingCallReply(Message):
    """Outgoing-Call-Reply, section 2.8; ``call_id`` is the sender's (the PAC's), ``peer_call_id`` the
    PNS's.
    """

    call_id: int
    peer_call_id: int
    result: int
    error: int = 0
    cause: int = 0
    speed: int = 0
    window: int = 0
    delay: int = 0
    channel: int = 0

    TYPE: ClassVar[MessageType] = MessageType.OUTGOING_CALL_REPLY
    LAYOUT: ClassVar[Struct] = Struct(">HHBBHIHHI")


@dataclass(frozen=True, slots=True)
class IncomingCallRequest(Message):
    """Incoming-Call-Request, section 2.9."""

    call_id: int
    serial: int = 0
    bearer: int = 3
    channel: int = 0
    dialed_length: int = 0
    dialing_length: int = 0
    dialed: bytes = b""
    dialing: bytes = b""
    subaddress: bytes = b""

    TYPE: ClassVar[MessageType] = MessageType.INCOMING_CALL_REQUEST
    LAYOUT: ClassVar[Struct] = Struct(">HHIIHH64s64s64s")


@dataclass(frozen=True, slots=True)
class IncomingCallReply(Message):
    """Incoming-Call-Reply, section 2.10. Result: 1 accept, 2 general error, 3 do not accept."""

    call_id: int
    peer_call_id: int
    result: int
    error: int = 0
    window: int = 0
    delay: int = 0

    TYPE: ClassVar[MessageType] = MessageType.INCOMING_CALL_REPLY
    LAYOUT: ClassVar[Struct] = Struct(">HHBBHHxx")


@dataclass(frozen=True, slots=True)
class IncomingCallConnected(Message):
    """Incoming-Call-Connected, section 2.11."""

    peer_call_id: int
    speed: int = 0
    window: int = 0
    delay: int = 0
    framing: int = 0

    TYPE: ClassVar[MessageType] = MessageType.INCOMING_CALL_CONNECTED
    LAYOUT: ClassVar[Struct] = Struct(">HxxIHHI")


@dataclass(frozen=True, slots=True)
class CallClearRequest(Message):
    """Call-Clear-Request, section 2.12; ``call_id`` is the sender's own (the PNS's)."""

    call_id: int

    TYPE: ClassVar[MessageType] = MessageType.CALL_CLEAR_REQUEST
    LAYOUT: ClassVar[Struct] = Struct(">Hxx")


@dataclass(frozen=True, slots=True)
class CallDisconnectNotify(Message):
    """Call-Disconnect-Notify, section 2.13; ``call_id`` is the sender's own (the PAC's)."""

    call_id: int
    result: int
    "1 lost carrier, 2 general error, 3 administrative shutdown, 4 answer to Call-Clear-Request."
    error: int = 0
    cause: int = 0
    statistics: bytes = b""

    TYPE: ClassVar[MessageType] = MessageType.CALL_DISCONNECT_NOTIFY
    LAYOUT: ClassVar[Struct] = Struct(">HBBHxx128s")


@dataclass(frozen=True, slots=True)
class WanErrorNotify(Message):
    """WAN-Error-Notify, section 2.14: counters since the call was connected."""

    peer_call_id: int
    crc: int = 0
    framing: int = 0
    hardware: int = 0
    buffer: int = 0
    timeout: int = 0
    alignment: int = 0

    TYPE: ClassVar[MessageType] = MessageType.WAN_ERROR_NOTIFY
    LAYOUT: ClassVar[Struct] = Struct(">HxxIIIIII")


@dataclass(frozen=True, slots=True)
class SetLinkInfo(Message):
    """Set-Link-Info, section 2.15: the async control character maps of a serial line behind the PAC."""

    peer_call_id: int
    send_accm: int = 0xFFFFFFFF
    receive_accm: int = 0xFFFFFFFF

    TYPE: ClassVar[MessageType] = MessageType.SET_LINK_INFO
    LAYOUT: ClassVar[Struct] = Struct(">HxxII")


MESSAGES: dict[MessageType, type[Message]] = {
    each.TYPE: each
    for each in (
        StartRequest,
        StartReply,
        StopRequest,
        StopReply,
        EchoRequest,
        EchoReply,
        OutgoingCallRequest,
        OutgoingCallReply,
        IncomingCallRequest,
        IncomingCallReply,
        IncomingCallConnected,
        CallClearRequest,
        CallDisconnectNotify,
        WanErrorNotify,
        SetLinkInfo,
    )
}
_TEXT_LIMIT = dict.fromkeys(MessageType, 64) | {MessageType.CALL_DISCONNECT_NOTIFY: 128}


def decode(data: bytes) -> Message:
    """One whole message of any type. Raises DecodeError."""
    return MESSAGES[check_header(data)].decode(data)
