"""Starting and stopping through the real init systems: each has a tunnel of ours, with a program in pppd's
place whose interface is the loopback."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pptpsetup.distro.kinds import InitKind
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import DifferentError
from pptpsetup.render.init import netifrc
from pptpsetup.render.places import exit_file, log_file
from pptpsetup.render.programs import Programs
from pptpsetup.spec.model import Init, Tunnel
from pptpsetup.tunnel import ending, service
from pptpsetup.tunnel.causes import Subject
from pptpsetup.tunnel.service import Runner
from pptpsetup.tunnel.status import read_status
from pptpsetup.tunnel.supervisors.choice import running
from pptpsetup.tunnel.supervisors.waiting import waits
from tests import inits
from tests.golden.cases import WORK
from tests.oracle import inits as oracle
from tests.oracle.inits import Pppd, install, need_unpacked, run, wait_for
from tests.support import need

ROOT = Path("/")
TUNNEL = replace(WORK, name="my-vpn", reconnect_delay=2)
_NETWORK = "#!/sbin/openrc-run\ndepend() { provide net; }\nstart() { :; }\n"
_NET_LO = """#!/sbin/openrc-run
start() { pppd local linkname "${RC_SVCNAME#net.}" call my-vpn; }
stop() { kill "$(head -n 1 /run/ppp-"${RC_SVCNAME#net.}".pid)"; }
"""
"""Stands for netifrc's script."""


def _runner(profile: Profile, tunnel: Tunnel, kind: InitKind) -> Runner:
    supervisors = running(profile)
    return Runner(
        Subject(tunnel.name, tunnel.server, tunnel.login),
        (profile.pppd,),
        supervisor=supervisors[Init(kind.value)],
        supervisors=supervisors.values(),
        ip_down=Path("/nowhere"),
    )


def _artifacts(kind: InitKind, *tunnels: Tunnel) -> None:
    found = inits.artifacts(kind, tunnels, programs=Programs("/bin/true", "/engine"))
    install(each for path, each in found.items() if not path.startswith("/etc/ppp"))


@contextmanager
def _openrc() -> Iterator[Profile]:
    scripts = Path("/etc/init.d")
    for each in scripts.iterdir():
        each.unlink()
    (scripts / "network").write_text(_NETWORK)
    (scripts / "net.lo").write_text(_NET_LO)
    for each in scripts.iterdir():
        each.chmod(0o755)
    Path("/run/openrc").mkdir()
    Path("/run/openrc/softlevel").touch()
    run("rc-update", "--update")
    # OpenRC takes a script that comes in the same second for an old one.
    time.sleep(1.1)
    yield inits.profile(InitKind.OPENRC)


@contextmanager
def _runit() -> Iterator[Profile]:
    Path("/run/runit").mkdir(exist_ok=True)
    Path("/etc/service").resolve().mkdir()  # Debian has a link to nowhere until the first boot
    with subprocess.Popen(["runsvdir", "-P", "/etc/service"]) as runsvdir:
        try:
            yield inits.profile(InitKind.RUNIT)
        finally:
            runsvdir.send_signal(signal.SIGHUP)


@contextmanager
def _ifupdown() -> Iterator[Profile]:
    Path("/run/network").mkdir()
    Path("/etc/network/interfaces").write_text("source-directory /etc/network/interfaces.d\n")
    for each in Path("/etc/network/interfaces.d").iterdir():
        each.unlink()
    Path("/etc/ppp/peers", TUNNEL.name).touch()  # pon(1) looks whether it is there
    yield inits.profile(InitKind.IFUPDOWN)


_BOOTED = {InitKind.OPENRC: _openrc, InitKind.RUNIT: _runit, InitKind.IFUPDOWN: _ifupdown}


def _up_and_down(kind: InitKind) -> None:
    pppd = Pppd()
    with _BOOTED[kind]() as profile:
        _artifacts(kind, TUNNEL)
        runner = _runner(profile, TUNNEL, kind)
        assert service.start(runner, print).is_up
        (first,) = pppd.pids()
        assert service.start(runner, print).pppd_pid == first, "it is left alone"
        assert ending.stop(TUNNEL.name, supervisors=runner.supervisors) is True
        assert pppd.pids() == []
        assert not read_status(ROOT, TUNNEL.name).is_up
        assert not waits(TUNNEL.name)
        assert ending.stop(TUNNEL.name, supervisors=runner.supervisors) is False
        assert service.start(runner, print).is_up, "it can be started again"
        assert ending.stop(TUNNEL.name, supervisors=runner.supervisors) is True
        assert not Path(log_file(TUNNEL.name)).exists()


def _a_refused_login(kind: InitKind) -> None:
    pppd = Pppd()
    pppd.will_end(19)
    with _BOOTED[kind]() as profile:
        _artifacts(kind, TUNNEL)
        runner = _runner(profile, TUNNEL, kind)
        with pytest.raises(DifferentError) as caught:
            service.start(runner, print)
        assert [each.code for each in caught.value.diagnostics] == ["auth-failed"]
        assert not waits(TUNNEL.name)
        assert len(pppd.calls()) == 1
        pppd.will_stay()
        assert service.start(runner, print).is_up


def _waits_for_the_next_attempt(kind: InitKind) -> None:
    pppd = Pppd()
    pppd.will_end(16)
    with _BOOTED[kind]() as profile:
        _artifacts(kind, replace(TUNNEL, on_boot=True, reconnect_delay=60))
        runner = _runner(profile, TUNNEL, kind)
        assert runner.supervisor is not None
        runner.supervisor.attempt(TUNNEL.name)
        wait_for("it waits", lambda: Path(exit_file(TUNNEL.name)).exists() and waits(TUNNEL.name))
        assert ending.stop(TUNNEL.name, supervisors=runner.supervisors) is True
        assert not waits(TUNNEL.name)


def _deleted_and_made_anew() -> None:
    """runsvdir has not looked yet when the second service of the same name is there."""
    pppd = Pppd()
    with _BOOTED[InitKind.RUNIT]() as profile:
        _artifacts(InitKind.RUNIT, TUNNEL)
        runner = _runner(profile, TUNNEL, InitKind.RUNIT)
        for _ in range(2):
            assert service.start(runner, print).is_up
            assert ending.stop(TUNNEL.name, supervisors=runner.supervisors) is True
            assert pppd.pids() == []
            removal = install([])
            assert runner.supervisor is not None
            runner.supervisor.files_changed([step.path for step in removal.steps])
            _artifacts(InitKind.RUNIT, TUNNEL)
        assert service.start(runner, print).is_up


def _by_netifrc() -> None:
    pppd = Pppd()
    with _openrc() as booted:
        profile = replace(booted, netifrc=inits.NETIFRC)
        _artifacts(InitKind.NETIFRC, TUNNEL)
        runner = _runner(profile, TUNNEL, InitKind.NETIFRC)
        interface = netifrc.interfaces([TUNNEL])[TUNNEL.name]
        started = service.start(runner, print)
        assert started.is_up
        assert f"net.{interface}" in run("rc-status", "--all", status=None)
        assert ending.stop(TUNNEL.name, supervisors=runner.supervisors) is True
        assert pppd.pids() == []
        assert "stopped" in run("rc-service", f"net.{interface}", "status", status=None)
        install([])
        with pytest.raises(DifferentError) as caught:
            service.start(runner, print)
        assert caught.value.diagnostics[0].code == "init-file-missing"


@pytest.mark.host
@pytest.mark.parametrize(
    "job",
    [
        *(partial(_up_and_down, kind) for kind in _BOOTED),
        *(partial(_a_refused_login, kind) for kind in (InitKind.OPENRC, InitKind.RUNIT)),
        *(partial(_waits_for_the_next_attempt, kind) for kind in (InitKind.OPENRC, InitKind.RUNIT)),
        _deleted_and_made_anew,
        _by_netifrc,
    ],
    ids=lambda job: getattr(job, "__name__", None) or f"{job.func.__name__}-{job.args[0].value}",
)
def test_under_a_real_init_system(job: Callable[[], None]) -> None:
    need_unpacked("usr/bin/runsvdir")
    need("ifup", package="ifupdown")
    oracle.run_in_sandbox(job)
