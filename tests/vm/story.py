"""The demo's story: a tunnel comes up, carries data, survives its server, and goes without a trace."""

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.vm.client import LOCK, PROGRAM, wait_until_down
from tests.vm.office import transfer
from tests.vm.shell import restart_clock, say, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import CLIENT, ISP, OFFICE, OFFICE_HOST, SERVER, SERVER_NAME, Lab

HEADING = "── "
COMMAND = "$ "
"How a line begins that a terminal may emphasise."


class StoryError(Exception):
    """Something did not go as told."""


def heading(text: str) -> None:
    print(f"\n{HEADING}{text}", flush=True)


def show(*command: str, status: int = 0) -> None:
    """Run *command* in front of the reader: the command, its output line by line, how long it took."""
    words = ["pptpsetup" if word == PROGRAM else word for word in command]
    print(f"{COMMAND}{' '.join(words)}", flush=True)
    began = time.monotonic()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as job:
        assert job.stdout is not None
        for line in job.stdout:
            print(f"    {line.decode(errors='replace').rstrip()}", flush=True)
    print(f"    ({time.monotonic() - began:.1f} s)", flush=True)
    if job.returncode != status:
        raise StoryError(f"{' '.join(words)} ended with {job.returncode}, not {status}")


def show_bytes(interface: str = "ppp0") -> None:
    """The kernel's own count of what crossed the tunnel."""
    counters = Path("/sys/class/net", interface, "statistics")
    received, sent = (int((counters / name).read_text()) for name in ("rx_bytes", "tx_bytes"))
    say(f"{interface}: {received:,} bytes received, {sent:,} bytes sent")


def tell(lab: Lab, megabytes: float = 2) -> None:
    """The whole story in *lab*, which is open."""
    print(f"    this host {CLIENT} ── provider {ISP} ── internet ── {SERVER} PPTP server ── office {OFFICE}")
    before = Snapshot.take()
    lab.server.set_users({"CORP\\tom": "p4ss word"})
    lab.server.start()
    secret = Path("/tmp/password")
    secret.write_text("p4ss word\n")
    secret.chmod(0o600)

    heading("Before: the office cannot be reached")
    show("ping", "-c", "1", "-W", "2", OFFICE_HOST, status=1)

    heading("One command: create the tunnel and start it")
    login = [
        "--server",
        SERVER_NAME,
        "--domain",
        "CORP",
        "--username",
        "tom",
        "--password-file",
        str(secret),
    ]
    show(PROGRAM, "create", "work", *login, "--route", OFFICE, "--start")

    heading("The tunnel's state")
    show(PROGRAM, "status", "work")
    show("ip", "route")

    heading("Through the tunnel to the office")
    show("ping", "-n", "-c", "3", "-i", "0.3", OFFICE_HOST)
    show_bytes()
    up, down = transfer(OFFICE_HOST, int(megabytes * 1e6))
    say(f"{megabytes:g} MB each way, checksums equal: {up:.1f} Mbit/s up, {down:.1f} Mbit/s down")
    show_bytes()

    heading("The server dies and comes back; nobody touches the client")
    lab.server.kill()
    wait_until_down()
    lab.server.start()
    wait_for("the office answers again", _office_answers, 90, 1)

    heading("Stop and delete: nothing is left")
    show(PROGRAM, "delete", "work")
    lab.server.stop()
    secret.unlink()
    before.assert_restored(*LOCK)
    say("files, routes, processes and sockets are as they were before")


def _office_answers() -> bool:
    done = subprocess.run(["ping", "-c", "1", "-W", "2", OFFICE_HOST], capture_output=True, check=False)
    return done.returncode == 0


def main() -> int:
    """Build the network, tell the story; for a host that is the story's own."""
    restart_clock()
    heading("Four hosts, Debian's pptpd with MS-CHAPv2 and 128-bit MPPE")
    try:
        with closing(Lab()) as lab:
            lab.open()
            tell(lab)
    except (StoryError, AssertionError, OSError, RuntimeError) as error:
        print(f"\nthe demo failed: {error}", file=sys.stderr, flush=True)
        return 1
    return 0
