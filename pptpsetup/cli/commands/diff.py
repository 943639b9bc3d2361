"""``pptpsetup diff``: every line that applying the spec would change."""

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_spec, add_wait
from pptpsetup.errors import ExitStatus

USAGE = "[options]"
DESCRIPTION = """\
Show every line that `pptpsetup apply --overwrite` would change, also in files that were
edited by hand. A password is shown as a fingerprint: the same fingerprint, the same
password. The same as `pptpsetup plan --diff`.
"""
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``diff``."""
    add_spec(parser, "as if this were the host's spec")
    add_wait(parser)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``diff`` out."""
    from pptpsetup.cli.planning import plan_of, show_diff

    host = Host(args)
    show_diff(host, plan_of(host, Console(args.color), wait=args.wait), args.color)
    return ExitStatus.OK
