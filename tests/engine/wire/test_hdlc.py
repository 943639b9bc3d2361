"""Asynchronous framing of RFC 1662: checked against a straightforward octet-by-octet implementation."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpengine.wire import hdlc


def slow_fcs(data: bytes) -> int:
    """FCS-16 as RFC 1662 appendix C.2 defines it, bit by bit."""
    fcs = 0xFFFF
    for octet in data:
        fcs ^= octet
        for _ in range(8):
            fcs = fcs >> 1 ^ (0x8408 if fcs & 1 else 0)
    return fcs


def slow_encode(frame: bytes, accm: int) -> bytes:
    """Section 4.2, octet by octet."""
    frame += (slow_fcs(frame) ^ 0xFFFF).to_bytes(2, "little")
    out = bytearray(b"\x7e")
    for octet in frame:
        if octet in b"\x7d\x7e" or (octet < 32 and accm >> octet & 1):
            out += bytes((0x7D, octet ^ 0x20))
        else:
            out.append(octet)
    return bytes(out + b"\x7e")


frames = st.binary(min_size=2, max_size=80) | st.lists(
    st.sampled_from([0x7D, 0x7E, 0x5D, 0x5E, 0x00, 0x11, 0xFF]), min_size=2, max_size=40
).map(bytes)
accms = st.sampled_from([0, 0xFFFFFFFF, 0x000A0000]) | st.integers(0, 0xFFFFFFFF)


def test_fcs_of_the_published_check_value() -> None:
    """CRC-16/X-25 of the digits 1 to 9 is 0x906E."""
    assert hdlc.fcs(b"123456789") == b"\x6e\x90"


def test_an_lcp_echo_as_pppd_writes_it() -> None:
    """A whole frame with every control character escaped."""
    frame = bytes.fromhex("ff03c021090000086b953ba2")
    coded = hdlc.encode(frame)
    assert coded.startswith(bytes.fromhex("7eff7d23c0217d297d207d207d28"))
    assert coded == slow_encode(frame, 0xFFFFFFFF)


@given(frames, accms)
def test_encoding_is_what_the_rfc_says(frame: bytes, accm: int) -> None:
    """The fast encoder equals the slow one for any map."""
    assert hdlc.encode(frame, hdlc.escapes(accm)) == slow_encode(frame, accm)


@given(st.lists(st.tuples(frames, accms), max_size=6), st.integers(1, 40), st.booleans())
def test_frames_survive_any_cut_of_the_stream(
    coded: list[tuple[bytes, int]], step: int, share: bool
) -> None:
    """Any map on the sender's side, flags shared or not, fed in pieces of any size."""
    stream = b"".join(slow_encode(frame, accm) for frame, accm in coded)
    if share:
        stream = stream.replace(b"\x7e\x7e", b"\x7e")
    deframer = hdlc.Deframer()
    found = []
    for start in range(0, len(stream), step):
        found += deframer.feed(stream[start : start + step])
    assert found == [frame for frame, _ in coded]
    assert (deframer.bad_fcs, deframer.short, deframer.aborted, deframer.oversize) == (0, 0, 0, 0)


def test_needless_escapes_are_undone() -> None:
    """A sender may escape any octet but 0x5E, among them 0x5D, which makes 0x7D 0x7D."""
    frame = b"\xff\x03\x00\x21]}]A"
    whole = frame + hdlc.fcs(frame)
    coded = b"".join(bytes((0x7D, octet ^ 0x20)) for octet in whole)
    assert b"\x7d\x7d" in coded
    assert hdlc.Deframer().feed(b"\x7e" + coded + b"\x7e") == [frame]


def test_a_bad_fcs_is_dropped_and_counted() -> None:
    """One flipped bit; the frames around it come through."""
    good = hdlc.encode(b"\xff\x03\xc0\x21good")
    bad = bytearray(good)
    bad[-4] ^= 1
    deframer = hdlc.Deframer()
    assert deframer.feed(good + bytes(bad) + good) == [b"\xff\x03\xc0\x21good"] * 2
    assert deframer.bad_fcs == 1


def test_short_and_aborted_frames_are_counted() -> None:
    """Section 4.3: fewer than four octets, and 0x7D 0x7E."""
    deframer = hdlc.Deframer()
    assert deframer.feed(b"\x7eab\x7e~~~\x7eabcdef\x7d\x7e") == []
    assert (deframer.short, deframer.aborted, deframer.bad_fcs) == (1, 1, 0)


@pytest.mark.parametrize("step", [1000, 7, 100_000])
def test_a_line_without_flags_does_not_fill_memory(step: int) -> None:
    """An endless frame is given up once, and the next flag starts anew."""
    deframer = hdlc.Deframer()
    noise = b"x" * 100_000
    for start in range(0, len(noise), step):
        assert deframer.feed(noise[start : start + step]) == []
        assert len(deframer._tail) <= 2 * hdlc.MAX_FRAME
    assert deframer.feed(hdlc.encode(b"\xff\x03\x00\x21after")) == [b"\xff\x03\x00\x21after"]
    assert deframer.oversize == 1


@given(st.binary(max_size=400))
def test_garbage_never_raises(data: bytes) -> None:
    """Every octet string is a line."""
    hdlc.Deframer().feed(data)


def test_a_single_bit_error_is_always_found() -> None:
    """What FCS-16 promises, for every bit of one frame."""
    frame = random.Random(1).randbytes(50)  # noqa: S311 - dice of a test
    whole = frame + hdlc.fcs(frame)
    for bit in range(len(whole) * 8):
        broken = bytearray(whole)
        broken[bit // 8] ^= 1 << bit % 8
        deframer = hdlc.Deframer()
        coded = bytes(broken).replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e")
        assert deframer.feed(b"\x7e" + coded + b"\x7e") == []
        assert deframer.bad_fcs == 1


@given(st.lists(frames, max_size=6), accms)
def test_many_frames_are_encoded_as_each_of_them(several: list[bytes], accm: int) -> None:
    """The fast way for a batch gives the octets of the slow one."""
    assert hdlc.encode_all(several, hdlc.escapes(accm)) == b"".join(
        slow_encode(each, accm) for each in several
    )


@given(st.binary(max_size=60) | st.lists(st.sampled_from([0x7D, 0x5D, 0x5E, 0x20]), max_size=20).map(bytes))
def test_unescaping_is_what_the_rfc_says(piece: bytes) -> None:
    """Whatever octet follows 0x7D, also another 0x7D."""
    piece = piece.replace(b"\x7e", b"") + b"x"
    out = bytearray()
    octets = iter(piece)
    for octet in octets:
        out.append(octet if octet != 0x7D else next(octets) ^ 0x20)
    assert hdlc.unescape(piece) == out
