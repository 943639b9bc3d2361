"""The enhanced GRE header of RFC 2637 section 4.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpengine.errors import DecodeError
from pptpengine.wire import gre
from pptpengine.wire.gre import Header

numbers = st.none() | st.integers(0, 2**32 - 1)

# As pptp(8) was seen to send them: data, data with acknowledgement, acknowledgement alone.
SEEN = [
    (Header(0x1234, 1), b"\xff\x03", "3001 880b 0002 1234 00000001 ff03"),
    (Header(0x1234, 2, 0xFFFFFFFF), b"\xaa", "3081 880b 0001 1234 00000002 ffffffff aa"),
    (Header(0xFFFF, None, 7), b"", "2081 880b 0000 ffff 00000007"),
]


@pytest.mark.parametrize(("header", "payload", "octets"), SEEN)
def test_encoding_gives_the_octets_and_decoding_gives_the_header(
    header: Header, payload: bytes, octets: str
) -> None:
    """Both directions at once."""
    packet = bytes.fromhex(octets)
    assert header.encode(payload) == packet
    assert Header.decode(packet) == (header, payload)


@given(st.integers(0, 65535), numbers, numbers, st.binary(max_size=50), st.integers(0, 30))
def test_round_trip(
    call_id: int, sequence: int | None, ack: int | None, payload: bytes, padding: int
) -> None:
    """Any header survives, at any offset, with padding behind it."""
    payload = payload if sequence is not None else b""
    packet = Header(call_id, sequence, ack).encode(payload)
    found = gre.unpack(b"\0" * padding + packet + b"\xee" * padding, padding)
    assert found[:3] == (call_id, sequence, ack)
    assert found[4] - found[3] == len(payload)
    assert Header.decode(packet) == (Header(call_id, sequence, ack), payload)


@pytest.mark.parametrize(("header", "payload", "octets"), SEEN)
def test_every_truncation_is_a_decode_error(header: Header, payload: bytes, octets: str) -> None:
    """A payload that did not come whole is not delivered in part."""
    packet = header.encode(payload)
    assert packet == bytes.fromhex(octets)
    for size in range(len(packet)):
        with pytest.raises(DecodeError):
            gre.unpack(packet[:size])


@pytest.mark.parametrize(
    "octets",
    [
        "b001 880b 0000 1234 00000001",
        "7001 880b 0000 1234 00000001",
        "1001 880b 0000 1234 00000001",
        "3000 880b 0000 1234 00000001",
        "3002 880b 0000 1234 00000001",
        "3001 0800 0000 1234 00000001",
        "3901 880b 0000 1234 00000001",
        "2001 880b 0004 1234 00000001",
    ],
    ids=[
        "checksum",
        "routing",
        "no key",
        "version 0",
        "version 2",
        "protocol",
        "strict source route",
        "no sequence",
    ],
)
def test_what_is_not_enhanced_gre_is_refused(octets: str) -> None:
    """Flags, version and protocol are checked; a payload needs a sequence number."""
    with pytest.raises(DecodeError):
        gre.unpack(bytes.fromhex(octets))


@given(st.binary(max_size=64), st.integers(0, 70))
def test_garbage_gives_a_header_or_a_decode_error(data: bytes, offset: int) -> None:
    """Whatever is decoded lies within the packet."""
    try:
        _, _, _, start, end = gre.unpack(data, offset)
    except DecodeError:
        return
    assert offset <= start <= end <= len(data)
