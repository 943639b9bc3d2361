"""Two network namespaces, the client's and the server's: what the tests with real processes share."""

import itertools
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from pptpengine.wire import hdlc

ENGINE = Path(__file__).parents[3] / "engine"
PATIENCE = 20.0
"Upper bound for anything that is waited for; nothing is expected to take that long."
_SERVER = (sys.executable, "-m", "pptpengine.net.server")
_counter = itertools.count()


def ip(*words: str) -> str:
    """Run ip(8)."""
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def wait_for(what: Callable[[], Any]) -> Any:
    """Ask until the answer is true, and return it."""
    limit = time.monotonic() + PATIENCE
    while not (result := what()):
        assert time.monotonic() < limit, f"waited in vain for {what}"
        time.sleep(0.01)
    return result


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Lab:
    """A client's and a server's namespace, and what runs in them."""

    def __init__(self, directory: Path) -> None:
        number = os.getpid() % 0x4000 * 0x100 + next(_counter) % 0x100
        self.client, self.server = f"pe{number:x}c", f"pe{number:x}s"
        # The server's address is in the name of the manager's socket, which all namespaces share.
        self.address = str(ip_address("100.64.0.0") + number)
        self.directory = directory
        self.socket = Path(f"/var/run/pptp/255.255.255.255:{self.address}")
        self._processes: list[subprocess.Popen[bytes]] = []
        self._descriptors: list[int] = []
        for name in (self.client, self.server):
            ip("netns", "add", name)
        ip(
            "link",
            "add",
            "v0",
            "netns",
            self.client,
            "type",
            "veth",
            "peer",
            "name",
            "v0",
            "netns",
            self.server,
        )
        for name, address in ((self.client, "192.0.2.1/24"), (self.server, "192.0.2.2/24")):
            ip("-n", name, "address", "add", address, "dev", "v0")
            ip("-n", name, "link", "set", "v0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", self.server, "address", "add", f"{self.address}/32", "dev", "lo")
        ip("-n", self.client, "route", "add", "default", "via", "192.0.2.2")
        self.routes_before = self.routes()

    def etc(self, name: str, content: str) -> None:
        """What the client's processes find as /etc/*name* (ip-netns(8))."""
        directory = Path("/etc/netns") / self.client
        directory.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(content)

    def start_server(self, *options: str) -> subprocess.Popen[bytes]:
        """Our own server; returns once it can be dialled."""
        return self._start_server(*_SERVER, "--listen", self.address, *options)

    def start_hostile(self, mode: str) -> subprocess.Popen[bytes]:
        """One of `tests.engine.net.hostile`."""
        return self._start_server(sys.executable, "-m", "tests.engine.net.hostile", mode, self.address)

    def start_witness(self, *habits: str) -> subprocess.Popen[bytes]:
        """`tests.engine.net.witness`."""
        return self._start_server(sys.executable, "-m", "tests.engine.net.witness", self.address, *habits)

    def _start_server(self, *command: str) -> subprocess.Popen[bytes]:
        output = self.directory / "server.log"
        with output.open("wb") as sink:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.server, *command],
                stdout=sink,
                env=os.environ | {"PYTHONPATH": f"{ENGINE}{os.pathsep}{ENGINE.parent}"},
            )
        self._processes.append(process)
        wait_for(lambda: "ready" in self.said())
        return process

    def said(self) -> list[str]:
        """What the server printed, a line each."""
        return (self.directory / "server.log").read_text().splitlines()

    def dial(self, *options: str, host: str | None = None, command: list[str] | None = None) -> "Dialled":
        master, slave = pty.openpty()
        tty.setraw(slave)
        engine = [sys.executable, "-I", "-S", str(ENGINE / "pptpengine" / "__main__.py")]
        report = self.directory / f"report{len(self._processes)}.json"
        words = [*engine, host or self.address, "--nolaunchpppd", "--report", str(report), *options]
        with (self.directory / "stderr").open("ab") as errors:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.client, *(command or words)],
                stdin=master,
                stdout=master,
                stderr=errors,
            )
        os.close(master)
        self._processes.append(process)
        self._descriptors.append(slave)
        return Dialled(process, slave, report)

    def client_pids(self) -> list[int]:
        """What runs in the client's namespace; ip(8) minds a process that ends while it looks."""
        command = ["ip", "netns", "pids", self.client]
        shown = subprocess.run(command, check=False, capture_output=True, text=True)
        return [int(pid) for pid in shown.stdout.split()]

    def routes(self) -> str:
        """The client's routes; whether the cable is seen already does not matter."""
        return ip("-n", self.client, "route", "show").replace(" linkdown", "")

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for descriptor in self._descriptors:
            with suppress(OSError):
                os.close(descriptor)
        # A manager left by a failed test ends with its gateways.
        wait_for(lambda: not self.socket.exists())
        for name in (self.client, self.server):
            ip("netns", "delete", name)
        shutil.rmtree(Path("/etc/netns") / self.client, ignore_errors=True)


class Dialled:
    """A running gateway, seen from pppd's side of the pty."""

    def __init__(self, process: subprocess.Popen[bytes], slave: int, report: Path) -> None:
        self.process = process
        self.slave = slave
        self._report = report
        self._deframer = hdlc.Deframer()
        os.set_blocking(slave, False)

    def report(self) -> dict[str, Any]:
        """The engine's report; read again when it was being written."""
        while self._report.exists():
            with suppress(ValueError):
                loaded: dict[str, Any] = json.loads(self._report.read_text())
                return loaded
        return {"state": None}

    def wait_up(self) -> dict[str, Any]:
        return wait_for(lambda: (found := self.report())["state"] in {"negotiating", "up"} and found)  # type: ignore[no-any-return]

    def readable(self) -> bool:
        """Whether the gateway has written something."""
        return bool(select.select([self.slave], [], [], 0)[0])

    def exchange(self, frames: list[bytes]) -> list[bytes]:
        """Write frames as pppd would, a few ahead of what comes back; returns what came back."""
        pending = b""
        waiting = [hdlc.encode(frame) for frame in reversed(frames)]
        found: list[bytes] = []
        limit = time.monotonic() + PATIENCE
        while len(found) < len(frames) and time.monotonic() < limit:
            while waiting and len(frames) - len(waiting) - len(found) < 16:
                pending += waiting.pop()
            readable, writable, _ = select.select([self.slave], [self.slave] if pending else [], [], 1)
            if writable:
                pending = pending[os.write(self.slave, pending[:2000]) :]
            if readable:
                found += self._deframer.feed(os.read(self.slave, 65536))
        assert self._deframer.bad_fcs == 0
        return found

    def hang_up(self) -> int:
        os.close(self.slave)
        return self.process.wait(PATIENCE)


def assert_nothing_left(lab: Lab, manager: int) -> None:
    """The call manager, its keeper, its socket and its route are gone."""
    wait_for(lambda: not alive(manager))
    # Where nobody waits for the keeper (the gateway was killed), it needs a moment.
    wait_for(lambda: not lab.client_pids())
    assert not lab.socket.exists()
    assert lab.routes() == lab.routes_before


def parent(pid: int) -> int:
    """The parent process: of a call manager, its keeper."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
