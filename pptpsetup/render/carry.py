"""What a system cannot carry, told before anything is written: one small rule per reason.

A rule judges by the profile and by what the tunnel asks for, so that the answer is the same for a machine, a
directory and a table of all profiles. What this machine lacks today is `distro.facts.require`'s to tell.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from pptpsetup.distro.kinds import InitKind, PackageFormat, Routing, Standing
from pptpsetup.distro.profile import INIT_SECTIONS
from pptpsetup.errors import Diagnostic, UnsupportedError
from pptpsetup.render.hooks.choice import MECHANISMS
from pptpsetup.render.init.choice import KINDS, Kind
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Encryption, Engine, Init, Mode, Tunnel
from pptpsetup.spec.settings import BY_PATH

Rule = Callable[[Tunnel, Target], Diagnostic | None]
"None: no objection."

_UCI_NAME = re.compile(r"[A-Za-z0-9_]{1,10}")
"A UCI section's name that leaves room for ``pptp-`` in the kernel's 15 characters."


def obstacles(tunnels: Iterable[Tunnel], target: Target) -> tuple[Diagnostic, ...]:
    """Every reason why the system of *target* cannot carry one of *tunnels*, with the nearest that works."""
    return tuple(found for tunnel in tunnels for found in _objections(tunnel, target))


def require_carried(tunnels: Iterable[Tunnel], target: Target) -> None:
    """Raises UnsupportedError with all `obstacles`."""
    found = obstacles(tunnels, target)
    if found:
        raise UnsupportedError(found)


def _objections(tunnel: Tunnel, target: Target) -> list[Diagnostic]:
    refused = _standing(target)
    if refused is not None:
        return [refused]
    return [found for rule in RULES if (found := rule(tunnel, target)) is not None]


def _standing(target: Target) -> Diagnostic | None:
    if target.profile.standing is not Standing.REFUSED:
        return None
    return Diagnostic(
        "profile-refused", f"{target.profile.name} cannot be served", why=target.profile.because
    )


def _init(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    profile, wanted = target.profile, target.facts.init_for(tunnel.init.value)
    if wanted == Init.MANUAL.value:
        return None
    if getattr(profile, INIT_SECTIONS[InitKind(wanted)]) is None:
        known = ", ".join(each.kind.value for each in profile.init) or Init.MANUAL.value
        return Diagnostic(
            "init-unknown",
            f"{profile.name} does not use {wanted}, which tunnel {tunnel.name} is for",
            hint=f"set init to one of auto, {known}",
        )
    if wanted in {each.value for each in KINDS}:
        return None
    return Diagnostic(
        "init-unsupported",
        f"tunnel {tunnel.name} cannot be started by {wanted} on {profile.name} yet",
        why=f"this pptpsetup writes no files for {wanted}",
        hint="set init to manual",
    )


def _hooks(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    kind = target.profile.hooks.kind
    if kind in MECHANISMS:
        return None
    return Diagnostic(
        "hooks-unsupported",
        f"tunnel {tunnel.name} cannot have its routes on {target.profile.name} yet",
        why=f"this pptpsetup writes no hooks of kind {kind.value}",
    )


def _mppe(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    modules = target.profile.modules
    if tunnel.encryption is Encryption.NONE or modules.mppe:
        return None
    return Diagnostic(
        "profile-without-mppe",
        f"{target.profile.name} cannot encrypt tunnel {tunnel.name}",
        why=modules.no_mppe_because,
        hint="encryption: none (--no-encrypt), which is unsafe: everything crosses the network in clear",
    )


def _peers_name(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if tunnel.name not in target.profile.peers.reserved:
        return None
    path = f"{target.profile.peers.directory}/{tunnel.name}"
    return Diagnostic(
        "reserved-name",
        f"a tunnel on {target.profile.name} cannot be called {tunnel.name}",
        why=f"a package of the distribution has {path}",
        hint=f"choose another name, such as my-{tunnel.name}",
    )


def _networkmanager_boot(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if not tunnel.on_boot or not _is_for(tunnel, target, Init.NETWORKMANAGER):
        return None
    return Diagnostic(
        "networkmanager-boot",
        f"NetworkManager does not start tunnel {tunnel.name} at boot",
        why="autoconnect is not implemented for VPN connections (nm-settings-keyfile(5))",
        hint="set on_boot to false, or init to another system, such as systemd",
    )


def _networkmanager_mtu(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if tunnel.mtu == BY_PATH["mtu"].default or not _is_for(tunnel, target, Init.NETWORKMANAGER):
        return None
    return Diagnostic(
        "networkmanager-mtu",
        f"NetworkManager cannot give tunnel {tunnel.name} an MTU",
        why="its PPTP plugin has no key for it, and pppd is left to agree on one with the server",
        hint="leave out mtu, or set init to another system, such as systemd",
    )


def _kind(tunnel: Tunnel, target: Target) -> Kind | None:
    """What is written for the tunnel's init system; None for one that is not here yet."""
    name = target.facts.init_for(tunnel.init.value)
    return next((kind for init, kind in KINDS.items() if init.value == name), None)


def _is_for(tunnel: Tunnel, target: Target, init: Init) -> bool:
    return target.facts.init_for(tunnel.init.value) == init.value


