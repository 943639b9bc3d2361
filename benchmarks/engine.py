"""``python -m benchmarks.engine``: the engine beside C pptp, in one run, in turn. Needs root."""

import argparse
import json
import os
import random
import socket
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import lab
from benchmarks.lab import PeerProcess, Program
from benchmarks.report import ROWS, as_markdown, facts, write_into
from pptpengine.wire import hdlc

Figures = dict[str, float]
_PIECE = 8192
_DOCUMENT = lab.ROOT / "docs" / "performance.md"


def up(program: Program, size: int, count: int) -> Figures:
    """Frames of *size* octets from pppd to the network."""
    dice = random.Random(size)  # noqa: S311 - dice of a measurement
    frames = [b"\xff\x03\x00\x21" + dice.randbytes(size - 4) for _ in range(64)]
    block = b"".join(hdlc.encode(frame, hdlc.MINIMAL_ESCAPES) for frame in frames)
    program.peer.tell("sink", count=count // 64 * 64)
    time.sleep(0.02)
    before = program.cpu()
    for _ in range(count // 64):
        program.write(block)
    result = program.peer.wait("sunk")
    used = program.cpu() - before
    return _rates("up", size, count, cpu=used, seconds=result["seconds"], missing=result["missing"])


def down(program: Program, size: int, count: int) -> Figures:
    """Frames of *size* octets from the network to pppd."""
    before = program.cpu()
    program.peer.tell("source", count=count, size=size)
    came, octets = program.read_frames(count)
    ended = time.monotonic()
    result = program.peer.wait("sourced")
    used = program.cpu() - before
    figures = _rates("down", size, count, cpu=used, seconds=ended - result["started"], missing=count - came)
    return figures | {f"down_{size}_octets": octets / max(1, came)}


def _rates(way: str, size: int, count: int, *, cpu: float, seconds: float, missing: float) -> Figures:
    if missing > count // 100:
        raise lab.FailedError(f"{way} {size}: {missing} of {count} frames did not come")
    name = f"{way}_{size}"
    return {f"{name}_cpu": cpu / count * 1e6, f"{name}_rate": count / seconds, f"{name}_missing": missing}


def round_trip(program: Program, count: int) -> Figures:
    """One frame at a time, to the echoing server and back; the median, us."""
    program.peer.tell("echo")
    time.sleep(0.02)
    frame = hdlc.encode(b"\xff\x03\x00\x21" + bytes(60), hdlc.MINIMAL_ESCAPES)
    times = []
    for _ in range(count):
        begin = time.monotonic()
        program.write(frame)
        program.read_frames(1)
        times.append(time.monotonic() - begin)
    program.peer.tell("quiet")
    return {"round_trip": statistics.median(times) * 1e6}


def bare_round_trip(peer: PeerProcess, count: int) -> float:
    """The same frame to the same server without a gateway; the median, us."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_GRE)
    with sock:
        sock.bind((lab.CLIENT, 0))
        sock.connect((lab.SERVER, 0))
        peer.tell("echo")
        time.sleep(0.05)
        packet = bytes.fromhex("3001880b0040000000000001") + bytes(64)
        times = []
        for _ in range(count):
            begin = time.monotonic()
            sock.send(packet)
            sock.recv(2048)
            times.append(time.monotonic() - begin)
        peer.tell("quiet")
    return statistics.median(times) * 1e6


def growth(program: Program, count: int) -> Figures:
    """Memory before and after *count* packets, half of them each way."""
    up(program, 64, 4096)
    down(program, 64, 4096)
    before = program.memory()
    # In pieces: what a server's buffer cannot take ends pptp(8), by way of ICMP.
    for _ in range(count // 2 // _PIECE):
        up(program, 64, _PIECE)
        down(program, 64, _PIECE)
    after = program.memory()
    return {"rss": after["Rss"], "pss": after["Pss"], "growth": after["Rss"] - before["Rss"]}


def measure(words: list[str], peer: PeerProcess, scale: float, *, last: bool, memory: int) -> Figures:
    """One run of one program."""
    program = Program(words, peer)
    try:
        figures: Figures = {"to_call": program.to_call * 1e3, "to_frame": program.to_frame * 1e3}
        figures["start_cpu"] = program.start_cpu * 1e3
        program.negotiate()
        for size, count in ((1400, int(16384 * scale)), (64, int(32768 * scale))):
            figures |= up(program, size, count)
            figures |= down(program, size, count)
        figures |= round_trip(program, int(2000 * scale))
        if last and memory:
            figures |= growth(program, memory)
    finally:
        program.close()
    return figures


def compare(
    words: dict[str, list[str]], rounds: int, scale: float, memory: int, say: Callable[[str], None]
) -> dict[str, Figures]:
    """Medians of *rounds* runs of each program, in turn; as "x KEY", those of each run's ratio to C's."""
    peer = PeerProcess()
    runs: dict[str, list[Figures]] = {name: [] for name in words}
    bare = []
    try:
        for number in range(rounds):
            bare.append(bare_round_trip(peer, int(2000 * scale)))
            for name, command in words.items():
                say(f"round {number + 1} of {rounds}: {name}")
                last = number == rounds - 1
                once = partial(measure, command, peer, scale, last=last, memory=memory)
                runs[name].append(_twice(once, say))
    finally:
        peer.close()
    for each in runs.values():
        for run, without in zip(each, bare, strict=True):
            run["round_trip_added"] = run["round_trip"] - without
    return {name: _medians(each, runs.get("C", [])) for name, each in runs.items()}


def _twice(run: Callable[[], Figures], say: Callable[[str], None]) -> Figures:
    try:
        return run()
    except (lab.FailedError, OSError) as error:
        say(f"failed, once more: {error}")
        return run()


def _medians(runs: list[Figures], others: list[Figures]) -> Figures:
    result = {key: statistics.median(run[key] for run in runs if key in run) for key in runs[-1]}
    # Ratios are those of each pair, since what else the machine does changes from one pair to the next.
    for key in runs[-1]:
        pairs = [(run[key], other[key]) for run, other in zip(runs, others, strict=False) if key in run]
        if ratios := [one / two for one, two in pairs if two]:
            result[f"x {key}"] = statistics.median(ratios)
    return result


def main() -> int:
    """Measure, print, and write the document if asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs (default: %(default)s)")
    parser.add_argument("--scale", type=float, default=1.0, help="packets, as a multiple of the usual")
    parser.add_argument(
        "--memory", type=int, default=1_000_000, metavar="N", help="packets of the memory test; 0: none"
    )
    parser.add_argument("--only", choices=("ours", "fast", "C"), help="measure one program")
    parser.add_argument("--json", action="store_true", help="print figures as JSON")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    args = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("needs root (raw sockets, namespaces)")
    lab.enter("benchmarks.engine")
    words = {name: each for name, each in lab.commands([]).items() if args.only in {None, name}}
    result = compare(
        words, args.rounds, args.scale, args.memory, lambda text: print(text, file=sys.stderr, flush=True)
    )
    if args.json:
        print(json.dumps({"facts": facts(), "figures": result}, indent=1))
        return 0
    table = as_markdown(ROWS, result)
    print(table)
    if args.write:
        write_into(Path(_DOCUMENT), "engine", f"{facts()}\n\n{table}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
