"""The command line of ``pptpengine``: every option of pptp(8) 1.10.0 and of its git head, and ours.

pptpengine HOST [options] [[--] pppd options]
"""

import argparse
import os
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address
from typing import Any, NoReturn

from pptpengine import __version__

_EPILOG = """\
What is no option is for pppd, which is started with it unless --nolaunchpppd is given; what stands behind --
is for pppd, too. As in pptp(8), a unique beginning of an option stands for it.

exit status: 0 normal end, 1 internal, 2 usage, 3 host-unknown, 4 network-unreachable, 5 connect-refused,
6 connect-timeout, 7 control-refused, 8 control-timeout, 9 call-refused, 10 call-timeout, 11 no-gre,
12 auth-failed, 13 encryption-refused, 14 peer-closed, 15 peer-silent, 16 routing-loop, 17 uplink-changed,
18 pppd-failed
"""
_FIELD_SIZE = 64
"Octets of the host name and phone number fields (RFC 2637 sections 2.1 and 2.7)."
_INSTANCE_LIMIT = 60
"Characters; it becomes part of a socket's path, which has 107 at most (unix(7))."
_LONGEST_TEST = 11
"Packets that --test-type 2 and 3 hold back at once."


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """As wide as the terminal; asked without ``shutil``, which argparse loads even if no help is shown."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=terminal_width())


def terminal_width() -> int:
    """Columns for help texts, two less than there are, as argparse has it."""
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(1).columns)
    except (OSError, ValueError):
        columns = 80
    return max(columns, 22) - 2


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line; the list of all options would hide it."""
        self.exit(2, f"{self.prog}: {message}\ntry: {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """The grammar."""
    new = _Parser(
        prog="pptpengine",
        usage="pptpengine HOST [options] [[--] pppd options]",
        description="PPTP client for pppd: pppd pty 'pptpengine HOST --nolaunchpppd'",
        epilog=_EPILOG,
        formatter_class=_Formatter,
    )
    new.add_argument("words", metavar="HOST", nargs="*", help="name or IPv4 address of the PPTP server")
    _add_ppp(new.add_argument_group("the PPP side").add_argument)
    _add_server(new.add_argument_group("the server").add_argument)
    _add_way(new.add_argument_group("the way to it").add_argument)
    _add_packets(new.add_argument_group("GRE packets").add_argument)
    _add_reporting(new.add_argument_group("what is said").add_argument)
    return new


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options, with `host` and `pppd` (the words for it) beside them. Ends the program on a mistake."""
    grammar = parser()
    words = list(argv)
    cut = words.index("--") if "--" in words else len(words)
    parsed = grammar.parse_intermixed_args(words[:cut])
    given = [*parsed.words, *words[cut + 1 :]]
    parsed.host, parsed.pppd = (given[0], tuple(given[1:])) if given else (None, ())
    if parsed.host is None and not parsed.release_routes:
        grammar.error("the server's name is missing")
    if parsed.test_type > 1 and parsed.test_rate < _LONGEST_TEST:
        grammar.error(f"--test-type {parsed.test_type} needs a --test-rate of at least {_LONGEST_TEST}")
    return parsed


_Add = Callable[..., Any]


def _add_ppp(add: _Add) -> None:
    add(
        "--nolaunchpppd",
        action="store_true",
        help="speak PPP on standard input and output, as pppd's pty command, instead of starting pppd",
    )
    add("--sync", action="store_true", help="refused, with the reason: a pty does not keep frames apart")


def _add_server(add: _Add) -> None:
    add("--port", metavar="N", type=_port, default=1723, help="TCP port (default: %(default)s)")
    add("--phone", metavar="NUMBER", type=_phone, default=b"", help="phone number for the server to call")
    add(
        "--client-hostname",
        metavar="NAME",
        type=_host_name,
        default=b"local",
        help="what this client calls itself (default: local)",
    )
    add("--quirks", metavar="QUIRK", type=_quirk, help="work around a faulty server: BEZEQ_ISRAEL")
    add(
        "--instance",
        metavar="NAME",
        type=_instance,
        help="share a control connection only with calls of this name (default: with all to this server)",
    )
    add(
        "--connect-timeout",
        metavar="SECONDS",
        type=_positive,
        default=10.0,
        help="how long to wait for TCP (default: 10)",
    )
    add(
        "--idle-wait",
        metavar="SECONDS",
        type=_seconds,
        default=60.0,
        help="silence of the control connection before an echo request; 0: never (default: 60)",
    )
    add(
        "--max-echo-wait",
        metavar="SECONDS",
        type=_positive,
        default=60.0,
        help="how long to wait for the echo reply before the server counts as lost (default: 60)",
    )


def _add_way(add: _Add) -> None:
    add("--localbind", metavar="ADDRESS", type=_address, help="local IPv4 address of TCP and GRE")
    add("--rtmark", metavar="N", type=_mark, help="mark all packets for policy routing (SO_MARK)")
    add("--nohostroute", action="store_true", help="do not add a host route to the server")
    add(
        "--release-routes",
        action="store_true",
        help="remove host routes that no living call manager owns, and exit",
    )
    add(
        "--user",
        metavar="NAME",
        default="nobody",
        help="who to become once the sockets are open (default: %(default)s)",
    )


def _add_packets(add: _Add) -> None:
    add(
        "--timeout",
        metavar="SECONDS",
        type=_reorder,
        default=0.3,
        help="how long to hold early packets, 0.01 to 10 (default: %(default)s)",
    )
    add("--nobuffer", action="store_true", help="do not hold early packets")
    add(
        "--missing-window",
        metavar="N",
        type=_whole,
        help="drop packets that are more than N ahead (default: 2048)",
    )
    add(
        "--test-type",
        metavar="N",
        type=int,
        choices=(0, 1, 2, 3),
        default=0,
        help="damage the order of sent packets: 1 swaps two, 2 delays ten, 3 reverses eleven",
    )
    add(
        "--test-rate",
        metavar="N",
        type=_whole,
        default=100,
        help="packets between two of these (default: 100)",
    )


def _add_reporting(add: _Add) -> None:
    add("--logstring", metavar="TEXT", default="anon", help="tag of each log line (default: %(default)s)")
    add("--loglevel", metavar="N", type=int, choices=(0, 1, 2), default=1, help="0 errors, 1 normal, 2 all")
    add(
        "--debug",
        action="store_true",
        help="stay in the foreground, log everything, also to standard error",
    )
    add("--report", metavar="FILE", help="keep a JSON report of the tunnel's state in FILE")
    add("--json", action="store_true", help="log statistics (SIGUSR1, and in the end) as JSON")
    add("--version", action="version", version=f"pptpengine {__version__}")


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


def _whole(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) < 1 << 31:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of packets")
    return int(text)


def _mark(text: str) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= value < 1 << 32:
        raise argparse.ArgumentTypeError(f"{text} does not fit in 32 bits")
    return value


def _phone(text: str) -> bytes:
    return _field(text, "phone number")


def _host_name(text: str) -> bytes:
    return _field(text, "host name")


def _field(text: str, what: str) -> bytes:
    value = text.encode(errors="surrogateescape")
    if len(value) > _FIELD_SIZE:
        raise argparse.ArgumentTypeError(f"the {what} has {len(value)} octets, {_FIELD_SIZE} are possible")
    return value


def _instance(text: str) -> str:
    if not text.replace("-", "").replace("_", "").replace(".", "").isalnum() or len(text) > _INSTANCE_LIMIT:
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 to 60 letters, digits, dots and dashes")
    return text


def _quirk(text: str) -> str:
    from pptpengine.quirks import NAMES

    if text not in NAMES:
        raise argparse.ArgumentTypeError(f"{text!r} is not known; there are: {', '.join(NAMES)}")
    return text
