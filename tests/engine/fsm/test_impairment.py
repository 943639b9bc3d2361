"""The patterns of pptp(8)'s --test-type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpengine.fsm.impairment import Impairment

PATTERNS = {
    1: "1 2 3 4 5 7 6 8 9 10 11 12 14 13",
    2: "1 2 3 4 5 16 6 7 8 9 10 11 12 13 14 15 17 18 19 20 21 32 22",
    3: "1 2 3 4 5 16 15 14 13 12 11 10 9 8 7 6 17 18 19 20 21 32 31",
}


def numbered(count: int) -> list[bytes]:
    return [str(number).encode() for number in range(1, count + 1)]


@pytest.mark.parametrize("kind", PATTERNS)
def test_each_type_makes_its_pattern(kind: int) -> None:
    """With five packets between two events, packet by packet."""
    impairment = Impairment(kind, 5)
    out = [each.decode() for packet in numbered(60) for each in impairment.disturb([packet])]
    assert " ".join(out).startswith(PATTERNS[kind])


@given(st.integers(1, 3), st.integers(0, 30), st.lists(st.integers(0, 25), max_size=20))
def test_nothing_is_lost_and_batches_do_not_matter(kind: int, rate: int, sizes: list[int]) -> None:
    """In batches as one by one; what has not come out is at most what one event holds."""
    packets = numbered(sum(sizes))
    one, many = Impairment(kind, rate), Impairment(kind, rate)
    expected = [each for packet in packets for each in one.disturb([packet])]
    out = []
    left = packets
    for size in sizes:
        out += many.disturb(left[:size])
        left = left[size:]
    assert out == expected
    assert len(set(out)) == len(out)
    assert len(packets) - len(out) <= (1 if kind == 1 else 10)


@pytest.mark.parametrize(("kind", "rate"), [(0, 10), (4, 10), (1, -1)])
def test_senseless_values_are_refused(kind: int, rate: int) -> None:
    """Type 0 means no impairment, which is not one."""
    with pytest.raises(ValueError, match="no test type"):
        Impairment(kind, rate)
