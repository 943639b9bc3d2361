"""FCS-16 against the definition, bit by bit, in both of its implementations."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpengine.wire import fcs


def by_definition(data: bytes) -> int:
    """RFC 1662 appendix C.2, complemented as it is sent."""
    register = 0xFFFF
    for octet in data:
        register ^= octet
        for _ in range(8):
            register = register >> 1 ^ (0x8408 if register & 1 else 0)
    return register ^ 0xFFFF


def fast() -> Callable[[bytes], int]:
    """The extension module's function, or, where it is not installed, one that gives the same."""
    try:
        from fastcrc.crc16 import ibm_sdlc
    except ImportError:
        return by_definition
    else:
        return ibm_sdlc


IMPLEMENTATIONS = [(fcs.stdlib_trailer, fcs.stdlib_intact), fcs.fast(fast()), fcs.fast(by_definition)]


@pytest.mark.parametrize(("trailer", "intact"), IMPLEMENTATIONS, ids=["stdlib", "fastcrc", "definition"])
@given(frame=st.binary(max_size=300), bit=st.integers(0, 2**16))
def test_every_implementation_is_the_definition(
    trailer: Callable[[bytes], bytes], intact: Callable[[bytes], bool], frame: bytes, bit: int
) -> None:
    """The same two octets; what ends in them is intact, and with one bit flipped it is not."""
    assert trailer(frame) == by_definition(frame).to_bytes(2, "little")
    whole = bytearray(frame + trailer(frame))
    assert intact(bytes(whole))
    bit %= len(whole) * 8
    whole[bit // 8] ^= 1 << bit % 8
    assert not intact(bytes(whole))


def test_one_of_them_is_in_use() -> None:
    """The published check value of CRC-16/X-25."""
    assert fcs.trailer(b"123456789") == b"\x6e\x90"
    assert fcs.intact(b"123456789\x6e\x90")
