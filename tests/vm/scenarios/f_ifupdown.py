"""The ifupdown variant: `ifup` and `ifdown` run the tunnel."""

from tests.vm.client import LOCK, create_to_office, nothing_left, pptpsetup, status, wait_until_up
from tests.vm.scenario import scenario
from tests.vm.shell import run
from tests.vm.snapshot import Snapshot
from tests.vm.topology import Lab, reachable


@scenario()
def ifup_and_ifdown(lab: Lab) -> None:
    """``ifup pptp-work`` brings the tunnel up, ``ifdown pptp-work`` takes it down, and once more."""
    run(["mkdir", "-p", "/run/network"], check=True)
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office("--init", "ifupdown", start=False)
    run(["ifup", "-v", "pptp-work"], check=True)
    wait_until_up()
    reachable()
    run(["ifdown", "-v", "pptp-work"], check=True)
    nothing_left()
    run(["ifup", "-v", "pptp-work"], check=True)
    wait_until_up()
    reachable()
    run(["ifdown", "-v", "pptp-work"], check=True)
    nothing_left()
    assert status()["state"] == "down"
    pptpsetup("delete", "work")
    lab.server.stop()
    before.assert_restored(*LOCK, "/run/network/")
