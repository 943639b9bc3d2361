"""Our service directories under the real runsvdir, with a program in pppd's place."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pptpsetup.distro.kinds import InitKind
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.places import exit_file, log_file
from pptpsetup.render.programs import Programs
from pptpsetup.spec.model import Delivery, Demand, Tunnel
from tests import inits
from tests.golden.cases import WORK
from tests.oracle import inits as oracle
from tests.oracle.inits import Pppd, install, need_unpacked, run, wait_for

TUNNEL = replace(WORK, name="my-vpn.2", reconnect_delay=1)
SERVICE = "pptp-my-vpn.2"
CALL = "call my-vpn.2 nodetach nopersist"
DOWN = Path("/tmp/undone")
STATE = Path("/run/runit/supervise.pptp-my-vpn.2")


def _artifacts(*tunnels: Tunnel) -> list[Artifact]:
    """Without hooks and peers: they stay out of the way, and a recorder stands for our ip-down script."""
    found = inits.artifacts(InitKind.RUNIT, tunnels, programs=Programs("/bin/true", "/engine"))
    return [each for path, each in found.items() if not path.startswith("/etc/ppp")]


@contextmanager
def _booted(*tunnels: Tunnel, ends_with: int | None = None) -> Iterator[Pppd]:
    """runsvdir runs over services of ours alone."""
    Path("/run/runit").mkdir(exist_ok=True)
    hook = Path("/etc/ppp/ip-down.d/50pptpsetup")
    hook.write_text(f'#!/bin/sh\necho "$#:$6" >>{DOWN}\n')
    hook.chmod(0o755)
    pppd = Pppd()
    if ends_with is not None:
        pppd.will_end(ends_with)
    install(_artifacts(*tunnels))
    with subprocess.Popen(["runsvdir", "-P", "/etc/service"]) as runsvdir:
        try:
            yield pppd
        finally:
            runsvdir.send_signal(signal.SIGHUP)


def _status() -> str:
    return run("sv", "status", SERVICE, status=None)


def _wait_for_runsv() -> None:
    wait_for("runsv has the service", (STATE / "ok").exists)


def _one_on_demand_dials_again_itself() -> None:
    """With nopersist pppd would end when it hangs up, and packets would find no tunnel to wake."""
    with _booted(replace(TUNNEL, on_boot=True, demand=Demand(idle=60))) as pppd:
        wait_for("pppd runs", pppd.pids)
        assert pppd.calls() == ["call my-vpn.2 nodetach"]


def _starts_and_stops() -> None:
    with _booted(TUNNEL) as pppd:
        _wait_for_runsv()
        assert "down" in _status()
        assert pppd.calls() == []
        run("sv", "start", SERVICE)
        wait_for("pppd runs", pppd.pids)
        wait_for("what pppd says is kept", lambda: "pppd says" in Path(log_file(TUNNEL.name)).read_text())
        assert Path(log_file(TUNNEL.name)).stat().st_mode & 0o777 == 0o600
        assert "run: pptp-my-vpn.2" in _status()
        run("sv", "restart", SERVICE)
        wait_for("it runs again", lambda: pppd.calls() == [CALL, "told to stop", CALL] and pppd.pids())
        run("sv", "stop", SERVICE)
        assert pppd.calls() == [CALL, "told to stop"] * 2
        assert pppd.pids() == []
        assert "down: pptp-my-vpn.2" in _status()
        assert set(DOWN.read_text().split()) == {"6:pptpsetup-my-vpn.2"}
        assert list(Path("/etc/sv", SERVICE).iterdir()), "what runsv keeps is not among our files"
        assert not Path("/etc/sv", SERVICE, "supervise", "ok").is_file()


def _the_password_is_on_a_descriptor() -> None:
    with _booted(replace(TUNNEL, on_boot=True, password_delivery=Delivery.PASSWORDFD)) as pppd:
        wait_for("pppd runs", pppd.pids)
        wait_for("it has read", lambda: pppd.calls() == [f"{CALL} passwordfd 3", "password: secret"])
        run("sv", "stop", SERVICE)
        assert pppd.pids() == []


def _a_killed_pppd_is_started_again() -> None:
    with _booted(replace(TUNNEL, on_boot=True)) as pppd:
        wait_for("pppd runs", pppd.pids)
        os.kill(pppd.pids()[0], signal.SIGKILL)
        wait_for("a second run", lambda: pppd.calls() == [CALL, CALL] and pppd.pids())
        assert DOWN.read_text() == "6:pptpsetup-my-vpn.2\n"
        run("sv", "stop", SERVICE)
        assert pppd.pids() == []


def _gives_up(status: int) -> None:
    with _booted(replace(TUNNEL, on_boot=True), ends_with=status) as pppd:
        wait_for("it has ended", Path(exit_file(TUNNEL.name)).exists)
        wait_for("it has given up", lambda: "want up" not in _status())
        assert pppd.calls() == [CALL]
        assert Path(exit_file(TUNNEL.name)).read_text() == f"{status}\n"
        pppd.will_stay()
        run("sv", "start", SERVICE)
        wait_for("it can be started again", pppd.pids)
        assert not Path(exit_file(TUNNEL.name)).exists(), "after the pause"
        run("sv", "stop", SERVICE)


def _is_not_dialled_again(status: int) -> None:
    with _booted(replace(TUNNEL, on_boot=True, persist=False), ends_with=status) as pppd:
        wait_for("it has ended", Path(exit_file(TUNNEL.name)).exists)
        wait_for("it stays down", lambda: "want up" not in _status())
        assert pppd.calls() == [CALL]


def _counts_its_attempts() -> None:
    with _booted(replace(TUNNEL, on_boot=True, reconnect_attempts=3)) as pppd:
        wait_for("pppd runs", pppd.pids)
        os.kill(pppd.pids()[0], signal.SIGKILL)
        wait_for("it is started again", lambda: len(pppd.calls()) == 2 and pppd.pids())
        assert pppd.calls() == ["call my-vpn.2 nodetach"] * 2
    with _booted(replace(TUNNEL, on_boot=True, reconnect_attempts=3), ends_with=16) as pppd:
        wait_for("it has ended", Path(exit_file(TUNNEL.name)).exists)
        wait_for("it has given up", lambda: "want up" not in _status())


def _goes_on(status: int) -> None:
    with _booted(replace(TUNNEL, on_boot=True), ends_with=status) as pppd:
        wait_for("it dials again", lambda: len(pppd.calls()) >= 3)
        run("sv", "stop", SERVICE)
        assert "down: pptp-my-vpn.2" in _status()


def _stops_while_it_pauses() -> None:
    with _booted(replace(TUNNEL, on_boot=True, reconnect_delay=3600), ends_with=16) as pppd:
        wait_for("it has ended", Path(exit_file(TUNNEL.name)).exists)
        run("sv", "stop", SERVICE)
        assert "down: pptp-my-vpn.2" in _status()
        assert pppd.calls() == [CALL]


def _comes_and_goes() -> None:
    before = sorted(str(each) for each in Path("/etc").rglob("*"))
    tunnels = (replace(TUNNEL, on_boot=True), WORK)
    with _booted(*tunnels) as pppd:
        assert install(_artifacts(*tunnels)).empty
        wait_for("pppd runs", pppd.pids)
        run("sv", "stop", SERVICE)
        install([])
        assert (
            sorted(str(each) for each in Path("/etc").rglob("*") if "50pptpsetup" not in each.name) == before
        )
        wait_for("runsv has gone", lambda: "unable" in _status() or "does not exist" in _status())


@pytest.mark.host
@pytest.mark.parametrize(
    "job",
    [
        _starts_and_stops,
        _the_password_is_on_a_descriptor,
        _one_on_demand_dials_again_itself,
        _a_killed_pppd_is_started_again,
        partial(_gives_up, 19),
        partial(_gives_up, 4),
        partial(_goes_on, 16),
        partial(_is_not_dialled_again, 16),
        _counts_its_attempts,
        _stops_while_it_pauses,
        _comes_and_goes,
    ],
    ids=lambda job: getattr(job, "__name__", None) or f"{job.func.__name__}-{job.args[0]}",
)
def test_under_the_real_runsvdir(job: Callable[[], None]) -> None:
    need_unpacked("usr/bin/runsvdir")
    oracle.run_in_sandbox(job)
