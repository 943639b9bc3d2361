"""``python -m benchmarks.goodput``: TCP through the tunnel over bad networks, beside C pptp. Needs root.

The kernel's own TCP at both ends, TUN devices instead of ppp interfaces (so no kernel with PPP is needed,
and there is no MPPE), and between gateway and server a network that the peer process imitates: the same dice
for every program. It stands in for netem, which many kernels lack.
"""

import argparse
import json
import os
import select
import statistics
import subprocess
import sys
import time
from contextlib import suppress

from benchmarks import lab
from benchmarks.lab import PeerProcess, Program
from benchmarks.report import facts, write_into
from benchmarks.tun import open_tun
from pptpengine.wire import hdlc

_BASE = {"rate": 2.5e6, "delay": 0.01}
SCENARIOS = {
    "20 Mbit/s, 10 ms each way": {},
    "loss 0.1 %": {"loss": 0.001},
    "loss 1 %": {"loss": 0.01},
    "loss 5 %": {"loss": 0.05},
    "loss 20 %": {"loss": 0.2},
    "delay 50 ms": {"delay": 0.05},
    "jitter 3 ms": {"jitter": 0.003},
    "reordering 2 %": {"reorder": 0.02},
    "duplication 5 %": {"duplicate": 0.05},
    "2 Mbit/s": {"rate": 2.5e5},
    "loss 1 %, jitter 3 ms, duplication 1 %": {"loss": 0.01, "jitter": 0.003, "duplicate": 0.01},
}
_NEAR, _FAR = "10.99.0.1", "10.99.0.2"
_HEAD = b"\xff\x03\x00\x21"
_SPACE = "far"

_SINK = """
import socket, sys, time
server = socket.create_server((sys.argv[1], 5001))
print("ready", flush=True)
connection, _ = server.accept()
total, first = 0, time.monotonic()
limit = first + float(sys.argv[2])
connection.settimeout(0.1)
while time.monotonic() < limit:
    try:
        total += len(connection.recv(65536))
    except TimeoutError:
        pass
print(total, flush=True)
"""
_SOURCE = """
import socket, sys
connection = socket.create_connection((sys.argv[1], 5001))
try:
    while True:
        connection.sendall(bytes(65536))
except OSError:
    pass
"""


def ip(*words: str) -> None:
    """Configure the network."""
    subprocess.run(["ip", *words], check=True)


def carry(program: Program, tun: int, sink: subprocess.Popen[str]) -> None:
    """Be pppd, until *sink* has something to say."""
    assert sink.stdout is not None  # noqa: S101 - a pipe was asked for
    deframer = hdlc.Deframer()
    slave, said = program.slave, sink.stdout.fileno()
    pending = b""
    poll = select.poll()
    poll.register(said, select.POLLIN)
    while True:
        # While the gateway does not read, the TUN device's queue fills and drops, as that of ppp0 would.
        poll.register(slave, select.POLLIN | (select.POLLOUT if pending else 0))
        poll.register(tun, 0 if pending else select.POLLIN)
        for fd, events in poll.poll():
            if fd == said:
                return
            if fd == tun and events & select.POLLIN:
                pending = hdlc.encode(_HEAD + os.read(tun, 2048), hdlc.MINIMAL_ESCAPES)
            if fd == slave and events & select.POLLIN:
                for frame in deframer.feed(os.read(fd, 65536)):
                    if frame.startswith(_HEAD):
                        os.write(tun, frame[4:])
            if pending:
                with suppress(BlockingIOError):
                    pending = pending[os.write(slave, pending) :]


def transfer(words: list[str], conditions: dict[str, float], seconds: float, *, upload: bool) -> float:
    """One TCP connection's octets in *seconds*, as Mbit/s."""
    peer = PeerProcess()
    program = Program(words, peer)
    tun = open_tun("near")
    processes: list[subprocess.Popen[str]] = []
    try:
        program.negotiate()
        peer.tell("tun", name="tunfar")
        peer.wait("tun")
        ip("link", "set", "tunfar", "netns", _SPACE)
        for prefix, device, address in (([], "near", _NEAR), (["-n", _SPACE], "tunfar", _FAR)):
            other = _FAR if address == _NEAR else _NEAR
            ip(*prefix, "address", "add", address, "peer", other, "dev", device)
            ip(*prefix, "link", "set", device, "up", "mtu", "1396")
        peer.tell("impair", conditions=_BASE | conditions, seed=7)
        far = ["ip", "netns", "exec", _SPACE]
        sink = subprocess.Popen(
            [*(far if upload else []), sys.executable, "-c", _SINK, _FAR if upload else _NEAR, str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(sink)
        assert sink.stdout is not None  # noqa: S101 - a pipe was asked for
        sink.stdout.readline()
        processes.append(
            subprocess.Popen(
                [*([] if upload else far), sys.executable, "-c", _SOURCE, _FAR if upload else _NEAR],
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        carry(program, tun, sink)
        return int(sink.stdout.readline()) * 8 / seconds / 1e6
    finally:
        for process in processes:
            process.kill()
            process.wait()
        os.close(tun)
        program.close()
        peer.close()


def main() -> int:
    """Every scenario, both programs in turn, both ways."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.goodput", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each transfer (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", help="scenarios whose name has this in it")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    args = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("needs root (raw sockets, namespaces)")
    lab.enter("benchmarks.goodput")
    ip("netns", "add", _SPACE)
    words = {name: each for name, each in lab.commands([]).items() if name != "fast"}
    lines = [
        "| network | to the server: ours | C pptp | from the server: ours | C pptp |",
        "|---|---|---|---|---|",
    ]
    figures: dict[str, dict[str, float]] = {}
    for title, conditions in SCENARIOS.items():
        if args.only and args.only not in title:
            continue
        row: dict[str, list[float]] = {}
        for _ in range(args.rounds):
            for upload in (True, False):
                for name, command in words.items():
                    began = time.monotonic()
                    rate = transfer(command, conditions, args.seconds, upload=upload)
                    row.setdefault(f"{'up' if upload else 'down'} {name}", []).append(rate)
                    print(
                        f"{title}: {name} {rate:.2f} Mbit/s, {time.monotonic() - began:.0f} s",
                        file=sys.stderr,
                    )
        figures[title] = {key: statistics.median(values) for key, values in row.items()}
        lines.append(
            f"| {title} | " + " | ".join(f"{value:.2f}" for value in figures[title].values()) + " |"
        )
    table = "\n".join(lines)
    print(json.dumps({"facts": facts(), "figures": figures}, indent=1) if args.json else table)
    if args.write:
        write_into(lab.ROOT / "docs" / "performance.md", "goodput", f"{facts()} Mbit/s.\n\n{table}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
