"""A power cut while a change is on trial: a guest with a disk ends at once, and boots again from it."""

from collections.abc import Iterator

import pytest

from tests.support import missing, need, need_root
from tests.vm import platforms, power
from tests.vm.conftest import LOGS
from tests.vm.machine import Machine
from tests.vm.scenario import Boot, Scenario

pytestmark = pytest.mark.vm
DISK = 256
"MiB: what the guest writes over this machine's root."


@pytest.fixture
def machine(init: Boot) -> Iterator[Machine]:
    need_root("the guest reads this machine's root, pppd and secrets included")
    need("mkfs.ext4", package="e2fsprogs")
    platform = platforms.chosen()
    if (reason := platforms.unsupported(platform)) is not None:
        missing(reason)
    LOGS.mkdir(parents=True, exist_ok=True)
    guest = Machine(platform, init, LOGS / f"power-cut-{init}.log", disk=DISK)
    guest.boot()
    yield guest
    guest.close()


def passes(machine: Machine, name: str) -> None:
    result = machine.run(Scenario(power.__name__, name, machine.kind, 600))
    print(result.output)
    if result.outcome != "passed":
        pytest.fail(f"{name}: {result.outcome}\n{result.report}", pytrace=False)


@pytest.mark.parametrize("init", ["systemd", "openrc"])
def test_a_trial_ends_with_a_power_cut(machine: Machine) -> None:
    """Only what was synced is on the disk; recovery takes the change back before tunnels start."""
    passes(machine, "change_on_trial")
    machine.cut_power()
    passes(machine, "everything_is_back")
