"""The engine's records against the standard library's dataclasses, which they stand in for."""

import copy
import dataclasses
import inspect
import pickle
from typing import Any, ClassVar

import pytest

from pptpengine import record


def make(decorator: Any, field: Any) -> Any:
    """The same two classes, by either decorator."""

    @decorator(frozen=True, slots=True)
    class Base:
        KIND: ClassVar[int] = 3
        one: int
        two: str = "2"

    @decorator(frozen=True, slots=True)
    class Derived(Base):
        two: str = "22"
        three: dict[str, int] = field(default_factory=dict)

        def __post_init__(self) -> None:
            if self.one < 0:
                raise ValueError(self.one)

    return Derived


OURS = make(record.dataclass, record.field)
THEIRS = make(dataclasses.dataclass, dataclasses.field)


@record.dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Can be found by pickle."""

    left: int
    right: tuple[int, ...] = ()


@record.dataclass(slots=True, eq=False)
class Changing:
    """Neither frozen nor compared."""

    value: int = 1


@pytest.mark.parametrize("make_one", [OURS, THEIRS], ids=["record", "dataclass"])
def test_both_do_the_same(make_one: Any) -> None:
    """Defaults, order, equality, hashing, repr, matching, inheritance, checks."""
    one = make_one(1)
    assert (one.one, one.two, one.three, one.KIND) == (1, "22", {}, 3)
    assert make_one(1, "x", {"a": 1}) == make_one(three={"a": 1}, two="x", one=1)
    assert one != make_one(2)
    assert one != (1, "22", {})
    assert one.three is not make_one(1).three
    assert repr(one).endswith("Derived(one=1, two='22', three={})")
    assert make_one.__match_args__ == ("one", "two", "three")
    assert list(inspect.signature(make_one).parameters) == ["one", "two", "three"]
    with pytest.raises(ValueError, match="-1"):
        make_one(-1)
    with pytest.raises(TypeError):
        make_one()
    with pytest.raises(TypeError):
        make_one(1, four=4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.one = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.one
    assert not hasattr(one, "__dict__")


def test_functions_of_both_modules_take_a_record() -> None:
    """replace, asdict, fields."""
    one = OURS(1)
    for module in (record, dataclasses):
        assert module.replace(one, two="x") == OURS(1, "x")
        assert module.asdict(one) == {"one": 1, "two": "22", "three": {}}
    assert [each.name for each in dataclasses.fields(OURS)] == ["one", "two", "three"]
    assert dataclasses.is_dataclass(one)


def test_records_are_copied_hashed_and_pickled() -> None:
    """As values are."""
    one = Named(left=1, right=(2,))
    for copied in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):  # noqa: S301 - our own
        assert copied == one
        assert hash(copied) == hash(one)
    with pytest.raises(TypeError):
        Named(1)  # type: ignore[call-arg] # that is the point
    changing = Changing()
    changing.value = 2
    assert changing != Changing(2)


def test_a_signature_is_true_before_the_first_record_is_made() -> None:
    """``__init__`` is compiled when it is looked at, and for the class that has it."""

    @record.dataclass(frozen=True, slots=True)
    class Base:
        one: int

    class Plain(Base):
        __slots__ = ()

    assert list(inspect.signature(Plain).parameters) == ["one"]
    assert "__init__" not in vars(Plain)
    assert Base.__init__.__annotations__ == {"one": int, "return": None}
    assert (Plain(1).one, Base(2).one) == (1, 2)


@pytest.mark.parametrize(
    ("values", "given"),
    [
        ((), {}),
        ((1, "x", {}, 4), {}),
        ((1,), {"one": 1}),
        ((1,), {"four": 4}),
        ((), {"two": "x"}),
        ((-1,), {}),
        ((1,), {}),
        ((1, "x"), {"three": {"a": 1}}),
    ],
)
@pytest.mark.parametrize("kw_only", [False, True])
def test_the_first_records_are_made_as_later_ones(values: Any, given: Any, kw_only: bool) -> None:
    """Without a compiled ``__init__`` and with it: the same record, or the same complaint."""

    decorator: Any = record.dataclass

    @decorator(frozen=True, slots=True, kw_only=kw_only)
    class One:
        one: int
        two: str = "2"
        three: dict[str, int] = record.field(default_factory=dict)

        def __post_init__(self) -> None:
            if self.one < 0:
                raise ValueError(self.one)

    def made() -> str:
        try:
            return repr(One(*values, **given))
        except (TypeError, ValueError) as error:
            return repr(error)

    assert not inspect.isfunction(vars(One)["__init__"])
    first = made()
    later = [made() for _ in range(20)]
    assert inspect.isfunction(vars(One)["__init__"])
    assert later == [first] * 20
