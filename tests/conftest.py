"""Unit tests touch nothing: no sockets, no programs, unless a marker says that they are meant to."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings

from pptpengine.net import sockets

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A shell without job control starts background jobs with SIGINT ignored (POSIX, XCU 2.11), and the programs
# that tests start would inherit that: Ctrl-C would do nothing to them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_REAL = ("host", "project", "install", "matrix", "vm")


_LONG = ("matrix", "install")
"""Started first: they must not be what one of two processes is still at when the other has finished."""


@pytest.hookimpl(trylast=True)  # what is not selected does not count
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first in either half, since two processes begin with a half each; else the order stays."""
    long = [item for name in _LONG for item in items if item.get_closest_marker(name)]
    short = [item for item in items if item not in long]
    half = len(items) // 2 - len(long[::2])
    items[:] = [*long[::2], *short[:half], *long[1::2], *short[half:]]


class TouchedTheWorldError(BaseException):
    """Derived from BaseException so that no handler under test swallows it."""


def _refuse(what: str) -> Any:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise TouchedTheWorldError(
            f"a unit test tried to use {what}; mark it with one of {', '.join(_REAL)}"
        )

    return refuse


@pytest.fixture(autouse=True)
def _keyboard() -> Iterator[None]:
    """A program that is run in this process may let Ctrl-C end it, which must not end the tests."""
    former = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.fixture(autouse=True)
def _no_world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not any(request.node.get_closest_marker(name) for name in _REAL):
        for module in (socket, sockets):
            monkeypatch.setattr(module, "socket", _refuse("a socket"))
        monkeypatch.setattr(subprocess, "Popen", _refuse("a program"))
