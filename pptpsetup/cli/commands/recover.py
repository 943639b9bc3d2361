"""``pptpsetup recover``: undo what a crash has left half-way, and take back what was on trial too long."""

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_wait
from pptpsetup.errors import ExitStatus

USAGE = "[options]"
DESCRIPTION = """\
If a change was cut short, by a crash or a power cut, undo what it had begun: the system is
then as it was before. A change on trial (`pptpsetup apply --try`) that nobody has confirmed in
time, or that a restart of the system has interrupted, is taken back as well. Every command that
changes something does this first, and so does every boot, before the network is there.
"""
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``recover``."""
    parser.add_argument(
        "--trial",
        metavar="ID",
        help="sleep until the trial ID is over and take it back if it is still not confirmed: "
        "what `pptpsetup apply --try` has started",
    )
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``recover`` out."""
    from pptpsetup.change.lock import lock
    from pptpsetup.change.transaction import recover
    from pptpsetup.cli.trial import note, settle, wait_and_take_back

    host = Host(args)
    console = Console(args.color)
    host.require_root()
    if args.trial is not None:
        return wait_and_take_back(host, args.trial, console, args.wait)
    with lock(host.root, "recover", args.wait):
        recovery = recover(host.system)
    if recovery is not None:
        console.say(recovery.message)
    if settle(host, console, args.wait):
        return ExitStatus.OK
    pending = note(host)
    if pending is not None:
        console.say(pending)
    elif recovery is None:
        console.say("nothing to recover")
    return ExitStatus.OK
