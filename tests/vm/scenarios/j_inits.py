"""OpenRC and runit keep a tunnel up: the real ones, unpacked over the guest's root.

The guest is Debian and says that it is Gentoo, or Devuan, so their own profiles describe it; systemd is
installed, too, and would be chosen. PID 1 is openrc-init, and busybox's init, which keeps runsvdir running.
"""

import signal
from collections.abc import Callable
from pathlib import Path

from pptpsetup.distro.kinds import HookKind
from tests.pptpsetup.render.dispatchers import SYSTEMS
from tests.vm.attempts import gives_up
from tests.vm.client import (
    LOCK,
    create_to_office,
    nothing_left,
    pptpsetup,
    signal_pppd,
    status,
    wait_until_up,
)
from tests.vm.scenario import scenario
from tests.vm.shell import run, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import Lab, reachable, unreachable


def _become(os_release: str) -> None:
    """This host is another distribution from now on."""
    Path("/etc/os-release").unlink()
    Path("/etc/os-release").write_text(os_release)


def become_gentoo() -> None:
    """Its name, and scripts that are read into one shell, in place of Debian's that runs programs."""
    _become("ID=gentoo\nNAME=Gentoo\n")
    dispatcher = SYSTEMS[HookKind.SOURCED_SH].dispatcher
    assert dispatcher is not None
    for kind in ("up", "down"):
        Path(f"/etc/ppp/ip-{kind}").write_text(dispatcher.replace("{kind}", kind))


def _said() -> str:
    """What the tunnel's pppd has said in its present run."""
    return Path("/run/pptpsetup/work.log").read_text()


def _lives_and_dies(lab: Lab, init: str, *, restart: list[str], is_started: Callable[[], bool]) -> None:
    """The same story under every supervisor."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office("--on-boot", "--init", init)
    assert is_started()
    assert status()["state"] == "up"
    reachable()

    first = status()["processes"]["pppd"]
    run(restart, check=True, limit=120)
    wait_for("another pppd runs", lambda: status()["processes"]["pppd"] not in (None, first))
    wait_until_up()
    reachable()

    second = status()["processes"]["pppd"]
    signal_pppd(signal.SIGKILL)
    wait_for("it is dialled again", lambda: status()["processes"]["pppd"] not in (None, second), 60)
    wait_until_up()
    reachable()

    pptpsetup("stop", "work")
    assert not is_started()
    nothing_left()
    unreachable()

    lab.server.set_users({"alice": "another"})
    assert "auth-failed" in pptpsetup("start", "work", status=2).stderr
    assert status()["state"] == "down", "it does not wait to be refused again"
    assert not is_started()
    lab.server.set_users({"alice": "secret"})
    pptpsetup("start", "work")
    reachable()

    pptpsetup("delete", "work")
    nothing_left()
    lab.server.stop()
    before.assert_restored(*LOCK, "/run/openrc", "/run/runit", "supervise-daemon", "runsv", "/etc/service")


@scenario(boot="openrc", limit=600)
def under_openrc(lab: Lab) -> None:
    """--on-boot, restart, sudden death, stop, a refused login, under openrc-init and supervise-daemon."""
    assert Path("/proc/1/comm").read_text() == "openrc-init\n"
    become_gentoo()

    def is_started() -> bool:
        said = run(["rc-service", "pptp.work", "status"]).stdout
        return "started" in said

    _lives_and_dies(lab, "openrc", restart=["rc-service", "pptp.work", "restart"], is_started=is_started)

    create_to_office("--on-boot", "--init", "openrc", start=False)
    lab.server.start()
    run(["openrc", "default"], limit=120)
    wait_until_up()
    reachable()
    pptpsetup("delete", "work")
    nothing_left()
    lab.server.stop()
    gives_up(lab, "openrc", is_started=is_started, log=_said)


@scenario(boot="runit", limit=600)
def under_runit(lab: Lab) -> None:
    """The same under busybox's init and runsvdir; with --on-boot a service runs as soon as it is seen."""
    assert Path("/proc/1/cmdline").read_bytes().startswith(b"/bin/busybox\0init")
    _become("ID=devuan\nID_LIKE=debian\nVERSION_ID=5\nNAME=Devuan\n")

    def is_started() -> bool:
        return run(["sv", "status", "/etc/service/pptp-work"]).stdout.startswith("run")

    _lives_and_dies(lab, "runit", restart=["sv", "restart", "/etc/service/pptp-work"], is_started=is_started)
    gives_up(lab, "runit", is_started=is_started, log=_said)
