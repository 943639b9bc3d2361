"""Named deadlines."""

from pptpengine.timers import Timers


def test_due_ones_come_in_order_and_once() -> None:
    """Earliest first; what is not due stays."""
    timers = Timers()
    assert timers.next() is None
    for name, when in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        timers.set(name, when)
    assert timers.next() == 1.0
    assert timers.due(0.5) == []
    assert timers.due(2.0) == ["a", "b"]
    assert timers.due(2.0) == []
    assert timers.next() == 3.0


def test_setting_again_moves_and_cancelling_forgets() -> None:
    """By name."""
    timers = Timers()
    timers.set("a", 1.0)
    timers.set("a", 5.0)
    assert timers.next() == 5.0
    timers.cancel("a")
    timers.cancel("never set")
    assert timers.next() is None
    timers.set("b", 1.0)
    timers.clear()
    assert timers.due(9.0) == []
