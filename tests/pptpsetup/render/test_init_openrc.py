"""Our OpenRC script under the real openrc-run and supervise-daemon, with a program in pppd's place."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pptpsetup.distro.kinds import InitKind
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.init.openrc import KEEPER
from pptpsetup.render.places import exit_file, log_file
from pptpsetup.render.programs import Programs
from pptpsetup.spec.model import Delivery, Demand, Tunnel
from tests import inits
from tests.golden.cases import WORK
from tests.oracle import inits as oracle
from tests.oracle.inits import Pppd, install, need_unpacked, run, wait_for

TUNNEL = replace(WORK, name="my-vpn.2", reconnect_delay=1)
SERVICE = "pptp.my-vpn.2"
CALL = "call my-vpn.2 nodetach nopersist"
DOWN = Path("/tmp/undone")


def _artifacts(*tunnels: Tunnel) -> list[Artifact]:
    """Without hooks and peers: they stay out of the way, and a recorder stands for our ip-down script."""
    found = inits.artifacts(InitKind.OPENRC, tunnels, programs=Programs("/bin/true", "/engine"))
    return [each for path, each in found.items() if not path.startswith("/etc/ppp")]


def _boot(*tunnels: Tunnel, network: bool = True) -> Pppd:
    """A system that OpenRC has booted: no service but the network's and ours."""
    scripts = Path("/etc/init.d")
    for each in scripts.iterdir():
        each.unlink()
    if network:
        (scripts / "network").write_text("#!/sbin/openrc-run\ndepend() { provide net; }\nstart() { :; }\n")
        (scripts / "network").chmod(0o755)
    Path("/run/openrc").mkdir()
    Path("/run/openrc/softlevel").write_text("default\n")
    install(_artifacts(*tunnels))
    # Makes the directories that are made at boot. It takes a script of the same second for an old one.
    run("rc-update", "--update")
    hook = Path("/etc/ppp/ip-down.d/50pptpsetup")
    hook.write_text(f'#!/bin/sh\necho "$#:$6" >>{DOWN}\n')
    hook.chmod(0o755)
    return Pppd()


def _status() -> str:
    return run("rc-service", SERVICE, "status", status=None).strip()


def _starts_and_stops() -> None:
    pppd = _boot(TUNNEL)
    assert run("rc-service", SERVICE, "ineed").split()[-1] == "network"
    assert "up" in run("rc-service", SERVICE, "describe")
    run("rc-service", SERVICE, "start")
    wait_for("pppd runs", pppd.pids)
    assert pppd.calls() == [CALL]
    assert "started" in _status()
    wait_for("what pppd says is kept", lambda: "pppd says" in Path(log_file(TUNNEL.name)).read_text())
    assert Path(log_file(TUNNEL.name)).stat().st_mode & 0o777 == 0o600
    run("rc-service", SERVICE, "restart")
    wait_for("a second run", lambda: len(pppd.calls()) == 3)
    run("rc-service", SERVICE, "stop")
    assert pppd.calls() == [CALL, "told to stop", CALL, "told to stop"]
    assert pppd.pids() == []
    assert "stopped" in _status()
    assert not Path(log_file(TUNNEL.name)).exists()
    assert set(DOWN.read_text().split()) == {"6:pptpsetup-my-vpn.2"}


def _the_password_is_on_a_descriptor() -> None:
    pppd = _boot(replace(TUNNEL, password_delivery=Delivery.PASSWORDFD))
    run("rc-service", SERVICE, "start")
    wait_for("it has read", lambda: pppd.calls() == [f"{CALL} passwordfd 3", "password: secret"])
    assert "started" in _status()
    run("rc-service", SERVICE, "stop")
    assert pppd.pids() == []


def _a_killed_pppd_is_started_again() -> None:
    pppd = _boot(TUNNEL)
    run("rc-service", SERVICE, "start")
    wait_for("pppd runs", pppd.pids)
    os.kill(pppd.pids()[0], signal.SIGKILL)
    wait_for("a second run", lambda: pppd.calls() == [CALL, CALL] and pppd.pids())
    assert DOWN.read_text() == "6:pptpsetup-my-vpn.2\n"
    assert "started" in _status()
    run("rc-service", SERVICE, "stop")
    assert pppd.pids() == []


