"""The command ``pptpengine``: options of pptp(8) as far as they apply under pppd's ``pty``."""

import argparse
import sys
from collections.abc import Sequence
from ipaddress import IPv4Address

from pptpengine import __version__

_EPILOG = """\
exit status: 0 normal end, 1 internal, 2 usage, 3 host-unknown, 4 network-unreachable, 5 connect-refused,
6 connect-timeout, 7 control-refused, 8 control-timeout, 9 call-refused, 10 call-timeout, 11 no-gre,
12 auth-failed, 13 encryption-refused, 14 peer-closed, 15 peer-silent, 16 routing-loop
"""


def parser() -> argparse.ArgumentParser:
    """The command line's grammar. As in pptp(8), a unique beginning of an option stands for it."""
    new = argparse.ArgumentParser(
        prog="pptpengine",
        description="PPTP client for pppd: pppd pty 'pptpengine HOST --nolaunchpppd'",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = new.add_argument
    add("host", metavar="HOST", nargs="?", help="name or IPv4 address of the PPTP server")
    add("--nolaunchpppd", action="store_true", help="speak PPP on standard input and output (required)")
    add("--logstring", metavar="TEXT", default="anon", help="tag of each log line (default: %(default)s)")
    add("--report", metavar="FILE", help="keep a JSON report of the tunnel's state in FILE")
    add("--debug", action="store_true", help="log everything, also to standard error")
    add("--nohostroute", action="store_true", help="do not add a host route to the server")
    add("--localbind", metavar="ADDRESS", type=_address, help="local IPv4 address of TCP and GRE")
    add(
        "--timeout",
        metavar="SECONDS",
        type=_reorder,
        default=0.3,
        help="hold early packets (default: %(default)s)",
    )
    add("--nobuffer", action="store_true", help="do not hold early packets")
    add(
        "--idle-wait",
        metavar="SECONDS",
        type=_seconds,
        default=60.0,
        help="silence before an echo request; 0: never",
    )
    add(
        "--loglevel",
        metavar="N",
        type=int,
        choices=(0, 1, 2),
        default=1,
        help="0 errors, 1 normal, 2 everything",
    )
    add(
        "--port", metavar="N", type=_port, default=1723, help="TCP port of the server (default: %(default)s)"
    )
    add(
        "--connect-timeout",
        metavar="SECONDS",
        type=_positive,
        default=10.0,
        help="wait for TCP (default: 10)",
    )
    add(
        "--release-routes",
        action="store_true",
        help="remove host routes that no living call manager owns, and exit",
    )
    add("--version", action="version", version=f"pptpengine {__version__}")
    return new


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    grammar = parser()
    args = grammar.parse_args(argv)
    if args.release_routes:
        return _release_routes()
    if args.host is None:
        grammar.error("the server's name is missing")
    if not args.nolaunchpppd:
        grammar.error(
            "pppd is not started from here: use pppd's option pty 'pptpengine HOST --nolaunchpppd'"
        )
    from pptpengine.config import ControlConfig, TunnelConfig
    from pptpengine.errors import exit_status
    from pptpengine.net.gateway import Gateway
    from pptpengine.net.log import Log
    from pptpengine.net.options import Options

    options = Options(
        host=args.host,
        port=args.port,
        localbind=args.localbind,
        hostroute=not args.nohostroute,
        connect_timeout=args.connect_timeout,
        logstring=args.logstring,
        loglevel=args.loglevel,
        debug=args.debug,
        report=args.report,
        control=ControlConfig(echo_interval=args.idle_wait),
        tunnel=TunnelConfig(reorder_timeout=args.timeout, buffer=not args.nobuffer),
    )
    return exit_status(Gateway(options, Log(options.logstring, options.loglevel, debug=options.debug)).run())


def _release_routes() -> int:
    from pptpengine.net import unixsock
    from pptpengine.net.hostroute import RouteUnsupportedError, release_stale

    try:
        for server in release_stale(unixsock.served()):
            print(f"removed the host route to {server}")
    except (OSError, RouteUnsupportedError) as error:
        print(f"pptpengine: the host routes could not be looked at: {error}", file=sys.stderr)
        return 1
    return 0


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not an IPv4 address") from None


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} s is out of range")
    return value


def _positive(text: str) -> float:
    if value := _seconds(text):
        return value
    raise argparse.ArgumentTypeError("must be more than 0")


def _reorder(text: str) -> float:
    value = _seconds(text)
    if not 0.01 <= value <= 10:
        raise argparse.ArgumentTypeError("must be from 0.01 to 10 seconds")
    return value


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number")
    return int(text)
