"""``pptpsetup adopt``: take hand edits of generated files into the spec, or keep them."""

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_dry_run, add_wait
from pptpsetup.errors import ExitStatus

USAGE = "[PATH …] [options]"
DESCRIPTION = """\
Somebody has edited files that pptpsetup writes: take the edits into the spec, those of the
files named or of all. That works for pppd's options in peers files where a setting means
the same: the server, the login, mtu and mru, holdoff, lcp-echo-*, MPPE, the refuse-* words,
usepeerdns. An edit that the spec cannot say is refused, word by word; with --keep the file
stays as it is instead, until the spec asks for something else there.
"""
EPILOG = """\
A file that is kept is removed with its tunnel, and its content is put away. To give it back
to pptpsetup: rm FILE && pptpsetup apply
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``adopt``."""
    parser.add_argument("paths", metavar="PATH", nargs="*", help="an edited file; all of them without any")
    parser.add_argument("--keep", action="store_true", help="leave the files as they were edited")
    add_dry_run(parser)
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``adopt`` out."""
    from pptpsetup.cli import adopting, planning
    from pptpsetup.cli.changing import carry_out, preview

    console = Console(args.color)
    host = Host(args)
    if not args.dry_run:
        host.require_root()
    planning.require_spec(host)
    found = adopting.edits(host, console, args.paths)
    if not found:
        console.say("nothing to adopt: no generated file was edited")
        return ExitStatus.OK
    if args.keep:
        wish = adopting.to_keep(found, wait=args.wait)
    else:
        wish = adopting.to_adopt(host, found, console, wait=args.wait)
    if args.dry_run:
        preview(host, wish, console)
        return ExitStatus.OK
    change = carry_out(host, wish, console, lambda change: adopting.require_unchanged(change, found))
    for line in planning.lines_of(change.plan):
        console.say(line)
    return ExitStatus.OK
