"""OpenWrt's /etc/config/network: interfaces with ``proto pptp``.

What the keys mean is netifd's ``ppp.sh``. The section of a tunnel becomes ours, which has the same name: uci
would take two of one name for one.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Final

from pptpsetup.grammar.pppoption import options as pppd_options
from pptpsetup.spec.importer.finding import (
    LIMIT,
    Files,
    Found,
    Kind,
    Layout,
    Note,
    Takeover,
    Verdict,
)
from pptpsetup.spec.importer.meaning import keep_options
from pptpsetup.spec.importer.security import read_refusals
from pptpsetup.spec.importer.ucifile import Section, Setting, UciError, sections
from pptpsetup.spec.importer.uses import Use
from pptpsetup.spec.names import shown

_SAME: Final = {
    "proto": "it is a PPTP tunnel",
    "ipv6": "a tunnel carries IPv4 only",
    "delegate": "a tunnel carries IPv4 only",
    "ip6assign": "a tunnel carries IPv4 only",
    "force_link": "it is netifd's",
    "managed_by": "pptpsetup writes it as well",
}
_NOTHING: Final = {
    ("keepalive_adaptive", "1"): "it is netifd's default",
    ("demand", "0"): "it is netifd's default",
    ("buffering", "1"): "it is netifd's default",
}
_DEMAND: Final = "netifd cannot have the routes of a tunnel that is dialled on demand"


def read_uci(path: str, data: bytes, files: Files, layout: Layout) -> list[Found]:
    """The tunnels of a uci network file."""
    del files
    if len(data) > LIMIT or b"pptp" not in data:
        return []
    try:
        found = sections(path, data)
    except UciError as error:
        broken = Found(Kind.UCI, path, path.rpartition("/")[2])
        broken.problem(
            "import-uci", error.reason, error.where, why="uci refuses the file", hint="correct the line"
        )
        return [broken]
    routes = [each for each in found if each.kind == "route"]
    tunnels = [each for each in found if each.kind == "interface" and _value(each, "proto") == "pptp"]
    read: list[Found] = []
    for each in tunnels:
        own = [route for route in routes if _value(route, "interface") == each.name]
        read.append(_read(path, each, own))
        if path == layout.uci and layout.netifd:
            _take(read[-1], data, [each, *(route for route in own if _is_plain(route))])
        else:
            why = f"on OpenWrt: uci delete network.{each.name}; uci commit network"
            read[-1].note(Verdict.ADVICE, "nothing is taken out of the file", each.where, why)
    return read


def _take(found: Found, data: bytes, gone: Sequence[Section]) -> None:
    """The sections *gone* become pptpsetup's, which have the same names; all other lines stay."""
    content, position = b"", 0
    for start, end in sorted(each.span for each in gone):
        content += data[position:start]
        position = end
    found.takeovers[found.path] = Takeover(found.path, data, content + data[position:], secret=True)


def _value(section: Section, key: str) -> str:
    return section.options[key].value if key in section.options else ""


def _read(path: str, section: Section, routes: Sequence[Section]) -> Found:
    found = Found(Kind.UCI, path, section.name, ours=_value(section, "managed_by") == "pptpsetup")
    options = dict(section.options)
    _read_login(found, options, section)
    why = "OpenWrt's /etc/ppp/options.pptp asks for 128 bit; if yours does not, see encryption"
    found.set("encryption", "required-128", "proto pptp", section.where, why)
    _read_methods(found, options.get("pppd_options"), section)
    _read_link(found, options, section)
    _read_names(found, options, section)
    for route in routes:
        _read_route(found, route)
    extra = options.pop("pppd_options", None)
    if extra is not None:
        keep_options(found, extra.value.encode(), extra.where, without="refuse-")
    for key, setting in options.items():
        why_same = _SAME.get(key) or _NOTHING.get((key, setting.value))
        verdict = Verdict.LOST if why_same is None else Verdict.SAME
        found.note(
            verdict,
            f"{shown(key)[1:-1]} {shown(setting.value)}",
            setting.where,
            why_same or (_DEMAND if key == "demand" else "there is no setting for it"),
        )
    found.check_values()
    return found


def _read_login(found: Found, options: dict[str, Setting], section: Section) -> None:
    server, username = (options.pop(key, None) for key in ("server", "username"))
    if server is not None and server.value:
        found.set("server", server.value, "server", server.where)
    else:
        found.problem("import-no-server", "there is no server", section.where, hint="add option server")
    if username is not None and username.value:
        found.set_login(username.value, username.where)
    else:
        found.problem("import-no-name", "there is no username", section.where, hint="add option username")
    password = options.pop("password", None)
    if password is not None:
        found.set_password(password.value, password.where)
        found.notes.append(Note(Verdict.SETTING, "password (not shown)", password.where, None, "password"))


