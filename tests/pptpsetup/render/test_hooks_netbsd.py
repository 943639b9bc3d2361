"""The scripts for NetBSD, run by six shells with stand-ins for its programs and nothing of Linux."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from pptpsetup.spec.model import Dns, Engine, Mode
from tests.golden.cases import WORK
from tests.pptpsetup.render import netbsd
from tests.pptpsetup.render.hooks import NETBSD, scripts
from tests.pptpsetup.render.netbsd import World, look_up
from tests.pptpsetup.render.stage import SHELLS, Stage

pytestmark = pytest.mark.host

LINUX_ONLY = ("ip", "nft", "iptables", "systemctl", "resolvectl", "netconfig")
ADDRESSES = {"wm0": "198.51.100.2", "ppp0": "192.168.7.200", "lo0": "127.0.0.1"}
BEFORE = {"0.0.0.0/0": "wm0", "198.51.100.0/24": "wm0", "192.168.7.1/32": "ppp0"}
OUTSIDE = replace(WORK, server="203.0.113.9")
NETWORKS = tuple(
    map(IPv4Network, ("10.0.0.0/8", "10.0.0.0/16", "10.0.0.0/31", "172.16.0.0/12", "192.0.2.7/32"))
)


class Host:
    """A stage on which only NetBSD's programs, and those of both, can be called without being noticed."""

    def __init__(self, stage: Stage, shell: Sequence[str]) -> None:
        self.stage, self.shell = stage, shell
        self.world = World(stage.fakes / "world.json")
        self.world.create(ADDRESSES, BEFORE)
        for name in LINUX_ONLY:
            stage.fake(name)
        source = Path(netbsd.__file__).read_text()
        for name in ("route", "ifconfig", "sysctl"):
            path = stage.fakes / name
            path.write_text(f"#!{sys.executable}\n{source}")
            path.chmod(0o755)

    def hook(self, script: bytes, *, interface: str = "ppp0", peer: str = "192.168.7.1", **env: str) -> None:
        if self.shell[0] == "busybox":
            # It prefers its own programs of these names to those in PATH, but not to functions.
            names = ("route", "ifconfig", "sysctl")
            own = "".join(f'{each}() {{ "{self.stage.fakes}/{each}" "$@"; }}\n' for each in names)
            script = own.encode() + script
        path = {"PATH": str(self.stage.fakes)}
        self.stage.hook(self.shell, script, interface=interface, peer=peer, environment={**path, **env})
        assert self.world.read()["misused"] == []
        assert [each for each in self.stage.calls() if each.split("|")[0] in LINUX_ONLY] == []

    def goes_through(self, address: str) -> str:
        network = look_up(self.world.routes, address)
        return self.world.routes[str(network)]


