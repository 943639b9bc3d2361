"""``pptpsetup show``: one tunnel's settings, and the files on this system that come from the spec."""

import argparse

from pptpsetup.cli.host import Host
from pptpsetup.errors import ExitStatus

USAGE = "NAME [options]"
DESCRIPTION = """\
Show the settings of the tunnel NAME, defaults included. The password is never shown, only
where it comes from.
"""
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``show``."""
    parser.add_argument("name", metavar="NAME", help="the tunnel")
    parser.add_argument("--json", action="store_true", help="print JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``show`` out."""
    from pptpsetup.cli.output import data, json_document
    from pptpsetup.cli.views import settings_json
    from pptpsetup.cli.words import table

    settings = settings_json(Host(args).tunnel(args.name))
    if args.json:
        json_document({"version": 1, "tunnel": settings})
    else:
        data(table(_lines(settings)))
    return ExitStatus.OK


def _lines(settings: dict[str, object], prefix: str = "") -> list[tuple[str, str]]:
    lines = []
    for key, value in settings.items():
        if isinstance(value, dict):
            lines += _lines(value, f"{prefix}{key}.")
        else:
            lines.append((prefix + key, _text(value)))
    return lines


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
