"""From nodes to the model: which keys there may be, what each means, and what contradicts what."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pptpengine.record import dataclass, field
from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.spec import names
from pptpsetup.spec.demand import demand_contradictions
from pptpsetup.spec.model import (
    Authentication,
    Demand,
    Dns,
    Encryption,
    LcpEcho,
    Mode,
    PasswordSource,
    Spec,
    Tunnel,
)
from pptpsetup.spec.names import shown
from pptpsetup.spec.secret import secret_file
from pptpsetup.spec.settings import ABSENT, BY_PATH, GROUPS, SETTINGS
from pptpsetup.spec.values import FROM_PEER, suggestion
from pptpsetup.yaml.node import Entry, MappingNode, Node, Scalar, integer, invalid, kind_in_words

VERSION = 1
_TOP = ("version", "defaults", "tunnels")
_OTHER_WORDS = {
    other: ours
    for ours, others in {
        "server": "host gateway remote address",
        "username": "user login name",
        "domain": "workgroup",
        "password": "secret",
        "encryption": "mppe encrypt",
        "authentication": "auth",
        "mode": "all_to_tunnel lan_to_lan",
        "masquerade": "nat snat",
        "routes": "route networks",
        "dns.servers": "nameservers dns_servers",
        "dns.domains": "dns_domain dns_domains",
        "mtu": "mru",
        "on_boot": "autostart",
        "reconnect_delay": "holdoff retry",
        "demand.idle": "idle on_demand dial_on_demand",
    }.items()
    for other in others.split()
}
"What other programs call our settings."


@dataclass
class _Settings:
    """What one mapping of settings says."""

    values: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Scalar] = field(default_factory=dict)
    "Where each setting stands; also those whose value is invalid."
    guessed: set[str] = field(default_factory=set)
    "What misspelt keys were probably meant to be."


def build_spec(root: Node) -> Spec:
    """The spec a document holds.

    Raises SpecError with every problem of the whole document.
    """
    problems: list[Diagnostic] = []
    if not isinstance(root, MappingNode):
        hint = "begin the file with the line: version: 1"
        raise invalid(root, "wrong-type", f"the file holds {kind_in_words(root)}, not settings", hint=hint)
    _check_version(root, problems)
    problems.extend(_unknown_top(each) for each in root.entries if each.key.text not in _TOP)
    defaults = _Settings()
    shared = root.find("defaults")
    if shared is not None and not _is_empty(shared.value):
        defaults = _read_settings(shared, "defaults", problems)
    tunnels = [_read_tunnel(each, defaults, problems) for each in _tunnel_entries(root, problems)]
    if problems:
        raise SpecError(sorted(problems, key=_place))
    return Spec(tuple(each for each in tunnels if each is not None))


def _tunnel_entries(root: MappingNode, problems: list[Diagnostic]) -> tuple[Entry, ...]:
    found = root.find("tunnels")
    if found is None or _is_empty(found.value):
        return ()
    if isinstance(found.value, MappingNode):
        return found.value.entries
    message = f"tunnels must map names to settings, not be {kind_in_words(found.value)}"
    hint = "write each tunnel's name and a colon, and its settings below, indented further"
    problems.append(Diagnostic("wrong-type", message, found.value.where, hint=hint))
    return ()


def _place(problem: Diagnostic) -> tuple[int, int]:
    where = problem.where
    return (where.line or 0, where.column or 0) if where else (0, 0)


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.tag == "null"


def _check_version(root: MappingNode, problems: list[Diagnostic]) -> None:
    entry, hint = root.find("version"), f"write version: {VERSION}"
    if entry is None:
        message = "the file does not say which version of the format it is written in"
        problems.append(Diagnostic("version-missing", message, root.where, hint=f"{hint} in its first line"))
        return
    node = entry.value
    if not (isinstance(node, Scalar) and node.tag == "int"):
        problems.append(Diagnostic("wrong-type", "the version must be a number", node.where, hint=hint))
    elif integer(node) != VERSION:
        message = f"this file is written in version {node.text} of the format"
        why = f"this pptpsetup reads version {VERSION}"
        hint = f"use the pptpsetup the file was made for; if the number is a mistake, {hint}"
        problems.append(Diagnostic("version-unsupported", message, node.where, why, hint))


def _unknown_top(entry: Entry) -> Diagnostic:
    key = entry.key.text
    close = suggestion(key, _TOP)
    hint = f"did you mean {close}?" if close else f"the keys here are {', '.join(_TOP)}"
    if key in BY_PATH or key in GROUPS:
        hint = "a setting stands under a tunnel's name in tunnels, or under defaults"
    elif not close and isinstance(entry.value, MappingNode):
        hint = "if this is a tunnel, it belongs under tunnels, indented further"
    return Diagnostic("unknown-key", f"unknown key {shown(key)}", entry.key.where, hint=hint)


_RESERVED = {
    "runner": "pppd runs every tunnel so far",
    "datapath": "every tunnel goes through pppd's pseudo-terminal so far",
}
"Settings that a later version is going to have, and what holds until then."


def _unknown_setting(key: Scalar, path: str, inside: str | None, guessed: set[str]) -> Diagnostic:
    if path in _RESERVED:
        message = f"{path} is a setting of a later pptpsetup and not there yet"
        return Diagnostic("not-there-yet", message, key.where, _RESERVED[path], f"leave {path} out")
    choices = tuple(dict.fromkeys(setting.keys[0] for setting in SETTINGS))
    if inside is not None:
        choices = tuple(setting.keys[1] for setting in SETTINGS if setting.keys[0] == inside)
    close = path if path in BY_PATH else _OTHER_WORDS.get(key.text.lower().replace("-", "_"))
    if inside is None and close is not None and "." in close:
        group, _, last = close.partition(".")
        hint = f"write it as {group}: {{{last}: …}}"
    else:
        close = (close if inside is None else None) or suggestion(key.text, choices)
        hint = f"did you mean {close}?" if close else f"the settings here are {', '.join(choices)}"
    if close is not None:
        guessed.add(close)
    return Diagnostic("unknown-key", f"unknown setting {shown(path)}", key.where, hint=hint)


def _read_settings(entry: Entry, what: str, problems: list[Diagnostic]) -> _Settings:
    found = _Settings()
    if not isinstance(entry.value, MappingNode):
        message = f"{what} must be settings, not {kind_in_words(entry.value)}"
        problems.append(Diagnostic("wrong-type", message, entry.value.where, hint="write key: value lines"))
        return found
    for each in entry.value.entries:
        if each.key.text in GROUPS and isinstance(each.value, MappingNode):
            for inner in each.value.entries:
                _read_setting(inner, f"{each.key.text}.{inner.key.text}", each.key.text, found, problems)
        elif each.key.text in GROUPS:
            inner_keys = [setting.keys[1] for setting in SETTINGS if setting.keys[0] == each.key.text]
            empty = _is_empty(each.value)
            message = f"{each.key.text} must hold settings, not {kind_in_words(each.value)}"
            message = f"{each.key.text} holds no settings" if empty else message
            hint = f"write {each.key.text}: {{{inner_keys[0]}: …}}; it may hold {' and '.join(inner_keys)}"
            problems.append(Diagnostic("wrong-type", message, each.value.where, hint=hint))
        else:
            _read_setting(each, each.key.text, None, found, problems)
    return found


def _read_setting(
    entry: Entry, path: str, inside: str | None, found: _Settings, problems: list[Diagnostic]
) -> None:
    setting = BY_PATH.get(path)
    if setting is None or (inside is None and "." in path):
        problems.append(_unknown_setting(entry.key, path, inside, found.guessed))
        return
    found.keys[path] = entry.key
    try:
        found.values[path] = setting.kind.read(entry.value)
    except SpecError as error:
        problems.extend(error.diagnostics)


def _read_tunnel(entry: Entry, defaults: _Settings, problems: list[Diagnostic]) -> Tunnel | None:
    before = len(problems)
    name, where = entry.key.text, entry.key.where
    try:
        names.check_tunnel_name(name)
    except SpecError as error:
        problems.extend(Diagnostic(d.code, d.message, where, d.why, d.hint) for d in error.diagnostics)
    own = _Settings()
    if not _is_empty(entry.value):
        own = _read_settings(entry, f"tunnel {_named(name)}", problems)
    merged = {**defaults.values, **own.values}
    keys = {**defaults.keys, **own.keys}
    if _is_empty(entry.value) or isinstance(entry.value, MappingNode):
        problems.extend(_missing(entry.key, {*keys, *own.guessed, *defaults.guessed}))
    broken = any(path not in merged for path in keys)
    if broken or len(problems) > before:
        return None
    problems.extend(_contradictions(name, merged, {path: key.where for path, key in keys.items()}))
    return _tunnel(name, merged) if len(problems) == before else None


def _missing(name: Scalar, present: set[str]) -> list[Diagnostic]:
    missing = [setting for setting in SETTINGS if setting.required and setting.path not in present]
    if not missing:
        return []
    message = f"tunnel {_named(name.text)} has {' and '.join(f'no {each.path}' for each in missing)}"
    lines = " and ".join(f"{each.path}: {each.example}" for each in missing)
    options = " ".join(f"{each.options[0].flag} {each.options[0].metavar}" for each in missing)
    hint = f"add {lines} to the file, or give {options}"
    return [Diagnostic("setting-missing", message, name.where, hint=hint)]


def _named(name: str) -> str:
    return name if re.fullmatch(names.TUNNEL_NAME_PATTERN, name) else shown(name)


def _value(values: Mapping[str, Any], path: str) -> Any:
    return values.get(path, BY_PATH[path].default)


def _tunnel(name: str, values: Mapping[str, Any]) -> Tunnel:
    routes = _value(values, "routes")
    servers = _value(values, "dns.servers")
    mode = _value(values, "mode")
    if mode is ABSENT:
        mode = Mode.CLIENT_TO_LAN if routes else Mode.INTERFACE_ONLY
    password = _value(values, "password")
    idle = _value(values, "demand.idle")
    return Tunnel(
        name=name,
        server=values["server"],
        username=values["username"],
        domain=_value(values, "domain"),
        password=PasswordSource("file", secret_file(name)) if password is ABSENT else password,
        encryption=_value(values, "encryption"),
        authentication=_value(values, "authentication"),
        mode=mode,
        routes=routes,
        dns=Dns(
            from_peer=FROM_PEER in servers,
            servers=tuple(each for each in servers if each != FROM_PEER),
            domains=_value(values, "dns.domains"),
        ),
        mtu=_value(values, "mtu"),
        lcp_echo=LcpEcho(_value(values, "lcp_echo.interval"), _value(values, "lcp_echo.failure")),
        reconnect_delay=_value(values, "reconnect_delay"),
        on_boot=_value(values, "on_boot"),
        init=_value(values, "init"),
        engine=_value(values, "engine"),
        masquerade=_value(values, "masquerade"),
        demand=Demand(idle) if idle else None,
        pppd_options=_value(values, "pppd_options"),
    )


def _contradictions(
    name: str, values: Mapping[str, Any], places: Mapping[str, Where | None]
) -> list[Diagnostic]:
    """What cannot hold together in one tunnel; every value is valid by itself."""
    found: list[Diagnostic] = []

    def add(code: str, at: str, message: str, why: str | None, hint: str) -> None:
        found.append(Diagnostic(code, f"tunnel {name}: {message}", places.get(at), why, hint))

    _mode_contradictions(values, add)
    if _value(values, "dns.domains") and not _value(values, "dns.servers"):
        hint = "add --dns from-peer (dns: {servers: from-peer} in the file), or leave out the domains"
        message = "DNS domains are given, but no DNS servers to ask for them"
        add("dns-domains-without-servers", "dns.domains", message, None, hint)
    encryption, methods = _value(values, "encryption"), _value(values, "authentication")
    weak = [each.value for each in methods if each in {Authentication.PAP, Authentication.CHAP}]
    if weak and encryption is not Encryption.NONE:
        why = "MPPE takes its keys from MS-CHAP (RFC 3079), so a login by another method cannot be encrypted"
        hint = "use mschap-v2 only, or encryption: none (--no-encrypt) if everybody may read the traffic"
        message = f"encryption {encryption.value} does not work with {' or '.join(weak)}"
        add("authentication-without-keys", "authentication", message, why, hint)
    stopping = [option[0] for option in _value(values, "pppd_options") if option[0] in {"noccp", "-ccp"}]
    if stopping and encryption is not Encryption.NONE:
        why = "MPPE is agreed on by the protocol that this option switches off"
        hint = f"leave out {stopping[0]}, or set encryption: none (--no-encrypt)"
        message = f"encryption {encryption.value} does not work with {stopping[0]}"
        add("options-without-encryption", "pppd_options", message, why, hint)
    demand_contradictions({path: _value(values, path) for path in BY_PATH}, add)
    try:
        names.check_login_length(values["username"], _value(values, "domain"))
    except SpecError as error:
        each = error.diagnostics[0]
        add(each.code, "username", each.message, each.why, "use a shorter name")
    return found


def _mode_contradictions(
    values: Mapping[str, Any], add: Callable[[str, str, str, str | None, str], None]
) -> None:
    mode, routes = _value(values, "mode"), _value(values, "routes")
    if routes and mode in {Mode.ALL_TO_TUNNEL, Mode.INTERFACE_ONLY}:
        why = "all-to-tunnel sends every address through the tunnel, those in routes included"
        if mode is Mode.INTERFACE_ONLY:
            why = "interface-only leaves all routes to you"
        option = " (--all-to-tunnel)" if mode is Mode.ALL_TO_TUNNEL else ""
        hint = f"leave out the routes (--route), or the mode{option}"
        add(
            "mode-contradicts-routes",
            "routes",
            f"routes and mode {mode.value} exclude each other",
            why,
            hint,
        )
    if mode in {Mode.CLIENT_TO_LAN, Mode.LAN_TO_LAN} and not routes:
        why = f"{mode.value} means that the networks in routes are reached through the tunnel"
        hint = "add routes: [192.168.7.0/24] (--route 192.168.7.0/24)"
        add("mode-needs-routes", "mode", f"mode {mode.value} needs routes", why, hint)
    if _value(values, "masquerade") and mode is not Mode.LAN_TO_LAN:
        why = "only lan-to-lan forwards; what this host sends itself has its address in the tunnel anyway"
        hint = "add mode: lan-to-lan (--lan-to-lan), or leave out masquerade"
        add("masquerade-without-forwarding", "masquerade", "masquerade needs mode lan-to-lan", why, hint)
