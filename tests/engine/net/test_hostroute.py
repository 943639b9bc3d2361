"""The host route, made and removed in real network namespaces.

The client has eth0, 198.51.100.2/24, with the default route via 198.51.100.1, and eth1, 192.0.2.2/24.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpengine.net import sockets
from pptpengine.net.hostroute import RTPROT_PPTP, RouteUnsupportedError, pin, release
from pptpengine.net.rtnetlink import Route, decode_route, encode_route
from tests.support import need, need_root

ENGINE = Path(__file__).parents[3] / "engine"
SERVER = "203.0.113.9"

# Runs inside the namespace; prints what the last expression gives, or the error.
CHILD = """
import json, sys, socket, dataclasses
from ipaddress import IPv4Address
from pptpengine.net.hostroute import pin, release, release_stale
def pinned(server):
    return pin(server).owned
try:
    value = eval(sys.argv[1])
except Exception as error:
    number = getattr(error, "errno", None)
    print(json.dumps({"error": type(error).__name__, "errno": number, "text": str(error)}))
else:
    print(json.dumps(dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value, default=str))
"""

TUN_AS_PPP = """
import fcntl, os, struct, sys
tun = os.open("/dev/net/tun", os.O_RDWR)
# TUNSETIFF with IFF_TUN | IFF_NO_PI
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", sys.argv[1].encode(), 0x1001))
fcntl.ioctl(tun, 0x400454CD, 512)  # TUNSETLINK: ARPHRD_PPP
fcntl.ioctl(tun, 0x400454CB, 1)  # TUNSETPERSIST
"""


class Client:
    """A network namespace with an uplink."""

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, *arguments: str) -> str:
        command = ["ip", "netns", "exec", self.name, *arguments]
        result = subprocess.run(command, check=False, capture_output=True, text=True)
        assert result.returncode == 0, (arguments, result.stderr)
        return result.stdout

    def ip(self, arguments: str) -> str:
        return self.run("ip", *arguments.split())

    def call(self, expression: str, *prefix: str) -> Any:
        return json.loads(
            self.run(*prefix, "env", f"PYTHONPATH={ENGINE}", sys.executable, "-c", CHILD, expression)
        )

    def pin(self) -> Any:
        return self.call(f"pin(IPv4Address('{SERVER}'))")

    def release(self) -> Any:
        return self.call(f"release(IPv4Address('{SERVER}'))")

    def pin_and_release(self) -> Any:
        self.pin()
        return self.release()

    def host_routes(self) -> list[str]:
        """Routes to the server as ip(8) shows them, without what differs between its versions."""
        lines = self.ip(f"route show {SERVER}/32").splitlines()
        return [" ".join(word for word in line.split() if word != "linkdown") for line in lines]

    def ppp(self, name: str, peer: str) -> None:
        self.run(sys.executable, "-c", TUN_AS_PPP, name)
        self.ip(f"addr add 10.1.1.2 peer {peer} dev {name}")
        self.ip(f"link set {name} up")


@pytest.fixture
def client() -> Iterator[Client]:
    need("ip", package="iproute2")
    need_root("network namespaces")
    name = f"pptp-test-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        here = Client(name)
        for device, address in (("eth0", "198.51.100.2/24"), ("eth1", "192.0.2.2/24")):
            here.ip(f"link add {device} type veth peer name {device}-far")
            here.ip(f"link set {device}-far up")
            here.ip(f"link set {device} up")
            here.ip(f"addr add {address} dev {device}")
        here.ip("link set lo up")
        here.ip("route add default via 198.51.100.1")
        yield here
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


pytestmark = pytest.mark.host

OURS = f"{SERVER} via 198.51.100.1 dev eth0 proto 80"


def test_pin_and_release_leave_the_table_as_it_was(client: Client) -> None:
    before = client.ip("-4 route show table all")
    pinned = client.pin()
    assert pinned == {
        "destination": SERVER,
        "gateway": "198.51.100.1",
        "interface": "eth0",
        "owned": True,
        "source": "198.51.100.2",
    }
    assert client.host_routes() == [OURS]
    assert [client.pin_and_release(), client.pin_and_release()] == [True, True]
    assert client.ip("-4 route show table all") == before


def test_wide_routes_of_a_tunnel_do_not_move_the_server(client: Client) -> None:
    client.pin()
    client.ppp("ppp0", "10.1.1.1")
    client.ip("route add 0.0.0.0/1 dev ppp0")
    client.ip("route add 128.0.0.0/1 dev ppp0")
    assert " dev eth0 " in client.ip(f"route get {SERVER}")
    assert client.pin()["owned"]
    assert client.host_routes() == [OURS]


def test_many_pin_the_same_server_at_once(client: Client) -> None:
    """Two tunnels to one server, started together at boot."""
    pool = "__import__('multiprocessing').get_context('fork').Pool(8)"
    for _ in range(4):
        owned = client.call(f"{pool}.map(pinned, [IPv4Address('{SERVER}')] * 8, chunksize=1)")
        assert owned == [True] * 8
        client.release()
    client.pin()
    assert client.host_routes() == [OURS]


def test_releasing_twice_is_harmless(client: Client) -> None:
    client.pin()
    assert client.release() is True
    assert client.release() is False


def test_a_neighbour_needs_no_route(client: Client) -> None:
    before = client.ip("route")
    found = client.call("pin(IPv4Address('198.51.100.77'))")
    assert (found["gateway"], found["interface"], found["owned"]) == (None, "eth0", False)
    assert client.ip("route") == before


def test_this_machine_needs_no_route(client: Client) -> None:
    assert client.call("pin(IPv4Address('198.51.100.2'))")["owned"] is False
    assert client.call("pin(IPv4Address('127.0.0.1'))")["interface"] == "lo"


def test_a_default_route_without_a_gateway_is_pinned_to_its_device(client: Client) -> None:
    """Otherwise a tunnel's 0.0.0.0/1 would win; mobile and PPPoE uplinks look like this."""
    client.ip("route replace default dev eth1")
    pinned = client.pin()
    assert (pinned["gateway"], pinned["interface"], pinned["owned"]) == (None, "eth1", True)
    assert client.host_routes() == [f"{SERVER} dev eth1 proto 80 scope link"]
    assert client.pin_and_release() is True
    assert client.host_routes() == []


