"""Our init script: what insserv reads in it, and that it starts and stops, under several shells."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from pptpsetup.distro.kinds import InitKind
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.programs import Programs
from pptpsetup.spec.model import Delivery, Tunnel
from tests import inits
from tests.golden.cases import WORK
from tests.oracle import inits as oracle
from tests.oracle.inits import Pppd, install, need_unpacked, run, wait_for

TUNNEL = replace(WORK, name="my-vpn.2", on_boot=True)
SCRIPT = Path("/etc/init.d/pptp-my-vpn.2")
CALL = "call my-vpn.2"
DOWN = Path("/tmp/undone")
SHELLS = ("dash", "bash --posix", "busybox sh", "mksh", "yash", "posh")
_SERVICE = """#!/bin/sh
### BEGIN INIT INFO
# Provides: network-things
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
"""


def _artifacts(*tunnels: Tunnel) -> list[Artifact]:
    """Without hooks and peers: they stay out of the way, and a recorder stands for our ip-down script."""
    found = inits.artifacts(InitKind.SYSV, tunnels, programs=Programs("/bin/true", "/engine"))
    return [each for path, each in found.items() if not path.startswith("/etc/ppp")]


def _boot(*tunnels: Tunnel) -> Pppd:
    hook = Path("/etc/ppp/ip-down.d/50pptpsetup")
    hook.write_text(f'#!/bin/sh\necho "$#:$6" >>{DOWN}\n')
    hook.chmod(0o755)
    install(_artifacts(*tunnels))
    return Pppd()


def _starts_and_stops(shell: str) -> None:
    pppd = _boot(TUNNEL)
    Path("/var/lock/subsys").mkdir(parents=True)
    script = [*shell.split(), str(SCRIPT)]
    run(*script, "status", status=3)
    run(*script, "start")
    wait_for("pppd runs", lambda: Path("/run/ppp-pptp-my-vpn.2.pid").exists())
    assert "runs" in run(*script, "status")
    run(*script, "start")
    assert Path("/var/lock/subsys/pptp-my-vpn.2").exists()
    assert len(pppd.pids()) == 1
    run(*script, "restart")
    wait_for("it runs again", lambda: len(pppd.pids()) == 1)
    run(*script, "status")
    run(*script, "stop")
    assert pppd.pids() == []
    run(*script, "status", status=3)
    run(*script, "stop")
    assert not Path("/var/lock/subsys/pptp-my-vpn.2").exists()
    assert set(DOWN.read_text().split()) == {"6:pptpsetup-my-vpn.2"}
    assert "usage" in run(*script, "dance", status=2)
    assert "usage" in run(*script, status=2)
    # Not the tunnel's pppd: the number was given to another program.
    Path("/run/ppp-pptp-my-vpn.2.pid").write_text(f"{os.getpid()}\n")
    run(*script, "status", status=3)


def _the_password_is_on_a_descriptor() -> None:
    pppd = _boot(replace(TUNNEL, password_delivery=Delivery.PASSWORDFD))
    run(str(SCRIPT), "start")
    wait_for("it has read", lambda: "password: secret" in pppd.calls())
    assert set(pppd.calls()) == {f"{CALL} passwordfd 3", "password: secret"}
    wait_for("it is known", lambda: Path("/run/ppp-pptp-my-vpn.2.pid").exists())
    assert "runs" in run(str(SCRIPT), "status")
    run(str(SCRIPT), "stop")
    assert pppd.pids() == []


def _tells_that_pppd_refuses(shell: str) -> None:
    pppd = _boot(TUNNEL)
    pppd.will_end(2)
    assert "pppd says" in run(*shell.split(), str(SCRIPT), "start", status=1)


def _undoes_what_a_killed_pppd_left() -> None:
    pppd = _boot(TUNNEL)
    run(str(SCRIPT), "start")
    wait_for("pppd runs", pppd.pids)
    os.kill(pppd.pids()[0], signal.SIGKILL)
    wait_for("it has gone", lambda: not pppd.pids())
    assert not DOWN.exists()
    run(str(SCRIPT), "stop")
    assert DOWN.read_text() == "6:pptpsetup-my-vpn.2\n"


def _insserv_agrees() -> None:
    """It puts the script into the runlevels we put it into, after what it depends on, and nowhere without
    ``on_boot``."""
    for each in Path("/etc/init.d").iterdir():
        each.unlink()
    for level in "0123456S":
        folder = Path(f"/etc/rc{level}.d")
        folder.mkdir(exist_ok=True)
        for each in folder.iterdir():
            each.unlink()
    Path("/etc/insserv.conf").write_text(
        "$network network-things\n$remote_fs network-things\n$syslog network-things\n$named network-things\n"
    )
    Path("/etc/init.d/network-things").write_text(_SERVICE)
    Path("/etc/init.d/network-things").chmod(0o755)
    _boot(TUNNEL, WORK)
    ours = _levels()
    assert ours == {*(f"S{level}" for level in "2345"), *(f"K{level}" for level in "016")}
    for link in Path("/etc").glob("rc*.d/*pptp*"):
        link.unlink()
    run("insserv", "--path", "/etc/init.d", "network-things", SCRIPT.name, "pptp-work")
    assert _levels() == ours
    (first,), (then,) = (
        list(Path("/etc/rc2.d").glob(f"S*{name}")) for name in ("network-things", SCRIPT.name)
    )
    assert first.name[1:3] < then.name[1:3]
    assert not list(Path("/etc").glob("rc*.d/S*pptp-work"))


def _levels() -> set[str]:
    return {f"{link.name[0]}{link.parent.name[2]}" for link in Path("/etc").glob("rc?.d/*pptp-my-vpn.2")}


def _comes_and_goes() -> None:
    before = sorted(str(each) for each in Path("/etc").rglob("*"))
    _boot(TUNNEL, WORK)
    assert install(_artifacts(TUNNEL, WORK)).empty
    install([])
    assert sorted(str(each) for each in Path("/etc").rglob("*") if "50pptpsetup" not in each.name) == before


@pytest.mark.host
@pytest.mark.parametrize(
    "job",
    [
        *(partial(_starts_and_stops, shell) for shell in SHELLS),
        _the_password_is_on_a_descriptor,
        *(partial(_tells_that_pppd_refuses, shell) for shell in SHELLS[:2]),
        _undoes_what_a_killed_pppd_left,
        _insserv_agrees,
        _comes_and_goes,
    ],
    ids=lambda job: getattr(job, "__name__", None) or f"{job.func.__name__}-{job.args[0]}",
)
def test_the_script(job: Callable[[], None]) -> None:
    need_unpacked("usr/sbin/insserv")
    oracle.run_in_sandbox(job)
