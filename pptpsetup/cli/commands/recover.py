"""``pptpsetup recover``: undo what a crash has left half-way."""

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_wait
from pptpsetup.errors import ExitStatus

USAGE = "[options]"
DESCRIPTION = """\
If a change was cut short, by a crash or a power cut, undo what it had begun: the system is
then as it was before. Every command that changes something does this first; at boot, before
tunnels start, it is the way to be sure.
"""
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``recover``."""
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``recover`` out."""
    from pptpsetup.change.lock import lock
    from pptpsetup.change.transaction import recover

    host = Host(args)
    console = Console(args.color)
    host.require_root()
    with lock(host.root, "recover", args.wait):
        recovery = recover(host.system)
    console.say("nothing to recover" if recovery is None else recovery.message)
    return ExitStatus.OK
