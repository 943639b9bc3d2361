"""systemd as PID 1: boot, restart, sudden death, an orderly stop, a wrong password that is not retried."""

import signal
import time
from pathlib import Path

from tests.vm.client import (
    LOCK,
    create,
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
from tests.vm.topology import OFFICE, Lab, reachable, unreachable

UNIT = "pptp@work.service"
WANTED = Path("/etc/systemd/system/multi-user.target.wants", UNIT)
MADE_BY_SYSTEMD = ("/run/", "cgroup", "dbus", "systemd", "(udev-worker)", "unix ")
"""systemd's own traces of units that ran, which are not the tunnel's to remove."""


def unit(what: str) -> str:
    """A property of the tunnel's unit."""
    return run(["systemctl", "show", UNIT, "--property", what, "--value"], quiet=True).stdout.strip()


def journal() -> str:
    """What the unit's programs have said, all of it."""
    run(["journalctl", "--sync"], check=True)
    return run(["journalctl", "-u", UNIT, "-o", "cat", "--no-pager"]).stdout


@scenario(boot="systemd", limit=600)
def a_tunnel_that_starts_at_boot(lab: Lab) -> None:
    """--on-boot enables the unit; it survives a restart and a killed pppd; stop leaves it inactive."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office("--on-boot")
    assert WANTED.is_symlink()
    assert run(["systemctl", "is-enabled", UNIT]).stdout == "enabled\n"
    assert unit("ActiveState") == "active"
    reachable()
    assert status()["state"] == "up"

    run(["systemctl", "restart", UNIT], check=True, limit=120)
    reachable()

    first = unit("MainPID")
    signal_pppd(signal.SIGKILL)
    wait_for("systemd started it again", lambda: unit("MainPID") not in ("0", first), 60, 1)
    wait_until_up()
    reachable()

    pptpsetup("stop", "work")
    assert unit("ActiveState") == "inactive"
    assert unit("Result") == "success"
    nothing_left()
    unreachable()
    said = journal()
    assert "CHAP authentication succeeded" in said
    assert "secret" not in said
    pptpsetup("delete", "work")
    assert not WANTED.exists()
    lab.server.stop()
    before.assert_restored(*LOCK, *MADE_BY_SYSTEMD)


@scenario(boot="systemd", limit=600)
def the_server_comes_back(lab: Lab) -> None:
    """The server dies and is there again: systemd dials until the tunnel is up."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office()
    reachable()
    lab.server.kill()
    wait_for("the unit waits", lambda: unit("ActiveState") != "active", 60, 1)
    lab.server.start()
    wait_until_up()
    reachable()
    pptpsetup("delete", "work")
    nothing_left()


@scenario(boot="systemd", limit=600)
def two_tunnels_to_one_server(lab: Lab) -> None:
    """Each has a control connection of its own; stopping one leaves the other and their host route alone."""
    lab.server.set_users({"alice": "secret", "bob": "secret"})
    lab.server.start()
    create_to_office()
    create(name="home", user="bob")
    assert status("home")["processes"]["call_manager"] != status()["processes"]["call_manager"]
    assert status()["up"]
    reachable()
    pptpsetup("stop", "work")
    assert unit("ActiveState") == "inactive"
    home = status("home")
    assert home["up"]
    reachable("192.168.7.1")
    assert "203.0.113.9" in run(["ip", "route"]).stdout
    pptpsetup("stop", "home")
    nothing_left(interface=home["interface"])
    pptpsetup("delete", "work")
    pptpsetup("delete", "home")


@scenario(boot="systemd", limit=600)
def a_wrong_password_is_not_tried_again(lab: Lab) -> None:
    """start says why; the unit does not dial again, which could lock the account."""
    lab.server.set_users({"alice": "another"})
    lab.server.start()
    create("--route", OFFICE, start=False)
    said = pptpsetup("start", "work", status=2).stderr
    assert "auth-failed" in said
    assert status()["cause"]["code"] == "auth-failed"
    run(["systemctl", "reset-failed", UNIT])
    run(["systemctl", "start", UNIT], limit=120)
    assert unit("ExecMainStatus") == "19"
    tries = unit("NRestarts")
    time.sleep(15)
    assert unit("NRestarts") == tries == "0"
    assert unit("ActiveState") == "failed"
    pptpsetup("delete", "work")
    nothing_left()
