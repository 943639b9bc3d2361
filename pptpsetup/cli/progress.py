"""One line on the terminal that says how far a long command is, rewritten in place and gone at the end.

Nothing is shown in the first second, since most commands are done by then; nor where the line could not be
rewritten: in a file or a pipe, or on a terminal that says that it is dumb.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

AFTER = 1.0
"Seconds until the line is shown first."
EVERY = 0.1
"Seconds until it is rewritten."
_CLEAR = "\r\x1b[K"
"To the first column, and erase what is in the line (ECMA-48, EL)."


@contextmanager
def heard_or_not(stream: TextIO) -> Iterator[None]:
    """Print what follows to *stream*, or to nobody if nobody can be told any more.

    The reader of a pipe has ended, the disk with the log is full, the terminal was hung up: a change that is
    half done, a tunnel that is down for its restart, must be brought to its end all the same.
    """
    try:
        yield
    except OSError:
        # What is in the buffer would fail again, at the latest when the interpreter ends.
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            os.dup2(null, stream.fileno())
            os.close(null)


class Progress:
    """The line. Whoever prints something else on the terminal calls `clear` first."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._shown = False
        can = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._next = clock() + AFTER if can else float("inf")

    def tell(self, doing: str, done: int, total: int) -> None:
        """Say that *done* of *total* are done; see `pptpsetup.progress.Tell`."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY
        self._shown = True
        line = f"{doing}: {done:,} of {total:,}"
        # One column less: in the last one some terminals go on to the next line.
        self._write(_CLEAR + line[: self._columns() - 1])

    def clear(self) -> None:
        """Take the line away, if it is there."""
        if self._shown:
            self._shown = False
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        with heard_or_not(self._stream):
            self._stream.write(text)
            self._stream.flush()

    def _columns(self) -> int:
        try:
            # Terminals that nobody has told their size say 0.
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80
