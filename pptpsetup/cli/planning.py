"""What ``plan``, ``diff``, ``check`` and ``apply`` share: the plan for the spec as it is, and showing it."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext

from pptpengine.record import replace
from pptpsetup.cli.console import Console, printable, wants_color
from pptpsetup.cli.host import Host
from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.invocation import command
from pptpsetup.render.places import SPEC_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pptpsetup.change.step import Plan
    from pptpsetup.cli.changing import Wish

_COLORS = {"+": "\x1b[32m", "~": "\x1b[33m", "-": "\x1b[31m", "!": "\x1b[1;31m", "@": "\x1b[36m"}
_OFF = "\x1b[0m"


def require_spec(host: Host) -> None:
    """Raises SpecError ``spec-missing``: a file that has gone is no wish to remove every tunnel."""
    if host.given_spec is None and not host.has_spec_file():
        hint = f"{command('create NAME --server HOST --username USER')} begins one"
        raise SpecError(
            Diagnostic("spec-missing", "there is no spec to apply", Where(host.shown(SPEC_FILE)), hint=hint)
        )


def wish_for(host: Host, title: str, **options: Any) -> Wish:
    """The wish that the host be as its spec says; one named with ``--spec`` becomes its own."""
    from pptpsetup.cli.changing import Wish

    given = host.given_spec
    return Wish(title, **options) if given is None else Wish(title, lambda _: given, **options)


def plan_of(host: Host, console: Console, *, overwrite: bool = False, wait: float = 0.0) -> Plan:
    """What applying the spec as it is would do, and what is in its way; a change in progress is waited for.

    Raises what planning raises; LockedError when another pptpsetup is still at work after *wait* seconds.
    """
    require_spec(host)
    from pptpsetup.change.lock import lock
    from pptpsetup.cli.changing import chosen, look

    # Who is not root can neither change the host nor hold its lock.
    held = lock(host.root, "plan", wait) if os.geteuid() == 0 else nullcontext()
    with held:
        plan = look(host, wish_for(host, "plan", overwrite=chosen(overwrite)), console)
        if is_half_way(host):
            message = "a change was cut short, and this host is half-way"
            hint = f"{command('recover')} undoes it; so does every command that changes something"
            plan = replace(plan, conflicts=(Diagnostic("unfinished", message, hint=hint), *plan.conflicts))
    for each in plan.conflicts:
        console.warn(each)
    say_trial(host, console)
    return plan


def say_trial(host: Host, console: Console) -> None:
    """Tell it if a change is on trial."""
    from pptpsetup.cli.trial import note

    text = note(host)
    if text is not None:
        console.say(text)


def is_half_way(host: Host) -> bool:
    """Whether a crash has left a change that nobody has undone yet."""
    from pptpsetup.change.manifest import STATE_DIR
    from pptpsetup.change.numbered import registered

    return bool(registered(host.system, host.system.resolve(STATE_DIR)))


def show(plan: Plan, color: str | None) -> None:
    """Print a line for each step and the summary line."""
    show_lines((*lines_of(plan), str(plan.counts)), color)


def past(plan: Plan) -> str:
    """The numbers of a plan that has been carried out."""
    counts = plan.counts
    return f"{counts.add} added, {counts.change} changed, {counts.remove} removed"


def lines_of(plan: Plan) -> tuple[str, ...]:
    """A line for each step, and for each file that stays as it was edited."""
    return (*plan.summary, *(f"= {path} (kept as edited by hand)" for path in plan.held))


def show_diff(host: Host, plan: Plan, color: str | None) -> None:
    """Print every content that *plan* changes, secrets as fingerprints, and the summary line."""
    from pptpsetup.change.diff import diff
    from pptpsetup.change.fingerprint import fingerprint_of

    text = diff(plan, fingerprint_of(host.system))
    show_lines((*text.splitlines(), str(plan.counts)), color)


def show_lines(lines: tuple[str, ...], color: str | None) -> None:
    """Print *lines*, coloured by the sign they begin with if *color* and the terminal say so."""
    colored = wants_color(color, sys.stdout)
    for line in lines:
        paint = _COLORS.get(line[:1]) if colored else None
        text = printable(line)
        print(f"{paint}{text}{_OFF}" if paint else text)
