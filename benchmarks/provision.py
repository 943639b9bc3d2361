"""``python -m benchmarks.provision``: commands and thousands of tunnels beside the Perl tool and netplan.

Whole processes in one run, in turn. Needs root: the Perl tool knows no other place than /etc/ppp, and gets
one of its own in a mount namespace. Ours work below ``--root``, on the same file system.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.lab import ROOT, FailedError
from benchmarks.report import machine, write_into
from benchmarks.rivals import Command, netplan, perl_creates, perl_help

_DOCUMENT = ROOT / "docs" / "performance.md"
_STATUSES = frozenset({0, 2})
"Fine, and: something differs (no tunnel is up)."


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process, with those it waited for, has used."""

    wall: float
    "Milliseconds."
    cpu: float
    "Milliseconds, user and system."
    memory: float
    "KiB, resident, at most."


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    key: str
    title: str
    rival: str | None = None
    "The key of what it is compared with."
    ratio: float | None = None
    "The goal as a multiple of the rival's wall-clock time."
    limit: float | None = None
    "The goal in milliseconds."
    memory: float | None = None
    "The goal in KiB."


def rows(tunnels: int) -> tuple[Row, ...]:
    """What is measured, for the goals that are stated for 1,000 tunnels and ten times as many."""
    many, more = f"{tunnels:,}", f"{10 * tunnels:,}"
    return (
        Row("help", "`pptpsetup --help`", "perl help", None, 30),
        Row("status", "`pptpsetup status`, this machine", None, None, 45),
        Row("plan", "`pptpsetup plan`, one tunnel, nothing to do", "netplan", 1, 110),
        Row("apply many", f"`pptpsetup apply`, {many} tunnels", "perl many", 1 / 20),
        Row("plan many", f"`pptpsetup plan`, {many} tunnels, nothing to do", None, None, 2000),
        Row("apply more", f"`pptpsetup apply`, {more} tunnels", "apply many", 12, None, 250 * 1024),
        Row(
            "plan more",
            f"`pptpsetup plan`, {more} tunnels, nothing to do",
            "plan many",
            12,
            None,
            250 * 1024,
        ),
    )


RIVALS = {
    "perl help": "Perl `pptpsetup --help`",
    "netplan": "`netplan generate`, one interface",
    "perl many": "as many runs of Perl `pptpsetup --create`",
    "apply many": "a tenth of them",
    "plan many": "a tenth of them",
}


def scratch(root: Path, tunnels: int) -> Path:
    """A Debian below *root* with a spec of *tunnels* tunnels and the files of their passwords."""
    for folder in (
        "etc/ppp/peers",
        "etc/pptpsetup",
        "var/lib",
        "usr/sbin",
        "usr/lib/systemd",
        "etc/systemd/system",
    ):
        (root / folder).mkdir(parents=True)
    secrets = root / "etc/pptpsetup/secrets"
    secrets.mkdir(mode=0o700)
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\nNAME="Debian GNU/Linux"\n')
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\ndip:x:30:\n")
    (root / "usr/sbin/pppd").touch(0o755)
    (root / "usr/lib/systemd/systemd").touch(0o755)
    lines = ["version: 1", "defaults:", "  domain: CORP", "tunnels:"]
    for number in range(tunnels):
        name = f"branch_{number}"
        (secrets / name).touch(0o600)
        (secrets / name).write_text(f"secret{number}\n")
        lines += [
            f"  {name}:",
            f"    server: vpn{number}.example.com",
            f"    username: user{number}",
            f"    routes: [10.{number // 250 % 250}.{number % 250}.0/24]",
        ]
    (root / "etc/pptpsetup/tunnels.yaml").write_text("\n".join(lines) + "\n")
    return root


def ours(*words: str, root: Path | None = None) -> Command:
    """The command as it is installed, on this machine or below *root*."""
    program = Path(sys.executable).parent / "pptpsetup"
    if not program.is_file():
        raise FailedError(f"there is no {program}; set the project up with tests/setup")
    return Command([str(program), *(("--root", str(root)) if root else ()), *words])


def run(command: Command) -> Cost:
    """Run *command* to its end. Raises FailedError when it says that it has failed."""
    # Compiled modules are kept, as they are where the program is installed.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    begin = time.monotonic()
    with subprocess.Popen(
        command.words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=plain | command.environment,
    ) as process:
        _, state, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(state)
    if process.returncode not in _STATUSES:
        raise FailedError(f"{' '.join(command.words)[:200]} ended with status {process.returncode}")
    return Cost(wall * 1e3, (used.ru_utime + used.ru_stime) * 1e3, used.ru_maxrss)


