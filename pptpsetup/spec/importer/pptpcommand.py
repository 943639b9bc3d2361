"""Peers files of ``pptp-command``, which early pptp-linux had, and of Webmin's PPTP client module.

They have no line of their own, since ``pptp SERVER call NAME`` starts pppd: the server and the routes stand
in comments, ``# Server IP: HOST`` and ``# Route: `` with the arguments of route(8), where TUNNEL_DEV stands
for the interface, GW for the other end and DEF_GW for the gateway of before.
"""

import re
from ipaddress import IPv4Network
from typing import Final

from pptpsetup.errors import Where
from pptpsetup.invocation import command
from pptpsetup.spec.importer.finding import Found, Note, Places, Verdict

NAME: Final = "pptp-command or Webmin"
_SIGN: Final = re.compile(rb"^#[ \t]*PPTP\b", re.MULTILINE)
_SERVER: Final = re.compile(rb"^#[ \t]*Server IP:[ \t]*(?P<server>\S+)", re.MULTILINE)
_ROUTE: Final = re.compile(rb"^#[ \t]*Route:[ \t]*(?P<route>\S[^\r\n]*?)[ \t\r]*$", re.MULTILINE)
_DEFAULT: Final = "0.0.0.0/0"


def wrote(data: bytes) -> bool:
    """Whether the peers file *data*, which has no line of its own, is its work."""
    return _SIGN.search(data) is not None and _SERVER.search(data) is not None


def take(found: Found, data: bytes) -> None:
    """The server and the routes that the comments tell."""
    places = Places(found.path, data)
    found.author = NAME
    for match in _SERVER.finditer(data):
        server = match["server"].decode("utf-8", "replace")
        found.set("server", server, f"Server IP: {server}", places(match.start()))
    networks: list[str] = []
    for match in _ROUTE.finditer(data):
        words = match["route"].decode("utf-8", "replace").split()
        _read_route(found, words, places(match.start()), networks)
    if networks and found.values.get("mode") != "all-to-tunnel":
        found.values["routes"] = list(dict.fromkeys(networks))
    why = f"it calls `pptp SERVER call NAME`; {command('start NAME')} does it now"
    found.note(Verdict.CHANGED, f"{NAME} cannot bring it up any more", Where(found.path), why)


def _read_route(found: Found, words: list[str], where: Where, networks: list[str]) -> None:
    text = f"Route: {' '.join(words)}"
    network = _network(words)
    if network is None:
        if words[:1] in (["del"], ["delete"]) or "DEF_GW" in words:
            found.note(Verdict.SAME, text, where, "the default route stays, and the server's is pinned")
        else:
            why = "only plain networks through the tunnel, such as 192.168.7.0/24, are routes of it"
            found.note(Verdict.LOST, text, where, why)
    elif network == _DEFAULT:
        why = "two routes that cover everything instead of the default route, which stays as it is"
        found.set("mode", "all-to-tunnel", text, where, why)
    else:
        networks.append(network)
        found.notes.append(Note(Verdict.SETTING, text, where, None, "routes"))


def _network(words: list[str]) -> str | None:
    """The network of a route that leads through the tunnel; None for any other."""
    if words[:1] != ["add"]:
        return None
    rest = [word for word in words[1:] if word not in {"-net", "-host", "dev", "gw", "TUNNEL_DEV", "GW"}]
    through = {"TUNNEL_DEV", "GW"} & set(words)
    address, *mask = rest or [""]
    if not through or (mask and mask[0] != "netmask") or len(mask) not in {0, 2}:
        return None
    if address == "default":
        return _DEFAULT
    try:
        return str(IPv4Network(f"{address}/{mask[1]}" if mask else address))
    except ValueError:
        return None
