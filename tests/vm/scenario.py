"""What a scenario is: a plain function that gets a fresh lab, asserts, and talks on stdout."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from tests.vm import scenarios

if TYPE_CHECKING:
    from tests.vm.topology import Lab

Boot = Literal["plain", "systemd", "openrc", "runit", "stock", "trixie"]
"""``plain``: every scenario runs in a sandbox of its own. ``systemd``: it is PID 1 and all share the guest.
``openrc``, ``runit``: so it is with openrc-init, and with busybox's init, which keeps runsvdir running.
``stock``: like plain, and the kernel is the distribution's own, which takes an emulated processor.
``trixie``: like systemd, on a root of Debian 13."""


@dataclass(frozen=True)
class Scenario:
    """One registered scenario; *limit* is in seconds of the guest's clock, *iptables* what it needs."""

    module: str
    name: str
    boot: Boot
    limit: int
    iptables: bool = False

    def __str__(self) -> str:
        return f"{self.module.rpartition('.')[2]}-{self.name}"

    def load(self) -> "Callable[[Lab], None]":
        function: Callable[[Lab], None] = getattr(importlib.import_module(self.module), self.name)
        return function


_registered: dict[tuple[str, str], Scenario] = {}

F = TypeVar("F", bound="Callable[[Lab], None]")


def scenario(*, boot: Boot = "plain", limit: int = 400, iptables: bool = False) -> Callable[[F], F]:
    """Register the function as a scenario."""

    def register(function: F) -> F:
        each = Scenario(function.__module__, function.__name__, boot, limit, iptables)
        _registered[each.module, each.name] = each
        return function

    return register


def all_scenarios() -> list[Scenario]:
    """Every scenario of ``tests.vm.scenarios``, the plain boot's first, otherwise in the order written."""
    for found in pkgutil.iter_modules(scenarios.__path__):
        importlib.import_module(f"{scenarios.__name__}.{found.name}")
    return sorted(_registered.values(), key=lambda each: each.boot)
