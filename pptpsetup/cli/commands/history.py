"""``pptpsetup history``: the changes that were made here and can be taken back."""

import argparse

from pptpsetup.cli.host import Host
from pptpsetup.errors import ExitStatus

USAGE = "[GEN] [options]"
DESCRIPTION = """\
List the last changes that were made on this system, each a generation with a number: when,
by which command, and how much. With GEN, show what generation GEN changed. What they found
is kept for root alone, former passwords included, until twenty newer ones are there.
"""
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``history``."""
    parser.add_argument("generation", metavar="GEN", nargs="?", type=int, help="the number of one")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--diff", action="store_true", help="with GEN: every line it changed, secrets masked")
    form.add_argument("--json", action="store_true", help="print JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``history`` out."""
    from pptpsetup.cli import past
    from pptpsetup.cli.output import json_document

    host = Host(args)
    if args.generation is None:
        if args.json:
            json_document(past.listed_json(host))
        else:
            past.show_list(host, args.color)
    elif args.json:
        json_document(past.one_json(host, args.generation))
    else:
        past.show_one(host, args.generation, args.color, diff=args.diff)
    return ExitStatus.OK
