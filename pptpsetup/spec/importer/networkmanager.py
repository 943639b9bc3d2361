"""NetworkManager's keyfiles with a connection of its PPTP plugin.

Keys and their meaning: nm-settings-keyfile(5) and NetworkManager-pptp. The tunnel stays NetworkManager's:
``init: networkmanager`` has pptpsetup write a keyfile of its own in the old one's place.
"""

from typing import Final

from pptpsetup.errors import Where
from pptpsetup.grammar.keyfile import KeyFileError, Value, read
from pptpsetup.spec.importer.finding import Files, Found, Kind, Layout, Note, Takeover, Verdict
from pptpsetup.spec.importer.security import IN_CLEAR, OPEN_STRENGTH, set_methods
from pptpsetup.spec.names import shown
from pptpsetup.spec.values import FROM_PEER

_SERVICE: Final = "org.freedesktop.NetworkManager.pptp"
_Groups = dict[str, dict[str, Value]]
_SAME: Final[dict[tuple[str, str], str]] = {
    ("connection", "type"): "it is a VPN connection",
    ("connection", "timestamp"): "NetworkManager keeps its own memory",
    ("connection", "autoconnect"): "NetworkManager does not start VPN connections by themselves",
    ("vpn", "service-type"): "pptpsetup writes it as well",
    ("vpn", "nobsdcomp"): "pptpsetup writes it as well",
    ("vpn", "nodeflate"): "pptpsetup writes it as well",
    ("vpn", "no-vj-comp"): "pptpsetup writes it as well",
    ("vpn", "refuse-eap"): "pptpsetup writes it as well",
    ("ipv4", "method"): "pptpsetup writes auto as well",
    ("ipv4", "may-fail"): "it is the default that matters for IPv4 only",
    ("ipv4", "ignore-auto-routes"): "the routes of the tunnel are those that are set",
    ("ipv6", "method"): "a tunnel carries IPv4 only",
    ("ipv6", "addr-gen-mode"): "a tunnel carries IPv4 only",
    ("ipv6", "ip6-privacy"): "a tunnel carries IPv4 only",
    ("ipv6", "never-default"): "a tunnel carries IPv4 only",
}
_FLAGS: Final = {
    "0": None,
    "2": "it was asked for each time; pptpsetup keeps the one that is given now",
    "4": "it was said not to be needed",
}
_METHODS: Final = {
    "mschap-v2": "refuse-mschapv2",
    "mschap": "refuse-mschap",
    "chap": "refuse-chap",
    "pap": "refuse-pap",
}


class _Reader:
    """Takes keys out of the file's groups; what is left at the end is not understood."""

    def __init__(self, found: Found, groups: _Groups) -> None:
        self.found = found
        self._left = {(group, key): value for group, keys in groups.items() for key, value in keys.items()}

    def where(self, value: Value | None) -> Where:
        return Where(self.found.path, None if value is None else value.line)

    def take(self, group: str, key: str) -> Value | None:
        """The value of *key*, None when there is none or GLib could not read it."""
        value = self._left.pop((group, key), None)
        if value is None or value.text is not None:
            return value
        why = "NetworkManager ignores it"
        self.found.note(
            Verdict.SAME, f"{group}.{key}: an escape or text that GLib cannot read", self.where(value), why
        )
        return None

    def text(self, group: str, key: str) -> str:
        value = self.take(group, key)
        return "" if value is None or value.text is None else value.text

    def yes(self, group: str, key: str) -> bool:
        return self.text(group, key) in {"yes", "true", "1"}

    def numbered(self, group: str, prefix: str) -> list[Value]:
        """The values of ``PREFIX1``, ``PREFIX2`` and so on."""
        keys = [key for where, key in self._left if where == group and key.removeprefix(prefix).isdecimal()]
        keys = [key for key in keys if key.startswith(prefix)]
        return [value for key in keys if (value := self.take(group, key)) is not None]

    def rest(self) -> None:
        for (group, key), value in self._left.items():
            why = _SAME.get((group, key))
            if group == "proxy" or key.startswith("_"):
                why = "it does not concern the tunnel"
            elif value.text == "":
                why = "it says nothing"
            verdict = Verdict.LOST if why is None else Verdict.SAME
            text = f"{shown(group)[1:-1]}.{shown(key)[1:-1]}"
            self.found.note(verdict, text, self.where(value), why or "pptpsetup has no setting for it")


