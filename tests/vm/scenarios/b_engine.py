"""pptpengine without the application: a drop-in for pptp(8), in files that were written for that."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.vm.boot import CHECKOUT
from tests.vm.client import nothing_left, processes_named
from tests.vm.office import transfer
from tests.vm.scenario import scenario
from tests.vm.shell import run, say, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import Lab, reachable, unreachable

ENGINE = CHECKOUT / "engine/pptpengine/__main__.py"
PEERS = """\
pty "{python} -I -S {engine} vpn.example.com --nolaunchpppd --report /run/engine/work.json"
name alice
remotename engine
noauth
nodefaultroute
noipv6
require-mppe-128
nobsdcomp
nodeflate
linkname engine
"""


@scenario()
def engine_replaces_c_pptp(lab: Lab) -> None:
    """pppd with pptpengine through real pptpd; everything it made is gone after the call."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    peers, secrets = Path("/etc/ppp/peers/engine"), Path("/etc/ppp/chap-secrets")
    peers.write_text(PEERS.format(python=sys.executable, engine=ENGINE))
    old = secrets.read_bytes()
    secrets.write_bytes(old + b"alice engine secret *\n")
    unreachable()
    run(["pppd", "call", "engine", "updetach", "logfd", "2"], check=True)
    run(["ip", "route", "add", "192.168.7.0/24", "dev", "ppp0"], check=True)
    reachable()
    assert "203.0.113.9 via 198.51.100.1 dev eth0" in run(["ip", "route"]).stdout
    up, down = transfer("192.168.7.20", 2_000_000)
    say(f"{up:.1f} Mbit/s up, {down:.1f} Mbit/s down")
    run(["cat", "/run/engine/work.json"], check=True)
    run(["sh", "-c", "kill $(head -1 /run/ppp-engine.pid)"], check=True)
    wait_for("ppp0 is gone", lambda: not Path("/sys/class/net/ppp0").exists())
    peers.unlink()
    secrets.write_bytes(old)
    lab.server.stop()
    before.assert_restored("/run/engine", "/run/pptp:", "/run/pppd2.tdb")


HAND_WRITTEN = """\
# Written for pptp(8), years ago.
pty "pptp vpn.example.com --nolaunchpppd --loglevel 1"
name alice
remotename office
file /etc/ppp/options.pptp
require-mppe-128
linkname office
noipv6
lcp-echo-interval 3
lcp-echo-failure 3
"""
PERSIST = "persist\nholdoff 2\nmaxfail 0\n"
DEMAND = "demand\nidle 6\nholdoff 2\n10.77.0.1:10.77.0.2\nipcp-accept-local\nipcp-accept-remote\nktune\n"


IP_UP = """\
#!/bin/sh
[ "$LINKNAME" = office ] && ip route replace 192.168.7.0/24 dev "$1"
"""


@contextmanager
def hand_written(lab: Lab, *more: str) -> Iterator[None]:
    """Old files in which one word is replaced: pptp by pptpengine, installed like any program."""
    program = Path("/usr/local/sbin/pptpengine")
    program.symlink_to(Path(sys.executable).with_name("pptpengine"))
    peers, secrets = Path("/etc/ppp/peers/office"), Path("/etc/ppp/chap-secrets")
    hook = Path("/etc/ppp/ip-up.d/office")
    peers.write_text("".join((HAND_WRITTEN, *more)).replace('"pptp ', '"pptpengine '))
    hook.write_text(IP_UP)
    hook.chmod(0o755)
    old = secrets.read_bytes()
    secrets.write_bytes(old + b"alice office secret *\n")
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    yield
    lab.server.stop()
    secrets.write_bytes(old)
    for path in (peers, hook, program):
        path.unlink()


def pppd_pid(name: str = "office") -> int:
    return int(Path(f"/run/ppp-{name}.pid").read_text().split()[0])


@scenario()
def a_hand_written_file_persists(lab: Lab) -> None:
    """Up, traffic, the server dies and comes back, an orderly end."""
    before = Snapshot.take()
    with hand_written(lab, PERSIST):
        run(["pppd", "call", "office", "updetach", "logfd", "2"], check=True)
        reachable()
        transfer("192.168.7.20", 500_000)
        lab.server.kill()
        wait_for("the gateway is gone", lambda: not processes_named("pptpgw"), 60)
        lab.server.start()
        wait_for("pppd has dialled again", lambda: processes_named("pptpgw"), 60)
        reachable(limit=60)
        run(["kill", str(pppd_pid())], check=True)
        nothing_left()
    before.assert_restored("/run/pptp:", "/run/pppd2.tdb")


@scenario()
def a_hand_written_file_dials_on_demand(lab: Lab) -> None:
    """Standby without a process of the engine; the first packet calls; silence ends the call; again."""
    before = Snapshot.take()
    with hand_written(lab, DEMAND):
        run(["pppd", "call", "office"], check=True)
        wait_for("ppp0 stands by", lambda: "10.77.0.2 dev ppp0" in run(["ip", "route"], quiet=True).stdout)
        for _ in range(2):
            assert not processes_named("pptpgw", "pptpcm", "pptpkeep")
            # Any packet to the far end calls; the network behind it gets its route from ip-up.
            far_end = run(["ip", "-brief", "address", "show", "ppp0"]).stdout.split()[-1].partition("/")[0]
            run(["ping", "-n", "-c", "1", "-W", "1", far_end])
            reachable(limit=60)
            assert processes_named("pptpgw", "pptpcm", "pptpkeep")
            wait_for("idle ends the call", lambda: not processes_named("pptpgw", "pptpcm", "pptpkeep"), 60)
            assert Path("/sys/class/net/ppp0").exists()
        run(["kill", str(pppd_pid())], check=True)
        nothing_left()
    before.assert_restored("/run/pptp:", "/run/pppd2.tdb")


@scenario()
def it_starts_pppd_itself(lab: Lab) -> None:
    """As pptp(8) does without --nolaunchpppd: back when the call is up, pppd in the background."""
    before = Snapshot.take()
    with hand_written(lab):
        command = ["pptpengine", "vpn.example.com", "--logstring", "office", "name", "alice"]
        options = ["remotename", "office", "file", "/etc/ppp/options.pptp", "require-mppe-128", "noipv6"]
        run([*command, *options, "linkname", "office"], check=True)
        reachable(limit=60)
        run(["kill", str(pppd_pid())], check=True)
        nothing_left()
        said = run(["pptpengine", "vpn.example.com", "--debug", "no-such-option"], limit=60)
        assert said.returncode == 18
        assert "pppd ended with status 2" in said.stderr
    before.assert_restored("/run/pptp:", "/run/pppd2.tdb")
