"""``pptpsetup start``: bring a tunnel up, or say in words why it does not come up."""

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_accept_risk
from pptpsetup.errors import Diagnostic, DifferentError, ExitStatus
from pptpsetup.invocation import command

USAGE = "NAME [options]"
DESCRIPTION = """\
Bring the tunnel NAME up and wait until it is. A tunnel that is up already is left alone.
One that dials on demand is started when it stands by for its first packet.
One that does not come up is stopped again; exit status 2, and the message says why.
So is one that leads the answers to this login elsewhere, unless --accept-risk says so.
"""
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``start``."""
    parser.add_argument("name", metavar="NAME", help="the tunnel")
    add_accept_risk(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``start`` out."""
    console = Console(args.color)
    host = Host(args)
    host.require_live("start")
    host.require_root()
    tunnel = host.tunnel(args.name)
    if not tunnel.is_set_up:
        message = f"{tunnel.name} has no password on this machine, so it is not set up"
        hint = command("secret set", tunnel.name)
        raise DifferentError(Diagnostic("password-forgotten", message, hint=hint))
    from pptpsetup.cli import watching

    return watching.start(host, tunnel, console, watching.careful(args))