def read_keyfile(path: str, data: bytes, files: Files, layout: Layout) -> Found | None:
    """The tunnel of a keyfile; None when it is another kind of connection."""
    del files
    found = Found(Kind.NETWORKMANAGER, path, path.rpartition("/")[2].removesuffix(".nmconnection"))
    try:
        groups = read(data)
    except KeyFileError as error:
        if _SERVICE.encode() not in data:
            return None
        where = Where(path, error.line)
        why = "NetworkManager does not load this file"
        found.problem("import-keyfile", error.reason, where, why=why, hint="correct the line")
        return found
    service = groups.get("vpn", {}).get("service-type")
    if service is None or service.text != _SERVICE:
        return None
    reader = _Reader(found, groups)
    found.name = reader.text("connection", "id") or found.name
    found.values["init"] = "networkmanager"
    _read_connection(reader)
    _read_methods(reader, _read_encryption(reader))
    _read_echo(reader)
    _read_ipv4(reader)
    reader.rest()
    if path.rpartition("/")[0] == layout.networkmanager:
        found.takeovers[path] = Takeover(path, data, None, secret=True)
    found.check_values()
    return found


def _read_connection(reader: _Reader) -> None:
    found = reader.found
    uuid = reader.take("connection", "uuid")
    if uuid is not None:
        why = "the UUID is made from the tunnel's name; what refers to the old one must be told"
        found.note(Verdict.CHANGED, f"connection.uuid {uuid.text}", reader.where(uuid), why)
    gateway = reader.take("vpn", "gateway")
    if gateway is None or not gateway.text:
        found.problem(
            "import-no-server", "there is no gateway", Where(found.path), hint="add gateway= to [vpn]"
        )
    else:
        found.set("server", gateway.text, f"vpn.gateway {gateway.text}", reader.where(gateway))
    user, domain = reader.take("vpn", "user"), reader.take("vpn", "domain")
    if user is not None and user.text:
        if domain is not None and domain.text:
            found.set("domain", domain.text, f"vpn.domain {domain.text}", reader.where(domain))
            found.set("username", user.text, f"vpn.user {user.text}", reader.where(user))
        else:
            found.set_login(user.text, reader.where(user))
    else:
        found.problem("import-no-name", "there is no user", Where(found.path), hint="add user= to [vpn]")
    _read_password(reader)


def _read_password(reader: _Reader) -> None:
    found = reader.found
    flags = reader.take("vpn", "password-flags")
    value = reader.take("vpn-secrets", "password")
    if value is not None and value.text:
        found.set_password(value.text, reader.where(value))
        found.notes.append(
            Note(Verdict.SETTING, "password (not shown)", reader.where(value), None, "password")
        )
    else:
        why = None if flags is None else _FLAGS.get(flags.text or "", "a program of the desktop keeps it")
        found.note(Verdict.ADVICE, "the password is not in the file", reader.where(flags), why)


def _read_encryption(reader: _Reader) -> str:
    found = reader.found
    wide, strong, weak = (reader.take("vpn", f"require-mppe{each}") for each in ("", "-128", "-40"))
    stateful = reader.take("vpn", "mppe-stateful")
    if stateful is not None and stateful.text == "yes":
        why = "every packet has keys of its own (stateless), which survives losses"
        found.note(Verdict.CHANGED, "vpn.mppe-stateful", reader.where(stateful), why)
    asked = {
        name: value
        for name, value in (("", wide), ("128", strong), ("40", weak))
        if value and value.text == "yes"
    }
    if not asked:
        found.set("encryption", "none", "nothing asks for encryption", Where(found.path), IN_CLEAR)
        return "none"
    encryption = "required-40" if set(asked) == {"40"} else "required-128"
    where = reader.where(next(iter(asked.values())))
    if len(asked) == 1 and "" not in asked:
        found.set("encryption", encryption, f"vpn.require-mppe-{next(iter(asked))}", where)
        return encryption
    found.values["encryption"] = encryption
    found.notes.append(Note(Verdict.REPAIRED, "vpn.require-mppe", where, OPEN_STRENGTH, "encryption"))
    return encryption


