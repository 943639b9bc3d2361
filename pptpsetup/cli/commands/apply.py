"""``pptpsetup apply``: make the host as the spec says."""

import argparse
import shlex

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_accept_risk, add_dry_run, add_spec, add_wait
from pptpsetup.errors import ExitStatus
from pptpsetup.invocation import command

USAGE = "[FILE] [options]"
DESCRIPTION = """\
Make this system as /etc/pptpsetup/tunnels.yaml says, after it was edited or when something
has changed since: all of it or nothing. Only what differs is touched. Tunnels that run are
restarted if what they run with has changed, and stopped if they are not in the file any more.
On a login over SSH, what would cut that login off is refused; with --try, the change is taken
back by itself unless `pptpsetup confirm` arrives from a new login in time.
With FILE, a plan saved by `pptpsetup plan --out FILE`, do exactly what it says, or nothing
if what it was made from has changed. With --spec, what is named there becomes the spec of
this system in the same step: a file becomes tunnels.yaml, a folder's files tunnels.d.
"""
EPILOG = """\
examples:
  pptpsetup apply -f /srv/vpn/tunnels.yaml     this file is the spec from now on
  pptpsetup apply --dry-run                    what would change, as `pptpsetup diff` shows it
  pptpsetup apply --no-restart                 running tunnels keep their old settings for now
  pptpsetup apply --try 60s                    back to how it was in 60 seconds, whatever happens,
                                               unless you log in again and type: pptpsetup confirm
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``apply``."""
    parser.add_argument("file", metavar="FILE", nargs="?", help="a saved plan")
    add_dry_run(parser)
    parser.add_argument("--no-restart", action="store_true", help="leave running tunnels as they are")
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace files in the way, also those edited by hand; their old versions are kept",
    )
    add_spec(parser, "make this the host's spec, in place of its files, and apply it")
    parser.add_argument(
        "--try",
        dest="trial",
        metavar="DURATION",
        help="take the change back after DURATION (such as 60s or 5m) unless it is confirmed; "
        "a crash, a power cut and a lost login change nothing about that",
    )
    add_accept_risk(parser)
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``apply`` out."""
    from pptpsetup.cli import planning
    from pptpsetup.cli.saving import load

    host = Host(args)
    console = Console(args.color)
    saved = None if args.file is None else load(args.file)
    overwrite = args.overwrite if saved is None else saved.overwrite
    if args.dry_run:
        plan = planning.plan_of(host, console, overwrite=overwrite, wait=args.wait)
        if saved is not None:
            from pptpsetup.change.fingerprint import fingerprint_of

            saved.require_fresh(plan, fingerprint_of(host.system))
        planning.show_diff(host, plan, args.color)
        console.say("dry run: nothing was written")
        return ExitStatus.OK
    host.require_root()
    planning.require_spec(host)
    from pptpsetup.cli.applying import carry_out_and_restart
    from pptpsetup.cli.changing import chosen
    from pptpsetup.cli.trying import Careful, accepted_risks, seconds_of

    seconds = None if args.trial is None else seconds_of(args.trial)
    words = ["apply", *(["--spec", args.spec] if args.spec else [])]
    title = shlex.join([*words, *(["--try", args.trial] if args.trial else [])])
    # Who is told of a risk is told of the trial as well.
    safely = command("apply --try", args.trial or "60s")
    careful = Careful(safely, accepted_risks(args.accept_risk), seconds)
    wish = planning.wish_for(host, title, overwrite=chosen(overwrite), saved=saved, wait=args.wait)
    return carry_out_and_restart(host, wish, console, restart=not args.no_restart, careful=careful)
