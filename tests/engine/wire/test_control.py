"""RFC 2637 control messages: both directions, every truncation, every stream split, any garbage."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpengine.errors import DecodeError, LocalError
from pptpengine.wire import control
from pptpengine.wire.control import (
    CallClearRequest,
    CallDisconnectNotify,
    EchoReply,
    EchoRequest,
    IncomingCallConnected,
    IncomingCallReply,
    IncomingCallRequest,
    Message,
    OutgoingCallReply,
    OutgoingCallRequest,
    SetLinkInfo,
    StartReply,
    StartRequest,
    StopReply,
    StopRequest,
    WanErrorNotify,
)
from pptpengine.wire.header import MessageType
from pptpengine.wire.stream import Splitter

# Sizes of RFC 2637 sections 2.1 to 2.15.
SIZES = (156, 156, 16, 16, 16, 20, 168, 32, 220, 24, 28, 16, 148, 40, 24)

# One message of each type with a different value in every field, and the octets behind its header.
MESSAGES: list[tuple[Message, str]] = [
    (
        StartRequest(0x0100, 0, 0, 3, 3, 65535, 1, b"local", b"cananian"),
        "0100 00 00 00000003 00000003 ffff 0001"
        + b"local".ljust(64, b"\0").hex()
        + b"cananian".ljust(64, b"\0").hex(),
    ),
    (
        StartReply(0x0100, 1, 2, 3, 4, 5, 6, b"h" * 64, b""),
        "0100 01 02 00000003 00000004 0005 0006" + "68" * 64 + "00" * 64,
    ),
    (StopRequest(3), "03 000000"),
    (StopReply(1, 2), "01 02 0000"),
    (EchoRequest(0x01020304), "01020304"),
    (EchoReply(0x01020304, 1, 2), "01020304 01 02 0000"),
    (
        OutgoingCallRequest(0x1234, 2, 2400, 10_000_000, 3, 1, 64, 5, 3, b"123", b"sub"),
        "1234 0002 00000960 00989680 00000003 00000001 0040 0005 0003 0000"
        + b"123".ljust(64, b"\0").hex()
        + b"sub".ljust(64, b"\0").hex(),
    ),
    (
        OutgoingCallReply(0x1234, 0x5678, 1, 2, 3, 4, 5, 6, 7),
        "1234 5678 01 02 0003 00000004 0005 0006 00000007",
    ),
    (
        IncomingCallRequest(1, 2, 3, 4, 5, 6, b"a", b"b", b"c"),
        "0001 0002 00000003 00000004 0005 0006"
        + "".join(each.ljust(64, b"\0").hex() for each in (b"a", b"b", b"c")),
    ),
    (IncomingCallReply(1, 2, 3, 4, 5, 6), "0001 0002 03 04 0005 0006 0000"),
    (IncomingCallConnected(1, 2, 3, 4, 5), "0001 0000 00000002 0003 0004 00000005"),
    (CallClearRequest(0xFFFF), "ffff 0000"),
    (CallDisconnectNotify(1, 2, 3, 4, b"stats"), "0001 02 03 0004 0000" + b"stats".ljust(128, b"\0").hex()),
    (
        WanErrorNotify(1, 2, 3, 4, 5, 6, 7),
        "0001 0000 00000002 00000003 00000004 00000005 00000006 00000007",
    ),
    (SetLinkInfo(1, 2, 3), "0001 0000 00000002 00000003"),
]
IDS = [type(message).__name__ for message, _ in MESSAGES]


def test_the_table_has_every_message_type() -> None:
    """All fifteen, in the RFC's order."""
    assert [message.TYPE for message, _ in MESSAGES] == list(MessageType)


@pytest.mark.parametrize(("message", "body"), MESSAGES, ids=IDS)
def test_encoding_gives_the_octets_and_decoding_gives_the_message(message: Message, body: str) -> None:
    """Both directions at once, with the size that the RFC states."""
    data = bytes.fromhex(body)
    data = struct.pack(">HHIHH", 12 + len(data), 1, 0x1A2B3C4D, message.TYPE, 0) + data
    assert len(data) == SIZES[message.TYPE - 1]
    assert message.encode() == data
    assert type(message).decode(data) == message
    assert control.decode(data) == message


