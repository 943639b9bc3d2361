"""OpenWrt's /etc/config/network: interfaces with ``proto pptp``, and a reader of uci files.

A uci file has lines of words: ``config TYPE NAME``, ``option KEY VALUE``, ``list KEY VALUE``. Words are
quoted as in sh: single quotes take everything, double quotes and bare words know the backslash. What the
keys mean is netifd's ``ppp.sh``.
"""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import Final

from pptpengine.record import dataclass, field
from pptpsetup.errors import Where
from pptpsetup.grammar.pppoption import options as pppd_options
from pptpsetup.spec.importer.finding import LIMIT, Files, Found, Kind, Layout, Note, Places, Verdict
from pptpsetup.spec.importer.meaning import keep_options
from pptpsetup.spec.importer.security import read_refusals
from pptpsetup.spec.importer.uses import Use
from pptpsetup.spec.names import shown


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it stands."""

    value: str
    where: Where


@dataclass(slots=True)
class Section:
    """A ``config`` with its options; of an option given twice, the last one counts."""

    kind: str
    name: str
    where: Where
    options: dict[str, Setting] = field(default_factory=dict)
    lists: dict[str, list[Setting]] = field(default_factory=dict)


class UciError(ValueError):
    """A line that uci would refuse."""

    def __init__(self, where: Where, reason: str) -> None:
        super().__init__(reason)
        self.where = where
        self.reason = reason


def sections(path: str, data: bytes) -> list[Section]:
    """The sections of a uci file.

    Raises UciError.
    """
    found: list[Section] = []
    places = Places(path, data)
    for words, start in _lines(data, places):
        where = places(start)
        head, *rest = words
        if head == "package" and len(rest) == 1:
            continue
        if head == "config" and len(rest) in {1, 2}:
            found.append(Section(rest[0], rest[1] if len(rest) == 2 else "", where))
        elif head in {"option", "list"} and len(rest) == 2 and found:
            setting = Setting(rest[1], where)
            if head == "option":
                found[-1].options[rest[0]] = setting
            else:
                found[-1].lists.setdefault(rest[0], []).append(setting)
        else:
            raise UciError(where, "the line is none of config, option and list with its words")
    return found


def _lines(data: bytes, places: Places) -> Iterator[tuple[list[str], int]]:
    """The words of each line that has any; quotes may go over line ends."""
    words: list[str] = []
    start = position = 0
    while position < len(data):
        byte = data[position : position + 1]
        if byte in {b"\n", b";"}:
            if words:
                yield words, start
            words, position = [], position + 1
        elif byte in {b" ", b"\t", b"\r", b"\v", b"\f"}:
            position += 1
        elif byte == b"#":
            position = _line_end(data, position)
        else:
            start = start if words else position
            word, position = _word(data, position, places)
            words.append(word.decode("utf-8", "backslashreplace"))
    if words:
        yield words, start


def _line_end(data: bytes, position: int) -> int:
    end = data.find(b"\n", position)
    return len(data) if end < 0 else end


def _word(data: bytes, position: int, places: Places) -> tuple[bytes, int]:
    value = bytearray()
    while position < len(data) and data[position] not in b" \t\r\v\f\n;":
        byte = data[position]
        if byte in b"'\"":
            position = _quoted(data, position, value, places)
        elif byte == 0x5C:
            value += data[position + 1 : position + 2]
            position += 2
        else:
            value.append(byte)
            position += 1
    return bytes(value), position


def _quoted(data: bytes, opening: int, value: bytearray, places: Places) -> int:
    """Append what stands in the quotes that open at *opening*; the position after them."""
    quote, position = data[opening], opening + 1
    while position < len(data):
        byte = data[position]
        if byte == quote:
            return position + 1
        if byte == 0x5C and quote == 0x22:
            position += 1
            value += data[position : position + 1]
        else:
            value.append(byte)
        position += 1
    raise UciError(places(opening), "a quote is not closed")


_SAME: Final = {
    "proto": "it is a PPTP tunnel",
    "ipv6": "a tunnel carries IPv4 only",
    "delegate": "a tunnel carries IPv4 only",
    "ip6assign": "a tunnel carries IPv4 only",
    "force_link": "it is netifd's",
    "managed_by": "pptpsetup writes it as well",
}
_STAYS: Final = "the section stays in the file: uci delete network.NAME; uci commit network"


def read_uci(path: str, data: bytes, files: Files, layout: Layout) -> list[Found]:
    """The tunnels of a uci network file."""
    del files, layout
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
    return [
        _read(path, each, [route for route in routes if _value(route, "interface") == each.name])
        for each in found
        if each.kind == "interface" and _value(each, "proto") == "pptp"
    ]


def _value(section: Section, key: str) -> str:
    return section.options[key].value if key in section.options else ""


def _read(path: str, section: Section, routes: Sequence[Section]) -> Found:
    found = Found(Kind.UCI, path, section.name)
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
        why_same = _SAME.get(key)
        verdict = Verdict.LOST if why_same is None else Verdict.SAME
        found.note(
            verdict,
            f"{shown(key)[1:-1]} {shown(setting.value)}",
            setting.where,
            why_same or "there is no setting for it",
        )
    found.note(
        Verdict.ADVICE, "nothing is taken out of the file", section.where, _STAYS.replace("NAME", found.name)
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
    """A section ``route`` of the interface; netifd takes a network with its length or with a mask."""
    target, mask = _value(route, "target"), _value(route, "netmask")
    text = f"route {shown(target)}"
    others = sorted(route.options.keys() - {"interface", "target", "netmask", "managed_by", "gateway"})
    try:
        network = IPv4Network(f"{target}/{mask}" if mask else target)
    except ValueError:
        found.note(Verdict.LOST, text, route.where, "it is no network that a tunnel could have a route to")
        return
    if others or _value(route, "gateway").strip("0.") != "":
        why = "a route of the tunnel has neither gateway nor metric of its own"
        found.note(Verdict.LOST, text, route.where, why)
        return
    if network.prefixlen == 0:
        found.set("mode", "all-to-tunnel", text, route.where)
        return
    known = found.values.get("routes")
    found.set("routes", [*(known if isinstance(known, list) else ()), str(network)], text, route.where)


def _read_link(found: Found, options: dict[str, Setting], section: Section) -> None:
    mtu = options.pop("mtu", None)
    if mtu is None:
        found.set("mtu", 1500, "no mtu is given", section.where, "pppd's default")
    else:
        found.set("mtu", _number(mtu), f"mtu {shown(mtu.value)}", mtu.where)
    keepalive = options.pop("keepalive", None)
    if keepalive is not None:
        failure, _, interval = keepalive.value.replace(",", " ").partition(" ")
        text = f"keepalive {shown(keepalive.value)}"
        found.set("lcp_echo.failure", _number(Setting(failure, keepalive.where)), text, keepalive.where)
        found.set("lcp_echo.interval", f"{interval.strip() or 5}s", text, keepalive.where)
    auto, disabled = options.pop("auto", None), options.pop("disabled", None)
    starts = (auto is None or auto.value != "0") and (disabled is None or disabled.value != "1")
    found.set(
        "on_boot",
        starts,
        f"auto {'1' if starts else '0'}",
        (auto or disabled or Setting("", section.where)).where,
    )


def _number(setting: Setting) -> object:
    return int(setting.value) if setting.value.isascii() and setting.value.isdecimal() else setting.value


def _read_names(found: Found, options: dict[str, Setting], section: Section) -> None:
    default = options.pop("defaultroute", None)
    if default is None or default.value != "0":
        why = "netifd's default" if default is None else None
        found.set(
            "mode", "all-to-tunnel", "defaultroute 1", default.where if default else section.where, why
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
