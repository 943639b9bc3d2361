"""The uplink changes under a tunnel: another provider, another address."""

import time
from pathlib import Path

from tests.vm.client import LOCK, create, nothing_left, pptpsetup, status, wait_until_up
from tests.vm.scenario import scenario
from tests.vm.shell import run, say, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import OFFICE, Lab, reachable

SECOND_LINK = """\
link add eth1 type veth peer name c1 netns isp
addr add 198.18.5.2/24 dev eth1
link set eth1 up
"""


def second_uplink() -> None:
    """Another cable to the provider, not in use yet."""
    if Path("/proc/sys/net/ipv6").exists():
        Path("/proc/sys/net/ipv6/conf/default/addr_gen_mode").write_text("1")
    run(["ip", "-batch", "-"], stdin=SECOND_LINK, check=True)
    run(["ip", "-n", "isp", "addr", "add", "198.18.5.1/24", "dev", "c1"], check=True)
    run(["ip", "-n", "isp", "link", "set", "c1", "up"], check=True)


def change_over() -> float:
    """The first cable is pulled, the second one becomes the way out; when that was."""
    run(["ip", "link", "set", "eth0", "down"], check=True)
    run(["ip", "route", "replace", "default", "via", "198.18.5.1"], check=True)
    return time.monotonic()


def change_back() -> None:
    run(["ip", "link", "set", "eth0", "up"], check=True)
    run(["ip", "route", "replace", "default", "via", "198.51.100.1"], check=True)
    run(["ip", "link", "del", "eth1"], check=True)


def pinned_anew() -> bool:
    return "203.0.113.9 via 198.18.5.1 dev eth1 proto 80" in run(["ip", "route"], quiet=True).stdout


def roam(lab: Lab, *options: str) -> None:
    """A tunnel that is up, another uplink, and the tunnel is up again."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start(mppe="--no-encrypt" not in options)
    create("--route", OFFICE, *options)
    tunnels = Path("/etc/pptpsetup/tunnels.yaml")
    tunnels.write_text(tunnels.read_text() + "    reconnect_delay: 2s\n")
    pptpsetup("create", "work", "--start")
    reachable()
    second_uplink()
    began = change_over()
    wait_for("the host route follows", pinned_anew, 30, 0.1)
    wait_for("the control connection is there", lambda: connected_from("198.18.5.2"), 30, 0.1)
    say(f"route and control connection {time.monotonic() - began:.1f} s after the new default route")
    wait_until_up()
    reachable(limit=60)
    say(f"the office answers {time.monotonic() - began:.1f} s after the new default route")
    assert status()["server"]["address"] == "203.0.113.9"
    pptpsetup("delete", "work")
    nothing_left()
    change_back()
    lab.server.stop()
    before.assert_restored(*LOCK)


def connected_from(address: str) -> bool:
    return (
        f" {address}:"
        in run(["ss", "-Htn", "state", "established", "dport", "=", ":1723"], quiet=True).stdout
    )


@scenario(limit=600)
def an_encrypted_tunnel_moves(lab: Lab) -> None:
    """pppd dials again over the control connection that was made again."""
    roam(lab)


@scenario(limit=600)
def a_plain_tunnel_moves(lab: Lab) -> None:
    """pppd negotiates anew on the link that it has."""
    roam(lab, "--no-encrypt")
