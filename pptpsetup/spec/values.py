"""Readers of single values: from a node to what the model holds, or SpecError at the node's place."""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network

from pptpengine.record import replace
from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.spec import names
from pptpsetup.spec.model import ENCRYPTED_CREDENTIAL, FORGOTTEN, PasswordSource
from pptpsetup.spec.names import shown
from pptpsetup.yaml.node import MappingNode, Node, Scalar, SequenceNode, invalid, kind_in_words

FROM_PEER = "from-peer"
NETWORK_SCHEMA: Mapping[str, object] = {
    "type": "string",
    "pattern": names.NETWORK_PATTERN,
    "patternErrorMessage": "Write a network with its prefix length, such as 192.168.7.0/24.",
}
SOURCE_KINDS = ("file", "env", "command", "credential", ENCRYPTED_CREDENTIAL, "keyring", FORGOTTEN)


def suggestion(text: str, choices: tuple[str, ...]) -> str | None:
    """The choice that *text* was probably meant to be."""
    from difflib import get_close_matches

    close = get_close_matches(
        text.lower().replace("-", "_"), [each.replace("-", "_") for each in choices], 1
    )
    return next((each for each in choices if close and each.replace("-", "_") == close[0]), None)


def text_of(node: Node, what: str, example: str) -> str:
    """The text of a scalar that YAML reads as text; raises SpecError that says how to write one."""
    if isinstance(node, Scalar) and node.tag == "str":
        return node.text
    if isinstance(node, Scalar) and node.tag == "null":
        raise invalid(node, "value-missing", f"{what} has no value", hint=f"write one, such as {example}")
    if isinstance(node, Scalar):
        why = f"without quotes YAML reads this as {kind_in_words(node)}, not as text"
        raise invalid(
            node, "quote-it", f"{what} must be text", why=why, hint=f'put it in quotes: "{node.text}"'
        )
    message = f"{what} must be text, not {kind_in_words(node)}"
    raise invalid(node, "wrong-type", message, hint=f"write one value, such as {example}")


def placed(node: Node, check: Callable[[str], str], text: str) -> str:
    """What *check* returns for *text*; its diagnostics get the place of *node*."""
    try:
        return check(text)
    except SpecError as error:
        found = error.diagnostics
    raise SpecError(replace(each, where=node.where) for each in found)


def read_network(node: Node) -> IPv4Network:
    """An IPv4 network in prefix notation; host bits, the default route and unroutable ranges are refused."""
    text = text_of(node, "a route", "192.168.7.0/24")
    code, subject = "route-invalid", f"{shown(text)} is not an IPv4 network"
    rule = "write a network with its prefix length, such as 192.168.7.0/24"
    address, slash, prefix = text.partition("/")
    if ":" in address:
        raise invalid(node, code, subject, why="PPTP carries IPv4 only", hint=rule)
    try:
        network = IPv4Network(text, strict=False)
    except ValueError:
        raise invalid(node, code, subject, hint=rule) from None
    if not slash:
        guess = f"{address}/24 for the network or " if address.endswith(".0") else ""
        hint = f"write {guess}{address}/32 for the single address"
        raise invalid(node, code, f"the route {shown(text)} has no prefix length", hint=hint)
    if prefix != str(network.prefixlen):
        what = "a zero before its prefix length" if prefix.isdecimal() else "a netmask"
        raise invalid(node, code, f"the route {shown(text)} has {what}", hint=f"write {network}")
    if network.network_address != IPv4Address(address):
        why = f"{address} is an address inside that network, not its first address"
        hint = f"write {network} for the network or {address}/32 for the single address"
        raise invalid(node, "route-has-host-bits", f"the route {text} has host bits set", why=why, hint=hint)
    if network.prefixlen == 0:
        hint = "use --all-to-tunnel (mode: all-to-tunnel in the file) instead"
        why = "replacing the default route would also cut off the way to the server"
        raise invalid(node, "route-is-default", f"the route {text} is the default route", why=why, hint=hint)
    first, last = network.network_address, network.broadcast_address
    if any(each.is_multicast or each.is_loopback or each.is_unspecified for each in (first, last)):
        why = "it contains loopback, multicast or unspecified addresses"
        raise invalid(node, code, f"the route {text} cannot lead through a tunnel", why=why)
    return network


def read_name_server(node: Node) -> IPv4Address | str:
    """An IPv4 address or the word ``from-peer``."""
    text = text_of(node, "a DNS server", "192.168.7.1")
    if text == FROM_PEER:
        return text
    rule = f"write an address such as 192.168.7.1, or {FROM_PEER} for those the server announces"
    subject = f"{shown(text)} is not the address of a DNS server"
    try:
        address = IPv4Address(text)
    except ValueError:
        why = "it is an IPv6 address, and PPTP carries IPv4 only" if ":" in text else None
        close = suggestion(text, (FROM_PEER,))
        raise invalid(
            node, "dns-invalid", subject, why=why, hint=f"did you mean {close}?" if close else rule
        ) from None
    if address.is_multicast or address.is_unspecified or address.is_reserved:
        raise invalid(node, "dns-invalid", subject, why="no host has that address", hint=rule)
    return address


