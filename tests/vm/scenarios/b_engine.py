"""pptpengine as pppd's pty program, without the application: a drop-in for pptp(8)."""

import sys
from pathlib import Path

from tests.vm.boot import CHECKOUT
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