def measure(
    folder: Path, tunnels: int, rounds: int, repeats: int, say: Callable[[str], None]
) -> dict[str, list[Cost]]:
    """Every command in turn, *rounds* times; the short ones *repeats* times in each round.

    What takes seconds is run in between two of ours, whose mean counts, as the machine's pace changes.
    Everything is made in a folder of its own and nothing is removed before the end: ext4 passes over the
    inodes of the last minute's removed files one by one, which doubles the time of whoever makes files then.
    """
    one = scratch(folder / "one", 1)
    run(ours("apply", root=one))
    short = {
        "help": ours("--help"),
        "perl help": perl_help(),
        "status": ours("status"),
        "plan": ours("plan", root=one),
        "netplan": netplan(folder),
    }
    found: dict[str, list[Cost]] = {}

    def take(key: str, command: Command) -> None:
        found.setdefault(key, []).append(run(command))

    for command in short.values():  # read from disk, and compiled
        run(command)
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}: single commands")
        for _ in range(repeats):
            for key, command in short.items():
                take(key, command)
        say(f"round {number + 1} of {rounds}: {tunnels:,} tunnels")
        before = _applied(folder / f"before-{number}", tunnels)
        take("perl many", perl_creates(folder / f"perl-{number}", tunnels))
        many = folder / f"after-{number}"
        found.setdefault("apply many", []).append(_mean(before, _applied(many, tunnels)))
        take("plan many", ours("plan", root=many))
        say(f"round {number + 1} of {rounds}: {10 * tunnels:,} tunnels")
        more = folder / f"more-{number}"
        found.setdefault("apply more", []).append(_applied(more, 10 * tunnels))
        take("plan more", ours("plan", root=more))
    return found


def _applied(root: Path, tunnels: int) -> Cost:
    scratch(root, tunnels)
    os.sync()
    return run(ours("apply", root=root))


def _mean(one: Cost, two: Cost) -> Cost:
    return Cost((one.wall + two.wall) / 2, (one.cpu + two.cpu) / 2, max(one.memory, two.memory))


def as_markdown(table: tuple[Row, ...], found: Mapping[str, list[Cost]]) -> str:
    """The table: medians, and medians of each pair's ratio.

    A goal in milliseconds is judged by the fastest run: whatever else the machine does only adds to it.
    """
    times = ["time", "fastest", "CPU"]
    titles = ["figure", *times, "memory", "beside", *times, "ratio", "of CPU", "goal", "met"]
    lines = [_line(titles), _line(["---"] * len(titles))]
    for row in table:
        mine = found[row.key]
        cells = [row.title, *_times(mine), f"{max(each.memory for each in mine) / 1024:,.0f} MiB"]
        ratio = None
        if row.rival is None:
            cells += [""] * 6
        else:
            other = found[row.rival]
            pairs = list(zip(mine, other, strict=True))
            ratio = statistics.median(one.wall / two.wall for one, two in pairs)
            of_cpu = statistics.median(one.cpu / max(two.cpu, 1.0) for one, two in pairs)
            cells += [RIVALS[row.rival], *_times(other), f"{ratio:.3g}", f"{of_cpu:.3g}"]
        lines.append(_line([*cells, *_verdict(row, mine, ratio)]))
    return "\n".join(lines)


def _times(costs: list[Cost]) -> tuple[str, str, str]:
    walls = [each.wall for each in costs]
    return (
        f"{statistics.median(walls):,.0f} ms",
        f"{min(walls):,.0f} ms",
        f"{statistics.median(each.cpu for each in costs):,.0f} ms",
    )


def _verdict(row: Row, mine: list[Cost], ratio: float | None) -> tuple[str, str]:
    goals, met = [], True
    if row.ratio is not None and ratio is not None:
        goals.append(f"<= {row.ratio:.3g} x")
        met &= ratio <= row.ratio
    if row.limit is not None:
        goals.append(f"<= {row.limit:,.0f} ms")
        met &= min(each.wall for each in mine) <= row.limit
    if row.memory is not None:
        goals.append(f"<= {row.memory / 1024:,.0f} MiB")
        met &= max(each.memory for each in mine) <= row.memory
    return ", ".join(goals), ("yes" if met else "no") if goals else ""


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Measure, print, and write the document if asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.provision", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="runs of everything (default: %(default)s)")
    parser.add_argument(
        "--repeats", type=int, default=10, help="runs of single commands in a round (default: %(default)s)"
    )
    parser.add_argument(
        "--tunnels", type=int, default=1000, help="and ten times as many (default: %(default)s)"
    )
    parser.add_argument("--folder", default="/var/tmp", help="where, on a real disk (default: %(default)s)")  # noqa: S108
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    args = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("needs root (a mount namespace for the Perl tool)")
    with tempfile.TemporaryDirectory(dir=args.folder, prefix="pptpsetup-benchmark-") as folder:
        found = measure(
            Path(folder),
            args.tunnels,
            args.rounds,
            args.repeats,
            lambda text: print(text, file=sys.stderr, flush=True),
        )
    table = as_markdown(rows(args.tunnels), found)
    print(table)
    if args.write:
        load = f"{args.rounds} rounds; load average at the end: {os.getloadavg()[0]:.1f}."
        write_into(Path(_DOCUMENT), "provision", f"{machine()} {load}\n\n{table}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
