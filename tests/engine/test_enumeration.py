"""The engine's enumerations against the standard library's, which they stand in for."""

import copy
import enum
import pickle
from typing import Any

import pytest

from pptpengine import enumeration
from pptpengine.wire.header import MessageType


def make(module: Any) -> Any:
    """The same two classes, by either module."""

    class Colour(module.Enum):  # type: ignore[misc] # that is the point
        RED = module.auto()
        "Not a member."
        BLUE = module.auto()

        @property
        def other(self) -> object:
            return Colour(3 - self.value)

    class Code(module.IntEnum):  # type: ignore[misc] # same
        ONE = 1
        TEN = 10

    return Colour, Code


@pytest.mark.parametrize("module", [enumeration, enum], ids=["enumeration", "enum"])
def test_both_do_the_same(module: Any) -> None:
    """Order, lookup, names, values, equality, what numbers can do, matching."""
    colour, code = make(module)
    assert [each.name for each in colour] == ["RED", "BLUE"]
    assert [(each.value, colour(each.value) is each) for each in colour] == [(1, True), (2, True)]
    assert colour.RED is not colour.BLUE
    assert colour.RED != 1
    assert colour.RED.other is colour.BLUE
    assert len({colour.RED, colour.BLUE, colour(1)}) == len(colour) == 2
    assert colour.RED in colour
    assert (code.TEN, code.TEN + 1, code(10) is code.TEN, code.TEN.name) == (10, 11, True, "TEN")
    assert {1: "a"}[code.ONE] == "a"
    assert f"{code.TEN:#x} {code.TEN:d}" == "0xa 10"
    assert isinstance(code.TEN, code)
    assert repr(code.TEN) == "<Code.TEN: 10>"
    assert repr(colour.RED) == "<Colour.RED: 1>"
    for missing in (3, "RED"):
        with pytest.raises(ValueError, match="is not a valid"):
            code(missing)
    match 10:
        case code.TEN:
            pass
        case _:
            pytest.fail("a number matches the member of its value")


def test_members_are_one_of_a_kind() -> None:
    """Copies are the member itself."""
    one = MessageType.STOP_REQUEST
    assert copy.copy(one) is copy.deepcopy(one) is pickle.loads(pickle.dumps(one)) is one  # noqa: S301 - our own
