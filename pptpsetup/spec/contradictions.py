"""What cannot hold together in one tunnel, though every value is valid by itself."""

from collections.abc import Mapping
from typing import Any

from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.spec import names
from pptpsetup.spec.delivery import delivery_contradictions
from pptpsetup.spec.demand import Add, demand_contradictions
from pptpsetup.spec.model import Authentication, Encryption, Mode


def contradictions(
    name: str, values: Mapping[str, Any], places: Mapping[str, Where | None]
) -> list[Diagnostic]:
    """Every contradiction among *values* of tunnel *name*, by path and with defaults; *places*: where they
    stand."""
    found: list[Diagnostic] = []

    def add(code: str, at: str, message: str, why: str | None, hint: str) -> None:
        found.append(Diagnostic(code, f"tunnel {name}: {message}", places.get(at), why, hint))

    _mode_contradictions(values, add)
    if values["dns.domains"] and not values["dns.servers"]:
        hint = "add --dns from-peer (dns: {servers: from-peer} in the file), or leave out the domains"
        message = "DNS domains are given, but no DNS servers to ask for them"
        add("dns-domains-without-servers", "dns.domains", message, None, hint)
    encryption, methods = values["encryption"], values["authentication"]
    weak = [each.value for each in methods if each in {Authentication.PAP, Authentication.CHAP}]
    if weak and encryption is not Encryption.NONE:
        why = "MPPE takes its keys from MS-CHAP (RFC 3079), so a login by another method cannot be encrypted"
        hint = "use mschap-v2 only, or encryption: none (--no-encrypt) if everybody may read the traffic"
        message = f"encryption {encryption.value} does not work with {' or '.join(weak)}"
        add("authentication-without-keys", "authentication", message, why, hint)
    stopping = [option[0] for option in values["pppd_options"] if option[0] in {"noccp", "-ccp"}]
    if stopping and encryption is not Encryption.NONE:
        why = "MPPE is agreed on by the protocol that this option switches off"
        hint = f"leave out {stopping[0]}, or set encryption: none (--no-encrypt)"
        message = f"encryption {encryption.value} does not work with {stopping[0]}"
        add("options-without-encryption", "pppd_options", message, why, hint)
    if not values["persist"] and values["reconnect_attempts"]:
        why = "without persist nobody makes a second attempt"
        hint = "leave out one of them"
        message = "reconnect_attempts and persist: false exclude each other"
        add("attempts-without-persist", "reconnect_attempts", message, why, hint)
    demand_contradictions(values, add)
    delivery_contradictions(values, add)
    try:
        names.check_login_length(values["username"], values["domain"])
    except SpecError as error:
        each = error.diagnostics[0]
        add(each.code, "username", each.message, each.why, "use a shorter name")
    return found


def _mode_contradictions(values: Mapping[str, Any], add: Add) -> None:
    mode, routes = values["mode"], values["routes"]
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
    if values["masquerade"] and mode is not Mode.LAN_TO_LAN:
        why = "only lan-to-lan forwards; what this host sends itself has its address in the tunnel anyway"
        hint = "add mode: lan-to-lan (--lan-to-lan), or leave out masquerade"
        add("masquerade-without-forwarding", "masquerade", "masquerade needs mode lan-to-lan", why, hint)
