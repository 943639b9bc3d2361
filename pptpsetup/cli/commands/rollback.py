"""``pptpsetup rollback``: make the host as an earlier generation left it."""

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_accept_risk, add_dry_run, add_wait
from pptpsetup.errors import ExitStatus

USAGE = "[GEN] [options]"
DESCRIPTION = """\
Make this system as generation GEN left it, see `pptpsetup history`; without GEN, take the
last change back, also one on trial. All of it or nothing. The spec goes back, too, to what was
applied then.
Lines of others in shared files stay, and a file that somebody has edited since stops it.
A rollback is a generation itself: a second one without GEN takes the first one back.
"""
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``rollback``."""
    parser.add_argument(
        "generation",
        metavar="GEN",
        nargs="?",
        type=int,
        help="a number from `pptpsetup history`; the one before the first: as it was before all of them",
    )
    add_dry_run(parser)
    parser.add_argument("--no-restart", action="store_true", help="leave running tunnels as they are")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace files that were edited since; they are put away"
    )
    add_accept_risk(parser)
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``rollback`` out."""
    from pptpsetup.cli import planning
    from pptpsetup.cli.returning import go_back, plan_back

    host = Host(args)
    console = Console(args.color)
    host.require_root()
    if args.dry_run:
        plan = plan_back(host, args.generation, overwrite=args.overwrite)
        for each in plan.conflicts:
            console.warn(each)
        planning.show_diff(host, plan, args.color)
        console.say("dry run: nothing was written")
        return ExitStatus.OK
    careful = None
    if host.live and not args.no_restart:
        from pptpsetup.cli import watching  # else nothing that renders is needed

        careful = watching.careful(args)
    plan = go_back(
        host,
        args.generation,
        console,
        overwrite=args.overwrite,
        restart=not args.no_restart,
        wait=args.wait,
        careful=careful,
    )
    for line in plan.summary:
        console.say(line)
    console.say(f"done: {planning.past(plan)}" if plan.steps else "nothing to do: it is like that already")
    return ExitStatus.OK
