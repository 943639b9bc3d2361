"""The lab itself, seen with the C programs: if these fail, the lab is to blame and not what it tests."""

import os
from pathlib import Path

from tests.vm.office import transfer
from tests.vm.scenario import scenario
from tests.vm.scenarios.c_tunnel import the_perl_forms
from tests.vm.shell import run, say, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import Lab, reachable, unreachable

PEERS = """\
pty "pptp 203.0.113.9 --nolaunchpppd --nohostroute"
name alice
remotename reference
noauth
nodefaultroute
noipv6
require-mppe-128
nobsdcomp
nodeflate
linkname reference
"""


@scenario()
def c_pptp_reaches_the_office(lab: Lab) -> None:
    """pppd with C pptp through real pptpd: the office answers and 2 MB pass each way unchanged."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    Path("/etc/ppp/peers/reference").write_text(PEERS)
    secrets = Path("/etc/ppp/chap-secrets")
    old = secrets.read_bytes() if secrets.exists() else b""
    secrets.write_bytes(old + b"alice reference secret *\n")
    secrets.chmod(0o600)
    unreachable()
    run(["pppd", "call", "reference", "updetach", "logfd", "2"], check=True)
    run(["ip", "route", "add", "192.168.7.0/24", "dev", "ppp0"], check=True)
    reachable()
    up, down = transfer("192.168.7.20", 2_000_000)
    say(f"{up:.1f} Mbit/s up, {down:.1f} Mbit/s down")
    run(["sh", "-c", "kill $(cat /run/ppp-reference.pid | head -1)"], check=True)
    wait_for("ppp0 is gone", lambda: not Path("/sys/class/net/ppp0").exists())
    Path("/etc/ppp/peers/reference").unlink()
    secrets.write_bytes(old)
    lab.server.stop()
    before.assert_restored("/etc/ppp/resolv.conf", "/run/pptp:", "/run/pppd2.tdb")


@scenario(boot="stock", limit=1200)
def the_stock_kernel_carries_a_tunnel(lab: Lab) -> None:
    """One whole scenario on the kernel that users have; where the others run on it too, once more."""
    assert Path("/boot", f"vmlinuz-{os.uname().release}").exists()
    the_perl_forms(lab)


@scenario(boot="systemd")
def systemd_is_pid_1(_: Lab) -> None:
    """Units start, and the journal can be read."""
    assert Path("/proc/1/comm").read_text() == "systemd\n"
    Path("/run/systemd/system/probe.service").write_text(
        "[Service]\nExecStart=/bin/echo heard\nType=oneshot\n"
    )
    run(["systemctl", "daemon-reload"], check=True)
    run(["systemctl", "start", "probe.service"], check=True)
    run(["journalctl", "--sync"], check=True)
    assert (
        "heard" in run(["journalctl", "-u", "probe.service", "-o", "cat", "--no-pager"], check=True).stdout
    )
    run(["systemctl", "list-units", "--no-pager", "--plain"])
