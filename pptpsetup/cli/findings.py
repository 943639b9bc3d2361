"""What importing found, as text and as JSON (version 1). No password is in either."""

from collections.abc import Iterable

from pptpsetup.cli.words import table
from pptpsetup.errors import Diagnostic
from pptpsetup.spec import emit
from pptpsetup.spec.importer.finding import Found, Kind, Note, Takeover, Verdict
from pptpsetup.spec.importer.survey import Survey

_KINDS = {
    Kind.PEERS: "a peers file of pppd",
    Kind.NETWORKMANAGER: "a connection of NetworkManager",
    Kind.UCI: "an interface of OpenWrt",
    Kind.CONFD: "an interface of netifrc",
}
TITLES = {
    Verdict.SETTING: "becomes a setting",
    Verdict.REPAIRED: "is put right",
    Verdict.KEPT: "is passed on to pppd as it is",
    Verdict.CHANGED: "will be otherwise",
    Verdict.LOST: "cannot be kept",
    Verdict.SAME: "makes no difference",
    Verdict.ADVICE: "to look at",
}


def survey_text(found: Survey) -> str:
    """Everything that was found."""
    parts = [found_text(each) for each in found.found]
    if found.notes:
        parts.append("\n".join(["leftovers", *_section(found.notes)]))
    return "\n\n".join(parts)


def found_text(found: Found, verdicts: Iterable[Verdict] = tuple(TITLES)) -> str:
    """One tunnel: where it is, and what becomes of each thing that is said there."""
    author = f", written by {found.author}" if found.author else ""
    lines = [f"{found.name}: {found.path} ({_KINDS[found.kind]}{author})"]
    if found.problems:
        lines += ["  cannot be imported", *_table([_problem(each) for each in found.problems])]
    for verdict in verdicts:
        notes = [note for note in found.notes if note.verdict is verdict]
        if notes:
            lines += [f"  {TITLES[verdict]}", *_table([_row(found, note) for note in notes])]
    if found.takeovers and not found.problems:
        lines += ["  files", *_table([_file(each) for each in found.takeovers.values()])]
    return "\n".join(lines)


def _section(notes: Iterable[Note]) -> list[str]:
    return _table([(str(note.where or ""), note.text, note.why or "") for note in notes])


def _table(rows: list[tuple[str, str, str]]) -> list[str]:
    return [f"    {line}" for line in table(rows).split("\n")]


def _problem(problem: Diagnostic) -> tuple[str, str, str]:
    reasons = "; ".join(each for each in (problem.why, problem.hint) if each)
    return (str(problem.where or ""), problem.message, reasons)


def _row(found: Found, note: Note) -> tuple[str, str, str]:
    setting = note.setting
    value = "" if setting is None else setting
    if setting is not None and setting in found.values:
        value = f"{setting}: {emit.flow(found.values[setting])}"
    reasons = "; ".join(each for each in (value, note.why) if each)
    return (str(note.where or ""), note.text, reasons)


def _file(takeover: Takeover) -> tuple[str, str, str]:
    if takeover.content is None:
        return (takeover.path, "goes", "the old version is kept")
    gone = takeover.expected.count(b"\n") - takeover.content.count(b"\n")
    return (takeover.path, f"loses {gone} line{'' if gone == 1 else 's'}", "every other byte stays")


def survey_json(found: Survey) -> dict[str, object]:
    """``import --json``."""
    return {
        "version": 1,
        "tunnels": [_found_json(each) for each in found.found],
        "leftovers": [_note_json(note) for note in found.notes],
    }


def _found_json(found: Found) -> dict[str, object]:
    return {
        "name": found.name,
        "kind": found.kind.value,
        "path": found.path,
        "author": found.author,
        "settings": found.values,
        "password_found": found.password is not None,
        "importable": not found.problems,
        "problems": [_problem_json(each) for each in found.problems],
        "notes": [_note_json(note) for note in found.notes],
        "files": [
            {"path": each.path, "goes": each.content is None, "secret": each.secret}
            for each in found.takeovers.values()
        ],
    }


def _problem_json(problem: Diagnostic) -> dict[str, object]:
    where = None if problem.where is None else str(problem.where)
    return {
        "code": problem.code,
        "message": problem.message,
        "where": where,
        "why": problem.why,
        "hint": problem.hint,
    }


def _note_json(note: Note) -> dict[str, object]:
    return {
        "verdict": note.verdict.value,
        "text": note.text,
        "where": None if note.where is None else str(note.where),
        "why": note.why,
        "setting": note.setting,
    }
