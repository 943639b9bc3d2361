"""The NetworkManager variant: it reads our keyfile and dials with the bundled engine."""

from pathlib import Path

from tests.vm.client import (
    create,
    no_process_left,
    nothing_left,
    pptpsetup,
    processes_named,
    status,
)
from tests.vm.networkmanager import CONNECTIONS, NetworkManager
from tests.vm.scenario import scenario
from tests.vm.shell import run, wait_for
from tests.vm.topology import OFFICE, OFFICE_HOST, Lab, reachable, unreachable


@scenario()
def networkmanager_up_and_down(lab: Lab) -> None:
    """Created, dialled by NetworkManager, used, taken down, deleted; refusals are told in words."""
    # Debian's plugin brings C pptp; the bundled engine is next in its search.
    client = Path("/usr/sbin/pptp")
    kept = client.rename("/usr/sbin/pptp.kept")
    lab.server.set_users({"CORP\\tom": " s3cret\\x"})
    lab.server.start()
    manager = NetworkManager()
    manager.start()
    options = ("--init", "networkmanager", "--domain", "CORP", "--route", OFFICE)
    try:
        create(*options, user="tom", password=" s3cret\\x")
        assert (CONNECTIONS / "work.nmconnection").stat().st_mode & 0o777 == 0o600
        _is_up(manager, reports=True)
        assert "already up" in pptpsetup("start", "work").stderr
        run(["nmcli", "connection", "down", "work"], check=True)
        nothing_left()
        assert status()["state"] == "down"

        run(["nmcli", "--wait", "60", "connection", "up", "work"], check=True)
        _is_up(manager, reports=True)
        pptpsetup("stop", "work")
        nothing_left()
        unreachable()
        assert "work" not in run(["nmcli", "-g", "NAME", "connection", "show", "--active"]).stdout

        _refusals(lab)
        kept.rename(client)
        pptpsetup("start", "work")
        _is_up(manager, reports=False)
        pptpsetup("delete", "work")
        no_process_left()
        assert not (CONNECTIONS / "work.nmconnection").exists()
        assert not Path("/usr/local/sbin/pptp").exists()
    except AssertionError:
        manager.tell()
        raise
    finally:
        manager.stop()


def _is_up(manager: NetworkManager, *, reports: bool) -> None:
    """It carries what it should, and ``status`` knows, whichever program speaks PPTP; ours *reports*."""
    said = wait_for("status says up", lambda: found if (found := status())["up"] else None, 20)
    assert (said["state"], said["interface"]) == ("up", "ppp0"), said
    assert said["processes"]["pppd"] in processes_named("pppd")
    reachable()
    assert (said["authentication"] == "mschap-v2") is reports, "somebody else's PPTP program is at work"
    assert "MPPE 128-bit stateless compression enabled" in manager.log()
    route = run(["ip", "route", "get", OFFICE_HOST]).stdout
    assert "dev ppp0" in route, route
    assert "dev eth0" in run(["ip", "route", "get", "198.18.0.1"]).stdout


def _refusals(lab: Lab) -> None:
    """Another password; no server."""
    lab.server.set_users({"CORP\\tom": "another"})
    said = pptpsetup("start", "work", status=2).stderr
    assert "refused the login CORP\\tom" in said, said
    nothing_left()
    lab.server.stop()
    said = pptpsetup("start", "work", status=2).stderr
    assert "refused the connection to TCP port 1723" in said, said
    nothing_left()
    lab.server.set_users({"CORP\\tom": " s3cret\\x"})
    lab.server.start()
