"""The main job: one command, and the office is there; another, and nothing is left of it."""

import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.vm.client import (
    LOCK,
    PROGRAM,
    create,
    create_to_office,
    nothing_left,
    pptpsetup,
    signal_pppd,
    status,
    wait_until_down,
    wait_until_up,
)
from tests.vm.office import transfer
from tests.vm.scenario import scenario
from tests.vm.shell import run, say
from tests.vm.snapshot import Snapshot, processes
from tests.vm.topology import OFFICE, OFFICE_HOST, SERVER, SERVER_NAME, Lab, reachable, unreachable

MEGABYTES = 10


def check_status(said: dict[str, Any]) -> None:
    """``status --json`` of the tunnel against what the lab knows."""
    assert said["name"] == "work"
    assert said["state"] == "up"
    assert said["interface"] == "ppp0"
    assert said["server"] == {"name": SERVER_NAME, "address": SERVER}
    assert said["local_address"].startswith("192.168.7.2")
    assert said["remote_address"] == "192.168.7.1"
    assert said["authentication"] == "mschap-v2"
    assert said["encryption"] == {"bits": 128, "stateful": False}
    assert said["dns"] == []
    assert said["traffic"]["received_bytes"] > 0
    assert said["traffic"]["sent_bytes"] > 0
    assert said["since"] > time.time() - 600
    assert said["cause"] is None
    command_lines = processes()
    assert all(pid in command_lines for pid in said["processes"].values())


def whole_life(lab: Lab, login: str, *options: str) -> None:
    """create, use, survive the server's death, stop, delete; afterwards the host is as it was."""
    before = Snapshot.take()
    lab.server.set_users({login: "secret"})
    lab.server.start()
    unreachable()
    create("--route", OFFICE, *options, user=login.rpartition("\\")[2])
    reachable()
    up, down = transfer(OFFICE_HOST, MEGABYTES * 1_000_000)
    say(f"{MEGABYTES} MB each way: {up:.1f} Mbit/s up, {down:.1f} Mbit/s down")
    check_status(status())

    lab.server.kill()
    wait_until_down()
    lab.server.start()
    again = wait_until_up()
    reachable()
    check_status(again)

    pptpsetup("stop", "work")
    nothing_left()
    unreachable()
    pptpsetup("status", "work", status=2)
    pptpsetup("delete", "work")
    lab.server.stop()
    before.assert_restored(*LOCK)


@scenario(limit=1200)
def from_create_to_delete(lab: Lab) -> None:
    """A plain login."""
    whole_life(lab, "alice")


@scenario(limit=1200)
def from_create_to_delete_with_a_domain(lab: Lab) -> None:
    """A Windows login: CORP\\tom."""
    whole_life(lab, "CORP\\tom", "--domain", "CORP")


@scenario()
def the_perl_forms(lab: Lab) -> None:
    """``--create … --start`` and ``--delete`` of the Perl pptpsetup."""
    before = Snapshot.take()
    lab.server.set_users({"CORP\\tom": "secret"})
    lab.server.start()
    words = ["--create", "old", "--server", "203.0.113.9", "--domain", "CORP", "--username", "tom"]
    pptpsetup(*words, "--password", "secret", "--encrypt", "--start")
    assert status("old")["state"] == "up"
    reachable("192.168.7.1")
    pptpsetup("--delete", "old")
    nothing_left()
    lab.server.stop()
    before.assert_restored(*LOCK)


@scenario()
def start_lets_go_of_its_output(lab: Lab) -> None:
    """``pptpsetup start work | cat`` ends when start does, although the tunnel goes on."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office(start=False)
    run(["sh", "-c", f"{shlex.quote(PROGRAM)} start work 2>&1 | cat"], limit=60, check=True)
    pptpsetup("start", "work")
    assert status()["state"] == "up"
    pptpsetup("delete", "work")
    nothing_left()


@scenario()
def a_global_nodetach_holds_nobody_up(lab: Lab) -> None:
    """With the word of a peers file where packaged options say nodetach: `pon` returns, a unit stays."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office(start=False)
    for path, word in (("/etc/ppp/options", "nodetach"), ("/etc/ppp/peers/work", "updetach")):
        with Path(path).open("a") as file:
            file.write(f"{word}\n")
    run(["pon", "work"], check=True, limit=60)
    reachable()
    pptpsetup("stop", "work")
    nothing_left()
    with subprocess.Popen(["pppd", "call", "work", "nodetach", "nolog", "nopersist"]) as pppd:
        wait_until_up()
        reachable()
        assert pppd.poll() is None
        signal_pppd(signal.SIGTERM)
        assert pppd.wait(30) == 5
    nothing_left()


@scenario()
def another_password_replaces_the_old_one(lab: Lab) -> None:
    """Creating again with another password; the old one must not stay in effect."""
    lab.server.set_users({"alice": "new"})
    lab.server.start()
    create_to_office("--mtu", "1300", start=False)
    pptpsetup("start", "work", status=2)
    create("--route", OFFICE, password="new")
    reachable()
    assert Path("/etc/ppp/chap-secrets").read_text().count("# managed by pptpsetup: work") == 1
    create("--route", OFFICE, password="new")
    reachable()
    pptpsetup("delete", "work")


@scenario(limit=600)
def everything_through_the_tunnel(lab: Lab) -> None:
    """All traffic but the tunnel's own goes in; routes and name servers are back afterwards."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create("--all-to-tunnel", "--dns", "from-peer")
    reachable()
    assert "dev ppp0" in run(["ip", "route", "get", "198.18.0.1"]).stdout
    assert "dev eth0" in run(["ip", "route", "get", "203.0.113.9"]).stdout
    assert "nameserver 192.168.7.1" in Path("/etc/resolv.conf").read_text()
    transfer(OFFICE_HOST, 500_000)
    pptpsetup("delete", "work")
    nothing_left()
    lab.server.stop()
    # pppd writes this file whenever usepeerdns is on, and never removes it (pppd(8)).
    before.assert_restored(*LOCK, "/etc/ppp/resolv.conf")


@scenario()
def the_server_has_one_address_inside_and_outside(lab: Lab) -> None:
    """The server's public address is the tunnel's far end, too: the tunnel must not carry itself."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start(local="203.0.113.9")
    create_to_office()
    assert "dev eth0" in run(["ip", "route", "get", "203.0.113.9"]).stdout
    reachable()
    transfer(OFFICE_HOST, 500_000)
    pptpsetup("delete", "work")
    nothing_left()


@scenario(limit=600)
def a_killed_pppd_leaves_nothing(lab: Lab) -> None:
    """SIGKILL gives pppd no chance to clean up; its children and routes go all the same."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office()
    reachable()
    signal_pppd(signal.SIGKILL)
    nothing_left()
    pptpsetup("status", "work", status=2)
    pptpsetup("start", "work")
    reachable()
    pptpsetup("delete", "work")
    lab.server.stop()
    before.assert_restored(*LOCK)


@scenario(limit=600)
def a_dead_path_is_noticed(lab: Lab) -> None:
    """GRE stops passing while the control connection lives: LCP echo notices, and the tunnel comes back."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    tunnels = Path("/etc/pptpsetup/tunnels.yaml")
    create_to_office(start=False)
    tunnels.write_text(
        tunnels.read_text() + "    lcp_echo: {interval: 3s, failure: 2}\n    reconnect_delay: 3s\n"
    )
    pptpsetup("create", "work", "--start")
    reachable()
    lab.block_gre()
    wait_until_down()
    lab.unblock()
    wait_until_up()
    reachable()
    pptpsetup("delete", "work")
    nothing_left()
