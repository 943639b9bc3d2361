"""Killed at any moment, the host is as before or as wanted once the next command has run."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pptpsetup.change.batch import MANY
from pptpsetup.change.entry import DirEntry, FileEntry
from pptpsetup.change.generations import history, rollback
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import apply, recover
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.shared import MERGERS, OURS
from tests.pptpsetup.change.scene import (
    ROOT_GID,
    ROOT_UID,
    count_calls,
    killed_at,
    make_host,
    memory_folder,
    provision,
    snapshot,
    tunnel,
)

pytestmark = pytest.mark.exhaustive

CREATE = tunnel("work")
CHANGE = [*tunnel("work", "other", b"mtu 1400\n"), *tunnel("home")]
Act = Callable[[RealSystem], object]


def _make(wanted: list[Artifact]) -> Act:
    return lambda system: provision(wanted, system)


def _back(target: int) -> Act:
    def act(system: RealSystem) -> None:
        plan = rollback(system, target, spec_file="/etc/pptpsetup/tunnels.yaml", mergers=MERGERS, ours=OURS)
        apply(plan, system, title="rollback")

    return act


SCENES: dict[str, tuple[list[list[Artifact]], Act]] = {
    "create": ([], _make(CREATE)),
    "change": ([CREATE], _make(CHANGE)),
    "delete one": ([CHANGE], _make(CREATE)),
    "delete the last": ([CREATE], _make([])),
    "roll back a change": ([CREATE, CHANGE], _back(1)),
    "roll back everything": ([CREATE, CHANGE], _back(0)),
    "roll back a delete": ([CREATE, []], _back(1)),
    "drop an old generation": ([CREATE, CHANGE, CREATE], _make(CHANGE)),
}
"""What was applied before, and what is done then."""
KILLED = 77
KEPT_HERE = 3


@pytest.fixture(autouse=True)
def few_generations(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a scene need not make twenty of them to see one go."""
    monkeypatch.setattr("pptpsetup.change.journal.KEPT", KEPT_HERE)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder where fsync(2) costs nothing."""
    with memory_folder() as path:
        yield path


def host(folder: Path, name: str, *past: list[Artifact]) -> tuple[Path, RealSystem]:
    """A host on which the tunnels of *past* were applied one after the other."""
    root = folder / name
    system = make_host(root)
    for each in past:
        provision(each, system)
    return root, system


@pytest.mark.parametrize(
    ("scene", "many"),
    [*((scene, MANY) for scene in SCENES), ("create", 1), ("change", 1), ("delete one", 1)],
)
def test_killed_before_every_call(
    scene: str, many: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recovery leads to the former state until the call that commits, and to the wanted one after it.

    Whether files are synced one by one, or whole file systems as for *many*.
    """
    monkeypatch.setattr("pptpsetup.change.batch.MANY", many)
    past, act = SCENES[scene]
    root, system = host(folder, "whole", *past)
    before = snapshot(root)
    calls = count_calls(lambda: act(system))
    after = snapshot(root)
    root, system = host(folder, "undone", *past)
    undone = 0
    while killed_at(undone, lambda: act(system)) == KILLED:
        recover(system)
        if snapshot(root) != before:
            break
        undone += 1
    assert snapshot(root) == after, f"killed at call {undone}"
    assert 0 < undone < calls
    for call in range(undone + 1, calls):
        root, system = host(folder, str(call), *past)
        assert killed_at(call, partial(act, system)) == KILLED
        assert recover(system) is None
        assert snapshot(root) == after, f"killed at call {call}"
        assert len(history(system)) <= KEPT_HERE


@pytest.mark.parametrize("scene", ["change", "delete the last", "roll back everything"])
def test_killed_again_at_every_call_of_recovery(scene: str, folder: Path) -> None:
    """Recovery may be cut short as often as you like."""
    past, act = SCENES[scene]
    root, system = host(folder, "host", *past)
    before = snapshot(root)
    # Killed at the last call before the commit, it leaves the most to undo.
    last = _last_undone_call(folder, past, act)
    call = 0
    while True:
        assert killed_at(last, lambda: act(system)) == KILLED
        ended = killed_at(call, lambda: recover(system))
        recover(system)
        assert snapshot(root) == before, f"recovery killed at call {call}"
        if ended == 0:
            break
        call += 1
    assert call > 0


def _last_undone_call(folder: Path, past: list[list[Artifact]], act: Act) -> int:
    _, counted = host(folder, "counted", *past)
    for call in reversed(range(count_calls(lambda: act(counted)))):
        _, system = host(folder, f"probe {call}", *past)
        assert killed_at(call, partial(act, system)) == KILLED
        if recover(system) is not None:
            return call
    raise AssertionError("nothing was ever undone")


def test_what_somebody_changed_after_the_crash_is_left_and_the_old_version_kept(folder: Path) -> None:
    """Recovery never overwrites an edit: it says so and keeps the version from before."""
    root, system = host(folder, "host", CREATE)
    old = (root / "etc/ppp/peers/work").read_bytes()
    last = _last_undone_call(folder, [CREATE], _make(CHANGE))
    assert killed_at(last, lambda: provision(CHANGE, system)) == KILLED
    (root / "etc/ppp/peers/work").write_bytes(b"edited after the crash\n")
    recovery = recover(system)
    assert recovery is not None
    assert recovery.left == ("/etc/ppp/peers/work",)
    assert "/etc/ppp/chap-secrets" in recovery.restored
    assert (root / "etc/ppp/peers/work").read_bytes() == b"edited after the crash\n"
    assert system.read(recovery.kept[0]) == FileEntry(old, ROOT_UID, ROOT_GID, 0o600)
    assert system.read(f"{STATE_DIR}/kept") == DirEntry(ROOT_UID, ROOT_GID, 0o700)
    assert "left alone, because changed since: /etc/ppp/peers/work" in recovery.message
    assert recover(system) is None


def test_a_directory_that_somebody_used_after_the_crash_stays(folder: Path) -> None:
    """A directory made by the cut-short command is not removed with other people's files in it."""
    root, system = host(folder, "host")
    last = _last_undone_call(folder, [], _make(CREATE))
    assert killed_at(last, lambda: provision(CREATE, system)) == KILLED
    (root / "etc/systemd/system/mine.service").write_text("[Unit]\n")
    recovery = recover(system)
    assert recovery is not None
    assert recovery.left == ("/etc/systemd/system", "/etc/systemd")
    assert (root / "etc/systemd/system/mine.service").exists()
    assert not (root / "etc/pptpsetup").exists()
    assert recover(system) is None
