"""The program under test, as a user types it, and what a scenario wants to know of its tunnel."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from pptpsetup.tunnel.report import read_report
from tests.vm.shell import run, say, wait_for
from tests.vm.snapshot import processes
from tests.vm.topology import OFFICE, SERVER_NAME

PROGRAM = str(Path(sys.executable).with_name("pptpsetup"))
LOCK = ("/run/lock/pptpsetup.lock", "/run/pptp:", "/run/pppd2.tdb")
"What may stay in /run: the lock file, the directory of the engine's sockets, pppd's database."


def pptpsetup(*arguments: str, stdin: str = "", status: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run ``pptpsetup ARGUMENTS…``; asserts its exit *status* (None: any) and that it shows no traceback."""
    done = run([PROGRAM, *arguments], stdin=stdin, limit=150)
    assert "Traceback" not in done.stderr, "an error that no message was written for"
    if status is not None:
        assert done.returncode == status, f"exit status {done.returncode}, not {status}: {done.stderr}"
    return done


def create(
    *options: str,
    name: str = "work",
    server: str = SERVER_NAME,
    user: str = "alice",
    password: str = "secret",  # noqa: S107 - the lab's server knows it
    start: bool = True,
    status: int = 0,
) -> subprocess.CompletedProcess[str]:
    """``pptpsetup create`` with the password on standard input."""
    words = ["create", name, "--server", server, "--username", user, "--password-stdin", *options]
    return pptpsetup(*words, *(["--start"] if start else []), stdin=f"{password}\n", status=status)


def create_to_office(*options: str, start: bool = True) -> None:
    """The tunnel that most scenarios want."""
    create("--route", OFFICE, *options, start=start)


def status(name: str = "work") -> dict[str, Any]:
    """The tunnel's entry in ``pptpsetup status NAME --json``, whatever the exit status."""
    done = pptpsetup("status", name, "--json", status=None)
    answer: dict[str, Any] = json.loads(done.stdout)["tunnels"][0]
    return answer


def wait_until_up(name: str = "work", limit: float = 90) -> dict[str, Any]:
    """Wait until the engine reports that the tunnel is up; then ``status`` must say so, too.

    The engine sees both ends agree a moment before pppd has configured the interface.
    """
    wait_for(f"{name} is up", lambda: _reports_up(name), limit)
    return wait_for("status says so", lambda: said if (said := status(name))["up"] else None, 20)


def _reports_up(name: str) -> bool:
    """Whether an engine that runs says so; one that was killed leaves its last report behind."""
    report = read_report(Path("/"), name)
    return report is not None and report.state == "up" and Path("/proc", str(report.gateway_pid)).exists()


def wait_until_down(interface: str = "ppp0", limit: float = 60) -> None:
    """Wait until the kernel has no *interface* any more."""
    wait_for(f"{interface} is gone", lambda: not Path("/sys/class/net", interface).exists(), limit)


def tunnel_processes() -> dict[int, str]:
    """What belongs to tunnels: pppd, the engine, C pptp."""
    wanted = ("pppd", "pptpengine", "pptp ")
    return {pid: line for pid, line in processes().items() if any(word in line for word in wanted)}


def processes_named(*names: str) -> list[int]:
    """The processes of this host with one of these names, as ps -o comm shows them."""
    found = []
    for pid in processes():
        with suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text().strip() in names:
                found.append(pid)
    return found


def signal_pppd(number: signal.Signals, name: str = "work") -> None:
    """Send *number* to the tunnel's pppd."""
    pid = int(Path(f"/run/ppp-pptp-{name}.pid").read_text().split()[0])
    say(f"kill -{number.name} {pid}: {processes().get(pid)}")
    os.kill(pid, number)


def no_process_left(*, interface: str = "ppp0", limit: float = 30) -> None:
    """Assert that no process or interface of a tunnel is left; a host route may be, after C pptp."""
    with suppress(AssertionError):
        wait_for("no process of the tunnel is left", lambda: not tunnel_processes(), limit)
    assert not tunnel_processes(), tunnel_processes()
    # A process that ends has no command line any more while the kernel still closes its files.
    wait_until_down(interface, 10)


def nothing_left(*, interface: str = "ppp0", limit: float = 30) -> None:
    """Assert that no process, host route or interface of a tunnel is left."""
    no_process_left(interface=interface, limit=limit)
    routes = run(["ip", "route", "show", "table", "all"]).stdout
    assert "203.0.113.9" not in routes, "the host route to the server was left behind"
