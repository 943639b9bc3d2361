"""What a distribution, its kernel or its init system cannot do."""

from pptpsetup.distro.kinds import InitKind, Routing, Standing
from pptpsetup.distro.profile import INIT_SECTIONS
from pptpsetup.errors import Diagnostic
from pptpsetup.invocation import command
from pptpsetup.render.limits.rule import init_of, kind_of
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Encryption, Init, Mode, Tunnel


def standing(target: Target) -> Diagnostic | None:
    """A system without a pppd that could carry a tunnel of ours."""
    if target.profile.standing is not Standing.REFUSED:
        return None
    return Diagnostic(
        "profile-refused", f"{target.profile.name} cannot be served", why=target.profile.because
    )


def init(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """An init system that the distribution does not use."""
    profile, wanted = target.profile, init_of(tunnel, target)
    if wanted is Init.MANUAL or getattr(profile, INIT_SECTIONS[InitKind(wanted.value)]) is not None:
        return None
    known = ", ".join(each.kind.value for each in profile.init) or Init.MANUAL.value
    return Diagnostic(
        "init-unknown",
        f"{profile.name} does not use {wanted.value}, which tunnel {tunnel.name} is for",
        hint=f"set init to one of auto, {known}",
    )


def pppd(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """A pppd that cannot be told how to log in."""
    if target.facts.supports("refuse-mschap-v2") or not kind_of(tunnel, target).runs_pppd:
        return None
    return Diagnostic(
        "pppd-too-old",
        f"the pppd of this release of {target.profile.name} cannot dial tunnel {tunnel.name}",
        why="before 2.4.2 it has neither MPPE nor a way to choose MS-CHAPv2; patches that added them had "
        "words of their own",
        hint="install ppp 2.4.2 or newer there, and say so in a profile of your own, made from: "
        + command("profiles show", target.profile.id),
    )


def mppe(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """Encryption where the kernel has none."""
    modules = target.profile.modules
    if tunnel.encryption is Encryption.NONE or modules.mppe:
        return None
    return Diagnostic(
        "profile-without-mppe",
        f"{target.profile.name} cannot encrypt tunnel {tunnel.name}",
        why=modules.no_mppe_because,
        hint="encryption: none (--no-encrypt), which is unsafe: everything crosses the network in clear",
    )


def peers_name(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """A name that the distribution's own packages use."""
    if tunnel.name not in target.profile.peers.reserved:
        return None
    path = f"{target.profile.peers.directory}/{tunnel.name}"
    return Diagnostic(
        "reserved-name",
        f"a tunnel on {target.profile.name} cannot be called {tunnel.name}",
        why=f"a package of the distribution has {path}",
        hint=f"choose another name, such as my-{tunnel.name}",
    )


def masquerade(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """Address translation where no part of the packet filter can be a tunnel's own."""
    if not tunnel.masquerade or target.profile.routing is Routing.IPROUTE2:
        return None
    return Diagnostic(
        "masquerade-unsupported",
        f"{target.profile.name} does not translate addresses for tunnel {tunnel.name}",
        why="its packet filter npf(7) loads one file of rules as a whole; no part of it is a tunnel's own",
        hint="leave out masquerade, and put into /etc/npf.conf: map ppp0 dynamic 10.0.0.0/24 -> inet4(ppp0)",
    )


def forwarding(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """Two networks joined by a program that does not run our scripts."""
    if tunnel.mode is not Mode.LAN_TO_LAN or kind_of(tunnel, target).runs_pppd:
        return None
    return Diagnostic(
        "lan-to-lan-unsupported",
        f"tunnel {tunnel.name} cannot be lan-to-lan with init {init_of(tunnel, target).value}",
        why="that program sets routes itself and does not run the scripts that switch forwarding on",
        hint="choose another init, such as systemd, or mode client-to-lan",
    )


def redialling(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """An end to dialling where netifrc starts pppd."""
    if (tunnel.persist and not tunnel.reconnect_attempts) or init_of(tunnel, target) is not Init.NETIFRC:
        return None
    said = "reconnect_attempts" if tunnel.persist else "persist: false"
    return Diagnostic(
        "netifrc-redialling",
        f"netifrc dials again for ever, so tunnel {tunnel.name} cannot have {said}",
        why="it puts maxfail 0 and persist behind all other options of pppd",
        hint=f"leave out {said}, or choose init: openrc (--init openrc)",
    )


def demand(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """Dialling on demand where nobody could set the routes before the first call."""
    if tunnel.demand is None:
        return None
    if not kind_of(tunnel, target).runs_pppd:
        why = f"{init_of(tunnel, target).value} runs pppd itself, with options of its own"
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
