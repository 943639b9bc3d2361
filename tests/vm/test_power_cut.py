"""A power cut while a change is on trial: a guest with a disk ends at once, and boots again from it."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import cast

import pytest

from tests.support import missing, need, need_root
from tests.vm import platforms, power
from tests.vm.conftest import LOGS
from tests.vm.machine import Machine
from tests.vm.scenario import Boot, Scenario

pytestmark = pytest.mark.vm
DISK = 256
"MiB: what the guest writes over this machine's root."


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[dict[Boot, Future[str | None]]]:
    """What each guest has to say against it; they run side by side, since they mostly wait."""
    need_root("the guest reads this machine's root, pppd and secrets included")
    need("mkfs.ext4", package="e2fsprogs")
    platform = platforms.chosen()
    if (reason := platforms.unsupported(platform)) is not None:
        missing(reason)
    LOGS.mkdir(parents=True, exist_ok=True)
    chosen = [
        cast("Boot", item.callspec.params["init"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and "runs" in item.fixturenames
    ]
    with ThreadPoolExecutor(len(chosen)) as threads:
        yield {init: threads.submit(_fault, platform, init) for init in chosen}


def _fault(platform: platforms.Platform, init: Boot) -> str | None:
    """What went wrong; None: nothing."""
    machine = Machine(platform, init, LOGS / f"power-cut-{init}.log", disk=DISK)
    machine.boot()
    try:
        before = _fault_in(machine, "change_on_trial")
        if before is not None:
            return before
        machine.cut_power()
        return _fault_in(machine, "everything_is_back")
    finally:
        machine.close()


def _fault_in(machine: Machine, name: str) -> str | None:
    result = machine.run(Scenario(power.__name__, name, machine.kind, 600))
    if result.outcome == "passed":
        return None
    return f"{name}: {result.outcome}\n{result.report}\n{result.output}"


@pytest.mark.parametrize("init", ["systemd", "openrc"])
def test_a_trial_ends_with_a_power_cut(init: Boot, runs: dict[Boot, Future[str | None]]) -> None:
    """Only what was synced is on the disk; recovery takes the change back before tunnels start."""
    fault = runs[init].result()
    if fault is not None:
        pytest.fail(fault, pytrace=False)
