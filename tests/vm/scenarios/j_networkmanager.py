"""The NetworkManager variant: it reads our keyfile and dials with the bundled engine."""

from pathlib import Path

from tests.vm.client import create, nothing_left, pptpsetup
from tests.vm.networkmanager import CONNECTIONS, NetworkManager
from tests.vm.scenario import scenario
from tests.vm.shell import run
from tests.vm.topology import OFFICE, OFFICE_HOST, Lab, reachable, unreachable


@scenario()
def nmcli_up_and_down(lab: Lab) -> None:
    """Created, dialled by NetworkManager, used, taken down, deleted."""
    # Debian's plugin brings C pptp; the bundled engine is next in its search.
    Path("/usr/sbin/pptp").unlink()
    lab.server.set_users({"CORP\\tom": " s3cret\\x"})
    lab.server.start()
    manager = NetworkManager()
    manager.start()
    try:
        create(
            "--init",
            "networkmanager",
            "--domain",
            "CORP",
            "--route",
            OFFICE,
            user="tom",
            password=" s3cret\\x",
            start=False,
        )
        assert (CONNECTIONS / "work.nmconnection").stat().st_mode & 0o777 == 0o600
        run(["nmcli", "connection", "reload"], check=True)
        run(["nmcli", "--wait", "60", "connection", "up", "work"], check=True)
        reachable()
        assert "pptpgw" in run(["ps", "-eo", "comm"]).stdout, "somebody else's PPTP program is at work"
        assert "MPPE 128-bit stateless compression enabled" in manager.log()
        route = run(["ip", "route", "get", OFFICE_HOST]).stdout
        assert "dev ppp0" in route, route
        assert "dev eth0" in run(["ip", "route", "get", "198.18.0.1"]).stdout
        run(["nmcli", "connection", "down", "work"], check=True)
        nothing_left()
        run(["nmcli", "--wait", "60", "connection", "up", "work"], check=True)
        reachable()
        run(["nmcli", "connection", "down", "work"], check=True)
        nothing_left()
        unreachable()
        pptpsetup("delete", "work")
        assert not (CONNECTIONS / "work.nmconnection").exists()
        assert not Path("/usr/local/sbin/pptp").exists()
    except AssertionError:
        manager.tell()
        raise
    finally:
        manager.stop()
