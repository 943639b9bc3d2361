"""``pptpsetup delete``: stop a tunnel and leave the system as if it had never been."""

import argparse

from pptpsetup.cli.changing import Change, Wish, carry_out, chosen, preview
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_accept_risk, add_dry_run, add_wait
from pptpsetup.errors import ExitStatus
from pptpsetup.spec.names import check_tunnel_name

USAGE = "NAME [options]"
DESCRIPTION = """\
Stop the tunnel NAME and remove it: its entry in /etc/pptpsetup/tunnels.yaml, its files,
its password, and its lines in files that others use as well. Every other byte stays.
"""
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``delete``."""
    parser.add_argument("name", metavar="NAME", help="the tunnel")
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="remove files that were edited by hand; their contents are kept",
    )
    add_dry_run(parser)
    add_accept_risk(parser)
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``delete`` out."""
    console = Console(args.color)
    host = Host(args)
    if not args.dry_run:
        host.require_root()
    name = check_tunnel_name(args.name)
    host.tunnel(name)
    wish = Wish(
        f"delete {name}",
        lambda document: document.remove_tunnel(name),
        about=name,
        overwrite=chosen(args.overwrite),
        wait=args.wait,
    )
    from pptpsetup.cli import watching

    careful = watching.careful(args)
    if args.dry_run:
        preview(host, wish, console)
        return ExitStatus.OK

    def prepare(change: Change) -> None:
        if host.live:
            from pptpsetup.cli.applying import names_removed, stop_removed

            going = names_removed(host, change, name)
            watching.guard(host, careful, console).look(watching.running(host, going))
            stop_removed(host, change, console, name)

    change = carry_out(host, wish, console, prepare)
    console.say(f"{name} deleted")
    if host.live:
        from pptpsetup.cli.applying import tell_others

        tell_others(host, change, console, name)
    return ExitStatus.OK
