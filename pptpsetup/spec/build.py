"""From nodes to the model: which keys there may be, and what each means."""

import re
from collections.abc import Mapping
from typing import Any

from pptpengine.record import dataclass, field
from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.spec import names
from pptpsetup.spec.contradictions import contradictions, value_of
from pptpsetup.spec.keys import TOP, unknown_setting, unknown_top
from pptpsetup.spec.model import Demand, Dns, LcpEcho, Mode, PasswordSource, Spec, Tunnel
from pptpsetup.spec.names import shown
from pptpsetup.spec.secret import secret_file
from pptpsetup.spec.settings import ABSENT, BY_PATH, GROUPS, SETTINGS
from pptpsetup.spec.values import FROM_PEER
from pptpsetup.yaml.node import Entry, MappingNode, Node, Scalar, integer, invalid, kind_in_words

VERSION = 1


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
    problems.extend(unknown_top(each) for each in root.entries if each.key.text not in TOP)
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
        problems.append(unknown_setting(entry.key, path, inside, found.guessed))
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
    problems.extend(contradictions(name, merged, {path: key.where for path, key in keys.items()}))
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


def _tunnel(name: str, values: Mapping[str, Any]) -> Tunnel:
    routes = value_of(values, "routes")
    servers = value_of(values, "dns.servers")
    mode = value_of(values, "mode")
    if mode is ABSENT:
        mode = Mode.CLIENT_TO_LAN if routes else Mode.INTERFACE_ONLY
    password = value_of(values, "password")
    idle = value_of(values, "demand.idle")
    return Tunnel(
        name=name,
        server=values["server"],
        username=values["username"],
        domain=value_of(values, "domain"),
        password=PasswordSource("file", secret_file(name)) if password is ABSENT else password,
        encryption=value_of(values, "encryption"),
        authentication=value_of(values, "authentication"),
        mode=mode,
        routes=routes,
        dns=Dns(
            from_peer=FROM_PEER in servers,
            servers=tuple(each for each in servers if each != FROM_PEER),
            domains=value_of(values, "dns.domains"),
        ),
        mtu=value_of(values, "mtu"),
        lcp_echo=LcpEcho(value_of(values, "lcp_echo.interval"), value_of(values, "lcp_echo.failure")),
        reconnect_delay=value_of(values, "reconnect_delay"),
        on_boot=value_of(values, "on_boot"),
        init=value_of(values, "init"),
        engine=value_of(values, "engine"),
        masquerade=value_of(values, "masquerade"),
        demand=Demand(idle) if idle else None,
        pppd_options=value_of(values, "pppd_options"),
    )
