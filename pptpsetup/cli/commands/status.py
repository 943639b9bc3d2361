"""``pptpsetup status``: whether tunnels are up, and what runs through them."""

import argparse
from pathlib import Path

from pptpengine.record import replace
from pptpsetup.errors import ExitStatus
from pptpsetup.render.places import TRIAL_FILE
from pptpsetup.tunnel.status import TunnelState, TunnelStatus, read_status

USAGE = "[NAME] [options]"
DESCRIPTION = """\
Say whether the tunnel NAME, or every tunnel, is up: since when, with which addresses, how
it is encrypted, what went through it. Needs no privileges.
"""
EPILOG = """\
Exit status 0 when every tunnel asked about is up, or standing by for its first packet; 2 when one is not.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``status``."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="one tunnel only")
    parser.add_argument("--json", action="store_true", help="print JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``status`` out."""
    from pptpsetup.cli.views import status_json, status_text

    statuses = _statuses(args)
    if args.json:
        from pptpsetup.cli.output import json_document

        tunnels = [status_json(each) for each in statuses]
        json_document({"version": 1, "tunnels": tunnels, "trial": _trial(args)})
    elif statuses:
        from pptpsetup.cli.output import data

        data("\n\n".join(map(status_text, statuses)))
    else:
        from pptpsetup.cli.console import Console

        Console(args.color).say("there are no tunnels")
    if not args.json and _has_trial(args):
        from pptpsetup.cli.console import Console
        from pptpsetup.cli.host import Host
        from pptpsetup.cli.planning import say_trial

        say_trial(Host(args), Console(args.color))
    ready = all(each.is_up or each.stands_by for each in statuses)
    return ExitStatus.OK if ready else ExitStatus.DIFFERENT


def _has_trial(args: argparse.Namespace) -> bool:
    """Whether there may be a change on trial; that is for root to know."""
    try:
        return Path(args.root or "/", TRIAL_FILE.lstrip("/")).exists()
    except PermissionError:
        return False


def _trial(args: argparse.Namespace) -> dict[str, object] | None:
    if not _has_trial(args):
        return None
    from pptpsetup.cli.host import Host
    from pptpsetup.cli.trial import as_json

    return as_json(Host(args))


def _statuses(args: argparse.Namespace) -> list[TunnelStatus]:
    root = Path(args.root or "/").resolve()
    if args.name is None:
        from pptpsetup.cli.host import Host

        return [_status(root, tunnel.name) for tunnel in Host(args).spec().tunnels]
    from pptpsetup.spec.names import check_tunnel_name

    status = _status(root, check_tunnel_name(args.name))
    if status.state is TunnelState.DOWN:
        # What runs is known without the spec; what is down may be a mistake in the name.
        from pptpsetup.cli.host import Host

        Host(args).tunnel(args.name)
    return [status]


def _status(root: Path, name: str) -> TunnelStatus:
    """Only the init system knows whether it is going to start a tunnel again; it is asked about one that is
    down."""
    status = read_status(root, name)
    if status.state is not TunnelState.DOWN or root != Path("/"):
        return status
    from pptpsetup.tunnel.supervisors.waiting import waits

    return replace(status, state=TunnelState.WAITING) if waits(name) else status
