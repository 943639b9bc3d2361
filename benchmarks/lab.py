"""What every measurement needs: a network namespace of its own, the peer, a program with a pty, and its CPU
time.
"""

import importlib.util
import json
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import tty
from contextlib import suppress
from pathlib import Path
from typing import Any

from pptpengine.wire import hdlc

ROOT = Path(__file__).parents[1]
CLIENT = "192.0.2.1"
SERVER = "192.0.2.2"
PATIENCE = 20.0
_CLOSE = 5.0
"Seconds after which a measurement is given up."
INSIDE = "PPTPENGINE_BENCHMARK_INSIDE"

_LCP = "ff03c021"
_IPCP = "ff038021"


class FailedError(Exception):
    """A measurement did not come to its end."""


def enter(module: str) -> None:
    """Run the calling program again in network and mount namespaces of its own, unless it is there already.

    Both addresses are on the loopback device; /run/pptp is private, so that nobody's calls are met.
    """
    if not os.environ.get(INSIDE):
        os.environ[INSIDE] = "1"
        words = ["unshare", "--net", "--mount", sys.executable, "-m", module, *sys.argv[1:]]
        os.execvp(words[0], words)  # noqa: S606 - the same program again
    for words in (
        ["mount", "-t", "tmpfs", "none", "/run"],
        ["ip", "link", "set", "lo", "up"],
        ["ip", "address", "add", f"{CLIENT}/32", "dev", "lo"],
        ["ip", "address", "add", f"{SERVER}/32", "dev", "lo"],
    ):
        subprocess.run(words, check=True)
    Path("/run/pptp").mkdir(mode=0o700)


