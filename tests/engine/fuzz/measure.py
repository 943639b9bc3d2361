"""How much an object holds and how much work a call is, in counts instead of seconds."""

import sys
from collections.abc import Callable, Mapping
from types import FrameType, FunctionType, MethodType, ModuleType
from typing import Any

_CODE = (type, FunctionType, MethodType, ModuleType)


def held(root: object) -> int:
    """Octets and elements of every container that *root* leads to: what grows when something leaks."""
    total = 0
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, _CODE):
            continue
        seen.add(id(each))
        if isinstance(each, bytes | bytearray | str | memoryview):
            total += len(each)
        elif isinstance(each, Mapping):
            total += len(each)
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, int | float | None):
            pass
        elif hasattr(each, "__iter__") and hasattr(each, "__len__"):
            total += len(each)
            waiting += list(each)
        else:
            waiting += _attributes(each)
    return total


def _attributes(of: object) -> list[object]:
    names = [name for cls in type(of).__mro__ for name in getattr(cls, "__slots__", ())]
    return [getattr(of, name) for name in names if hasattr(of, name)] + list(
        getattr(of, "__dict__", {}).values()
    )


def calls(work: Callable[[], object]) -> int:
    """How many functions *work* calls, Python's and C's."""
    count = 0

    def profile(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