def test_a_gateway_outside_of_every_network_is_pinned_as_it_is(client: Client) -> None:
    """Rented servers: `default via 172.31.1.1 dev eth0 onlink`."""
    client.ip("route replace default via 172.31.1.1 dev eth0 onlink src 198.51.100.2")
    assert client.pin()["owned"]
    assert client.host_routes() == [f"{SERVER} via 172.31.1.1 dev eth0 proto 80 src 198.51.100.2 onlink"]
    assert client.pin_and_release() is True
    assert client.host_routes() == []


def test_an_ipv6_next_hop_is_kept(client: Client) -> None:
    client.ip("-4 route replace default via inet6 fe80::1 dev eth0")
    assert client.pin()["gateway"] == "fe80::1"
    assert client.host_routes() == [f"{SERVER} via inet6 fe80::1 dev eth0 proto 80"]
    assert client.pin_and_release() is True


def test_one_of_several_default_gateways_is_chosen(client: Client) -> None:
    client.ip("route replace default nexthop via 198.51.100.1 dev eth0 nexthop via 192.0.2.1 dev eth1")
    pinned = client.pin()
    assert (pinned["gateway"], pinned["interface"]) in {("198.51.100.1", "eth0"), ("192.0.2.1", "eth1")}
    assert len(client.host_routes()) == 1


def test_a_host_route_of_somebody_else_is_respected(client: Client) -> None:
    client.ip(f"route add {SERVER} via 192.0.2.1 proto static")
    found = client.pin()
    assert (found["gateway"], found["interface"], found["owned"]) == ("192.0.2.1", "eth1", False)
    assert client.pin_and_release() is False
    assert client.host_routes() == [f"{SERVER} via 192.0.2.1 dev eth1 proto static"]


