"""A change on trial killed at every system call: when it is made, confirmed and taken back."""

import json
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pptpsetup.change.uptime import Uptime, now
from tests.pptpsetup.change.scene import killed_at, memory_folder
from tests.pptpsetup.cli.shop import make_system, picture
from tests.pptpsetup.cli.test_reliability import KILLED, SPEC, copy, edit, run, tunnels

pytestmark = pytest.mark.exhaustive

TRIAL = "var/lib/pptpsetup/trial.json"
TRY = ("apply", "--try", "1h")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """As everywhere, and without a timer: that has tests of its own."""
    with memory_folder() as path:
        (path / "locks").mkdir()
        monkeypatch.setattr("pptpsetup.change.lock._RUN_LOCK", path / "locks")
        monkeypatch.setattr("pptpsetup.tunnel.timer.start", lambda *_, **__: None)
        yield path


def files(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything but the trial's own file, whose name for the trial is drawn anew each time."""
    return {path: each for path, each in picture(root).items() if path != TRIAL}


def rebooted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pptpsetup.change.trial.now", lambda: Uptime("another boot", now().seconds))


def edited(root: Path) -> Path:
    tunnels(make_system(root))
    edit(root / SPEC, "username: tom", "username: tim")
    edit(root / SPEC, "  home:", "  # a word of mine\n  home:")
    return root


def before_and_after(folder: Path) -> tuple[Path, Any, Any]:
    """A system whose spec is edited; how it is then, and once the change is on trial."""
    origin = edited(folder / "origin")
    tried = copy(origin, folder / "tried")
    assert run(tried, TRY) == 0
    return origin, files(origin), files(tried)


def test_killed_while_trying(folder: Path) -> None:
    """After recover: as before and no trial, or as tried and the trial is pending."""
    origin, before, after = before_and_after(folder)
    assert before != after
    root = copy(origin, folder / "host")
    made = 0
    for call in range(1000):
        if (status := killed_at(call, partial(run, root, TRY))) == 0:
            break
        assert status == KILLED
        assert run(root, ("recover",)) == 0
        found = files(root)
        assert found in (before, after), f"killed at call {call}"
        assert (root / TRIAL).exists() == (found == after), f"killed at call {call}"
        if found == after:
            made += 1
            assert run(root, ("rollback",)) == 0
            assert not (root / TRIAL).exists()
            shutil.rmtree(root)
            root = copy(origin, folder / "host")
    assert call > 20
    assert made > 0


def test_killed_while_confirming(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is confirmed, or still on trial; never is the change itself touched."""
    origin, _, after = before_and_after(folder)
    assert run(origin, TRY) == 0
    confirm = partial(run, arguments=("confirm", "--same-login"))
    kept = 0
    for call in range(1000):
        root = copy(origin, folder / f"host{call}")
        if (status := killed_at(call, partial(confirm, root))) == 0:
            break
        assert status == KILLED
        assert run(root, ("recover",)) == 0
        assert files(root) == after
        kept += not (root / TRIAL).exists()
        shutil.rmtree(root)
    assert call > 3
    assert kept > 0
    rebooted(monkeypatch)
    assert run(root, ("recover",)) == 0
    assert files(root) == after


def test_killed_while_taking_it_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next attempt finishes it: in the end it is as before, spec included, and nothing is on trial."""
    origin = make_system(folder / "origin")
    tunnels(origin)
    before = files(origin)
    edit(origin / SPEC, "username: tom", "username: tim")
    assert run(origin, TRY) == 0
    after = files(origin)
    rebooted(monkeypatch)
    done = 0
    for call in range(1000):
        root = copy(origin, folder / f"host{call}")
        if (status := killed_at(call, partial(run, root, ("recover",)))) == 0:
            break
        assert status == KILLED
        cut = files(root)
        done += cut == before
        assert run(root, ("recover",)) == 0
        assert files(root) == before, f"killed at call {call}"
        assert not (root / TRIAL).exists()
        shutil.rmtree(root)
    assert call > 20
    assert done > 0
    assert files(root) == before != after


def test_a_change_that_fails_is_not_on_trial(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was made, so there is nothing to wait for; the next command goes on as ever."""
    origin, before, _ = before_and_after(folder)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pptpsetup.change.transaction._Transaction.carry_out", full)
        assert run(origin, TRY) == 5
    assert files(origin) == before
    assert not (origin / TRIAL).exists()
    assert run(origin, ("apply",)) == 0


def test_without_a_timer_nothing_is_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin, before, _ = before_and_after(folder)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("pptpsetup.tunnel.timer.start", refuse)
    assert run(origin, TRY) == 1
    assert files(origin) == before
    assert not (origin / TRIAL).exists()


def test_the_trial_names_no_content(folder: Path) -> None:
    root = edited(folder / "host")
    assert run(root, TRY) == 0
    said = json.loads((root / TRIAL).read_text())
    assert set(said) == {
        "version", "id", "title", "boot", "began", "seconds", "base", "restart", "login",
    }  # fmt: skip
    assert "Tr0ub4dor" not in (root / TRIAL).read_text()
