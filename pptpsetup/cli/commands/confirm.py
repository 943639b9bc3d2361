"""``pptpsetup confirm``: keep a change that is on trial."""

import argparse

from pptpsetup.change.login import Login, why_not_new
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_wait
from pptpsetup.errors import Diagnostic, DifferentError, ExitStatus, UsageError
from pptpsetup.invocation import command

USAGE = "[ID] [options]"
DESCRIPTION = """\
Keep the change that `pptpsetup apply --try` has made: typed in a new login, it proves that the
way into this system still works. With ID, only if that is the one on trial.
"""
EPILOG = """\
A login is new when it is another SSH connection, another session or another terminal: sessions
that share one SSH connection (ControlMaster, as Ansible uses it) are one login.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``confirm``."""
    parser.add_argument("id", metavar="ID", nargs="?", help="the trial, as `apply --try` has named it")
    parser.add_argument(
        "--same-login",
        action="store_true",
        help="confirm though this login proves nothing: at the console, or from a program",
    )
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``confirm`` out."""
    from pptpsetup.change.lock import lock
    from pptpsetup.change.transaction import recover
    from pptpsetup.change.trial import end, pending
    from pptpsetup.tunnel.timer import stop

    host = Host(args)
    console = Console(args.color)
    host.require_root()
    with lock(host.root, "confirm", args.wait):
        recovery = recover(host.system)
        if recovery is not None:
            console.say(recovery.message)
        trial = pending(host.system)
        if trial is None:
            hint = f"{command('history')} shows whether one was taken back"
            raise DifferentError(Diagnostic("no-trial", "no change is on trial", hint=hint))
        if args.id not in (None, trial.id):
            message = f"trial {args.id} is over; on trial is {trial.id} (`{trial.title}`)"
            raise DifferentError(Diagnostic("other-trial", message, hint=command("history")))
        if trial.left() <= 0:
            message = f"`{trial.title}` was not confirmed in time and is being taken back"
            raise DifferentError(Diagnostic("trial-over", message, hint="try it again with a longer time"))
        if not args.same_login:
            _require_new_login(trial.login)
        end(host.system)
    stop(trial.id, live=host.live)
    console.say(f"confirmed: `{trial.title}` stays")
    return ExitStatus.OK


def _require_new_login(tried: Login) -> None:
    why = why_not_new(tried, Login.present())
    if why is not None:
        hint = f"log in anew and type there: {command('confirm')}\n"
        hint += f"where that is not possible: {command('confirm --same-login')}"
        message = "this does not prove that the way in still works"
        raise UsageError(Diagnostic("same-login", message, why=why, hint=hint))
