"""What OpenWrt's netifd, which runs pppd itself, cannot be told by UCI."""

import re
from typing import Final

from pptpsetup.errors import Diagnostic
from pptpsetup.render.limits.rule import Rule
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Encryption, Engine, Tunnel
from pptpsetup.spec.settings import BY_PATH

_NAME: Final = r"[A-Za-z0-9_]{1,10}"
"A section's name that leaves room for ``pptp-`` in the 15 characters of an interface's."


def engine(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """The bundled engine."""
    if tunnel.engine is Engine.SYSTEM:
        return None
    return Diagnostic(
        "uci-engine",
        f"tunnel {tunnel.name} cannot use the bundled engine",
        why="netifd starts pppd itself, with the PPTP of its kernel",
        hint="engine: system (--engine system)",
    )


def encryption(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """Another strength than 128 bits."""
    if tunnel.encryption is Encryption.REQUIRED_128:
        return None
    return Diagnostic(
        "uci-encryption",
        f"tunnel {tunnel.name} cannot have encryption {tunnel.encryption.value}",
        why="netifd reads /etc/ppp/options.pptp for every tunnel, which requires MPPE with 128 bits",
        hint="encryption: required-128 (--encrypt)",
    )


def domains(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """Name servers for some domains."""
    if not tunnel.dns.domains:
        return None
    servers = ", ".join(map(str, tunnel.dns.servers)) or "ADDRESS"
    return Diagnostic(
        "uci-dns-domains",
        f"tunnel {tunnel.name} cannot have name servers for some domains only",
        why="an interface of netifd has name servers for all names",
        hint=f"leave dns.domains out, and give dnsmasq the servers: uci add_list dhcp.@dnsmasq[0].server="
        f"/{tunnel.dns.domains[0]}/{servers.partition(',')[0]}",
    )


def name(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """A name that is too long."""
    if re.fullmatch(_NAME, tunnel.name):
        return None
    return Diagnostic(
        "uci-name",
        f"a tunnel of netifd cannot be called {tunnel.name}",
        why="it may have at most 10 letters, digits and _: the network interface is called pptp-NAME",
        hint="choose another name, such as vpn",
    )


def redialling(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """An end to dialling."""
    if tunnel.persist and not tunnel.reconnect_attempts:
        return None
    said = "reconnect_attempts" if tunnel.persist else "persist: false"
    return Diagnostic(
        "uci-redialling",
        f"tunnel {tunnel.name} cannot have {said}",
        why="netifd starts pppd again whenever it ends",
        hint=f"leave out {said}",
    )


def delay(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """A time before it is dialled again."""
    if tunnel.reconnect_delay == BY_PATH["reconnect_delay"].default:
        return None
    return Diagnostic(
        "uci-delay",
        f"netifd does not wait {tunnel.reconnect_delay} s before it dials tunnel {tunnel.name} again",
        why="it starts pppd again as soon as it ends",
        hint="leave out reconnect_delay",
    )


def pppd_options(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """Further options of pppd."""
    if not tunnel.pppd_options:
        return None
    return Diagnostic(
        "uci-pppd-options",
        f"pptpsetup does not give tunnel {tunnel.name} options of pppd on a system with netifd",
        why="netifd splits its option pppd_options at blanks, and options may contain some",
        hint=f"leave them out here, and: uci set network.{tunnel.name}.pppd_options='…'",
    )


RULES: Final[tuple[Rule, ...]] = (redialling, delay, pppd_options, engine, encryption, domains, name)
CAUTIONS: Final[tuple[Rule, ...]] = ()
