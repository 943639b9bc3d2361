"""Every fuzz target on its seeds, on their mutations and on random octets; bounds of memory and work."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.fuzz.seeds import SEEDS
from tests.engine.fuzz.targets import TARGETS

NOW = 1.0


def test_every_target_has_seeds() -> None:
    """And no seed lacks a target; the order is the same, for those who choose by number."""
    assert list(SEEDS) == list(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
def test_seeds(name: str) -> None:
    """As they are, cut off, and with an octet changed: everywhere in short ones."""
    dice = random.Random(name)  # noqa: S311 - dice of a test
    for seed in SEEDS[name]:
        TARGETS[name](seed)
        places = range(len(seed)) if len(seed) < 100 else dice.sample(range(len(seed)), 50)
        for at in places:
            TARGETS[name](seed[:at])
            TARGETS[name](seed[:at] + dice.randbytes(1) + seed[at + 1 :])


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=150)
@given(data=st.data())
def test_any_octets(name: str, data: st.DataObject) -> None:
    """Random ones, and what is left of a seed when pieces are put together."""
    piece = st.one_of(st.binary(max_size=60), st.sampled_from(SEEDS[name]))
    TARGETS[name](b"".join(data.draw(st.lists(piece, max_size=8))))