@pytest.mark.parametrize(("message", "body"), MESSAGES, ids=IDS)
def test_every_truncation_is_a_decode_error(message: Message, body: str) -> None:
    """Nothing else comes out, whatever is missing."""
    data = message.encode()
    assert len(data) == 12 + len(bytes.fromhex(body))
    for size in range(len(data)):
        with pytest.raises(DecodeError):
            control.decode(data[:size])


def test_decoding_as_another_type_is_a_decode_error() -> None:
    """A type's own decode checks the type."""
    with pytest.raises(DecodeError, match="STOP_REQUEST"):
        EchoRequest.decode(StopRequest(1).encode())


@pytest.mark.parametrize(
    "message",
    [EchoRequest(1 << 32), CallClearRequest(-1), StartRequest(host_name=b"x" * 65), StopRequest(256)],
)
def test_values_that_do_not_fit_are_the_callers_fault(message: Message) -> None:
    """LocalError, no truncated field on the wire."""
    with pytest.raises(LocalError):
        message.encode()


def test_unknown_codes_are_kept() -> None:
    """Result codes outside the RFC pass through a decode and encode unchanged."""
    message = OutgoingCallReply(1, 2, 200, 201, 65535)
    assert control.decode(message.encode()) == message


STREAM = b"".join(message.encode() for message, _ in MESSAGES)


@pytest.mark.parametrize("step", [1, 2, 11, 12, 13, 100, len(STREAM)])
def test_a_stream_may_be_cut_anywhere(step: int) -> None:
    """Octet by octet, at header borders, and in one piece."""
    splitter = Splitter()
    found: list[Message] = []
    for start in range(0, len(STREAM), step):
        splitter.feed(STREAM[start : start + step])
        while (message := splitter.next_message()) is not None:
            found.append(message)
    assert found == [message for message, _ in MESSAGES]


@pytest.mark.parametrize(
    "header",
    [
        (16, 1, 0x1A2B3C4E, 3, 0),
        (16, 2, 0x1A2B3C4D, 3, 0),
        (16, 1, 0x1A2B3C4D, 0, 0),
        (16, 1, 0x1A2B3C4D, 16, 0),
        (15, 1, 0x1A2B3C4D, 3, 0),
        (17, 1, 0x1A2B3C4D, 3, 0),
        (0, 1, 0x1A2B3C4D, 3, 0),
        (65535, 1, 0x1A2B3C4D, 3, 0),
    ],
)
def test_a_bad_header_breaks_the_stream_for_good(header: tuple[int, ...]) -> None:
    """What came before is delivered; after it nothing is, not even a good message (RFC 2637 section 1.4)."""
    splitter = Splitter()
    splitter.feed(StopRequest(1).encode() + struct.pack(">HHIHH", *header))
    assert splitter.next_message() == StopRequest(1)
    with pytest.raises(DecodeError):
        splitter.next_message()
    splitter.feed(StopRequest(1).encode())
    with pytest.raises(DecodeError):
        splitter.next_message()


def test_a_reserved_field_that_is_not_zero_is_tolerated() -> None:
    """Servers are seen that leave rubbish in reserved0."""
    data = bytearray(EchoRequest(7).encode())
    data[10:12] = b"\xff\xff"
    assert control.decode(bytes(data)) == EchoRequest(7)


@given(st.binary(max_size=300))
def test_garbage_gives_a_message_or_a_decode_error(data: bytes) -> None:
    """No other exception, and no unbounded buffer, for any octets."""
    splitter = Splitter()
    splitter.feed(data)
    try:
        while splitter.next_message() is not None:
            pass
    except DecodeError:
        pass


@given(st.sampled_from(MESSAGES), st.data())
def test_a_changed_octet_gives_a_message_or_a_decode_error(
    entry: tuple[Message, str], data: st.DataObject
) -> None:
    """Near misses are the likeliest hostile input."""
    octets = bytearray(entry[0].encode())
    octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = control.decode(bytes(octets))
    except DecodeError:
        return
    assert len(decoded.encode()) == len(octets)