def commands(extra: list[str]) -> dict[str, list[str]]:
    """Command lines of the programs, by name: ours, ours with the extra ``fast`` if it is installed, C's."""
    pptp = shutil.which("pptp", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if pptp is None:
        raise FailedError("C pptp is not installed (Debian package pptp-linux)")
    python = os.environ.get("PPTPENGINE_PYTHON", sys.executable)
    start = [python, "-I", "-S"]
    package = ROOT / "engine" / "pptpengine"
    common = [SERVER, "--nolaunchpppd", "--nohostroute", "--localbind", CLIENT, *extra]
    found = {"ours": [*start, str(package / "__main__.py"), *common]}
    fastcrc = importlib.util.find_spec("fastcrc")
    if fastcrc is not None and fastcrc.origin is not None:
        # As installed: beside each other. /run is ours alone.
        site = Path("/run/site")
        site.mkdir(exist_ok=True)
        for each in (package, Path(fastcrc.origin).parent):
            if not (site / each.name).exists():
                (site / each.name).symlink_to(each)
        found["fast"] = [*start, str(site / "pptpengine" / "__main__.py"), *common]
    return found | {"C": [pptp, *common]}


class PeerProcess:
    """The peer in a process of its own."""

    def __init__(self, prefix: tuple[str, ...] = (), address: str = SERVER, client: str = CLIENT) -> None:
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "benchmarks.peer", address, client],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'engine'}"},
        )
        self._buffer = b""
        self.wait("ready")

    def tell(self, do: str, **how: object) -> None:
        """Send a command."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        self._process.stdin.write(json.dumps({"do": do, **how}).encode() + b"\n")
        self._process.stdin.flush()

    def poll(self, event: str, timeout: float = 0.0) -> dict[str, Any] | None:
        """The next *event*, if it comes within *timeout* seconds; others are dropped."""
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        limit = time.monotonic() + timeout
        while True:
            line, newline, rest = self._buffer.partition(b"\n")
            if newline:
                self._buffer = rest
                found: dict[str, Any] = json.loads(line)
                if found["event"] == event:
                    return found
                continue
            left = max(0.0, limit - time.monotonic())
            if not select.select([self._process.stdout], [], [], left)[0]:
                return None
            data = os.read(self._process.stdout.fileno(), 65536)
            if not data:
                raise FailedError("the peer died")
            self._buffer += data

    def wait(self, event: str) -> dict[str, Any]:
        """The next *event*."""
        found = self.poll(event, PATIENCE)
        if found is None:
            raise FailedError(f"the peer never said {event!r}")
        return found

    def close(self) -> None:
        """End the peer."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Program:
    """A running gateway and its call manager, with us as pppd on the pty."""

    def __init__(self, words: list[str], peer: PeerProcess) -> None:
        self.peer = peer
        master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.slave, False)
        # An LCP request waits in the pty already, as pppd's does.
        os.write(self.slave, hdlc.encode(bytes.fromhex(_LCP + "0101000a020600000000")))
        before = time.monotonic()
        self._process = subprocess.Popen(words, stdin=master, stdout=master, stderr=subprocess.DEVNULL)
        os.close(master)
        self.to_call = peer.wait("call")["at"] - before
        "Seconds from exec to the Outgoing-Call-Reply."
        self.to_frame = peer.wait("first")["at"] - before
        "Seconds from exec to the first frame at the server."
        self.pid = self._process.pid
        self.managers = [pid for pid in processes("pptpcm") if pid != self.pid]
        self.start_cpu = sum(map(cpu_time, (self.pid, *self.managers)))
        "Seconds of CPU that gateway and manager used until then."

    def negotiate(self) -> None:
        """Let LCP with asyncmap 0 and IPCP come to their ends, both ways."""
        ack = "0201000a020600000000"
        address = "0306c0000263"
        for down, up in (
            (_LCP + ack, ""),
            (_LCP + "0101000a020600000000", _LCP + ack),
            ("", _IPCP + "0101000a" + address),
            (_IPCP + "0201000a" + address, ""),
            (_IPCP + "0101000a" + address, _IPCP + "0201000a" + address),
        ):
            if down:
                self.peer.tell("frame", hex=down)
                self.read_frames(1)
            if up:
                self.write(hdlc.encode(bytes.fromhex(up)))
        time.sleep(0.05)

    def write(self, data: bytes) -> None:
        """Octets to the gateway."""
        poll = select.poll()
        poll.register(self.slave, select.POLLOUT)
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.slave, view) :]
            except BlockingIOError:  # noqa: PERF203 - how a full pty shows
                if not poll.poll(PATIENCE * 1000):
                    raise FailedError("the gateway does not read its pty") from None

    def read_frames(self, count: int, patience: float = 3.0) -> tuple[int, int]:
        """Read until *count* frames have come, or nothing for *patience* s; returns frames and octets."""
        poll = select.poll()
        poll.register(self.slave, select.POLLIN)
        flags = octets = 0
        while flags < 2 * count and poll.poll(patience * 1000):
            data = os.read(self.slave, 65536)
            flags += data.count(b"\x7e")
            octets += len(data)
        return flags // 2, octets

    def cpu(self) -> float:
        """Seconds of CPU that the gateway has used so far."""
        return cpu_time(self.pid)

    def memory(self) -> dict[str, int]:
        """Resident and proportional memory of gateway and manager together, KiB."""
        total = {"Rss": 0, "Pss": 0}
        for pid in (self.pid, *self.managers):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                name, _, value = line.partition(":")
                if name in total:
                    total[name] += int(value.split()[0])
        return total

    def descriptors(self) -> int:
        """Open descriptors of both processes."""
        return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in (self.pid, *self.managers))

    def processes(self) -> int:
        """Gateways and call managers in our namespace."""
        return len(processes("pptpgw")) + len(processes("pptpcm"))

    def close(self) -> None:
        """Close pppd's side, and wait until gateway and manager are gone."""
        os.close(self.slave)
        # pptp(8) does not always notice that its pty is closed.
        for number in (0, signal.SIGTERM, signal.SIGKILL):
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_CLOSE)
                break
        limit = time.monotonic() + PATIENCE
        while any(Path(f"/proc/{pid}").exists() for pid in self.managers):
            if time.monotonic() > limit:
                raise FailedError("the call manager stays")
            time.sleep(0.005)


def cpu_time(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def overflow() -> int:
    """Packets that the kernel dropped because the gateway's GRE socket was full."""
    client = socket.inet_aton(CLIENT)[::-1].hex().upper()
    lines = [line.split() for line in Path("/proc/net/raw").read_text().splitlines()[1:]]
    return sum(int(line[-1]) for line in lines if line[1].partition(":")[0] == client)


def processes(comm: str) -> list[int]:
    """Processes of our network namespace that have this name."""
    found = []
    here = os.readlink("/proc/self/ns/net")
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                if (entry / "comm").read_text().strip() == comm and os.readlink(entry / "ns/net") == here:
                    found.append(int(entry.name))
    return found
