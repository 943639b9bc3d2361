"""What the trial's file says, and what becomes of a trial."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pptpsetup.change import trial as trials
from pptpsetup.change import uptime
from pptpsetup.change.generations import rollback
from pptpsetup.change.login import Login
from pptpsetup.change.manifest import STATE_DIR, trial_path
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import apply
from pptpsetup.change.trial import Standing
from pptpsetup.change.uptime import Uptime
from pptpsetup.errors import LockedError, PptpsetupError
from pptpsetup.render.places import SPEC_FILE, STATE_DIRECTORY, TRIAL_FILE
from pptpsetup.render.shared import MERGERS, OURS
from tests.pptpsetup.change.scene import make_host, memory_folder, provision, snapshot, tunnel

LOGIN = Login("198.51.100.7 50122 192.0.2.1 22", 3, 34816, ("900:5", "800:4"))


@pytest.fixture
def root() -> Iterator[Path]:
    with memory_folder() as path:
        yield path


@pytest.fixture
def system(root: Path) -> RealSystem:
    return make_host(root)


class Clock:
    """The uptime, by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = Uptime("boot-1", 1000.0)
        for module in (uptime, trials):
            monkeypatch.setattr(module, "now", lambda: self.now)

    def passes(self, seconds: float) -> None:
        self.now = replace(self.now, seconds=self.now.seconds + seconds)

    def reboots(self) -> None:
        self.now = Uptime("boot-2", 3.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_it_is_where_the_scripts_look() -> None:
    assert (STATE_DIR, trial_path()) == (STATE_DIRECTORY, TRIAL_FILE)


def test_the_file_holds_all_of_it(system: RealSystem, clock: Clock, root: Path) -> None:
    armed = trials.arm(system, "apply --try 60s", 60, restart=False, login=LOGIN)
    assert trials.load(system) == armed
    assert (armed.base, armed.began, armed.restart, armed.login) == (0, clock.now, False, LOGIN)
    file = root / TRIAL_FILE[1:]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert trials.arm(system, "apply", 60).id != armed.id


def test_what_becomes_of_it(system: RealSystem, clock: Clock) -> None:
    """Not made, pending, due; taken back."""
    provision(tunnel("home"), system)
    trial = trials.arm(system, "apply --try 60s", 60)
    assert trial.base == 1
    assert trials.standing(trial, system) is Standing.NOT_MADE
    assert trials.pending(system) is None
    provision([*tunnel("home"), *tunnel("work")], system)
    assert trials.standing(trial, system) is Standing.PENDING
    assert trials.pending(system) == trial
    clock.passes(59.9)
    assert trials.standing(trial, system) is Standing.PENDING
    clock.passes(0.1)
    assert trials.standing(trial, system) is Standing.DUE
    apply(rollback(system, spec_file=SPEC_FILE, mergers=MERGERS, ours=OURS), system, title="take back")
    assert trials.standing(trial, system) is Standing.SETTLED
    assert trials.pending(system) is None


@pytest.mark.parametrize("seconds", [3.0, 1010.0], ids=["shorter", "longer than before"])
def test_a_reboot_makes_it_due(seconds: float, system: RealSystem, clock: Clock) -> None:
    trial = trials.arm(system, "apply", 3600)
    provision(tunnel("work"), system)
    clock.now = Uptime("boot-2", seconds)
    assert trials.standing(trial, system) is Standing.DUE
    # A kernel that does not name its boots: the clock that went back tells.
    trial = replace(trial, began=Uptime("", 1000.0))
    clock.now = Uptime("", 3.0)
    assert trials.standing(trial, system) is Standing.DUE


def test_nothing_else_meanwhile(system: RealSystem) -> None:
    trials.require_none(system)
    trial = trials.arm(system, "apply --try 60s", 60)
    provision(tunnel("work"), system)
    with pytest.raises(LockedError) as caught:
        trials.require_none(system)
    (said,) = caught.value.diagnostics
    assert said.code == "trial-pending"
    assert said.hint is not None
    assert f"pptpsetup confirm {trial.id}" in said.hint
    assert "pptpsetup rollback" in said.hint
    trials.end(system)
    trials.require_none(system)
    trials.end(system)


def test_ending_one_that_was_never_made_leaves_nothing(system: RealSystem, root: Path) -> None:
    before = snapshot(root)
    trials.arm(system, "apply", 60)
    trials.end(system)
    assert snapshot(root) == before


def test_when_it_is_due_in_words(system: RealSystem, clock: Clock) -> None:
    trial = trials.arm(system, "apply", 60)
    assert trials.when(trial).startswith("at ")
    assert trials.when(replace(trial, seconds=80000)).startswith("on 20")
    clock.reboots()
    assert trials.when(trial) == "now"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"version": 2}', b'{"version": 1, "login": []}', b'{"version": 1}']
)
def test_a_damaged_file_is_said(content: bytes, system: RealSystem, root: Path) -> None:
    trials.arm(system, "apply", 60)
    (root / TRIAL_FILE[1:]).write_bytes(content)
    with pytest.raises(PptpsetupError) as caught:
        trials.load(system)
    assert caught.value.diagnostics[0].code == "trial-unreadable"


def test_the_uptime_is_this_boots() -> None:
    first, second = uptime.now(), uptime.now()
    passed = second.since(first)
    assert passed is not None
    assert passed >= 0
    assert len(first.boot) == 36
    assert first.since(replace(second, boot="another")) is None


def test_without_a_name_a_boot_is_known_by_both_clocks(system: RealSystem, clock: Clock) -> None:
    """NetBSD's kernel names none. A trial begun soon after a boot does not go on after the next one."""
    began = clock.now = Uptime("", 20.0, 5000.0)
    provision(tunnel("home"), system)
    trials.arm(system, "apply --try 1h", 3600)
    provision([*tunnel("home"), *tunnel("work")], system)
    trial = trials.load(system)
    assert trial is not None
    assert trial.began == began
    clock.now = Uptime("", 50.0, 5031.0)  # the wall clock was set by a second
    assert trials.standing(trial, system) is Standing.PENDING
    assert trial.left() == 3570
    clock.now = Uptime("", 25.0, 5065.0)  # the power failed at 5030, and came back at 5040
    assert trials.standing(trial, system) is Standing.DUE


def test_a_boot_with_a_name_does_not_care_for_the_wall_clock() -> None:
    assert Uptime("a", 50.0, 9.0).since(Uptime("a", 20.0, 5000.0)) == 30
    present = uptime.now()
    assert bool(present.boot) == (present.wall == 0.0)