def test_a_route_that_somebody_changed_is_not_removed(client: Client) -> None:
    client.pin()
    client.ip(f"route replace {SERVER} via 198.51.100.1 proto static")
    assert client.release() is False
    assert client.host_routes() == [f"{SERVER} via 198.51.100.1 dev eth0 proto static"]


def test_a_route_left_behind_is_renewed_when_the_uplink_has_changed(client: Client) -> None:
    client.pin()
    client.ip("route replace default via 192.0.2.1")
    assert client.pin()["gateway"] == "192.0.2.1"
    assert client.host_routes() == [f"{SERVER} via 192.0.2.1 dev eth1 proto 80"]


def test_a_route_left_behind_goes_when_the_server_became_a_neighbour(client: Client) -> None:
    client.pin()
    client.ip("addr add 203.0.113.2/24 dev eth1")
    found = client.pin()
    assert (found["gateway"], found["interface"], found["owned"]) == (None, "eth1", False)
    assert client.host_routes() == []


def test_a_route_left_behind_stays_when_there_is_no_other(client: Client) -> None:
    client.pin()
    client.ip("route del default")
    assert client.pin()["owned"]
    assert client.host_routes() == [OURS]


def test_a_tunnel_whose_far_end_is_the_server_is_a_loop(client: Client) -> None:
    client.ppp("ppp0", SERVER)
    before = client.ip("route")
    refused = client.pin()
    assert refused["error"] == "RouteLoopError"
    assert "ppp0" in refused["text"]
    assert client.ip("route") == before


def test_another_ppp_link_as_the_uplink_is_no_loop(client: Client) -> None:
    """PPPoE: the default route goes out through ppp0, whose far end is the provider."""
    client.ppp("ppp0", "10.1.1.1")
    client.ip("route replace default dev ppp0")
    assert client.pin()["interface"] == "ppp0"


# pppd's place is taken by a shell that writes what pppd writes (pppd(8), FILES) in a /run of its own.
DEMAND = """
mount -t tmpfs none /run
echo 1 >/run/other.pid
printf '%s' "$1" | sed "s/PID/$$/" >/run/"$0"
shift
"$@"
"""


def dials_on_demand(client: Client, pid_file: str, content: str, *shell: str) -> Any:
    """What `pin` finds when it is called from below such a pppd."""
    prefix = ["unshare", "-m", "--propagation", "private", "sh", "-c", DEMAND, pid_file, content, *shell]
    return client.call(f"pin(IPv4Address('{SERVER}'), pppd=__import__('os').getppid())", *prefix)


@pytest.mark.parametrize(
    ("pid_file", "content"),
    [("ppp0.pid", "PID\n"), ("ppp-office.pid", "PID\nppp0\n")],
)
@pytest.mark.parametrize("shell", [(), ("sh", "-c", '"$@"; exit', "sh")], ids=["direct", "through-sh"])
def test_the_interface_of_a_pppd_that_waits_for_the_call_is_no_way(
    client: Client, pid_file: str, content: str, shell: tuple[str, ...]
) -> None:
    """Dial on demand: everything goes into ppp0 already when the first packet has started us."""
    client.ppp("ppp0", "10.1.1.1")
    client.ip("route add 0.0.0.0/1 dev ppp0")
    client.ip("route add 128.0.0.0/1 dev ppp0")
    pinned = dials_on_demand(client, pid_file, content, *shell)
    assert (pinned["gateway"], pinned["interface"], pinned["owned"]) == ("198.51.100.1", "eth0", True)
    assert client.host_routes() == [OURS]


def test_waiting_behind_a_ppp_uplink(client: Client) -> None:
    """PPPoE again, and the tunnel that waits for its call is another PPP link."""
    client.ppp("ppp0", "10.1.1.1")
    client.ip("route replace default dev ppp0")
    client.ppp("ppp1", "10.2.2.2")
    client.ip("route add 128.0.0.0/1 dev ppp1")
    assert dials_on_demand(client, "ppp1.pid", "PID\n")["interface"] == "ppp0"
    client.release()
    assert client.pin()["interface"] == "ppp1", "of which nobody knows that it waits"


