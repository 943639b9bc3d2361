"""Options that several commands have."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, _ArgumentGroup


def add_wait(parser: ArgumentParser | _ArgumentGroup) -> None:
    """``--wait N``."""
    parser.add_argument(
        "--wait",
        metavar="N",
        type=_seconds,
        default=0.0,
        help="wait up to N seconds while another pptpsetup is at work, instead of giving up at once",
    )


def add_spec(parser: ArgumentParser | _ArgumentGroup, what: str) -> None:
    """``--spec PATH`` and ``--host NAME``; *what* is what the first one does."""
    parser.add_argument(
        "-f",
        "--spec",
        metavar="PATH",
        help=f"{what}; a file, a folder with files, or - for standard input",
    )
    add_host(parser)


def add_host(parser: ArgumentParser | _ArgumentGroup) -> None:
    """``--host NAME``."""
    parser.add_argument(
        "--host", metavar="NAME", help="take the overrides for the host NAME, instead of this system's name"
    )


def add_dry_run(parser: ArgumentParser | _ArgumentGroup) -> None:
    """``--dry-run``."""
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would change and write nothing; exit status 0"
    )


def add_accept_risk(parser: ArgumentParser | _ArgumentGroup) -> None:
    """``--accept-risk NAMES``."""
    parser.add_argument(
        "--accept-risk",
        metavar="NAME[,NAME]",
        help="go on though it can lock you out: default-route, ssh-peer, last-way-in, server-loop",
    )


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0.0 <= found <= 86400.0:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0 to 86400")
    return found
