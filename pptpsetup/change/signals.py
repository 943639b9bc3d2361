"""Holding signals back while files are half-way."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_HELD_BACK = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_held_back() -> Iterator[Sequence[int]]:
    """Collect SIGINT, SIGTERM and SIGHUP in the sequence given, and deliver each once at the end.

    An ignored signal stays ignored (nohup(1)). Delivery is to the handler that was there before, so it may
    raise KeyboardInterrupt or end the process. Outside the main thread no handler can be set, and none is
    called either.
    """
    arrived: list[int] = []
    former = {number: signal.getsignal(number) for number in _HELD_BACK}
    try:
        for number, handler in former.items():
            if handler not in (signal.SIG_IGN, None):
                signal.signal(number, lambda caught, _frame: arrived.append(caught))
    except ValueError:  # not the main thread
        former = {}
    try:
        yield arrived
    finally:
        for number, handler in former.items():
            if handler is not None:
                signal.signal(number, handler)
        for received in dict.fromkeys(arrived):
            signal.raise_signal(received)