def _one_on_demand_dials_again_itself() -> None:
    """With nopersist pppd would end when it hangs up, and packets would find no tunnel to wake."""
    pppd = _boot(replace(TUNNEL, demand=Demand(idle=60)))
    run("rc-service", SERVICE, "start")
    wait_for("pppd runs", pppd.pids)
    assert pppd.calls() == ["call my-vpn.2 nodetach persist"]
    run("rc-service", SERVICE, "stop")


def _is_not_dialled_again(status: int) -> None:
    pppd = _boot(replace(TUNNEL, persist=False))
    pppd.will_end(status)
    run("rc-service", SERVICE, "start")
    wait_for("the supervisor has gone", lambda: "stopped" in _status())
    assert pppd.calls() == [CALL]


def _counts_its_attempts() -> None:
    pppd = _boot(replace(TUNNEL, reconnect_attempts=3))
    run("rc-service", SERVICE, "start")
    wait_for("pppd runs", pppd.pids)
    os.kill(pppd.pids()[0], signal.SIGKILL)
    wait_for("it is started again", lambda: len(pppd.calls()) == 2 and pppd.pids())
    assert pppd.calls() == ["call my-vpn.2 nodetach persist"] * 2
    run("rc-service", SERVICE, "stop")
    pppd.will_end(16)
    run("rc-service", SERVICE, "start")
    wait_for("the supervisor has gone", lambda: "stopped" in _status())
    assert len([each for each in pppd.calls() if each.startswith("call")]) == 3


def _gives_up(status: int) -> None:
    pppd = _boot(TUNNEL)
    pppd.will_end(status)
    run("rc-service", SERVICE, "start")
    wait_for("the supervisor has gone", lambda: "stopped" in _status())
    assert pppd.calls() == [CALL]
    assert Path(exit_file(TUNNEL.name)).read_text() == f"{status}\n"
    pppd.will_stay()
    run("rc-service", SERVICE, "start")
    wait_for("it can be started again", pppd.pids)
    assert not Path(exit_file(TUNNEL.name)).exists()
    run("rc-service", SERVICE, "stop")


def _goes_on(status: int) -> None:
    pppd = _boot(TUNNEL)
    pppd.will_end(status)
    run("rc-service", SERVICE, "start")
    wait_for("it dials again", lambda: len(pppd.calls()) >= 3)
    assert "started" in _status()
    run("rc-service", SERVICE, "stop")
    assert "stopped" in _status()


def _needs_the_network() -> None:
    pppd = _boot(TUNNEL, network=False)
    assert "net" in run("rc-service", SERVICE, "start", status=1)
    assert pppd.calls() == []


def _boots_what_shall_boot() -> None:
    pppd = _boot(replace(TUNNEL, on_boot=True), WORK)
    assert install(_artifacts(replace(TUNNEL, on_boot=True), WORK)).empty
    shown = run("rc-update", "show", "default")
    assert SERVICE in shown
    assert "pptp.work" not in shown
    run("rc-service", "pptp", "start", status=1)
    run("openrc", "default", status=None)
    wait_for("pppd runs", pppd.pids)
    assert pppd.calls() == [CALL]
    run("rc-service", SERVICE, "stop")
    install([])
    assert not Path(KEEPER).exists()
    assert {each.name for each in Path("/etc/init.d").iterdir()} == {"network"}
    assert not Path("/etc/conf.d", SERVICE).exists()
    assert not Path("/etc/runlevels/default", SERVICE).is_symlink()


@pytest.mark.host
@pytest.mark.parametrize(
    "job",
    [
        _starts_and_stops,
        _the_password_is_on_a_descriptor,
        _a_killed_pppd_is_started_again,
        _one_on_demand_dials_again_itself,
        partial(_gives_up, 19),
        partial(_gives_up, 2),
        partial(_goes_on, 16),
        partial(_is_not_dialled_again, 16),
        partial(_is_not_dialled_again, 137),
        _counts_its_attempts,
        _needs_the_network,
        _boots_what_shall_boot,
    ],
    ids=lambda job: getattr(job, "__name__", None) or f"{job.func.__name__}-{job.args[0]}",
)
def test_under_the_real_openrc(job: Callable[[], None]) -> None:
    need_unpacked("usr/sbin/openrc-run")
    oracle.run_in_sandbox(job)
