"""A terminal with somebody at it."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class Screen:
    """What a terminal has shown."""

    def __init__(self) -> None:
        self.text = b""


@contextmanager
def typist(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> Iterator[Screen]:
    """A pseudo-terminal in place of /dev/tty; when a prompt appears there, *answer* is typed once."""
    master, slave = os.openpty()
    monkeypatch.setattr("pptpsetup.cli.password.TERMINAL", os.ttyname(slave))
    screen = Screen()
    person = threading.Thread(target=_sit, args=(master, screen, answer))
    person.start()
    try:
        yield screen
    finally:
        os.close(slave)
        person.join(timeout=10)
        os.close(master)


def _sit(master: int, screen: Screen, answer: bytes) -> None:
    typed = False
    while True:
        try:
            screen.text += os.read(master, 4096)
        except OSError:
            return  # the last one has closed the terminal
        if not typed and screen.text.endswith(b": "):
            typed = True
            os.write(master, answer)
