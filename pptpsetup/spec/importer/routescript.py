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

_VARIABLES: Final = r"\"?\$(?:\{(?:PPP_IPPARAM|LINKNAME|6)\}|PPP_IPPARAM|LINKNAME|6)\"?"
_NAME: Final = r"[\"']?(?P<name>[A-Za-z0-9_.-]+)[\"']?"
_TEST: Final = rf"(?:\[ {_VARIABLES} ==? {_NAME} \]|test {_VARIABLES} = {_NAME.replace('name', 'word')})"
_INTERFACE: Final = r"\"?\$(?:\{(?:PPP_IFACE|IFNAME|1)\}|PPP_IFACE|IFNAME|1)\"?"
_CIDR: Final = r"(?P<cidr>[0-9.]+/[0-9]{1,2})"
_IP: Final = (
    rf"(?:/s?bin/|/usr/s?bin/)?ip(?: -4)? route (?P<verb>add|replace|del|delete) {_CIDR} dev {_INTERFACE}"
)
_ROUTE: Final = (
    r"(?:/sbin/)?route (?P<old>add|del) "
    r"-net (?P<net>[0-9.]+)(?:/(?P<bits>[0-9]{1,2})| netmask (?P<mask>[0-9.]+))"
    rf" (?:dev )?{_INTERFACE}"
)
_ENDING: Final = r"(?: (?:2>|>)/dev/null)?(?: (?:\|\| true|2>&1))?"
_COMMAND: Final = re.compile(rf"(?:{_IP}|{_ROUTE}){_ENDING}")
_GUARDED: Final = re.compile(rf"{_TEST} && (?P<command>.+)")
_IF: Final = re.compile(rf"if {_TEST}\s*;\s*then")
_OTHERS: Final = re.compile(rf"{_TEST} \|\| exit 0")


@dataclass(frozen=True, slots=True)
class Script:
    """What a script does for one tunnel."""

    networks: tuple[str, ...]
    understood: bool
    "It does nothing else, and for no other tunnel."
    mentions: bool
    "One of the tunnel's names stands in it."


def read_script(data: bytes, names: frozenset[str]) -> Script:
    """What the script *data* does for the tunnel that hooks know by one of *names*."""
    mentions = any(
        re.search(rb"(?<![\w.-])" + re.escape(name.encode()) + rb"(?![\w.-])", data) for name in names
    )
    try:
        text = data.decode("ascii") if len(data) <= LIMIT else ""
    except UnicodeDecodeError:
        text = ""
    networks = _networks(text, names) if mentions and text else None
    return Script(networks or (), networks is not None, mentions)


def _networks(text: str, names: frozenset[str]) -> tuple[str, ...] | None:
    """The networks of a script that is understood; None for any other."""
    found: list[str] = []
    guarded = inside = False
    for line in (" ".join(each.split()) for each in text.split("\n")):
        if not line or line.startswith("#") or line in {"exit 0", "set -e", ":"}:
            continue
        if inside and line == "fi":
            inside = False
        elif not inside and _is_for(_IF.fullmatch(line), names):
            inside = True
        elif not inside and _is_for(_OTHERS.fullmatch(line), names):
            guarded = True
        else:
            one = _GUARDED.fullmatch(line)
            safe = guarded or inside or _is_for(one, names)
            network = _network(_COMMAND.fullmatch(one["command"] if one and _is_for(one, names) else line))
            if not safe or network is None:
                return None
            found.append(network)
    return tuple(dict.fromkeys(found)) if found and not inside else None


def _is_for(match: "re.Match[str] | None", names: frozenset[str]) -> bool:
    return match is not None and (match["name"] or match["word"]) in names


def _network(match: "re.Match[str] | None") -> str | None:
    if match is None:
        return None
    text = match["cidr"] or f"{match['net']}/{match['bits'] or match['mask']}"
    try:
        return str(IPv4Network(text))
    except ValueError:
        return None
