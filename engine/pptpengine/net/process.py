"""Processes: titles, and a child that stands on its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from pptpengine.net import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def set_title(title: str) -> None:
    """Set the name that ps -o comm shows (15 octets at most); where there is no /proc, none is set."""
    with suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as comm:  # noqa: PTH123 - no pathlib at start
        comm.write(title)


def daemonise(body: Callable[[int], None], *, keep_stderr: bool) -> int:
    """Run *body* in a process of its own session, reparented, and without our descriptors.

    *body* gets the write end of a pipe whose read end is returned here. The pipe reads end-of-file when the
    new process closes it or dies, so nobody has to wait for a time to pass.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _become_daemon(body, write, keep_stderr=keep_stderr)
    os.close(write)
    os.waitpid(child, 0)
    return read


def _become_daemon(body: Callable[[int], None], write: int, *, keep_stderr: bool) -> NoReturn:
    status = 1
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        default_signals()
        signals.set_wakeup_fd(-1)
        null = os.open("/dev/null", os.O_RDWR)
        for fd in range(2 if keep_stderr else 3):
            os.dup2(null, fd)
        for fd in _descriptors():
            if fd > 2 and fd != write:
                with suppress(OSError):
                    os.close(fd)
        body(write)
        status = 0
    finally:
        # Never return into the caller's stack: it belongs to the other process.
        os._exit(status)


def default_signals() -> None:
    """No handler of the parent's, and none of the signals that Python ignores."""
    for number in (
        signals.SIGTERM,
        signals.SIGINT,
        signals.SIGHUP,
        signals.SIGUSR1,
        signals.SIGCHLD,
        signals.SIGPIPE,
        signals.SIGXFSZ,
    ):
        signals.signal(number, signals.SIG_DFL)


def _descriptors() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc/self/fd")]  # noqa: PTH208 - no pathlib at start
    except OSError:
        return list(range(256))


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Create files with *mask* for a while."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)
