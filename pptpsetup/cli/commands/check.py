"""``pptpsetup check``: whether the host is as the spec says."""

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_spec, add_wait
from pptpsetup.errors import ExitStatus

USAGE = "[options]"
DESCRIPTION = """\
Say whether this system is as the spec says, and what is not: as `pptpsetup plan` does, for
scripts and monitoring. Writes nothing.
"""
EPILOG = """\
Exit status 2 exactly when `pptpsetup apply` has something to do or something is in its way,
0 when it would change nothing.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``check``."""
    parser.add_argument("--json", action="store_true", help="print the plan as JSON (version 1)")
    add_spec(parser, "as if this were the host's spec")
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``check`` out."""
    from pptpsetup.cli import planning
    from pptpsetup.cli.exposure import exposures

    host = Host(args)
    console = Console(args.color)
    plan = planning.plan_of(host, console, wait=args.wait)
    for each in exposures(host, host.spec().tunnels):
        console.warn(each)
    if args.json:
        from pptpsetup.change.report import document
        from pptpsetup.cli.output import json_document

        json_document(document(plan))
    elif not plan.in_sync:
        planning.show(plan, args.color)
    if plan.in_sync:
        console.say("this system is as the spec says")
        return ExitStatus.OK
    console.say("this system is not as the spec says")
    return ExitStatus.DIFFERENT
