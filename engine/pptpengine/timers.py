"""Named deadlines, of which only the next one matters to whoever runs the loop."""

from collections.abc import Hashable


class Timers:
    """Deadlines by name; all times are seconds of one clock that the caller reads.

    Setting a name again moves it. Nothing here waits: the owner asks `next`, sleeps, and then takes what is
    `due`.
    """

    __slots__ = ("_deadlines",)

    def __init__(self) -> None:
        self._deadlines: dict[Hashable, float] = {}

    def set(self, name: Hashable, when: float) -> None:
        """Let *name* fall due at *when*."""
        self._deadlines[name] = when

    def cancel(self, name: Hashable) -> None:
        """Forget *name*; it need not be set."""
        self._deadlines.pop(name, None)

    def clear(self) -> None:
        """Forget every deadline."""
        self._deadlines.clear()

    def running(self, name: Hashable) -> bool:
        """Whether *name* is set."""
        return name in self._deadlines

    def next(self) -> float | None:
        """The earliest deadline, or None when nothing is waited for."""
        return min(self._deadlines.values(), default=None)

    def due(self, now: float) -> list[Hashable]:
        """Take out and return the names that are due, earliest first."""
        names = sorted(
            (name for name, when in self._deadlines.items() if when <= now), key=self._deadlines.__getitem__
        )
        for name in names:
            del self._deadlines[name]
        return names
