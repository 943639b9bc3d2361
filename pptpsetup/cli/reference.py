"""The command line as data, and as ``docs/reference/cli.md``; `pptpsetup.cli.manpages` makes manual pages
of it.

``python -m pptpsetup.cli.documents`` writes all of them into the docs folder of a checkout.
"""

import argparse

from pptpengine.record import dataclass
from pptpsetup.cli.commands import COMMANDS
from pptpsetup.cli.legacy import legacy_parser
from pptpsetup.cli.parser import COMMON_TITLE, Parser, command_parser, top_parser

EXIT_STATUSES = (
    (0, "fine: done, nothing to do, or up"),
    (1, "the command line is wrong, or pptpsetup has a fault"),
    (
        2,
        "something differs: a tunnel is not up or did not come up, a file is in the way or was edited",
    ),
    (3, "the spec or a value is invalid; every problem is listed with its place"),
    (4, "another pptpsetup is changing this system"),
    (5, "writing failed; everything was put back"),
    (6, "writing failed, and so did putting back; the message names the journal"),
    (7, "only root may do this"),
    (8, "this system lacks something: pppd, a kernel module, a profile"),
    (130, "interrupted by Ctrl-C; nothing was written"),
)

_MADE_BY = "<!-- Made by `python -m pptpsetup.cli.documents` from the parsers; do not edit. -->"
_CONVENTIONS = (
    'Data goes to standard output, talk to standard error. `--json` output carries `"version": 1`; the '
    "number rises when readers would have to change. The settings of a tunnel are explained in "
    "[settings](settings.md)."
)
_LEGACY_NOTE = (
    "`--create` writes the whole configuration anew: what is not given is taken out. Without `--encrypt` no "
    "encryption is required."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One option or argument."""

    invocation: str
    help: str


@dataclass(frozen=True, slots=True)
class Section:
    """A group of options."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One command."""

    name: str
    summary: str
    usage: str
    description: str
    sections: tuple[Section, ...]
    epilog: str


def pages() -> tuple[Page, ...]:
    """Every command, in the order of ``--help``, without the options that all of them have."""
    return tuple(_page(name, summary, command_parser(name)) for name, (summary, _) in COMMANDS.items())


def common_section() -> Section:
    """The options of every command."""
    return next(each for each in sections(top_parser()) if each.title == COMMON_TITLE)


def legacy_section() -> Section:
    """The options of the Perl pptpsetup."""
    return Section("legacy", tuple(entry for each in sections(legacy_parser()) for entry in each.entries))


def sections(parser: argparse.ArgumentParser) -> tuple[Section, ...]:
    """The groups of *parser* that have something to show."""
    found = []
    for group in parser._action_groups:  # noqa: SLF001 - argparse offers no other way to ask
        shown = [each for each in group._group_actions if each.help != argparse.SUPPRESS]  # noqa: SLF001 - same
        entries = tuple(_entry(parser, each) for each in shown if not isinstance(each, argparse._HelpAction))  # noqa: SLF001 - same
        if entries:
            found.append(Section(group.title or "", entries))
    return tuple(found)


def _page(name: str, summary: str, parser: Parser) -> Page:
    return Page(
        name,
        summary,
        parser.format_usage().removeprefix("usage: ").strip(),
        (parser.description or "").strip(),
        tuple(each for each in sections(parser) if each.title != COMMON_TITLE),
        (parser.epilog or "").strip(),
    )


def _entry(parser: argparse.ArgumentParser, action: argparse.Action) -> Entry:
    formatter = parser._get_formatter()  # noqa: SLF001 - the very words of --help
    text = " ".join(formatter._expand_help(action).split()) if action.help else ""  # noqa: SLF001 - same
    if not action.option_strings:
        return Entry(str(action.metavar or action.dest), text)
    argument = ""
    if action.nargs != 0:
        choices = "|".join(map(str, action.choices)) if action.choices else ""
        argument = f" {action.metavar or choices or action.dest.upper()}"
    return Entry(", ".join(f"{flag}{argument}" for flag in action.option_strings), text)


def markdown() -> str:
    """``docs/reference/cli.md``."""
    parts = ["# The command line", _MADE_BY, _CONVENTIONS]
    for page in pages():
        parts += [f"## pptpsetup {page.name}", _fenced(page.usage), _prose(page.description)]
        parts += [_listed(section) for section in page.sections]
        if page.epilog:
            parts.append(_fenced(page.epilog))
    parts += ["## Options of every command", _listed(common_section())]
    parts += [
        "## The forms of the Perl pptpsetup",
        _listed(legacy_section()),
        _LEGACY_NOTE,
    ]
    rows = "\n".join(f"| {number} | {meaning} |" for number, meaning in EXIT_STATUSES)
    parts += ["## Exit status", f"| status | meaning |\n|---|---|\n{rows}"]
    return "\n\n".join(parts) + "\n"


def _fenced(text: str) -> str:
    return f"```\n{text}\n```"


def _prose(text: str) -> str:
    return text.replace("\n", " ").replace("<", "&lt;")


def _listed(section: Section) -> str:
    return "\n".join(f"- `{entry.invocation}`: {entry.help}" for entry in section.entries)