def _read_methods(found: Found, extra: Setting | None, section: Section) -> None:
    """Only MS-CHAP makes keys for the encryption that there always is."""
    given = Setting("", section.where) if extra is None else extra
    words = pppd_options(given.value.encode())
    refusals = [Use(each, given.where) for each in words if each.name.startswith("refuse-")]
    if refusals:
        read_refusals(found, refusals, "required-128")
    else:
        found.set("authentication", ["mschap-v2"], "proto pptp", section.where)


def _read_route(found: Found, route: Section) -> None:
    """A section ``route`` of the interface, after the interface itself has been read."""
    text = f"route {shown(_value(route, 'target'))}"
    network = _network(route)
    if network is None:
        found.note(Verdict.LOST, text, route.where, "it is no network that a tunnel could have a route to")
    elif not _is_plain(route):
        why = "a route of the tunnel has neither gateway nor metric of its own"
        found.note(Verdict.LOST, text, route.where, why)
    elif network.prefixlen == 0:
        found.set("mode", "all-to-tunnel", text, route.where)
        found.values.pop("routes", None)
    elif found.values.get("mode") == "all-to-tunnel":
        found.note(Verdict.SAME, text, route.where, "everything goes there")
    else:
        _add_route(found, network, text, route)


def _add_route(found: Found, network: IPv4Network, text: str, route: Section) -> None:
    known = found.values.get("routes")
    found.set("routes", [*(known if isinstance(known, list) else ()), str(network)], text, route.where)


def _network(route: Section) -> IPv4Network | None:
    """netifd takes a network with its length or with a mask."""
    target, mask = _value(route, "target"), _value(route, "netmask")
    try:
        return IPv4Network(f"{target}/{mask}" if mask else target)
    except ValueError:
        return None


def _is_plain(route: Section) -> bool:
    """Whether nothing but network and interface is said of it."""
    others = route.options.keys() - {"interface", "target", "netmask", "managed_by", "gateway"}
    return not others and _value(route, "gateway").strip("0.") == "" and _network(route) is not None


def _read_link(found: Found, options: dict[str, Setting], section: Section) -> None:
    mtu = options.pop("mtu", None)
    if mtu is None:
        found.set("mtu", 1500, "no mtu is given", section.where, "pppd's default")
    else:
        found.set("mtu", _number(mtu), f"mtu {shown(mtu.value)}", mtu.where)
    _read_keepalive(found, options.pop("keepalive", None), section)
    auto, disabled = options.pop("auto", None), options.pop("disabled", None)
    starts = (auto is None or auto.value != "0") and (disabled is None or disabled.value != "1")
    found.set(
        "on_boot",
        starts,
        f"auto {'1' if starts else '0'}",
        (auto or disabled or Setting("", section.where)).where,
    )


def _read_keepalive(found: Found, keepalive: Setting | None, section: Section) -> None:
    """``keepalive FAILURE INTERVAL``; less than one failure means none at all."""
    if keepalive is None:
        why = "netifd's default; old releases of OpenWrt had none"
        found.set("lcp_echo.failure", 5, "no keepalive", section.where)
        found.set("lcp_echo.interval", "1s", "no keepalive", section.where, why)
        return
    failure, _, interval = keepalive.value.replace(",", " ").partition(" ")
    text = f"keepalive {shown(keepalive.value)}"
    if failure.strip("0") == "":
        found.set("lcp_echo.interval", "0s", text, keepalive.where)
        return
    found.set("lcp_echo.failure", _number(Setting(failure, keepalive.where)), text, keepalive.where)
    found.set("lcp_echo.interval", f"{interval.strip() or 5}s", text, keepalive.where)


def _number(setting: Setting) -> object:
    return int(setting.value) if setting.value.isascii() and setting.value.isdecimal() else setting.value


def _read_names(found: Found, options: dict[str, Setting], section: Section) -> None:
    default = options.pop("defaultroute", None)
    if default is None or default.value != "0":
        why = "netifd's default" if default is None else None
        found.set(
            "mode", "all-to-tunnel", "defaultroute 1", default.where if default else section.where, why
        )
    else:
        found.note(
            Verdict.SAME, "defaultroute 0", default.where, "the routes of the tunnel are those that are set"
        )
    peer = options.pop("peerdns", None)
    servers = [each.value for each in section.lists.get("dns", ())]
    single = options.pop("dns", None)
    servers += single.value.split() if single else []
    if peer is None or peer.value != "0":
        servers = ["from-peer", *servers]
    if servers:
        found.set("dns.servers", servers, f"dns {' '.join(map(shown, servers))}", section.where)
    for key, settings in section.lists.items():
        if key != "dns":
            found.note(
                Verdict.LOST, f"list {shown(key)[1:-1]}", settings[0].where, "there is no setting for it"
            )
