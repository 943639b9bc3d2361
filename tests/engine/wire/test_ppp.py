"""PPP codecs: what must be accepted, what must be refused, and that encoding undoes decoding."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pptpengine.errors import DecodeError
from pptpengine.wire.ppp import (
    Code,
    Frame,
    Option,
    Packet,
    Protocol,
    decode_frame,
    decode_options,
    decode_packet,
    encode_frame,
    encode_options,
    encode_packet,
    is_control,
)

# RFC 1661 section 2: the low octet is odd, the high one even.
PROTOCOLS = st.builds(
    lambda high, low: (high * 2 << 8) | (low * 2 + 1), st.integers(0, 127), st.integers(0, 127)
)
OPTIONS = st.builds(Option, st.integers(0, 255), st.binary(max_size=253))


@pytest.mark.parametrize(
    ("octets", "protocol"),
    [
        (b"\xff\x03\xc0\x21data", Protocol.LCP),
        (b"\xc0\x21data", Protocol.LCP),
        (b"\xff\x03\x00\x21data", Protocol.IP),
        (b"\x00\x21data", Protocol.IP),
        (b"\xff\x03\x21data", Protocol.IP),
        (b"\x21data", Protocol.IP),
        (b"\xfddata", Protocol.COMPRESSED),
    ],
)
def test_a_receiver_takes_every_compression_of_the_header(octets: bytes, protocol: Protocol) -> None:
    assert decode_frame(octets) == Frame(protocol, b"data")


@pytest.mark.parametrize("octets", [b"", b"\xff\x03", b"\xc0", b"\xff\x03\xc0", b"\xff\x03\xc0\x22data"])
def test_a_frame_without_a_protocol_number_is_refused(octets: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_frame(octets)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b"\xff\x03\xc0\x21", True),
        (b"\x80\xfd", True),
        (b"\xff\x03\x00\xfd", False),
        (b"\x00\xfd", False),
        (b"\xfd\x90\x00", False),
        (b"\xff\x03\xfd", False),
        (b"\xff\x03", False),
        (b"", False),
    ],
)
def test_encrypted_data_with_a_compressed_protocol_is_not_control(frame: bytes, expected: bool) -> None:
    assert is_control(frame) is expected


def test_lcp_keeps_its_whole_header_whatever_was_agreed() -> None:
    octets = encode_frame(Frame(Protocol.LCP, b"x"), address_control=False, compress_protocol=True)
    assert octets == b"\xff\x03\xc0\x21x"


@pytest.mark.parametrize("protocol", [0, 0x20, 0x121, 0x10021])
def test_a_number_that_is_no_protocol_cannot_be_sent(protocol: int) -> None:
    with pytest.raises(ValueError, match="protocol number"):
        encode_frame(Frame(protocol, b""))


@example(protocol=0xFF, information=b"\x03\x01", address=False, compress=True)
@given(protocol=PROTOCOLS, information=st.binary(), address=st.booleans(), compress=st.booleans())
def test_frames_survive_the_way_out_and_in(
    protocol: int, information: bytes, address: bool, compress: bool
) -> None:
    frame = Frame(protocol, information)
    assert decode_frame(encode_frame(frame, address_control=address, compress_protocol=compress)) == frame


def test_octets_after_a_packet_are_padding() -> None:
    assert decode_packet(b"\x01\x07\x00\x06ab-padding") == Packet(Code.CONFIGURE_REQUEST, 7, b"ab")


@pytest.mark.parametrize("octets", [b"", b"\x01\x07\x00", b"\x01\x07\x00\x03", b"\x01\x07\x00\x09abcd"])
def test_a_packet_with_an_impossible_length_is_refused(octets: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_packet(octets)


@given(st.builds(Packet, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=2000)))
def test_packets_survive_the_way_out_and_in(packet: Packet) -> None:
    assert decode_packet(encode_packet(packet)) == packet


@pytest.mark.parametrize("octets", [b"\x01", b"\x01\x00", b"\x01\x01", b"\x01\x03", b"\x05\x02\x01\x04\x05"])
def test_an_option_with_an_impossible_length_is_refused(octets: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_options(octets)


@given(st.lists(OPTIONS).map(tuple))
def test_options_survive_the_way_out_and_in(options: tuple[Option, ...]) -> None:
    assert decode_options(encode_options(options)) == options


@given(st.binary(max_size=64))
def test_arbitrary_octets_raise_nothing_but_decode_error(octets: bytes) -> None:
    for decode in (decode_frame, decode_packet, decode_options):
        with contextlib.suppress(DecodeError):
            decode(octets)
