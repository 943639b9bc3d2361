"""``pptpsetup plan``: what applying the spec would change."""

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_spec, add_wait
from pptpsetup.errors import ExitStatus
from pptpsetup.invocation import command

USAGE = "[options]"
DESCRIPTION = """\
Show what `pptpsetup apply` would change: + for what is added, ~ for what is changed, - for
what is removed, ! for what is in the way (somebody else's file, or one of ours that was
edited by hand), = for what is kept as edited, and a line with the numbers. Writes nothing
but the file named with --out.
"""
EPILOG = """\
examples:
  pptpsetup plan -f new.yaml                   what would change if this were the spec
  pptpsetup plan --diff                        with every line that changes, passwords masked
  pptpsetup plan --out /root/plan.json         save the plan, to be looked at by somebody else
  pptpsetup apply /root/plan.json              do exactly that, or nothing if it is stale
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``plan``."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--diff", action="store_true", help="show every line that changes, secrets masked")
    form.add_argument("--json", action="store_true", help="print JSON (version 1)")
    parser.add_argument("--out", metavar="FILE", help="save the plan for `pptpsetup apply FILE`; mode 0600")
    parser.add_argument(
        "--overwrite", action="store_true", help="plan to replace files in the way; they are put away"
    )
    add_spec(parser, "as if this were the host's spec")
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``plan`` out."""
    from pptpsetup.cli import planning

    host = Host(args)
    console = Console(args.color)
    plan = planning.plan_of(host, console, overwrite=args.overwrite, wait=args.wait)
    if args.out is not None:
        from pptpsetup.cli.saving import save

        save(host, plan, args.out, overwrite=args.overwrite)
    if args.json:
        from pptpsetup.change.report import document
        from pptpsetup.cli.output import json_document

        json_document(document(plan))
    elif args.diff:
        planning.show_diff(host, plan, args.color)
    else:
        planning.show(plan, args.color)
    if args.out is not None:
        console.say(f"saved; to do exactly this: {command('apply', args.out)}")
    return ExitStatus.OK
