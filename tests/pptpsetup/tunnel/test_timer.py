"""What waits for the end of a trial: which one is chosen, and what it must not have of ours."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pptpsetup.tunnel import timer
from pptpsetup.tunnel.supervisors.command import Done

COMMAND = ("/usr/bin/python3", "-I", "/main.py", "recover", "--trial", "a1b2c3")


class Stage:
    """Programs that are only noted."""

    def __init__(self) -> None:
        self.programs: list[Sequence[str]] = []
        self.daemons: list[Sequence[str]] = []
        self.refuses = ""

    def run(self, *command: str) -> Done:
        self.programs.append(command)
        refused = self.refuses and any(self.refuses in word for word in command)
        return Done(1, "", f"Failed: {self.refuses}\nmore") if refused else Done(0, "", "")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    """A host that systemd has booted."""
    made = Stage()
    monkeypatch.setattr(timer, "_SYSTEMD", tmp_path)
    monkeypatch.setattr(timer, "run", made.run)
    monkeypatch.setattr(timer, "_detach", made.daemons.append)
    return made


def test_systemd_keeps_a_timer(stage: Stage) -> None:
    assert timer.start("a1b2c3", 90.0, COMMAND, live=True) is None
    (words,) = stage.programs
    assert words[0] == "systemd-run"
    assert "--unit=pptpsetup-trial-a1b2c3" in words
    assert "--on-active=90s" in words
    # By default, systemd may be a minute late.
    assert "--timer-property=AccuracySec=100ms" in words
    assert "--timer-property=OnClockChange=yes" in words
    assert words[-len(COMMAND) :] == COMMAND
    assert not stage.daemons
    timer.stop("a1b2c3", live=True)
    assert stage.programs[-1] == ("systemctl", "stop", "pptpsetup-trial-a1b2c3.timer")


def test_an_older_systemd_is_asked_for_less(stage: Stage) -> None:
    stage.refuses = "OnClockChange"
    assert timer.start("a1b2c3", 90.0, COMMAND, live=True) is None
    assert len(stage.programs) == 2
    assert not stage.daemons


def test_a_systemd_that_refuses_is_said(stage: Stage) -> None:
    stage.refuses = "AccuracySec"
    said = timer.start("a1b2c3", 90.0, COMMAND, live=True)
    assert said == (
        "systemd does not take a timer (Failed: AccuracySec), so a process of this login waits instead"
    )
    assert stage.daemons == [COMMAND]


def test_elsewhere_it_is_a_process(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert timer.start("a1b2c3", 90.0, COMMAND, live=False) is None
    timer.stop("a1b2c3", live=False)
    monkeypatch.setattr(timer, "_SYSTEMD", tmp_path / "nothing")
    assert timer.start("a1b2c3", 90.0, COMMAND, live=True) is None
    timer.stop("a1b2c3", live=True)
    assert stage.daemons == [COMMAND, COMMAND]
    assert not stage.programs


@pytest.mark.host
def test_a_daemon_has_nothing_of_ours(tmp_path: Path) -> None:
    """No descriptor, no variable, no directory, no terminal; and we do not wait for it."""
    told = tmp_path / "told"
    secret = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(secret, True)
    os.environ["VPN_PASSWORD"] = "secret"
    script = f"ls -l /proc/self/fd >{told}.new; env >>{told}.new; pwd >>{told}.new; mv {told}.new {told}; "
    try:
        timer._detach(("/bin/sh", "-c", script + "sleep 0.1"))
    finally:
        os.close(secret)
        del os.environ["VPN_PASSWORD"]
    end = time.monotonic() + 60
    while not told.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
    lines = told.read_text().splitlines()
    assert not any("VPN_PASSWORD" in line for line in lines)
    assert lines[-1] == "/"
    links = [line.split(" -> ")[1] for line in lines if " -> " in line]
    assert str(tmp_path) not in links
    assert not any("pts" in each or "socket" in each or "pipe" in each for each in links)


@pytest.mark.host
def test_a_program_that_cannot_be_started_is_said() -> None:
    with pytest.raises(FileNotFoundError):
        timer._detach(("/nowhere/python3", "-I"))
