"""Routes as the kernel has them, in a network namespace of the test's own."""

import subprocess
import sys
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from pptpsetup.tunnel.routes import EVERYTHING, missing, through
from tests.pptpsetup.tunnel.scene import Scene
from tests.support import need, need_root

_TABLE = (
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "ppp0\t0007A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n"
)


@pytest.mark.skipif(sys.byteorder != "little", reason="the table above is a little-endian machine's")
def test_what_goes_through_an_interface(tmp_path: Path) -> None:
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/route").write_text(_TABLE)
    lan, half = IPv4Network("192.168.7.0/24"), IPv4Network("0.0.0.0/1")
    assert through(tmp_path, "ppp0") == {lan, half}
    assert missing(tmp_path, "ppp0", EVERYTHING) == (IPv4Network("128.0.0.0/1"),)
    assert missing(tmp_path, "ppp0", (lan,)) == ()


def test_without_a_table_everything_is_missing(tmp_path: Path) -> None:
    assert missing(tmp_path, "ppp0", EVERYTHING) == EVERYTHING


_LINKS = """
set -e
ip link set lo up
ip link add va type veth peer name vb
ip link set vb up
ip addr add 10.9.0.1/24 dev va
ip link set va up
ip route add 203.0.113.9 via 10.9.0.2 proto 80
ip route add 203.0.113.10 via 10.9.0.2 proto 80
ip route add 203.0.113.11 via 10.9.0.2
"""


def _inside(links: str, code: str) -> str:
    """What *code* prints in a network namespace with *links*."""
    need_root("network namespaces")
    need("ip", package="iproute2")
    script = f'{links}\nexec "$0" -c "$1"'
    command = ["unshare", "--net", "sh", "-c", script, sys.executable, code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.host
def test_the_way_to_an_address() -> None:
    code = "from pptpsetup.tunnel.routes import interface_to as to; print(to('203.0.113.9'), to('8.8.8.8'))"
    assert _inside(_LINKS, code) == "va None\n"


@pytest.mark.host
def test_only_routes_of_ours_without_a_living_call_are_removed(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.engine(202)
    scene.report(server={"name": "x", "address": "203.0.113.10", "port": 1723})
    scene.report("dead", pids={"gateway": 7, "call_manager": 8})
    code = (
        "import subprocess; from pathlib import Path\n"
        "from pptpsetup.tunnel.routes import release_leftovers\n"
        f"print(*release_leftovers(Path({str(tmp_path)!r})), flush=True)\n"
        "subprocess.run(['ip', '-o', 'route', 'show', 'via', '10.9.0.2'], check=True)"
    )
    lines = _inside(_LINKS, code).splitlines()
    assert lines[0] == "203.0.113.9"
    assert [line.split()[0] for line in lines[1:]] == ["203.0.113.10", "203.0.113.11"]
