"""``pptpsetup secret``: give a tunnel another password, or take it off this machine."""

import argparse

from pptpsetup.cli import password
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_accept_risk, add_dry_run, add_wait
from pptpsetup.errors import ExitStatus
from pptpsetup.spec.names import check_tunnel_name
from pptpsetup.spec.options import add_setting
from pptpsetup.spec.settings import BY_PATH

USAGE = "set|rotate|forget NAME [options]"
DESCRIPTION = """\
set: store a password for the tunnel NAME and write it where pppd reads it; from then on it is
taken from /etc/pptpsetup/secrets/NAME, or from where --password-from says. rotate: the same
for a password that replaces one that works; a running tunnel is started anew with it, and if
that fails, the old one is put back. forget: stop the tunnel and remove its password from this
machine, the history and put-away versions of files included; its settings stay, with
`password: {forgotten: true}`, and everything else of it goes until `secret set` brings it back.
"""
EPILOG = """\
examples:
  pptpsetup secret rotate work                               asks for the new one
  pass show vpn/work | pptpsetup secret set work --password-stdin
  pptpsetup secret set work --password-from 'command:pass show vpn/work'
                                         fetched there from now on, at every apply
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``secret``."""
    parser.add_argument("action", metavar="ACTION", choices=("set", "rotate", "forget"), help="what to do")
    parser.add_argument("name", metavar="NAME", help="the tunnel")
    add_setting(password.add_sources(parser), BY_PATH["password"])
    add_dry_run(parser)
    parser.add_argument("--no-restart", action="store_true", help="leave a running tunnel as it is")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace files in the way; their old versions are kept"
    )
    add_accept_risk(parser)
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``secret`` out."""
    from pptpsetup.cli import secrets, watching

    console = Console(args.color)
    host = Host(args)
    if not args.dry_run:
        host.require_root()
    tunnel = host.tunnel(check_tunnel_name(args.name))
    restart, careful = not args.no_restart, watching.careful(args)
    options = secrets.Options(args.dry_run, restart, args.overwrite, args.wait, careful)
    if args.action == "forget":
        secrets.require_no_source(args)
        return secrets.forget(host, tunnel, console, options)
    if args.action == "rotate":
        secrets.require_rotatable(host, tunnel)
    action = secrets.rotate if args.action == "rotate" else secrets.store
    return action(host, tunnel, secrets.given(args, tunnel, console), console, options)
