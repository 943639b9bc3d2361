"""``pptpsetup matrix``: which distribution can carry which tunnel, and who would start it there."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.errors import Diagnostic, ExitStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pptpsetup.render.matrix import Verdict
    from pptpsetup.spec.model import Tunnel

USAGE = "[-f FILE] [options]"
DESCRIPTION = """\
Judge every tunnel of the spec on every distribution, by making its files in memory: who
would start the tunnel there, or why it cannot be had. Nothing is written, and no password
is needed.
"""
EPILOG = "A number in brackets stands for the reason below the table."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``matrix``."""
    parser.add_argument(
        "-f", "--file", metavar="FILE", help="take the tunnels from the spec FILE, not from this system's"
    )
    parser.add_argument("--json", action="store_true", help="print JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``matrix`` out."""
    tunnels = _tunnels(args)
    if not tunnels and not args.json:
        Console(args.color).say("there are no tunnels; name a spec with -f FILE")
        return ExitStatus.OK
    from pptpsetup.cli.output import data, json_document
    from pptpsetup.distro.catalogue import load_profile, profile_ids
    from pptpsetup.render.matrix import judge

    profiles = [load_profile(each) for each in profile_ids()]
    verdicts = [[judge(tunnel, profile) for tunnel in tunnels] for profile in profiles]
    if args.json:
        rows = zip(profiles, verdicts, strict=True)
        listed = [_row_json(profile.id, profile.standing.value, row) for profile, row in rows]
        json_document({"version": 1, "profiles": listed})
    else:
        data(_text(tunnels, verdicts, _columns()))
    return ExitStatus.OK


def _tunnels(args: argparse.Namespace) -> tuple[Tunnel, ...]:
    if args.file is None:
        return Host(args).spec().tunnels
    from pptpsetup.spec.document import Document

    return Document.parse_bytes(Path(args.file).read_bytes(), args.file).spec.tunnels


def _row_json(profile: str, standing: str, row: Sequence[Verdict]) -> dict[str, object]:
    return {
        "id": profile,
        "standing": standing,
        "tunnels": [
            {
                "name": each.tunnel.name,
                "expressible": not each.obstacles,
                "init": each.init,
                "hooks": each.profile.hooks.kind.value,
                "obstacles": [
                    {"code": found.code, "message": found.message, "why": found.why, "hint": found.hint}
                    for found in each.obstacles
                ],
            }
            for each in row
        ],
    }


def _columns() -> int | None:
    """Of the terminal; None where nobody counts them."""
    try:
        return os.get_terminal_size(1).columns
    except OSError:
        return None


def _text(tunnels: Sequence[Tunnel], verdicts: Sequence[Sequence[Verdict]], columns: int | None) -> str:
    reasons: dict[str, int] = {}
    left = [("PROFILE", "HOOKS")]
    left += [(row[0].profile.id, _hooks(row[0])) for row in verdicts]
    right = [[tunnel.name for tunnel in tunnels]]
    right += [[_cell(each, reasons) for each in row] for row in verdicts]
    tables = [_table(left, right, part) for part in _parts(left, right, columns)]
    notes = [_note(number, reason, columns) for reason, number in reasons.items()]
    return "\n\n".join([*tables, *(["\n".join(notes)] if notes else [])])


def _cell(verdict: Verdict, reasons: dict[str, int]) -> str:
    if not verdict.obstacles:
        return verdict.init
    return " ".join(f"[{reasons.setdefault(_words(each), len(reasons) + 1)}]" for each in verdict.obstacles)


def _hooks(verdict: Verdict) -> str:
    from pptpsetup.distro.kinds import Standing

    profile = verdict.profile
    return "" if profile.standing is Standing.REFUSED else profile.hooks.kind.value


def _words(found: Diagnostic) -> str:
    """Without the names of tunnel and system where there is a reason, so that equal reasons are one."""
    return f"{found.code}: {found.why or found.message}"


def _parts(
    left: Sequence[tuple[str, str]], right: Sequence[Sequence[str]], columns: int | None
) -> list[range]:
    """Which tunnels are shown side by side: as many as there is room for, at least one."""
    count = len(right[0])
    if columns is None:
        return [range(count)]
    used = sum(max(map(len, column)) + 2 for column in zip(*left, strict=True))
    widths = [max(map(len, column)) + 2 for column in zip(*right, strict=True)]
    parts, first, room = [], 0, columns - used
    for at, width in enumerate(widths):
        if at > first and room < width - 2:
            parts.append(range(first, at))
            first, room = at, columns - used
        room -= width
    return [*parts, range(first, count)]


def _table(left: Sequence[tuple[str, str]], right: Sequence[Sequence[str]], part: range) -> str:
    from pptpsetup.cli.words import table

    return table([(*head, *(cells[at] for at in part)) for head, cells in zip(left, right, strict=True)])


def _note(number: int, reason: str, columns: int | None) -> str:
    label = f"[{number}] "
    if columns is None:
        return label + reason
    from textwrap import fill

    return fill(
        reason,
        columns,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )
