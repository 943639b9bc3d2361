"""Dialling on demand: standby, the first packet, idle, standby again; routes in each phase, none at last."""

import signal
from pathlib import Path

from tests.vm.client import (
    LOCK,
    create,
    nothing_left,
    pptpsetup,
    processes_named,
    signal_pppd,
    status,
    tunnel_processes,
)
from tests.vm.generation import use_pppd_of
from tests.vm.office import transfer
from tests.vm.roots import TRIXIE
from tests.vm.scenario import scenario
from tests.vm.shell import run, say, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import OFFICE, OFFICE_HOST, SERVER, Lab, reachable

IDLE = "6s"
"""Long enough for a slow guest to look at the tunnel while it is up."""
EVERYTHING = ("0.0.0.0/1", "128.0.0.0/1")
ENGINE = ("pptpgw", "pptpcm", "pptpkeep")
SYSTEMD = ("/run/", "cgroup", "dbus", "systemd", "(udev-worker)", "unix ")
"""systemd's own traces of units that ran."""


def through_the_tunnel(*networks: str) -> None:
    """Assert that the main table sends exactly *networks*, besides the far end, into ppp0."""
    table = run(["ip", "-4", "route", "show", "dev", "ppp0"], check=True).stdout.splitlines()
    found = {line.split()[0] for line in table if "proto kernel" not in line}
    assert found == set(networks), table


def host_route() -> bool:
    return f"{SERVER} via" in run(["ip", "-4", "route"], quiet=True).stdout


def stands_by(*networks: str) -> None:
    """Wait for standby; no process of the engine, no host route, and the routes that wake pppd up."""
    wait_for("it stands by", lambda: status()["state"] == "standby", 60)
    wait_for("the engine is gone", lambda: not processes_named(*ENGINE) and not host_route(), 20)
    through_the_tunnel(*networks)
    said = status()
    assert (said["state"], said["up"], said["interface"]) == ("standby", False, "ppp0")
    assert said["local_address"] is None


def stays_asleep(seconds: int = 5) -> None:
    """Nothing that the last call left on its way may wake the tunnel up."""
    run(["sleep", str(seconds)])
    assert not processes_named(*ENGINE)
    assert status()["state"] == "standby"


def wakes_up(*networks: str) -> None:
    """The first packet dials; then the tunnel is up and carries what it should, but not itself."""
    # On a busy machine a call may fail, and the next one is not made before the holdoff is over.
    reachable(limit=150)
    wait_for("status says up", lambda: status()["state"] == "up", 20)
    assert f"{SERVER} via 198.51.100.1 dev eth0" in run(["ip", "route"]).stdout
    assert "dev eth0" in run(["ip", "route", "get", SERVER]).stdout
    transfer(OFFICE_HOST, 100_000)
    through_the_tunnel(*networks)


def two_calls(*networks: str) -> None:
    """standby, up, standby, up, standby."""
    stands_by(*networks)
    for _ in range(2):
        wakes_up(*networks)
        stands_by(*networks)
        stays_asleep()


