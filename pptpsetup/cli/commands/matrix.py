"""``pptpsetup matrix``: which distribution can carry which tunnel, and who would start it there."""

from __future__ import annotations

import argparse
import os

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_spec
from pptpsetup.errors import Diagnostic, ExitStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pptpsetup.distro.profile import Profile
    from pptpsetup.render.matrix import Verdict
    from pptpsetup.spec.document import Document
    from pptpsetup.spec.model import Tunnel

USAGE = "[-f PATH] [options]"
DESCRIPTION = """\
Judge every tunnel of the spec on every distribution, by making its files in memory: who
would start the tunnel there, or why it cannot be had. Nothing is written, and no password
is needed.
"""
EPILOG = """\
A number in brackets stands for the reason below the table, - for a tunnel that overrides
leave out there.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``matrix``."""
    add_spec(parser, "take the tunnels from this spec, not from this system's")
    parser.add_argument("--json", action="store_true", help="print JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``matrix`` out."""
    document = _document(args)
    if (document is None or not document.spec.tunnels) and not args.json:
        Console(args.color).say("there are no tunnels; name a spec with -f PATH")
        return ExitStatus.OK
    from pptpsetup.cli.output import data, json_document
    from pptpsetup.distro.catalogue import load_profile, profile_ids
    from pptpsetup.render.matrix import judge

    profiles = [load_profile(each) for each in profile_ids()]
    wanted = [_tunnels(document, profile) for profile in profiles]
    names = tuple(dict.fromkeys(each.name for tunnels in wanted for each in tunnels))
    verdicts = [
        {each.name: judge(each, profile) for each in tunnels}
        for profile, tunnels in zip(profiles, wanted, strict=True)
    ]
    rows = list(zip(profiles, verdicts, strict=True))
    if args.json:
        listed = [_row_json(profile.id, profile.standing.value, row.values()) for profile, row in rows]
        json_document({"version": 1, "profiles": listed})
    else:
        data(_text(names, rows, _columns()))
    return ExitStatus.OK


def _document(args: argparse.Namespace) -> Document | None:
    """The spec; which profile it is for is not looked up, since it is read for each."""
    host = Host(args)
    if args.spec is None:
        return host.spec_file()
    from pptpsetup.cli.sources import read_spec
    from pptpsetup.spec.selection import Fixed

    return read_spec(args.spec, Fixed(host.selection.host_names))


def _tunnels(document: Document | None, profile: Profile) -> tuple[Tunnel, ...]:
    if document is None or not document.conditions:
        return () if document is None else document.spec.tunnels
    from pptpsetup.distro.lineage import lineage
    from pptpsetup.spec.selection import Fixed

    return document.read_for(Fixed(document.selection.host_names, lineage(profile.id))).spec.tunnels


def _row_json(profile: str, standing: str, row: Iterable[Verdict]) -> dict[str, object]:
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


def _text(
    names: Sequence[str], rows: Sequence[tuple[Profile, Mapping[str, Verdict]]], columns: int | None
) -> str:
    reasons: dict[str, tuple[int, str | None]] = {}
    left = [("PROFILE", "HOOKS")]
    left += [(profile.id, _hooks(profile)) for profile, _ in rows]
    right = [list(names)]
    right += [[_cell(row.get(name), reasons) for name in names] for _, row in rows]
    tables = [_table(left, right, part) for part in _parts(left, right, columns)]
    notes = [_note(*each, columns) for each in reasons.items()]
    return "\n\n".join([*tables, *(["\n".join(notes)] if notes else [])])


def _cell(verdict: Verdict | None, reasons: dict[str, tuple[int, str | None]]) -> str:
    if verdict is None:
        return "-"
    if not verdict.obstacles:
        return verdict.init
    numbers = [
        reasons.setdefault(_words(each), (len(reasons) + 1, each.hint))[0] for each in verdict.obstacles
    ]
    return " ".join(f"[{number}]" for number in numbers)


def _hooks(profile: Profile) -> str:
    from pptpsetup.distro.kinds import Standing

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


def _note(reason: str, numbered: tuple[int, str | None], columns: int | None) -> str:
    """The reason, and below it the hint that goes with the first tunnel it was met with."""
    number, hint = numbered
    label = f"[{number}] "
    indent = " " * len(label)
    lines = [(label, reason), *([] if hint is None else [(indent, f"hint: {hint}")])]
    if columns is None:
        return "\n".join(start + text for start, text in lines)
    from textwrap import fill

    return "\n".join(
        fill(
            text,
            columns,
            initial_indent=start,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for start, text in lines
    )
