"""Four hosts: a client, its provider's router, a PPTP server and a host in the office network behind it.

    client 198.51.100.2 --- 198.51.100.1 isp 203.0.113.1 --- 203.0.113.9 srv 192.168.7.1 --- 192.168.7.20 lan

The client is the host the scenario runs on (its network, its /etc); the others are network namespaces.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.vm import nameserver, office
from tests.vm.server import Server
from tests.vm.shell import run, wait_for

CLIENT, ISP, SERVER, OFFICE_HOST = "198.51.100.2", "198.51.100.1", "203.0.113.9", "192.168.7.20"
OFFICE = "192.168.7.0/24"
SERVER_NAME = "vpn.example.com"
HOSTS = ("isp", "srv", "lan")

_LINKS = """\
link add eth0 type veth peer name c0 netns isp
addr add 198.51.100.2/24 dev eth0
"""
_ISP = """\
link set lo up
addr add 198.51.100.1/24 dev c0
link set c0 up
link add s0 type veth peer name eth0 netns srv
addr add 203.0.113.1/24 dev s0
link set s0 up
"""
_SRV = """\
link set lo up
addr add 203.0.113.9/24 dev eth0
link set eth0 up
route add default via 203.0.113.1
link add lan0 type veth peer name eth0 netns lan
addr add 192.168.7.1/24 dev lan0
link set lan0 up
"""
_LAN = """\
link set lo up
addr add 192.168.7.20/24 dev eth0
link set eth0 up
route add default via 192.168.7.1
"""


def _ip(*arguments: str, script: str = "") -> str:
    done = subprocess.run(["ip", *arguments], input=script, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr}{script}")
    return done.stdout


def fork_inside(host: str, function: Callable[[], object]) -> int:
    """Call *function* in a child on *host* and return its pid; quicker than starting a program there."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.setsid()
            libc = ctypes.CDLL(None, use_errno=True)
            with open(f"/run/netns/{host}", "rb") as namespace:
                assert libc.setns(namespace.fileno(), 0) == 0, os.strerror(ctypes.get_errno())
            function()
            status = 0
        except Exception as error:  # noqa: BLE001 - a forked child must never run its parent's handlers
            print(f"on {host}: {error!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(status)
    return pid


class Lab:
    """The four hosts; ``close`` takes away what ``open`` and the scenario made."""

    def __init__(self) -> None:
        self.server = Server("srv", SERVER)
        self._services: list[int] = []

    def open(self) -> None:
        """Connect the hosts and start the name server and the office's service."""
        for host in HOSTS:
            _ip("netns", "add", host)
        _ip("-batch", "-", script=_LINKS)
        for host, script in (("isp", _ISP), ("srv", _SRV), ("lan", _LAN)):
            _ip("-n", host, "-batch", "-", script=script)
        if Path("/proc/sys/net/ipv6").exists():
            # A link-local address comes seconds later (RFC 4862 section 5.4) and looks like a change.
            _ip("link", "set", "eth0", "addrgenmode", "none")
        _ip("link", "set", "eth0", "up")
        # The kernel may take a second to see the carrier, and that looks like a change, too.
        operstate = Path("/sys/class/net/eth0/operstate")
        wait_for("the client's cable is plugged in", lambda: operstate.read_text() == "up\n", 20, 0.05)
        _ip("route", "add", "default", "via", ISP)
        for host in ("isp", "srv"):
            os.waitpid(fork_inside(host, lambda: Path("/proc/sys/net/ipv4/ip_forward").write_text("1")), 0)
        self._service("isp", nameserver.listen, nameserver.serve, ISP)
        self._service("lan", office.listen, office.serve, OFFICE_HOST)
        self._saved = {
            path: path.read_bytes()
            for path in map(Path, ("/etc/hosts", "/etc/resolv.conf"))
            if path.exists()
        }
        Path("/etc/hosts").write_text("127.0.0.1 localhost\n")
        Path("/etc/resolv.conf").unlink(missing_ok=True)
        Path("/etc/resolv.conf").write_text(f"nameserver {ISP}\n")

    def close(self) -> None:
        self.server.stop()
        for host in HOSTS:
            kill_inside(host)
        for service in self._services:
            os.waitpid(service, 0)
        for host in HOSTS:
            with suppress(RuntimeError):
                _ip("netns", "del", host)
        for path, content in self._saved.items():
            path.write_bytes(content)

    def diagnose(self) -> None:
        """Print what explains most failures; called before a failed scenario's hosts go."""
        print("the server's pppd said last:", *self.server.log.splitlines()[-40:], sep="\n    ")
        for report in Path("/run/pptpsetup").glob("*.json"):
            print(report, report.read_text(), flush=True)
        run(["ps", "-eo", "pid,ppid,stat,args"])
        run(["ip", "route"])

    def _service(
        self,
        host: str,
        listen: Callable[[str], socket.socket],
        serve: Callable[[socket.socket], None],
        address: str,
    ) -> None:
        """Start one of the lab's own servers and wait until it listens."""
        reading, writing = os.pipe()

        def child() -> None:
            server = listen(address)
            os.write(writing, b"ready")
            serve(server)

        self._services.append(fork_inside(host, child))
        os.close(writing)
        ready = os.read(reading, 5)
        os.close(reading)
        assert ready == b"ready", f"nothing listens on {address}"

    @staticmethod
    def inside(host: str, command: list[str], *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run *command* on *host*."""
        return run(["ip", "netns", "exec", host, *command], check=check)

    # Disturbances; each is undone by its opposite or with the lab.

    def block(self, *selector: str) -> None:
        """The provider silently drops what *selector* (of ip-rule(8)) matches, in both directions."""
        _ip("-n", "isp", "rule", "add", "pref", "10", *selector, "blackhole")

    def unblock(self) -> None:
        with suppress(RuntimeError):
            while True:
                _ip("-n", "isp", "rule", "del", "pref", "10")

    def block_gre(self) -> None:
        """The control connection works, the tunnel's packets do not pass: the classic broken router."""
        self.block("ipproto", "47")

    def block_control(self) -> None:
        """Nothing answers on TCP 1723."""
        self.block("ipproto", "tcp", "dport", "1723")

    def uplink(self, state: str) -> None:
        """Take the client's own link ``up`` or ``down``; the default route goes with it."""
        _ip("link", "set", "eth0", state)
        if state == "up":
            _ip("route", "replace", "default", "via", ISP)


def pids_inside(host: str) -> list[int]:
    done = subprocess.run(["ip", "netns", "pids", host], capture_output=True, text=True, check=False)
    return [int(pid) for pid in done.stdout.split()]


def kill_inside(host: str, number: signal.Signals = signal.SIGKILL) -> None:
    """Signal every process of *host* until none is left."""
    deadline = time.monotonic() + 20
    while (pids := pids_inside(host)) and time.monotonic() < deadline:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(0.1)


def reachable(address: str = OFFICE_HOST, limit: float = 30) -> None:
    """Assert that *address* answers a ping within *limit* seconds."""
    wait_for(
        f"ping {address}",
        lambda: run(["ping", "-n", "-c", "1", "-W", "2", address], quiet=True).returncode == 0,
        limit,
    )


def unreachable(address: str = OFFICE_HOST) -> None:
    """Assert that *address* does not answer."""
    assert run(["ping", "-n", "-c", "1", "-W", "2", address]).returncode != 0
