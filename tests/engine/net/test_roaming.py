"""The uplink changes under a running call: another gateway, another address, a while without any.

client v0 192.0.2.1 --- 192.0.2.2 v0 server        the default route goes here at first
client v1 198.51.100.1 --- 198.51.100.2 v1 server
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.engine.net.lab import Dialled, Lab, ip, wait_for

pytestmark = pytest.mark.host

IP_FRAME = b"\xff\x03\x00\x21over the air"


@pytest.fixture
def two_ways(lab: Lab) -> Lab:
    """A second link between client and server."""
    names = ("netns", lab.client, "type", "veth", "peer", "name", "v1", "netns", lab.server)
    ip("link", "add", "v1", *names)
    for name, address in ((lab.client, "198.51.100.1/24"), (lab.server, "198.51.100.2/24")):
        ip("-n", name, "address", "add", address, "dev", "v1")
        ip("-n", name, "link", "set", "v1", "up")
    lab.routes_before = lab.routes()
    lab.start_server()
    return lab


def move(lab: Lab, *default: str) -> None:
    """Give the client another default route."""
    ip("-n", lab.client, "route", "replace", "default", *default)


def passes(dialled: Dialled) -> bool:
    return dialled.exchange([IP_FRAME]) == [IP_FRAME]


def pinned(lab: Lab) -> str:
    """The host route to the server."""
    return ip("-n", lab.client, "route", "show", f"{lab.address}/32").replace(" linkdown", "").strip()


def test_another_router_on_the_same_link(two_ways: Lab) -> None:
    """The host route follows; address, control connection and call stay."""
    lab = two_ways
    dialled = lab.dial()
    before = dialled.wait_up()
    ip("-n", lab.server, "address", "add", "192.0.2.3/24", "dev", "v0")
    move(lab, "via", "192.0.2.3")
    wait_for(lambda: pinned(lab) == f"{lab.address} via 192.0.2.3 dev v0 proto 80")
    wait_for(lambda: dialled.report()["host_route"] == {"gateway": "192.0.2.3", "interface": "v0"})
    assert passes(dialled)
    assert dialled.report()["call"] == before["call"]
    assert dialled.hang_up() == 0
    assert pinned(lab) == ""


def test_another_link_and_address(two_ways: Lab) -> None:
    """The old link goes: route, control connection and call are made again; pppd keeps its terminal."""
    lab = two_ways
    dialled = lab.dial()
    before = dialled.wait_up()
    assert passes(dialled)
    ip("-n", lab.client, "link", "set", "v0", "down")
    move(lab, "via", "198.51.100.2")
    wait_for(lambda: dialled.report()["local_address"] == "198.51.100.1")
    wait_for(lambda: dialled.report()["call"] != before["call"])
    after = dialled.wait_up()
    assert after["call"]["id"] != before["call"]["id"]
    assert after["pids"] == before["pids"]
    assert pinned(lab) == f"{lab.address} via 198.51.100.2 dev v1 proto 80"
    assert passes(dialled)
    assert dialled.hang_up() == 0
    assert dialled.report()["gre"]["sent"] == 2, "the counters go on"
    assert pinned(lab) == ""


def test_the_default_route_moves_while_the_old_link_stays(two_ways: Lab) -> None:
    """A cable is plugged in beside the radio: the tunnel follows the default route."""
    lab = two_ways
    dialled = lab.dial()
    dialled.wait_up()
    move(lab, "via", "198.51.100.2")
    wait_for(lambda: dialled.report()["local_address"] == "198.51.100.1")
    dialled.wait_up()
    assert passes(dialled)
    assert dialled.hang_up() == 0


def test_a_while_without_any_uplink(two_ways: Lab) -> None:
    """Nothing is given up while there is no way; the same address back means the same call."""
    lab = two_ways
    dialled = lab.dial()
    before = dialled.wait_up()
    ip("-n", lab.client, "link", "set", "v0", "down")
    wait_for(lambda: pinned(lab) == "")
    ip("-n", lab.client, "link", "set", "v0", "up")
    move(lab, "via", "192.0.2.2")
    wait_for(lambda: pinned(lab) == f"{lab.address} via 192.0.2.2 dev v0 proto 80")
    wait_for(lambda: passes(dialled))
    assert dialled.report()["call"] == before["call"]
    assert dialled.hang_up() == 0


TUN_AS_PPP = """
import fcntl, os, struct
tun = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"ppp0", 0x1001))  # TUNSETIFF: IFF_TUN | IFF_NO_PI
fcntl.ioctl(tun, 0x400454CD, 512)  # TUNSETLINK: ARPHRD_PPP
fcntl.ioctl(tun, 0x400454CB, 1)  # TUNSETPERSIST
"""


def full_tunnel(lab: Lab) -> None:
    """A PPP interface that everything but the host route leads into, as with --all-to-tunnel."""
    command = ["ip", "netns", "exec", lab.client, sys.executable, "-c", TUN_AS_PPP]
    subprocess.run(command, check=True)
    ip("-n", lab.client, "address", "add", "10.1.1.2", "peer", "10.1.1.1", "dev", "ppp0")
    ip("-n", lab.client, "link", "set", "ppp0", "up")
    for half in ("0.0.0.0/1", "128.0.0.0/1"):
        ip("-n", lab.client, "route", "add", half, "dev", "ppp0")


@pytest.mark.parametrize("options", [(), ("--nohostroute", "--rtmark", "7")])
def test_the_tunnel_itself_is_no_way_to_the_server(two_ways: Lab, options: tuple[str, ...]) -> None:
    """The uplink is gone for a while, and what is left of the table leads into the tunnel."""
    lab = two_ways
    if options:
        ip("-n", lab.client, "rule", "add", "fwmark", "7", "table", "77")
        ip("-n", lab.client, "route", "add", "default", "via", "192.0.2.2", "table", "77")
    dialled = lab.dial(*options)
    before = dialled.wait_up()
    full_tunnel(lab)
    ip("-n", lab.client, "link", "set", "v0", "down")
    time.sleep(1)
    assert pinned(lab) == ""
    ip("-n", lab.client, "link", "set", "v0", "up")
    move(lab, "via", "192.0.2.2")
    if options:
        ip("-n", lab.client, "route", "replace", "default", "via", "192.0.2.2", "table", "77")
    else:
        wait_for(lambda: pinned(lab) == f"{lab.address} via 192.0.2.2 dev v0 proto 80")
    assert passes(dialled)
    assert dialled.report()["call"] == before["call"]
    assert dialled.hang_up() == 0


def test_the_tunnel_that_waits_for_this_call_is_no_way_to_the_server(two_ways: Lab) -> None:
    """Dial on demand: everything leads into ppp0 before the call. GRE must not leave with its address."""
    lab = two_ways
    full_tunnel(lab)
    # What pppd, whose place we take, writes; see FILES in pppd(8).
    pid_file = Path(f"/run/ppp-pptpengine-test-{os.getpid()}.pid")
    pid_file.write_text(f"{os.getpid()}\nppp0\n")
    try:
        dialled = lab.dial()
        dialled.wait_up()
        assert pinned(lab) == f"{lab.address} via 192.0.2.2 dev v0 proto 80"
        assert dialled.report()["local_address"] == "192.0.2.1"
        assert passes(dialled)
        assert dialled.hang_up() == 0
        assert pinned(lab) == ""
    finally:
        pid_file.unlink()


def test_without_a_host_route_the_call_follows_as_well(two_ways: Lab) -> None:
    """--nohostroute, as for policy routing."""
    lab = two_ways
    dialled = lab.dial("--nohostroute")
    dialled.wait_up()
    ip("-n", lab.client, "link", "set", "v0", "down")
    move(lab, "via", "198.51.100.2")
    wait_for(lambda: dialled.report()["local_address"] == "198.51.100.1")
    dialled.wait_up()
    assert passes(dialled)
    assert dialled.hang_up() == 0
    assert pinned(lab) == ""


def test_no_other_address_is_tried_after_a_call(two_ways: Lab) -> None:
    """The server cannot be reached over the new uplink. The gateway may not open a raw socket any more."""
    lab = two_ways
    lab.etc("hosts", f"{lab.address} vpn.test\n100.127.255.254 vpn.test\n")
    dialled = lab.dial("--connect-timeout", "1", host="vpn.test")
    assert dialled.wait_up()["server"]["address"] == lab.address
    ip("-n", lab.server, "route", "add", "blackhole", "198.51.100.1")
    move(lab, "via", "198.51.100.2")
    assert dialled.process.wait(20) == 6
    final = dialled.report()
    assert final["cause"]["message"] == f"{lab.address} did not answer on TCP port 1723 within 1 s"
    assert final["server"]["address"] == lab.address
    assert pinned(lab) == ""


def test_an_encrypted_link_ends_so_that_pppd_dials_again(two_ways: Lab) -> None:
    """pppd cannot negotiate MPPE anew on a link that is up; the control connection waits for the redial."""
    lab = two_ways
    dialled = lab.dial("--debug")
    manager = dialled.wait_up()["pids"]["call_manager"]
    negotiate_mppe(dialled)
    wait_for(lambda: dialled.report()["negotiated"]["encryption"])
    ip("-n", lab.client, "link", "set", "v0", "down")
    move(lab, "via", "198.51.100.2")
    assert dialled.process.wait(20) == 17
    assert "was not done" not in (lab.directory / "stderr").read_text()
    assert dialled.report()["cause"]["code"] == "uplink-changed"
    again = lab.dial()
    report = again.wait_up()
    assert report["pids"]["call_manager"] == manager
    assert report["local_address"] == "198.51.100.1"
    assert again.hang_up() == 0
    assert pinned(lab) == ""


def negotiate_mppe(dialled: Dialled) -> None:
    """LCP and CCP as the observer has to see them; the server echoes, so both sides say the same."""
    for protocol, options in ((b"\xc0\x21", b"\x05\x06abcd"), (b"\x80\xfd", b"\x12\x06\x01\x00\x00\x40")):
        for code in (b"\x01", b"\x02"):
            frame = b"\xff\x03" + protocol + code + b"\x01" + (4 + len(options)).to_bytes(2, "big") + options
            assert dialled.exchange([frame]) == [frame]
