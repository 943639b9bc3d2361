"""``python -m benchmarks.soak``: a long run over a bad network, and then everything must add up. Needs root.

Frames go to the server and come back through one per cent of loss, with reordering and duplication, both
ways. Checked: what comes back is whole and in order, the counters of both ends agree, and memory,
descriptors and processes of the gateway and the call manager do not grow. Exit status 1 when anything is
wrong.
"""

import argparse
import json
import os
import random
import select
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import lab
from benchmarks.lab import PeerProcess, Program
from pptpengine.wire import hdlc

CONDITIONS = {"loss": 0.01, "reorder": 0.02, "duplicate": 0.005, "hold": 0.004}
_HEAD = b"\xff\x03\x00\x21"
_TICK = 0.01
_BEHIND = 0.1
_NEGOTIATION = 4
"Frames each way before the soak."
_GROWTH = 2560
"KiB of resident memory that may come on top: what the gateway keeps of the largest burst so far."


@dataclass(slots=True)
class Run:
    """What pppd's side sees."""

    written: int = 0
    read: int = 0
    last: int = -1
    wrong: list[str] = field(default_factory=list)
    samples: list[tuple[int, int, int]] = field(default_factory=list)
    "Resident KiB, descriptors, processes."


def soak(program: Program, seconds: float, rate: int, run: Run) -> None:
    """Write frames at *rate* for *seconds*, read what comes back, sample from time to time."""
    dice = random.Random(5)  # noqa: S311 - dice of a measurement
    bodies = [dice.randbytes(size) for size in (52, 64, 200, 576, 1000, 1388)]
    deframer = hdlc.Deframer()
    begin = time.monotonic()
    next_sample = 0.0
    end = begin + seconds
    while time.monotonic() < end:
        now = time.monotonic() - begin
        if now * rate - run.written > rate * _BEHIND:
            # We were not scheduled. What was missed is not made up for: no server sends that much at once.
            begin = time.monotonic() - run.written / rate
            now = run.written / rate
        while run.written < now * rate:
            number = run.written.to_bytes(4, "big")
            frame = _HEAD + number + bodies[run.written % len(bodies)]
            program.write(hdlc.encode(frame, hdlc.MINIMAL_ESCAPES))
            run.written += 1
            if run.written % 16 == 0:
                take(program, deframer, run, 0.0)
        take(program, deframer, run, _TICK)
        if time.monotonic() >= next_sample:
            next_sample = time.monotonic() + max(1.0, seconds / 40)
            run.samples.append((program.memory()["Rss"], program.descriptors(), program.processes()))
    limit = time.monotonic() + 3
    while time.monotonic() < limit:
        take(program, deframer, run, 0.5)
    if deframer.bad_fcs or deframer.short or deframer.aborted or deframer.oversize:
        run.wrong.append("frames came back damaged")


def take(program: Program, deframer: hdlc.Deframer, run: Run, wait: float) -> None:
    """Read what pppd would, and look at each frame."""
    while select.select([program.slave], [], [], wait)[0]:
        wait = 0.0
        for frame in deframer.feed(os.read(program.slave, 65536)):
            number = int.from_bytes(frame[4:8], "big")
            if number <= run.last:
                run.wrong.append(f"frame {number} came after {run.last}")
            run.last = number
            run.read += 1


def check(run: Run, gre: dict[str, int], peer: dict[str, int], overflow: int) -> list[str]:
    """What does not add up. *overflow*: packets that the gateway's socket had no room for."""
    dropped = (
        gre["malformed"]
        + gre["foreign"]
        + gre["acks_alone"]
        + gre["late"]
        + gre["duplicate"]
        + gre["implausible"]
    )
    equal = {
        "frames of pppd and data packets sent": (run.written + _NEGOTIATION, gre["sent"]),
        "data packets sent and met by the network": (
            gre["sent"] - gre["dropped"],
            peer["received"],
        ),
        "acknowledgements sent alone and met by the network": (gre["acks_sent"], peer["acks"]),
        "packets that left the network and that arrived": (
            peer["sent"] - peer["to_lost"] - peer["to_dropped"] + peer["to_duplicated"] - overflow,
            gre["arrived"],
        ),
        "packets that arrived and their fates": (gre["arrived"], gre["received"] + dropped),
        "packets delivered and frames read": (gre["received"] - _NEGOTIATION, run.read),
    }
    return [f"{what}: {one} and {other}" for what, (one, other) in equal.items() if one != other]


def growth(samples: list[tuple[int, int, int]]) -> list[str]:
    """What is more in the last quarter than in the second; medians, since held packets come and go."""
    quarter = max(1, len(samples) // 4)
    first, last = (
        [statistics.median(column) for column in zip(*part, strict=True)]
        for part in (samples[quarter : 2 * quarter], samples[-quarter:])
    )
    found = []
    if last[0] > first[0] + _GROWTH:
        found.append(f"resident memory grew from {first[0]} to {last[0]} KiB")
    if last[1] > first[1]:
        found.append(f"descriptors grew from {first[1]} to {last[1]}")
    if last[2] > first[2]:
        found.append(f"processes grew from {first[2]} to {last[2]}")
    return found


def main() -> int:
    """Run, check, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rate", type=int, default=1000, help="frames per second (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the network (default: %(default)s)")
    args = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("needs root (raw sockets, namespaces)")
    lab.enter("benchmarks.soak")
    report = Path("/run/report.json")
    peer = PeerProcess()
    program = Program(lab.commands(["--report", str(report)])["ours"], peer)
    run = Run()
    try:
        program.negotiate()
        peer.tell("impair", conditions=CONDITIONS, seed=args.seed)
        soak(program, args.seconds, args.rate, run)
        peer.tell("counts")
        counts = peer.wait("counts")
        overflow = lab.overflow()
    finally:
        program.close()
        peer.close()
    gre = json.loads(report.read_text())["gre"]
    wrong = run.wrong[:10] + check(run, gre, counts, overflow) + growth(run.samples)
    print(f"frames written {run.written}, read {run.read}; the network: {counts}; overflow {overflow}")
    print("gateway: " + ", ".join(f"{value} {name}" for name, value in gre.items() if value))
    for at, what in enumerate(("resident KiB", "descriptors", "processes")):
        print(f"{what}: {run.samples[0][at]} at first, {run.samples[-1][at]} at last")
    print("\n".join(f"WRONG: {each}" for each in wrong) or "everything adds up")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
