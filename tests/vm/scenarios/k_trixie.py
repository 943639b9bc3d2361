"""Debian 13: pppd 2.5, systemd 257 and the distribution's own Python and libraries."""

import signal
from pathlib import Path

from tests.vm.client import (
    LOCK,
    create_to_office,
    nothing_left,
    pptpsetup,
    signal_pppd,
    status,
    wait_until_up,
)
from tests.vm.office import transfer
from tests.vm.scenario import scenario
from tests.vm.scenarios.g_systemd import MADE_BY_SYSTEMD, UNIT, unit
from tests.vm.shell import run, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import OFFICE_HOST, Lab, reachable, unreachable


@scenario(boot="trixie", limit=600)
def from_create_to_delete(lab: Lab) -> None:
    """As on Debian 12: up with 128 bit, restarted, killed, back, stopped; without chap-secrets; gone."""
    assert "13" in Path("/etc/debian_version").read_text()
    assert "2.5." in run(["pppd", "--version"]).stderr + run(["pppd", "--version"]).stdout
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office("--on-boot")
    assert unit("ActiveState") == "active"
    assert status()["encryption"] == {"bits": 128, "stateful": False}
    reachable()
    transfer(OFFICE_HOST, 500_000)
    run(["systemctl", "restart", UNIT], check=True, limit=120)
    reachable()
    first = unit("MainPID")
    signal_pppd(signal.SIGKILL)
    wait_for("systemd started it again", lambda: unit("MainPID") not in ("0", first), 60, 1)
    wait_until_up()
    reachable()
    pptpsetup("stop", "work")
    assert (unit("ActiveState"), unit("Result")) == ("inactive", "success")
    nothing_left()
    unreachable()
    # The plugin of this pppd, too.
    pptpsetup("create", "work", "--password-delivery", "passwordfd", "--start")
    assert "alice" not in Path("/etc/ppp/chap-secrets").read_text()
    reachable()
    pptpsetup("delete", "work")
    lab.server.stop()
    before.assert_restored(*LOCK, *MADE_BY_SYSTEMD)
