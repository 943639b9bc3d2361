"""Killed at any moment, the host is as before or as wanted once the next command has run."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pptpsetup.change.entry import DirEntry, FileEntry
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import recover
from pptpsetup.render.artifact import Artifact
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

CREATE = tunnel("work")
CHANGE = [*tunnel("work", "other", b"mtu 1400\n"), *tunnel("home")]
SCENES: dict[str, tuple[list[Artifact], list[Artifact]]] = {
    "create": ([], CREATE),
    "change": (CREATE, CHANGE),
    "delete one": (CHANGE, CREATE),
    "delete the last": (CREATE, []),
}
KILLED = 77


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder where fsync(2) costs nothing."""
    with memory_folder() as path:
        yield path


def host(folder: Path, name: str, start: list[Artifact]) -> tuple[Path, RealSystem]:
    """A host that has the tunnels of *start*."""
    root = folder / name
    system = make_host(root)
    provision(start, system)
    return root, system


@pytest.mark.parametrize("scene", SCENES)
def test_killed_before_every_call_of_apply(scene: str, folder: Path) -> None:
    """Recovery leads to the former state until the call that commits, and to the wanted one after it."""
    start, wanted = SCENES[scene]
    root, system = host(folder, "whole", start)
    before = snapshot(root)
    calls = count_calls(lambda: provision(wanted, system))
    after = snapshot(root)
    root, system = host(folder, "undone", start)
    undone = 0
    while killed_at(undone, lambda: provision(wanted, system)) == KILLED:
        recover(system)
        if snapshot(root) != before:
            break
        undone += 1
    assert snapshot(root) == after, f"killed at call {undone}"
    assert 0 < undone < calls
    for call in range(undone + 1, calls):
        root, system = host(folder, str(call), start)
        assert killed_at(call, partial(provision, wanted, system)) == KILLED
        assert recover(system) is None
        assert snapshot(root) == after, f"killed at call {call}"


@pytest.mark.parametrize("scene", ["change", "delete the last"])
def test_killed_again_at_every_call_of_recovery(scene: str, folder: Path) -> None:
    """Recovery may be cut short as often as you like."""
    start, wanted = SCENES[scene]
    root, system = host(folder, "host", start)
    before = snapshot(root)
    # Killed at the last call before the commit, it leaves the most to undo.
    last = _last_undone_call(folder, start, wanted)
    call = 0
    while True:
        assert killed_at(last, lambda: provision(wanted, system)) == KILLED
        ended = killed_at(call, lambda: recover(system))
        recover(system)
        assert snapshot(root) == before, f"recovery killed at call {call}"
        if ended == 0:
            break
        call += 1
    assert call > 0


def _last_undone_call(folder: Path, start: list[Artifact], wanted: list[Artifact]) -> int:
    calls = count_calls(lambda: provision(wanted, host(folder, "counted", start)[1]))
    calls -= count_calls(lambda: host(folder, "counted start", start))
    for call in reversed(range(calls)):
        _, system = host(folder, f"probe {call}", start)
        assert killed_at(call, partial(provision, wanted, system)) == KILLED
        if recover(system) is not None:
            return call
    raise AssertionError("nothing was ever undone")


def test_what_somebody_changed_after_the_crash_is_left_and_the_old_version_kept(folder: Path) -> None:
    """Recovery never overwrites an edit: it says so and keeps the version from before."""
    root, system = host(folder, "host", CREATE)
    old = (root / "etc/ppp/peers/work").read_bytes()
    last = _last_undone_call(folder, CREATE, CHANGE)
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
    root, system = host(folder, "host", [])
    assert killed_at(_last_undone_call(folder, [], CREATE), lambda: provision(CREATE, system)) == KILLED
    (root / "etc/systemd/system/mine.service").write_text("[Unit]\n")
    recovery = recover(system)
    assert recovery is not None
    assert recovery.left == ("/etc/systemd/system", "/etc/systemd")
    assert (root / "etc/systemd/system/mine.service").exists()
    assert not (root / "etc/pptpsetup").exists()
    assert recover(system) is None
