"""Hand-written scripts of ip-up.d and ip-down.d that do nothing but set a tunnel's routes.

A script is understood when each of its lines is a comment, a guard that names the tunnel, or a route through
the interface, all without anything that only a shell could tell. Then its networks are routes of the tunnel
and it is not needed any more. Otherwise it is only said that it may know the tunnel by a name that changes.
"""

import re
from ipaddress import IPv4Network
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.spec.importer.finding import LIMIT

EVERYTHING: Final = frozenset({"0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"})
"Networks that stand for all traffic."

_KNOWN_BY: Final = r"PPP_IPPARAM|LINKNAME|6"
_VARIABLES: Final = rf"\"?\$(?:\{{(?:{_KNOWN_BY})\}}|(?:{_KNOWN_BY}))\"?"
_NAME: Final = r"[\"']?(?P<name>[A-Za-z0-9_.-]+)[\"']?"
_TEST: Final = (
    rf"(?:\[ {_VARIABLES} ==? {_NAME} \]|\[\[ {_VARIABLES} ==? {_NAME.replace('name', 'bash')} \]\]"
    rf"|test {_VARIABLES} = {_NAME.replace('name', 'word')})"
)
_INTERFACE: Final = r"\"?\$(?:\{(?:PPP_IFACE|IFNAME|1)\}|PPP_IFACE|IFNAME|1)\"?"
_PEER: Final = r"\"?\$(?:\{(?:PPP_REMOTE|IPREMOTE|5)\}|PPP_REMOTE|IPREMOTE|5)\"?"
_CIDR: Final = r"(?P<cidr>default|[0-9.]+(?:/[0-9]{1,2})?)"
_IP: Final = (
    rf"(?:/s?bin/|/usr/s?bin/)?ip(?: -4)? (?:route|ro|r) (?:add|replace|del|delete) {_CIDR}"
    rf"(?: via {_PEER} dev {_INTERFACE}| via {_PEER}| dev {_INTERFACE})"
)
_ROUTE: Final = (
    r"(?:/sbin/|/usr/sbin/)?route (?:add|del) (?:(?P<old>default)|-host (?P<host>[0-9.]+)"
    r"|(?:-net )?(?P<net>[0-9.]+)(?:/(?P<bits>[0-9]{1,2})| netmask (?P<mask>[0-9.]+)))"
    rf"(?: gw {_PEER}(?: (?:dev )?{_INTERFACE})?| (?:dev )?{_INTERFACE})"
)
_ENDING: Final = r"(?: (?:2>|>)/dev/null)?(?: (?:\|\| true|\|\| :|2>&1))?;?"
_COMMAND: Final = re.compile(rf"(?:{_IP}|{_ROUTE}){_ENDING}")
_GUARDED: Final = re.compile(rf"{_TEST} && (?P<command>.+)")
_IF: Final = re.compile(rf"if {_TEST}(?:\s*;\s*then)?")
_OTHERS: Final = re.compile(rf"{_TEST} \|\| exit(?: 0)?;?")
_CASE: Final = re.compile(rf"case {_VARIABLES} in")
_ARM: Final = re.compile(rf"\(?{_NAME}\)(?: (?P<command>.+))?")
_NOTHING: Final = frozenset({"exit 0", "exit", "set -e", ":", "true"})


@dataclass(frozen=True, slots=True)
class Script:
    """What a script does for one tunnel."""

    networks: tuple[str, ...] | None
    "It does nothing but set routes to these, and for no other tunnel; None: it is not understood."
    mentions: bool
    "One of the tunnel's names stands in it."
    asks: bool
    "It compares what it is called with to one of them."


def read_script(data: bytes, names: frozenset[str]) -> Script:
    """What the script *data* does for the tunnel that hooks know by one of *names*."""
    code = [line for line in data.split(b"\n") if not line.lstrip().startswith(b"#")]
    naming = [line for line in code if any(_named(name, line) for name in names)]
    if not naming:
        return Script(None, mentions=False, asks=False)
    try:
        text = data.decode("ascii") if len(data) <= LIMIT else ""
    except UnicodeDecodeError:
        text = ""
    networks = _Reading(names).of(text) if text else None
    return Script(networks, mentions=True, asks=any(_asking(line, names) for line in naming))


def _named(name: str, line: bytes) -> bool:
    return re.search(rb"(?<![\w.-])" + re.escape(name.encode()) + rb"(?![\w.-])", line) is not None


def _asking(line: bytes, names: frozenset[str]) -> bool:
    """Whether a line with a name in it compares something with it, as a test or an arm of a case does."""
    arm = any(re.search(re.escape(name.encode()) + rb"[\"']?\s*(?:\||\))", line) for name in names)
    return arm or re.search(rb"\$\{?(?:%s)\b" % _KNOWN_BY.encode(), line) is not None


class _Reading:
    """Goes through a script line by line."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._found: list[str] = []
        self._open: list[str] = []
        "The words that close what is open: fi, esac, and ``;;`` in an arm of ours."
        self._guarded = False

    def of(self, text: str) -> tuple[str, ...] | None:
        """The networks of a script that is understood; None for any other."""
        lines = (" ".join(each.split()) for each in text.replace(";;", "\n;;\n").split("\n"))
        if not all(not line or line.startswith("#") or self._line(line) for line in lines):
            return None
        return tuple(dict.fromkeys(self._found)) if self._found and not self._open else None

    def _line(self, line: str) -> bool:
        """Whether *line* is understood."""
        if line in _NOTHING or (line == "then" and self._open == ["fi"]):
            return True
        if self._open and line == self._open[-1]:
            self._open.pop()
            return True
        if self._open == ["esac"]:
            return self._arm(line)
        if not self._open and self._opens(line):
            return True
        guard = _GUARDED.fullmatch(line)
        ours = self._is_for(guard)
        safe = self._guarded or bool(self._open) or ours
        return safe and self._route(guard["command"] if guard and ours else line)

    def _opens(self, line: str) -> bool:
        if self._is_for(_IF.fullmatch(line)):
            self._open.append("fi")
        elif _CASE.fullmatch(line):
            self._open.append("esac")
        elif self._is_for(_OTHERS.fullmatch(line)):
            self._guarded = True
        else:
            return False
        return True

    def _arm(self, line: str) -> bool:
        arm = _ARM.fullmatch(line)
        if arm is None or arm["name"] not in self._names:
            return line in {"*)", ";;"}
        self._open.append(";;")
        return arm["command"] is None or self._route(arm["command"])

    def _route(self, line: str) -> bool:
        network = _network(_COMMAND.fullmatch(line))
        self._found += [] if network is None else [network]
        return network is not None

    def _is_for(self, match: "re.Match[str] | None") -> bool:
        return match is not None and (match["name"] or match["bash"] or match["word"]) in self._names


def _network(match: "re.Match[str] | None") -> str | None:
    if match is None:
        return None
    if "default" in {match["cidr"], match["old"]}:
        return "0.0.0.0/0"
    text = match["cidr"] or match["host"] or f"{match['net']}/{match['bits'] or match['mask']}"
    try:
        return str(IPv4Network(text))
    except ValueError:
        return None
