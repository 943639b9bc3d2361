"""Showing generations."""

from pptpsetup.change.diff import diff_of
from pptpsetup.change.fingerprint import fingerprint_of
from pptpsetup.change.generations import Changed, changes, generation, history
from pptpsetup.change.journal import Journal
from pptpsetup.change.step import Plan
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.output import data
from pptpsetup.cli.planning import say_trial, show_lines
from pptpsetup.cli.trial import as_json
from pptpsetup.cli.words import moment, table
from pptpsetup.errors import Diagnostic, PrivilegeError, Where

VERSION = 1


def show_list(host: Host, color: str | None) -> None:
    """A line per generation, the oldest first. Raises PrivilegeError, and what `history` raises."""
    found = _history(host)
    if not found:
        Console(color).say("nothing has been changed here yet")
        return
    rows = [("GEN", "WHEN", "COMMAND", "FILES")]
    rows += [(str(each.number), moment(each.started), each.title, str(_count(each))) for each in found]
    data(table(rows))
    say_trial(host, Console(color))


def show_one(host: Host, number: int, color: str | None, *, diff: bool) -> None:
    """What generation *number* changed. Raises UsageError when there is none, and as `show_list` does."""
    chosen = _generation(host, number)
    data(f"generation {number}: {chosen.title}, {moment(chosen.started)}")
    fingerprint = fingerprint_of(host.system)
    for each in _news(changes(host.system, number)):
        if diff and each.known:
            show_lines(tuple(diff_of((each.step,), fingerprint).splitlines()), color)
        else:
            lost = "" if each.known or not diff else "  (what it left has been changed by somebody else)"
            show_lines((each.step.summary + lost,), color)


def listed_json(host: Host) -> dict[str, object]:
    """Version 1 of the list."""
    generations = [_head(each) for each in _history(host)]
    return {"version": VERSION, "generations": generations, "trial": as_json(host)}


def one_json(host: Host, number: int) -> dict[str, object]:
    """Version 1 of one generation."""
    head = _head(_generation(host, number))
    steps = [each.step.to_json() for each in changes(host.system, number)]
    return {"version": VERSION, "generation": {**head, "steps": steps}}


def _head(journal: Journal) -> dict[str, object]:
    return {
        "number": journal.number,
        "command": journal.title,
        "time": round(journal.started, 3),
        "files": _count(journal),
    }


def _count(journal: Journal) -> int:
    return sum(not undo.bookkeeping for undo in journal.undos)


def _news(done: tuple[Changed, ...]) -> tuple[Changed, ...]:
    shown = Plan(tuple(each.step for each in done)).news
    return tuple(each for each in done if each.step in shown)


def _history(host: Host) -> tuple[Journal, ...]:
    try:
        return history(host.system)
    except PermissionError as error:
        raise _not_root(error) from None


def _generation(host: Host, number: int) -> Journal:
    try:
        return generation(host.system, number)
    except PermissionError as error:
        raise _not_root(error) from None


def _not_root(error: PermissionError) -> PrivilegeError:
    hint = "repeat the command as root, for example with sudo"
    where = Where(str(error.filename))
    return PrivilegeError(Diagnostic("not-root", "only root may see the history", where, hint=hint))
