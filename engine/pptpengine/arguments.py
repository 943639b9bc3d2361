"""The command line of ``pptpengine``: every option of pptp(8) 1.10.0 and of its git head, and ours.

pptpengine HOST [options] [[--] pppd options]
"""

from __future__ import annotations

import sys
from ipaddress import IPv4Address
from types import SimpleNamespace

from pptpengine import __version__
from pptpengine.longopts import Grammar, MistakeError, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

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


def _address(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise MistakeError(f"{text!r} is not an IPv4 address") from None


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise MistakeError(f"{text!r} is not a number of seconds") from None
    if not 0 <= value < 1e6:
        raise MistakeError(f"{text} s is out of range")
    return value


def _positive(text: str) -> float:
    if value := _seconds(text):
        return value
    raise MistakeError("must be more than 0")


def _reorder(text: str) -> float:
    value = _seconds(text)
    if not 0.01 <= value <= 10:
        raise MistakeError("must be from 0.01 to 10 seconds")
    return value


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise MistakeError(f"{text!r} is not a port number")
    return int(text)


def _packets(text: str) -> int:
    if not text.isdecimal() or int(text) >= 1 << 31:
        raise MistakeError(f"{text!r} is not a number of packets")
    return int(text)


def _window(text: str) -> int:
    if value := _packets(text):
        return value
    raise MistakeError("must be at least 1 packet")


def _mark(text: str) -> int:
    try:
        value = int(text, 16 if text[:2] in {"0x", "0X"} else 10)
    except ValueError:
        raise MistakeError(f"{text!r} is not a number") from None
    if not 0 <= value < 1 << 32:
        raise MistakeError(f"{text} does not fit in 32 bits")
    return value


def _phone(text: str) -> bytes:
    return _field(text, "phone number")


def _host_name(text: str) -> bytes:
    return _field(text, "host name")


def _field(text: str, what: str) -> bytes:
    value = text.encode(errors="surrogateescape")
    if len(value) > _FIELD_SIZE:
        raise MistakeError(f"the {what} has {len(value)} octets, {_FIELD_SIZE} are possible")
    return value


def _instance(text: str) -> str:
    if not text.replace("-", "").replace("_", "").replace(".", "").isalnum() or len(text) > _INSTANCE_LIMIT:
        raise MistakeError(f"{text!r} is not 1 to 60 letters, digits, dots and dashes")
    return text


def _quirk(text: str) -> str:
    from pptpengine.quirks import NAMES

    if text not in NAMES:
        raise MistakeError(f"{text!r} is not known; there are: {', '.join(NAMES)}")
    return text


def _one_of(*choices: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if text not in map(str, choices):
            raise MistakeError(f"{text!r} is not one of {', '.join(map(str, choices))}")
        return int(text)

    return read


_PPP = (
    Option(
        name="nolaunchpppd",
        help="speak PPP on standard input and output, as pppd's pty command, instead of starting pppd",
    ),
    Option(name="sync", help="refused, with the reason: a pty does not keep frames apart"),
)
_SERVER = (
    Option(
        name="port",
        addition=True,
        metavar="N",
        read=_port,
        default=1723,
        help="TCP port (default: {default})",
    ),
    Option(
        name="phone", metavar="NUMBER", read=_phone, default=b"", help="phone number for the server to call"
    ),
    Option(
        name="client-hostname",
        metavar="NAME",
        read=_host_name,
        default=b"local",
        help="what this client calls itself (default: local)",
    ),
    Option(name="quirks", metavar="QUIRK", read=_quirk, help="work around a faulty server: BEZEQ_ISRAEL"),
    Option(
        name="instance",
        addition=True,
        metavar="NAME",
        read=_instance,
        help="share a control connection only with calls of this name (default: with all to this server)",
    ),
    Option(
        name="connect-timeout",
        addition=True,
        metavar="SECONDS",
        read=_positive,
        default=10.0,
        help="how long to wait for TCP (default: {default:g})",
    ),
    Option(
        name="idle-wait",
        metavar="SECONDS",
        read=_seconds,
        default=60.0,
        help="silence of the control connection before an echo request; 0: never (default: {default:g})",
    ),
    Option(
        name="max-echo-wait",
        metavar="SECONDS",
        read=_seconds,
        default=60.0,
        help="how long to wait for the echo reply before the server counts as lost; 0: as --idle-wait"
        " (default: {default:g})",
    ),
)
_WAY = (
    Option(name="localbind", metavar="ADDRESS", read=_address, help="local IPv4 address of TCP and GRE"),
    Option(name="rtmark", metavar="N", read=_mark, help="mark all packets for policy routing (SO_MARK)"),
    Option(name="nohostroute", help="do not add a host route to the server"),
    Option(
        name="release-routes",
        addition=True,
        help="remove host routes that no living call manager owns, and exit",
    ),
    Option(
        name="user",
        addition=True,
        metavar="NAME",
        default="nobody",
        help="who to become once the sockets are open (default: {default})",
    ),
)
_PACKETS = (
    Option(
        name="timeout",
        metavar="SECONDS",
        read=_reorder,
        default=0.3,
        help="how long to hold early packets, 0.01 to 10 (default: {default})",
    ),
    Option(name="nobuffer", help="do not hold early packets"),
    Option(
        name="missing-window",
        metavar="N",
        read=_window,
        help="drop packets that are more than N ahead (default: 2048)",
    ),
    Option(
        name="test-type",
        metavar="N",
        read=_one_of(0, 1, 2, 3),
        default=0,
        help="damage the order of sent packets: 1 swaps two, 2 delays ten, 3 reverses eleven",
    ),
    Option(
        name="test-rate",
        metavar="N",
        read=_packets,
        default=100,
        help="packets between two of these (default: {default})",
    ),
)
_REPORTING = (
    Option(
        name="logstring", metavar="TEXT", default="anon", help="tag of each log line (default: {default})"
    ),
    Option(name="loglevel", metavar="N", read=_one_of(0, 1, 2), default=1, help="0 errors, 1 normal, 2 all"),
    Option(name="debug", help="stay in the foreground, log everything, also to standard error"),
    Option(
        name="report", addition=True, metavar="FILE", help="keep a JSON report of the tunnel's state in FILE"
    ),
    Option(name="json", addition=True, help="log statistics (SIGUSR1, and in the end) as JSON"),
    Option(name="help", addition=True, help="show this help message and exit"),
    Option(name="version", help="show program's version number and exit"),
)
GRAMMAR = Grammar(
    program="pptpengine",
    usage="pptpengine HOST [options] [[--] pppd options]",
    description="PPTP client for pppd: pppd pty 'pptpengine HOST --nolaunchpppd'",
    words=("HOST", "name or IPv4 address of the PPTP server"),
    groups={
        "the PPP side": _PPP,
        "the server": _SERVER,
        "the way to it": _WAY,
        "GRE packets": _PACKETS,
        "what is said": _REPORTING,
    },
    epilog=_EPILOG,
)


def parse(argv: Sequence[str]) -> SimpleNamespace:
    """The options by name, with `host` and `pppd` (the words for it) beside them.

    Ends the program after --help and --version, and on a mistake.
    """
    try:
        return _parsed(argv)
    except MistakeError as mistake:
        # One line; the list of all options would hide it.
        sys.stderr.write(f"{GRAMMAR.program}: {mistake}\ntry: {GRAMMAR.program} --help\n")
        sys.exit(2)


def _parsed(argv: Sequence[str]) -> SimpleNamespace:
    values, words = GRAMMAR.parse(argv)
    args = SimpleNamespace(**{name.replace("-", "_"): value for name, value in values.items()})
    if args.help:
        from pptpengine.helptext import help_text, terminal_width

        _say(help_text(GRAMMAR, terminal_width()))
    if args.version:
        _say(f"{GRAMMAR.program} {__version__}\n")
    args.host, args.pppd = (words[0], tuple(words[1:])) if words else (None, ())
    if args.host is None and not args.release_routes:
        raise MistakeError("the server's name is missing")
    return args


def _say(text: str) -> NoReturn:
    sys.stdout.write(text)
    sys.exit(0)
