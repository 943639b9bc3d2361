"""Guests that share out scenarios, as many as keep two processors busy."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TypeAlias

from tests.vm.machine import GuestError, Machine, Result, precompile
from tests.vm.platforms import Platform, fitting
from tests.vm.scenario import Boot, Scenario

Kind: TypeAlias = tuple[Boot, bool]
"A kind of guest: how it boots, and whether its kernel has iptables."


def _kind(scenario: Scenario) -> Kind:
    return scenario.boot, scenario.iptables


class Pool:
    """Runs scenarios in several guests; one that dies, or must have another boot, is booted anew."""

    def __init__(self, platform: Platform, scenarios: Sequence[Scenario], logs: Path) -> None:
        self._platform = platform
        self._logs = logs
        # The longest first, so that neither guest is left alone with one at the end.
        self._waiting = sorted(scenarios, key=lambda each: -each.limit)
        self._results: dict[Scenario, Future[Result]] = {each: Future() for each in scenarios}
        self._lock = threading.Lock()
        self._closed = False
        self._machines: list[Machine] = []
        precompile()
        guests = min(platform.guests * min(2, os.cpu_count() or 1), len(self._waiting))
        # The slow kinds from the beginning.
        kinds = sorted({_kind(each) for each in scenarios}, reverse=True)
        preferred = [kinds[min(number, len(kinds) - 1)] for number in range(guests)]
        self._threads = [threading.Thread(target=self._work, args=(kind,)) for kind in preferred]
        for thread in self._threads:
            thread.start()

    def result(self, scenario: Scenario) -> Result:
        """Wait for the result of *scenario*.

        Raises GuestError when its guest did not boot, died or hung.
        """
        return self._results[scenario].result()

    def close(self) -> None:
        """Stop, whatever is still to be done."""
        with self._lock:
            self._closed = True
            machines = list(self._machines)
        for machine in machines:
            machine.close()
        for thread in self._threads:
            thread.join()

    def _next(self, kind: Kind) -> Scenario | None:
        """The next scenario, one for a *kind* of guest if there is any."""
        with self._lock:
            fitting = [each for each in self._waiting if _kind(each) == kind] or self._waiting
            if self._closed or not fitting:
                return None
            chosen = fitting[0]
            self._waiting.remove(chosen)
            return chosen

    def _machine(self, kind: Kind, present: Machine | None) -> Machine:
        """*present* if it serves, else one that has just booted."""
        boot, iptables = kind
        platform = fitting(self._platform, boot, iptables=iptables)
        if present is not None:
            if (present.platform, present.kind) == (platform, boot) and present.alive:
                return present
            present.close()
        with self._lock:
            machine = Machine(platform, boot, self._logs / f"{len(self._machines) + 1}-{boot}.log")
            self._machines.append(machine)
        machine.boot()
        return machine

    def _work(self, kind: Kind) -> None:
        machine: Machine | None = None
        while (scenario := self._next(kind)) is not None:
            kind = _kind(scenario)
            try:
                machine = self._machine(kind, machine)
                self._results[scenario].set_result(machine.run(scenario))
            except (GuestError, OSError) as error:
                self._results[scenario].set_exception(error)
                if machine is not None:
                    machine.close()
        if machine is not None:
            machine.close()