@pytest.fixture(params=SHELLS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    with Stage(tmp_path) as stage:
        yield Host(stage, SHELLS[request.param])


def test_routes_of_every_length_come_and_go(host: Host) -> None:
    """Also when one begins where another does."""
    up, down = scripts(replace(OUTSIDE, routes=NETWORKS), profile=NETBSD)
    for _ in range(2):
        host.hook(up)
        assert host.world.routes == {**BEFORE, **{str(each): "ppp0" for each in NETWORKS}}
    host.hook(down)
    assert host.world.routes == BEFORE
    assert host.stage.left_behind() == []


def test_everything_goes_through_but_the_way_to_the_server(host: Host) -> None:
    up, down = scripts(replace(OUTSIDE, mode=Mode.ALL_TO_TUNNEL, routes=()), profile=NETBSD)
    pinned = {**BEFORE, "203.0.113.9/32": "wm0"}
    host.world.write(routes=pinned)
    host.hook(up)
    assert host.world.routes == {**pinned, "0.0.0.0/1": "ppp0", "128.0.0.0/1": "ppp0"}
    assert (host.goes_through("203.0.113.9"), host.goes_through("8.8.8.8")) == ("wm0", "ppp0")
    host.hook(down)
    assert host.world.routes == pinned


def test_a_network_that_would_draw_the_tunnel_into_itself_is_left_out(host: Host) -> None:
    """Without a route to the server alone, a network that holds it is a loop."""
    networks = (IPv4Network("203.0.113.0/24"), IPv4Network("10.0.0.0/8"))
    host.hook(scripts(replace(OUTSIDE, routes=networks), profile=NETBSD)[0])
    assert host.world.routes == {**BEFORE, "10.0.0.0/8": "ppp0"}


def test_a_peer_with_the_servers_own_address(host: Host) -> None:
    host.world.write(routes={"0.0.0.0/0": "wm0", "203.0.113.9/32": "ppp0"})
    host.hook(scripts(OUTSIDE, profile=NETBSD)[0], peer="203.0.113.9")
    assert host.world.routes == {"0.0.0.0/0": "wm0", "192.168.7.0/24": "ppp0"}


def test_somebody_elses_route_to_the_same_network_stays(host: Host) -> None:
    up, down = scripts(OUTSIDE, profile=NETBSD)
    theirs = {**BEFORE, "192.168.7.0/24": "wm0"}
    host.world.write(routes=theirs)
    host.hook(up)
    assert host.world.routes == theirs
    host.hook(down)
    assert host.world.routes == theirs


def test_a_route_of_ours_that_leads_elsewhere_by_now_stays(host: Host) -> None:
    up, down = scripts(OUTSIDE, profile=NETBSD)
    host.hook(up)
    changed = {**BEFORE, "192.168.7.0/24": "wm0"}
    host.world.write(routes=changed)
    host.hook(down)
    assert host.world.routes == changed


def test_routes_that_a_killed_pppd_left_are_removed(host: Host) -> None:
    """The interface is still listed, but down."""
    up, down = scripts(OUTSIDE, profile=NETBSD)
    host.hook(up)
    host.world.write(down=["ppp0"])
    host.hook(down, interface="", peer="")
    assert host.world.routes == BEFORE
    assert host.stage.left_behind() == []


def test_an_interface_that_is_another_links_by_now_keeps_its_routes(host: Host) -> None:
    up, down = scripts(OUTSIDE, profile=NETBSD)
    host.hook(up)
    routes = host.world.routes
    host.hook(down, interface="", peer="")
    assert host.world.routes == routes
    assert host.stage.left_behind() == []


@pytest.mark.parametrize("before", ["0", "1"])
def test_forwarding_is_as_it_was(host: Host, before: str) -> None:
    up, down = scripts(replace(OUTSIDE, mode=Mode.LAN_TO_LAN), profile=NETBSD)
    host.world.write(forwarding=before)
    host.hook(up)
    assert host.world.read()["forwarding"] == "1"
    assert host.world.routes == {**BEFORE, "192.168.7.0/24": "ppp0"}
    host.hook(down)
    assert host.world.read()["forwarding"] == before
    assert (host.world.routes, host.stage.left_behind()) == (BEFORE, [])


def test_what_is_left_to_npf_is_logged(host: Host) -> None:
    host.stage.fake("logger")
    host.hook(scripts(replace(OUTSIDE, mode=Mode.LAN_TO_LAN), profile=NETBSD)[0])
    if host.shell[0] != "busybox":  # it runs its own logger
        assert "npf.conf(5)" in "\n".join(host.stage.calls())


def test_name_servers_by_resolvconf_and_by_hand(host: Host) -> None:
    dns = Dns(servers=(IPv4Address("10.9.9.9"),))
    up, down = scripts(replace(OUTSIDE, dns=dns, engine=Engine.SYSTEM), profile=NETBSD)
    host.stage.resolv_conf.write_bytes(b"nameserver 198.51.100.53")
    host.hook(up)
    assert b"nameserver 10.9.9.9\n" in host.stage.resolv_conf.read_bytes()
    assert host.goes_through("10.9.9.9") == "ppp0"
    host.hook(down)
    assert host.stage.resolv_conf.read_bytes() == b"nameserver 198.51.100.53"
    host.stage.fake("resolvconf")
    host.hook(up)
    assert "resolvconf|-a|vpn.ppp0.pptpsetup-work|-m|0" in host.stage.calls()
    host.hook(down)
    assert host.world.routes == BEFORE