def _masquerade(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if not tunnel.masquerade or target.profile.routing is Routing.IPROUTE2:
        return None
    return Diagnostic(
        "masquerade-unsupported",
        f"{target.profile.name} does not translate addresses for tunnel {tunnel.name}",
        why="its packet filter npf(7) loads one file of rules as a whole; no part of it is a tunnel's own",
        hint="leave out masquerade, and put into /etc/npf.conf: map ppp0 dynamic 10.0.0.0/24 -> inet4(ppp0)",
    )


def _forwarding(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    kind = _kind(tunnel, target)
    if tunnel.mode is not Mode.LAN_TO_LAN or kind is None or kind.runs_pppd:
        return None
    return Diagnostic(
        "lan-to-lan-unsupported",
        f"tunnel {tunnel.name} cannot be lan-to-lan with init {target.facts.init_for(tunnel.init.value)}",
        why="that program sets routes itself and does not run the scripts that switch forwarding on",
        hint="choose another init, such as systemd, or mode client-to-lan",
    )


def _demand(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if tunnel.demand is None:
        return None
    kind = _kind(tunnel, target)
    if kind is not None and not (kind.runs_pppd or kind.dials_on_demand):
        init = target.facts.init_for(tunnel.init.value)
        why = f"{init} runs pppd itself, with options of its own"
    elif target.profile.hooks.pre_up is None:
        why = "nothing there could set a tunnel's routes before its first call"
    else:
        return None
    return Diagnostic(
        "demand-unsupported",
        f"tunnel {tunnel.name} cannot dial on demand on {target.profile.name}",
        why=why,
        hint="stay connected: leave out demand, or demand: {idle: 0s} (--demand 0s)",
    )


def _for_netifd(tunnel: Tunnel, target: Target) -> bool:
    return target.facts.init_for(tunnel.init.value) == Init.UCI.value


def _netifd_engine(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if not _for_netifd(tunnel, target) or tunnel.engine is Engine.SYSTEM:
        return None
    return Diagnostic(
        "uci-engine",
        f"tunnel {tunnel.name} cannot use the bundled engine",
        why="netifd starts pppd itself, with the PPTP of its kernel",
        hint="engine: system (--engine system)",
    )


def _netifd_encryption(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if not _for_netifd(tunnel, target) or tunnel.encryption is Encryption.REQUIRED_128:
        return None
    return Diagnostic(
        "uci-encryption",
        f"tunnel {tunnel.name} cannot have encryption {tunnel.encryption.value}",
        why="netifd reads /etc/ppp/options.pptp for every tunnel, which requires MPPE with 128 bits",
        hint="encryption: required-128 (--encrypt)",
    )


def _netifd_domains(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if not _for_netifd(tunnel, target) or not tunnel.dns.domains:
        return None
    servers = ", ".join(map(str, tunnel.dns.servers)) or "ADDRESS"
    return Diagnostic(
        "uci-dns-domains",
        f"tunnel {tunnel.name} cannot have name servers for some domains only",
        why="an interface of netifd has name servers for all names",
        hint=f"leave dns.domains out, and give dnsmasq the servers: uci add_list dhcp.@dnsmasq[0].server="
        f"/{tunnel.dns.domains[0]}/{servers.partition(',')[0]}",
    )


def _netifd_name(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if not _for_netifd(tunnel, target) or _UCI_NAME.fullmatch(tunnel.name):
        return None
    return Diagnostic(
        "uci-name",
        f"a tunnel of netifd cannot be called {tunnel.name}",
        why="it may have at most 10 letters, digits and _: the network interface is called pptp-NAME",
        hint="choose another name, such as vpn",
    )


RULES: Final[tuple[Rule, ...]] = (
    _init,
    _hooks,
    _mppe,
    _peers_name,
    _networkmanager_boot,
    _networkmanager_mtu,
    _masquerade,
    _forwarding,
    _demand,
    _netifd_engine,
    _netifd_encryption,
    _netifd_domains,
    _netifd_name,
)


def cautions(tunnels: Iterable[Tunnel], target: Target) -> tuple[Diagnostic, ...]:
    """What will be written as asked and not be all that was wanted."""
    return tuple(
        found for tunnel in tunnels for rule in CAUTIONS if (found := rule(tunnel, target)) is not None
    )


def _networkmanager_engine(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    if not target.facts.pptp or tunnel.engine is not Engine.BUNDLED:
        return None
    if not _is_for(tunnel, target, Init.NETWORKMANAGER):
        return None
    pptp = target.profile.pptp
    is_deb = target.profile.package_format is PackageFormat.DEB
    divert = f", or: dpkg-divert --local --rename --add {pptp}" if is_deb else ""
    return Diagnostic(
        "networkmanager-engine",
        f"NetworkManager will run {pptp} for tunnel {tunnel.name}, not the bundled engine",
        why="its PPTP plugin takes the first pptp(8) it finds",
        hint=f"set engine to system{divert}",
    )


def fips(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """The warning for an encrypted tunnel on a system in FIPS mode, now or once it boots as it is set up."""
    facts = target.facts
    if tunnel.encryption is Encryption.NONE or not (facts.fips or facts.fips_set_up):
        return None
    return Diagnostic(
        "fips-mode",
        f"tunnel {tunnel.name} cannot be encrypted in FIPS mode"
        + ("" if facts.fips else ", which this system is set up for"),
        why="MPPE is RC4 (RFC 3078), which a kernel in FIPS mode refuses",
        hint="use a VPN that FIPS allows, such as IPsec; fips-mode-setup --check tells the mode",
    )


CAUTIONS: Final[tuple[Rule, ...]] = (_networkmanager_engine, fips)