def _read_methods(reader: _Reader, encryption: str) -> None:
    found = reader.found
    allowed = [method for method, key in _METHODS.items() if not reader.yes("vpn", key)]
    set_methods(found, allowed, encryption, "what no refuse- key names", Where(found.path))


def _read_echo(reader: _Reader) -> None:
    found = reader.found
    interval, failure = reader.take("vpn", "lcp-echo-interval"), reader.take("vpn", "lcp-echo-failure")
    texts = [value.text or "" if value is not None else "" for value in (interval, failure)]
    if all(text.isascii() and text.isdecimal() and int(text[:9]) for text in texts):
        found.set(
            "lcp_echo.interval", f"{texts[0]}s", f"vpn.lcp-echo-interval {texts[0]}", reader.where(interval)
        )
        found.set(
            "lcp_echo.failure", int(texts[1][:9]), f"vpn.lcp-echo-failure {texts[1]}", reader.where(failure)
        )
    else:
        why = "a server that is gone is not noticed; pptpsetup's default is 20s"
        found.set("lcp_echo.interval", "0s", "no LCP echo that counts", Where(found.path), why)


def _read_ipv4(reader: _Reader) -> None:
    found = reader.found
    routes = [*reader.numbered("ipv4", "route"), *reader.numbered("ipv4", "routes")]
    networks = [text for value in routes if (text := _network(reader, value)) is not None]
    never = reader.take("ipv4", "never-default")
    if never is None or never.text not in {"true", "yes", "1"}:
        why = "a VPN of NetworkManager takes everything unless it is told not to"
        found.set("mode", "all-to-tunnel", "no ipv4.never-default", Where(found.path), why)
        for value in routes:
            found.note(
                Verdict.SAME, f"ipv4 route {value.text}", reader.where(value), "everything goes there"
            )
    elif networks:
        found.set("routes", networks, f"ipv4 routes {' '.join(networks)}", reader.where(routes[0]))
    _read_dns(reader)


def _network(reader: _Reader, value: Value) -> str | None:
    """``NETWORK/LENGTH,GATEWAY,METRIC``; before NetworkManager 0.9.10 all stood between semicolons."""
    text = value.text or ""
    if ";" in text:
        address, _, text = text.partition(";")
        length, _, rest = text.partition(";")
        network, rest = f"{address}/{length}", rest.replace(";", ",")
    else:
        network, _, rest = text.partition(",")
    if set(rest) - set("0.,"):  # a gateway other than 0.0.0.0, or a metric
        why = "a route of the tunnel has neither gateway nor metric of its own"
        reader.found.note(Verdict.LOST, f"ipv4 route {value.text}", reader.where(value), why)
        return None
    return network


def _read_dns(reader: _Reader) -> None:
    found = reader.found
    ignore = reader.yes("ipv4", "ignore-auto-dns")
    given, search = reader.take("ipv4", "dns"), reader.take("ipv4", "dns-search")
    servers = [each for each in (given.text or "" if given else "").replace(",", ";").split(";") if each]
    if servers or not ignore:
        value = [*servers] if ignore else [FROM_PEER, *servers]
        found.set(
            "dns.servers", value, "ipv4.dns" if servers else "no ipv4.ignore-auto-dns", reader.where(given)
        )
    domains = [each.lstrip("~") for each in (search.text or "" if search else "").split(";") if each]
    domains = [each for each in domains if each and each != "."]
    if domains and (servers or not ignore):
        found.set("dns.domains", domains, f"ipv4.dns-search {' '.join(domains)}", reader.where(search))
