"""``pptpsetup list``: the tunnels of this system, one a line."""

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.errors import ExitStatus
from pptpsetup.invocation import command

USAGE = "[options]"
DESCRIPTION = "List the tunnels in /etc/pptpsetup/tunnels.yaml, in the order of the file."
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``list``."""
    parser.add_argument("--json", action="store_true", help="print JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``list`` out."""
    from pptpsetup.cli.output import data, json_document
    from pptpsetup.cli.views import settings_json
    from pptpsetup.cli.words import table
    from pptpsetup.tunnel.status import read_status

    host = Host(args)
    tunnels = host.spec().tunnels
    states = {tunnel.name: read_status(host.root, tunnel.name).state.value for tunnel in tunnels}
    if args.json:
        listed = [{**settings_json(tunnel), "state": states[tunnel.name]} for tunnel in tunnels]
        json_document({"version": 1, "tunnels": listed})
    elif tunnels:
        rows = [("NAME", "STATE", "SERVER", "LOGIN", "TRAFFIC", "AT BOOT")]
        rows += [
            (
                tunnel.name,
                states[tunnel.name],
                tunnel.server,
                tunnel.login,
                " ".join(map(str, tunnel.routes)) or tunnel.mode.value,
                "yes" if tunnel.on_boot else "no",
            )
            for tunnel in tunnels
        ]
        data(table(rows))
    else:
        Console(args.color).say(
            f"there are no tunnels; {command('create NAME --server HOST --username USER')} makes one"
        )
    return ExitStatus.OK