def whole_life(lab: Lab, server: str, *options: str, networks: tuple[str, ...]) -> None:
    """Started by us, stopped by us; by pppd, stopped by SIGTERM; killed in standby; killed while up."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create("--demand", IDLE, *options, server=server, start=False)
    said = pptpsetup("start", "work").stderr
    assert "work is standing by on ppp0: the first packet dials" in said
    assert "already" in pptpsetup("start", "work").stderr
    assert "standing by: the first packet dials" in pptpsetup("status", "work").stdout
    assert "standby" in pptpsetup("list").stdout
    two_calls(*networks)
    pptpsetup("stop", "work")
    nothing_left()
    written = Snapshot.take()

    run(["pppd", "call", "work"], check=True)
    stands_by(*networks)
    wakes_up(*networks)
    signal_pppd(signal.SIGTERM)
    nothing_left()
    assert status()["state"] == "down"

    run(["pon", "work"], check=True)
    stands_by(*networks)
    signal_pppd(signal.SIGTERM)
    nothing_left()
    run(["rm", "-f", "/run/pptpsetup/work.json"])
    written.assert_restored(*LOCK, "/run/pptpsetup")

    for waking in (False, True):
        run(["pppd", "call", "work"], check=True)
        stands_by(*networks)
        if waking:
            wakes_up(*networks)
        signal_pppd(signal.SIGKILL)
        nothing_left()
        pptpsetup("stop", "work")
        run(["sh", "-c", "rm -f /run/ppp0.pid /run/ppp-pptp-work.pid"])
        written.assert_restored(*LOCK)
    pptpsetup("delete", "work")
    lab.server.stop()
    before.assert_restored(*LOCK, "/etc/ppp/resolv.conf")


@scenario(limit=900)
def the_office_on_demand(lab: Lab) -> None:
    """The server by its name, the networks behind it, its name servers while it is up."""
    whole_life(lab, "vpn.example.com", "--route", OFFICE, "--dns", "from-peer", networks=(OFFICE,))


@scenario(limit=900)
def everything_on_demand(lab: Lab) -> None:
    """Before the call the way to the server seems to lead into the tunnel, and the engine knows better."""
    whole_life(lab, SERVER, "--all-to-tunnel", networks=EVERYTHING)


@scenario(limit=600)
def everything_on_demand_with_pppd_2_5(lab: Lab) -> None:
    """The newest pppd of a stable release, at both ends."""
    assert "2.5.2" in use_pppd_of(TRIXIE)
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create("--demand", IDLE, "--all-to-tunnel", "--dns", "from-peer", server=SERVER)
    resolv_conf = Path("/etc/resolv.conf").read_text()
    stands_by(*EVERYTHING)
    for _ in range(2):
        wakes_up(*EVERYTHING)
        assert status()["encryption"] == {"bits": 128, "stateful": False}
        wait_for(
            "its name servers are known",
            lambda: "nameserver 192.168.7.1" in Path("/etc/resolv.conf").read_text(),
            20,
        )
        stands_by(*EVERYTHING)
        wait_for(
            "its name servers are gone", lambda: Path("/etc/resolv.conf").read_text() == resolv_conf, 20
        )
        stays_asleep()
    signal_pppd(signal.SIGKILL)
    nothing_left()
    pptpsetup("delete", "work")


@scenario(limit=600)
def a_server_that_is_not_there(lab: Lab) -> None:
    """Packets try, not more often than the holdoff allows; the tunnel stays ready, and comes up at last."""
    lab.server.set_users({"alice": "secret"})
    create("--demand", IDLE, "--route", OFFICE)
    tunnels = Path("/etc/pptpsetup/tunnels.yaml")
    tunnels.write_text(tunnels.read_text() + "    reconnect_delay: 3s\n")
    pptpsetup("create", "work", "--start")
    run(["ping", "-n", "-c", "1", "-W", "2", OFFICE_HOST])
    wait_for("the attempt has failed", lambda: status()["cause"], 60)
    stands_by(OFFICE)
    assert status()["cause"]["code"] == "connect-refused"
    lab.server.start()
    wakes_up(OFFICE)
    say(str(tunnel_processes()))
    pptpsetup("delete", "work")
    nothing_left()


@scenario(limit=600)
def a_refused_login_on_demand(lab: Lab) -> None:
    """It is not tried again with each packet, which would lock the account; with a new password it is."""
    lab.server.set_users({"alice": "another"})
    lab.server.start()
    create("--demand", IDLE, "--route", OFFICE, start=False)
    tunnels = Path("/etc/pptpsetup/tunnels.yaml")
    tunnels.write_text(tunnels.read_text() + "    reconnect_delay: 1s\n")
    pptpsetup("create", "work", "--start")

    def refusals() -> int:
        return lab.server.log.count("failed CHAP authentication")

    run(["ping", "-n", "-c", "1", "-W", "2", OFFICE_HOST])
    wait_for("the server has refused", lambda: refusals() == 1, 60)
    for _ in range(3):
        stands_by(OFFICE)
        run(["ping", "-n", "-c", "1", "-W", "2", OFFICE_HOST])
        run(["sleep", "2"])
    assert refusals() == 1
    assert status()["cause"]["code"] == "auth-failed"
    assert "refused the login" in pptpsetup("status", "work").stdout

    said = pptpsetup("start", "work").stderr
    assert "work is already standing by on ppp0" in said
    run(["ping", "-n", "-c", "1", "-W", "2", OFFICE_HOST])
    wait_for("the server has refused again", lambda: refusals() == 2, 60)
    stands_by(OFFICE)
    create(password="another", start=False)
    wakes_up(OFFICE)
    pptpsetup("delete", "work")
    nothing_left()


@scenario(boot="systemd", limit=900)
def a_unit_on_demand(lab: Lab) -> None:
    """The unit is active in standby, survives a killed pppd, and is inactive after stop."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    unit = "pptp@work.service"

    def show(what: str) -> str:
        return run(["systemctl", "show", unit, "--property", what, "--value"], quiet=True).stdout.strip()

    create("--demand", IDLE, "--all-to-tunnel", "--on-boot", server=SERVER)
    assert (show("ActiveState"), show("Type")) == ("active", "simple")
    two_calls(*EVERYTHING)
    first = show("MainPID")
    signal_pppd(signal.SIGKILL)
    wait_for("systemd started it again", lambda: show("MainPID") not in ("0", first), 60, 1)
    stands_by(*EVERYTHING)
    wakes_up(*EVERYTHING)
    pptpsetup("stop", "work")
    assert (show("ActiveState"), show("Result")) == ("inactive", "success")
    nothing_left()
    run(["systemctl", "start", unit], check=True)
    stands_by(*EVERYTHING)
    run(["systemctl", "stop", unit], check=True)
    assert (show("ActiveState"), show("Result")) == ("inactive", "success")
    nothing_left()
    pptpsetup("delete", "work")
    lab.server.stop()
    before.assert_restored(*LOCK, *SYSTEMD)


@scenario()
def ifupdown_on_demand(lab: Lab) -> None:
    """``ifup`` returns in standby, ``ifdown`` ends it there and when it is up."""
    run(["mkdir", "-p", "/run/network"], check=True)
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create("--demand", IDLE, "--route", OFFICE, "--init", "ifupdown", start=False)
    for waking in (False, True):
        run(["ifup", "-v", "pptp-work"], check=True)
        stands_by(OFFICE)
        if waking:
            wakes_up(OFFICE)
        run(["ifdown", "-v", "pptp-work"], check=True)
        nothing_left()
    pptpsetup("delete", "work")
    lab.server.stop()
    before.assert_restored(*LOCK, "/run/network/")
