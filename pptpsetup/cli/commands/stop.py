"""``pptpsetup stop``: take a tunnel down and leave nothing of it running."""

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_accept_risk
from pptpsetup.errors import ExitStatus
from pptpsetup.spec.names import check_tunnel_name

USAGE = "NAME [options]"
DESCRIPTION = """\
Take the tunnel NAME down and wait until it is. Stopping a tunnel that is down is fine.
A tunnel that starts at boot starts at the next boot again. The tunnel that you are logged in
through is not stopped without --accept-risk.
"""
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``stop``."""
    parser.add_argument("name", metavar="NAME", help="the tunnel")
    add_accept_risk(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``stop`` out; it works for a tunnel whose entry in the spec is gone or broken."""
    console = Console(args.color)
    host = Host(args)
    host.require_live("stop")
    host.require_root()
    name = check_tunnel_name(args.name)
    from pptpsetup.cli import watching
    from pptpsetup.cli.running import take_down

    watching.guard(host, watching.careful(args), console).look(watching.running(host, (name,)))
    if take_down(host, name):
        console.say(f"{name} stopped")
    else:
        # Nothing ran; the name may be a mistake.
        host.tunnel(name)
        console.say(f"{name} is not running")
    return ExitStatus.OK
