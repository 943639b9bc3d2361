"""One poll(2) loop: descriptors with a callback each, and signals as one more descriptor."""

import os
import select
from collections.abc import Callable, Iterable
from types import FrameType

from pptpengine.net import signals

READ = select.POLLIN
WRITE = select.POLLOUT
# Reported by poll(2) whether asked for or not.
BROKEN = select.POLLHUP | select.POLLERR | select.POLLNVAL


class Loop:
    """Calls back when a descriptor is ready. The callback gets poll(2)'s event bits."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._callbacks: dict[int, Callable[[int], None]] = {}

    def watch(self, fd: int, events: int, callback: Callable[[int], None]) -> None:
        """Call *callback* when one of *events* (or `BROKEN`) is there; watching again changes events and
        callback.
        """
        self._poll.register(fd, events)
        self._callbacks[fd] = callback

    def unwatch(self, fd: int) -> None:
        """Stop watching; it need not be watched. Must come before the descriptor is closed."""
        if self._callbacks.pop(fd, None) is not None:
            self._poll.unregister(fd)

    def run_once(self, timeout: float | None) -> None:
        """Wait for up to *timeout* seconds (None: without end) and call what is ready."""
        milliseconds = None if timeout is None else max(0, int(timeout * 1000) + 1 if timeout > 0 else 0)
        for fd, events in self._poll.poll(milliseconds):
            # An earlier callback of the same round may have unwatched it.
            callback = self._callbacks.get(fd)
            if callback is not None:
                callback(events)


class Signals:
    """Signals delivered as plain calls from the loop, not from the middle of something else."""

    def __init__(self, loop: Loop, numbers: Iterable[int], callback: Callable[[int], None]) -> None:
        self._loop = loop
        self._callback = callback
        self._numbers = tuple(numbers)
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signals.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in self._numbers:
            signals.signal(number, _nothing)
        loop.watch(self._read, READ, self._ready)

    def _ready(self, _events: int) -> None:
        for number in os.read(self._read, 512):
            if number in self._numbers:
                self._callback(number)

    def close(self) -> None:
        """Ignore the signals from now on."""
        for number in self._numbers:
            signals.signal(number, signals.SIG_IGN)
        signals.set_wakeup_fd(-1)
        self._loop.unwatch(self._read)
        os.close(self._read)
        os.close(self._write)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A Python handler must exist for the wake-up descriptor to be written to."""
