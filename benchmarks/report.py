"""Figures as a table, and the table in its place in a document."""

import datetime as dt
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    key: str
    title: str
    unit: str
    goal: float | None = None
    "For ours as a multiple of C's."
    limit: float | None = None
    "For ours alone."
    more: bool = False
    "More is better."


ROWS = (
    Row("to_call", "exec to call established", "ms", 1 / 15, 60),
    Row("to_frame", "exec to pppd's first frame at the server", "ms"),
    Row("start_cpu", "of that, CPU time of gateway and call manager", "ms"),
    Row("up_1400_cpu", "CPU per packet, 1400 octets, to the network", "us", 1.0),
    Row("down_1400_cpu", "CPU per packet, 1400 octets, from the network", "us", 1.0),
    Row("up_64_cpu", "CPU per packet, 64 octets, to the network", "us", 2.5),
    Row("down_64_cpu", "CPU per packet, 64 octets, from the network", "us", 2.5),
    Row("up_1400_rate", "packets per second, 1400 octets, to the network", "/s", 1.0, more=True),
    Row("down_1400_rate", "packets per second, 1400 octets, from the network", "/s", 1.0, more=True),
    Row("up_64_rate", "packets per second, 64 octets, to the network", "/s", more=True),
    Row("down_64_rate", "packets per second, 64 octets, from the network", "/s", more=True),
    Row("down_1400_octets", "octets on the pty per frame of 1400, from the network", ""),
    Row("round_trip", "round trip through the gateway", "us"),
    Row("round_trip_added", "round trip added by the gateway", "us", 1.3),
    Row("rss", "resident memory, both processes", "KiB", None, 24 * 1024),
    Row("pss", "of that, not shared (PSS)", "KiB"),
    Row("growth", "its growth over the packets of the memory test", "KiB", None, 512),
)


def facts() -> str:
    """The machine, the programs and the date, in a sentence."""
    pptp = subprocess.run(["/usr/sbin/pptp", "--version"], capture_output=True, text=True, check=False)
    version = (pptp.stdout + pptp.stderr).strip() or "pptp, version unknown"
    return machine(version)


def machine(*programs: str) -> str:
    """The machine, Python, *programs* and the date, in a sentence."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    day = dt.datetime.now(dt.timezone.utc).date()
    parts = (cpu, f"Linux {platform.release()}", f"Python {platform.python_version()}", *programs)
    return f"{', '.join(parts)}; {day}."


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _verdict(row: Row, ours: float, ratio: float | None) -> tuple[str, str]:
    goals = []
    met = True
    if row.goal is not None:
        goals.append(f"{'>=' if row.more else '<='} {row.goal:.3g} x C")
        if ratio is not None:
            met &= ratio >= row.goal if row.more else ratio <= row.goal
    if row.limit is not None:
        goals.append(f"<= {_number(row.limit)} {row.unit}")
        met &= ours <= row.limit
    return ", ".join(goals), ("yes" if met else "no") if goals else ""


def as_markdown(rows: tuple[Row, ...], result: Mapping[str, Mapping[str, float]]) -> str:
    """The table; a program that was not measured has empty cells."""
    ours = [name for name in result if name != "C"]
    other = result.get("C", {})
    titles = ["figure", "C pptp", *(title for name in ours for title in (name, "ratio", "met")), "goal"]
    lines = [_line(titles), _line(["---"] * len(titles))]
    for row in rows:
        its = other.get(row.key)
        cells = [row.title, "" if its is None else f"{_number(its)} {row.unit}".strip()]
        goal = ""
        for name in ours:
            mine = result[name].get(row.key)
            if mine is None:
                cells += ["", "", ""]
                continue
            ratio = result[name].get(f"x {row.key}")
            goal, met = _verdict(row, mine, ratio)
            cells += [f"{_number(mine)} {row.unit}".strip(), "" if ratio is None else f"{ratio:.2f}", met]
        lines.append(_line([*cells, goal]))
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write_into(document: Path, name: str, text: str) -> None:
    """Replace what stands between the markers of *name* in *document*."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    before, _, rest = document.read_text(encoding="utf-8").partition(begin)
    _, marker, after = rest.partition(end)
    if not marker:
        raise ValueError(f"{document} has no markers {begin} and {end}")
    document.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
