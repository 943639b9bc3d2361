"""Tunnels of others, taken over: they worked with C pptp, and go on with the bundled engine."""

from pathlib import Path

from tests.vm.client import LOCK, nothing_left, pptpsetup, status, tunnel_processes, wait_until_up
from tests.vm.office import transfer
from tests.vm.scenario import scenario
from tests.vm.scenarios.b_engine import HAND_WRITTEN, IP_UP, pppd_pid
from tests.vm.shell import run, wait_for
from tests.vm.snapshot import Snapshot, processes
from tests.vm.topology import SERVER, Lab, reachable, unreachable

KEPT = "/var/lib/pptpsetup"
OTHERS = '# somebody else\'s\nbob   home "x y" *\n'
PEERS, SECRETS = Path("/etc/ppp/peers/office"), Path("/etc/ppp/chap-secrets")
HOOK = Path("/etc/ppp/ip-up.d/office")


def runs_the_engine() -> bool:
    """Whether it is the bundled engine that speaks PPTP; C pptp's processes have the same names."""
    return any("pptpengine" in line for line in processes().values())


def dial_with_c_pptp() -> None:
    """The tunnel as it is before: C pptp, whose host route stays behind."""
    run(["pppd", "call", "office", "updetach", "logfd", "2"], check=True)
    assert not runs_the_engine()
    reachable()
    run(["kill", str(pppd_pid())], check=True)
    wait_for("ppp0 is gone", lambda: not Path("/sys/class/net/ppp0").exists())
    run(["ip", "route", "del", SERVER])
    wait_for("C pptp is gone", lambda: not tunnel_processes())


@scenario()
def a_hand_written_tunnel_is_taken_over(lab: Lab) -> None:
    """Peers file, secret and route script become ours; delete leaves nothing of it, and all of others'."""
    SECRETS.write_text(SECRETS.read_text() + OTHERS)
    before = Snapshot.take()
    others = SECRETS.read_bytes()
    PEERS.write_text(HAND_WRITTEN)
    SECRETS.write_bytes(others + b"alice office secret *\n")
    HOOK.write_text(IP_UP)
    HOOK.chmod(0o755)
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    unreachable()
    dial_with_c_pptp()

    listed = pptpsetup("import").stdout
    assert "office: /etc/ppp/peers/office (a peers file of pppd)" in listed
    assert "cannot be kept" not in listed
    pptpsetup("import", "office")
    assert not HOOK.exists()
    assert b"alice office secret *" not in SECRETS.read_bytes()
    pptpsetup("start", "office")
    said = wait_until_up("office")
    assert said["encryption"] == {"bits": 128, "stateful": False}
    assert runs_the_engine()
    reachable()
    transfer("192.168.7.20", 500_000)
    pptpsetup("stop", "office")
    nothing_left()
    assert status("office")["state"] == "down"

    pptpsetup("delete", "office")
    lab.server.stop()
    assert SECRETS.read_bytes() == others
    kept = {each.name: each.read_text() for each in Path(KEPT, "kept").iterdir()}
    assert kept == {"etc-ppp-peers-office.1": HAND_WRITTEN, "etc-ppp-ip-up.d-office.1": IP_UP}
    before.assert_restored(*LOCK, KEPT, "/etc/ppp/resolv.conf")


@scenario()
def a_tunnel_of_the_perl_tool_is_taken_over(lab: Lab) -> None:
    """A domain login, which the Perl tool writes so that pppd cannot log in with it, works after import."""
    before = Snapshot.take()
    lab.server.set_users({"CORP\\tom": "secret"})
    lab.server.start()
    arguments = [
        "--server",
        "vpn.example.com",
        "--domain",
        "CORP",
        "--username",
        "tom",
        "--password",
        "secret",
    ]
    run(["/usr/sbin/pptpsetup", "--create", "office", *arguments, "--encrypt"], check=True)
    run(["pppd", "call", "office", "updetach", "logfd", "2"])
    assert not Path("/sys/class/net/ppp0").exists()
    run(["ip", "route", "del", SERVER])
    pptpsetup("import", "office", "--as", "work")
    pptpsetup("start", "work")
    wait_until_up("work")
    reachable("192.168.7.1")
    pptpsetup("delete", "work")
    nothing_left()
    lab.server.stop()
    before.assert_restored(*LOCK, KEPT, "/etc/ppp/resolv.conf")
