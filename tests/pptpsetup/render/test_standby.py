"""What a tunnel that dials on demand has before its first call: a script really run, and real routes."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.schema import Path as Place
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.hooks.choice import hook_files
from pptpsetup.render.hooks.standby import standby_files
from pptpsetup.render.places import ON_DEMAND
from pptpsetup.spec.model import Demand, Dns, Mode, Tunnel
from tests.golden.cases import WORK
from tests.pptpsetup.render.stage import SHELLS, Stage
from tests.support import need

DEBIAN = load_profile("debian")
ON = Demand(idle=60)
OFFICE = replace(WORK, demand=ON, routes=(IPv4Network("192.168.7.0/24"), IPv4Network("10.0.0.0/8")))
ALL = replace(OFFICE, server="203.0.113.9", mode=Mode.ALL_TO_TUNNEL, routes=())
LOGGING = [SHELLS["dash"], SHELLS["bash"]]
"busybox prefers its own logger to the one on the PATH."
ASLEEP = ["198.51.100.0/24 up0", "default up0"]
"The routes before pppd brings the interface up."


def script(hook: str, *tunnels: Tunnel) -> bytes:
    """Our script in /etc/ppp/HOOK.d."""
    (found,) = (
        each.content
        for each in hook_files(tunnels, DEBIAN)
        if isinstance(each, FileArtifact) and f"/{hook}.d/" in each.path
    )
    return found


def test_only_tunnels_on_demand_have_it() -> None:
    assert standby_files([WORK], DEBIAN) == ()
    assert b"'other'" not in script("ip-pre-up", OFFICE, replace(WORK, name="other"))


def test_without_a_dispatcher_it_is_pppds_own_file() -> None:
    """A single file, whose directory is there already."""
    profile = replace(DEBIAN, hooks=replace(DEBIAN.hooks, pre_up=Place("/etc/ppp/ip-pre-up")))
    (file,) = standby_files([OFFICE], profile)
    assert isinstance(file, FileArtifact)
    assert (file.path, file.access.mode) == ("/etc/ppp/ip-pre-up", 0o755)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path) as found:
        found.resolv_conf.write_text("nameserver 198.51.100.53\n")
        found.do("mount", "-t", "sysfs", "none", "/sys")
        found.do("ip", "link", "set", "ppp0", "down")
        assert found.routes() == ASLEEP
        yield found


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> Sequence[str]:
    return SHELLS[request.param]


@pytest.mark.host
@pytest.mark.parametrize("tunnel", [OFFICE, ALL], ids=["client-to-lan", "all-to-tunnel"])
def test_shells_and_shellcheck_find_nothing(tunnel: Tunnel, tmp_path: Path) -> None:
    path = tmp_path / "hook"
    path.write_bytes(script("ip-pre-up", tunnel))
    for each in (
        (need("shellcheck", package="shellcheck"), "-s", "sh"),
        *((*s, "-n") for s in SHELLS.values()),
    ):
        done = subprocess.run([*each, str(path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.host
def test_routes_are_there_before_the_interface_is_brought_up(stage: Stage, shell: Sequence[str]) -> None:
    """As pppd runs it: the interface has addresses and is down, the answer is waited for."""
    stage.hook(shell, script("ip-pre-up", OFFICE, ALL))
    assert stage.routes() == sorted(["192.168.7.1 ppp0", "192.168.7.0/24 ppp0", "10.0.0.0/8 ppp0", *ASLEEP])
    assert stage.alias("ppp0") == ON_DEMAND
    assert stage.left_behind() == [], "a pppd that is killed could not take anything back"
    # pppd brings it up once more.
    stage.do("ip", "link", "set", "ppp0", "up")
    assert stage.goes_through("192.168.7.20") == "ppp0"


@pytest.mark.host
def test_everything(stage: Stage, shell: Sequence[str]) -> None:
    """The server's own route is the engine's to set, when it dials."""
    stage.hook(shell, script("ip-pre-up", ALL))
    assert stage.goes_through("192.0.2.1") == stage.goes_through("203.0.113.9") == "ppp0"


@pytest.mark.host
def test_others_links_are_left_alone(stage: Stage, shell: Sequence[str]) -> None:
    for ipparam in ("", "nm-pptp-service-7", "pptpsetup-other", "pptpsetup-../work"):
        stage.hook(shell, script("ip-pre-up", OFFICE), ipparam)
    assert stage.routes() == ASLEEP
    assert stage.alias("ppp0") is None


@pytest.mark.host
@pytest.mark.parametrize("shell", LOGGING)
def test_a_route_that_somebody_has_stays(stage: Stage, shell: Sequence[str]) -> None:
    stage.do("ip", "route", "add", "192.168.7.0/24", "via", "198.51.100.1")
    environment = stage.fake("logger")
    stage.hook(shell, script("ip-pre-up", OFFICE), environment=environment)
    assert stage.goes_through("192.168.7.20") == "up0"
    assert stage.goes_through("10.0.0.1") == "ppp0"
    (said,) = stage.calls()
    assert "no route to 192.168.7.0/24 through ppp0: RTNETLINK answers: File exists" in said


@pytest.mark.host
@pytest.mark.parametrize("shell", LOGGING)
@pytest.mark.parametrize(("server", "told"), [("vpn.example.com", True), ("203.0.113.9", False)])
def test_a_name_server_that_only_the_tunnel_reaches_is_told(
    stage: Stage, shell: Sequence[str], server: str, told: bool
) -> None:
    stage.resolv_conf.write_text(
        "search x\nnameserver 10.0.0.53\nnameserver fe80::1\nnameserver 198.51.100.53\n"
    )
    stage.hook(shell, script("ip-pre-up", replace(OFFICE, server=server)), environment=stage.fake("logger"))
    expected = (
        "vpn.example.com cannot be looked up before the tunnel is up: the name server 10.0.0.53 is behind"
    )
    assert any(expected in each for each in stage.calls()) == told


@pytest.mark.host
def test_a_call_leaves_the_routes_as_it_found_them(stage: Stage, shell: Sequence[str]) -> None:
    """First call: pppd replaces the addresses, so the kernel drops the routes, and ip-up puts them back.
    ip-down leaves them, and takes back what belongs to the call: the way to the name server, and its use.
    """
    tunnel = replace(ALL, mode=Mode.CLIENT_TO_LAN, routes=OFFICE.routes, dns=Dns(from_peer=True))
    stage.hook(shell, script("ip-pre-up", tunnel))
    standby = stage.routes()
    stage.do("ip", "addr", "flush", "dev", "ppp0")
    assert stage.routes() == ASLEEP
    stage.do("ip", "addr", "add", "192.168.7.200", "peer", "192.168.7.1/32", "dev", "ppp0")
    # What the engine has done by now.
    stage.do("ip", "route", "add", "203.0.113.9", "via", "198.51.100.1", "proto", "80")
    environment = {"DNS1": "172.16.0.53"}
    for _ in range(2):
        stage.hook(shell, script("ip-up", tunnel), environment=environment)
        assert "172.16.0.53 ppp0" in stage.routes()
        assert {"192.168.7.0/24 ppp0", "10.0.0.0/8 ppp0"} <= set(stage.routes())
        assert "nameserver 172.16.0.53" in stage.resolv_conf.read_text()
        stage.hook(shell, script("ip-down", tunnel))
        assert [each for each in stage.routes() if not each.startswith("203.0.113.9")] == standby
        assert stage.resolv_conf.read_text() == "nameserver 198.51.100.53\n"
        assert stage.left_behind() == []