def test_waiting_without_an_uplink(client: Client) -> None:
    client.ppp("ppp0", "10.1.1.1")
    client.ip("route del default")
    client.ip("route add 128.0.0.0/1 dev ppp0")
    refused = dials_on_demand(client, "ppp0.pid", "PID\n")
    assert (refused["error"], refused["errno"]) == ("OSError", 101)
    assert client.host_routes() == []


def test_stale_routes_go_and_those_in_use_stay(client: Client) -> None:
    for server in (SERVER, "203.0.113.10", "203.0.113.11"):
        client.call(f"pin(IPv4Address('{server}'))")
    client.ip("route add 203.0.113.12 via 198.51.100.1 proto static")
    client.ip("route add 203.0.113.128/25 via 198.51.100.1 proto 80")
    gone = client.call("[str(server) for server in release_stale([IPv4Address('203.0.113.10')])]")
    assert sorted(gone) == ["203.0.113.11", SERVER]
    left = {line.split()[0] for line in client.ip("route show root 203.0.113.0/24").splitlines()}
    assert left == {"203.0.113.10", "203.0.113.12", "203.0.113.128/25"}


def test_no_way_to_the_server(client: Client) -> None:
    client.ip("route del default")
    refused = client.pin()
    assert (refused["error"], refused["errno"]) == ("OSError", 101)
    assert f"cannot find the way to {SERVER}: Network is unreachable" in refused["text"]


@pytest.mark.parametrize("address", ["224.0.0.5", "198.51.100.255"])
def test_an_address_of_many_hosts_is_no_server(client: Client, address: str) -> None:
    refused = client.call(f"pin(IPv4Address('{address}'))")
    assert (refused["error"], refused["errno"]) == ("OSError", 101)


def test_without_the_privilege_the_kernel_says_no(client: Client) -> None:
    setpriv = need("setpriv", package="util-linux")
    refused = client.call(f"pin(IPv4Address('{SERVER}'))", setpriv, "--bounding-set=-all", "--inh-caps=-all")
    assert (refused["error"], refused["errno"]) == ("PermissionError", 1)
    assert f"cannot add a route to {SERVER}/32" in refused["text"]


def test_a_source_address_is_looked_up_by_the_rules(client: Client) -> None:
    client.ip("route add default via 192.0.2.1 table 77")
    client.ip("rule add from 192.0.2.2 lookup 77")
    assert client.call(f"pin(IPv4Address('{SERVER}'), IPv4Address('192.0.2.2'))")["interface"] == "eth1"


def test_a_system_without_rtnetlink_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sockets, "AF_NETLINK")
    with pytest.raises(RouteUnsupportedError):
        pin(IPv4Address(SERVER))
    with pytest.raises(RouteUnsupportedError):
        release(IPv4Address(SERVER))


ADDRESSES = st.integers(0, 2**32 - 1).map(IPv4Address)


@given(
    destination=st.builds(
        lambda address, length: IPv4Network((address, length), strict=False), ADDRESSES, st.integers(0, 32)
    ),
    interface=st.none() | st.integers(1, 2**31),
    gateway=st.none() | ADDRESSES | st.integers(0, 2**128 - 1).map(IPv6Address),
    source=st.none() | ADDRESSES,
    priority=st.integers(0, 2**32 - 1),
    table=st.integers(1, 2**32 - 1),
)
def test_routes_survive_the_way_out_and_in(**fields: Any) -> None:
    route = Route(protocol=RTPROT_PPTP, **fields)
    assert decode_route(encode_route(route)) == route


@given(st.binary(max_size=80))
def test_octets_that_are_no_route_raise_oserror(octets: bytes) -> None:
    try:
        decode_route(octets)
    except OSError as error:
        assert error.errno == 74  # noqa: PT017 -- EBADMSG; octets that happen to be a route are fine as well