def read_dns_domain(node: Node) -> str:
    """A DNS domain."""
    return placed(node, names.check_dns_domain, text_of(node, "a DNS domain", "corp.example"))


_VARIABLE = r"[A-Za-z_][A-Za-z0-9_]*\Z"
_CREDENTIAL = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}\Z"
_SOURCE_RULE = (
    "write {file: /etc/pptpsetup/secrets/NAME}, {env: VARIABLE}, "
    "{command: [program, argument]}, {credential: NAME}, {encrypted_credential: NAME} or "
    "{keyring: [SERVICE, USER]}"
)


def read_password(node: Node) -> PasswordSource:
    """Where the password comes from; no message repeats a value, since it may be the password itself."""
    if isinstance(node, Scalar) and node.tag == "null":
        raise invalid(node, "value-missing", "the password has no source", hint=_SOURCE_RULE)
    if not isinstance(node, MappingNode):
        why = "the file is readable by everybody, so it only says where the password comes from"
        raise invalid(
            node, "password-in-spec", "the password must not stand in this file", why=why, hint=_SOURCE_RULE
        )
    for entry in node.entries:
        if entry.key.text not in SOURCE_KINDS:
            close = suggestion(entry.key.text, SOURCE_KINDS)
            hint = f"did you mean {close}?" if close else _SOURCE_RULE
            raise invalid(entry.key, "unknown-key", "there is no such source for a password", hint=hint)
    if len(node.entries) != 1:
        message = "the password needs exactly one source"
        raise invalid(node, "password-sources", message, hint=_SOURCE_RULE)
    kind, value = node.entries[0].key.text, node.entries[0].value
    if kind == "command":
        return PasswordSource(kind, _read_command(value))
    if kind == "keyring":
        return PasswordSource(kind, _read_keyring(value))
    if kind == FORGOTTEN:
        if not (isinstance(value, Scalar) and value.tag == "bool" and value.text.lower() == "true"):
            hint = f"write {{{FORGOTTEN}: true}}, or where the password comes from"
            raise invalid(value, "wrong-type", f"{FORGOTTEN} can only be true", hint=hint)
        return PasswordSource(kind, "")
    return PasswordSource(kind, _read_source_name(kind, value))


def _read_source_name(kind: str, value: Node) -> str:
    names_of = {"file": "/etc/pptpsetup/secrets/work", "env": "VPN_PASSWORD"}
    example = names_of.get(kind, "pptp-work")
    if not (isinstance(value, Scalar) and value.tag == "str"):
        hint = f"write it like this: {{{kind}: {example}}}"
        raise invalid(value, "wrong-type", f"the password's {kind} must be text", hint=hint)
    text = value.text
    if kind == "file":
        if not text.startswith("/"):
            raise invalid(
                value,
                "password-file-relative",
                "the password's file needs an absolute path",
                why="the tunnel is started from other directories, too",
                hint=f"write a path such as {example}",
            )
        if not text.isprintable() or ".." in text.split("/"):
            raise invalid(
                value,
                "password-file-invalid",
                "the password's file has .. or a control character in its path",
            )
    elif not re.match(_VARIABLE if kind == "env" else _CREDENTIAL, text):
        what = "an environment variable" if kind == "env" else "a systemd credential"
        raise invalid(
            value,
            f"password-{'env' if kind == 'env' else 'credential'}-invalid",
            f"that cannot be the name of {what}",
            hint=f"write a name such as {example}",
        )
    return text


def _read_command(value: Node) -> tuple[str, ...]:
    hint = "write program and arguments as a list, such as [pass, show, vpn/work]"
    if not isinstance(value, SequenceNode):
        why = "it is run without a shell, so nothing splits it into words"
        raise invalid(
            value, "password-command-invalid", "the password's command must be a list", why=why, hint=hint
        )
    words: list[str] = []
    problems: list[Diagnostic] = []
    for item in value.items:
        if not (isinstance(item, Scalar) and item.tag == "str"):
            message = "an argument of the password's command is not text"
            problems.append(Diagnostic("quote-it", message, item.where, hint="put it in quotes"))
        elif not item.text.isprintable():
            message = "an argument of the password's command has a control character"
            problems.append(Diagnostic("password-command-invalid", message, item.where))
        else:
            words.append(item.text)
    if problems:
        raise SpecError(problems)
    if not words or not words[0]:
        raise invalid(value, "password-command-invalid", "the password's command is empty", hint=hint)
    return tuple(words)


def _read_keyring(value: Node) -> tuple[str, ...]:
    hint = "write the service and the user that it is stored under, such as [pptp, tom]"
    items = value.items if isinstance(value, SequenceNode) else ()
    words = [item.text for item in items if isinstance(item, Scalar) and item.tag == "str"]
    if len(words) != len(items) or len(words) != 2 or not all(each and each.isprintable() for each in words):
        message = "a password in a keyring has a service and a user"
        raise invalid(value, "password-keyring-invalid", message, hint=hint)
    return tuple(words)


def plain_password(value: object) -> object:
    """A password source as plain data."""
    if isinstance(value, PasswordSource):
        if value.kind == FORGOTTEN:
            return {FORGOTTEN: True}
        return {value.kind: value.value if isinstance(value.value, str) else list(value.value)}
    return value
