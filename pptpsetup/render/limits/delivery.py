"""Who can hand pppd a password on a descriptor, and who can load a credential for it."""

from collections.abc import Mapping
from typing import Final

from pptpsetup.errors import Diagnostic
from pptpsetup.invocation import command
from pptpsetup.render.limits.rule import init_of
from pptpsetup.render.passwordfd import is_used_by
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Init, Tunnel

_CALLS_PPPD: Final = "{} runs pppd without a word of ours before it, so nothing can open a descriptor for it"
_CANNOT: Final[Mapping[Init, str]] = {
    Init.IFUPDOWN: _CALLS_PPPD.format("ifup (by pon)"),
    Init.RC_D: _CALLS_PPPD.format("rc.d/ppp"),
    Init.NETIFRC: "netifrc can do so, but only with a password that stands in /etc/conf.d/net",
    Init.NETWORKMANAGER: "NetworkManager starts pppd and gives it the password by a plugin of its own; "
    "nothing of it is in chap-secrets anyway",
    Init.UCI: "netifd starts pppd itself and gives it the password as an argument",
}
"Why a descriptor is out of the question; the others start pppd by our script."


def passwordfd(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """A descriptor where something else starts pppd."""
    init = init_of(tunnel, target)
    if not is_used_by(tunnel) or init not in _CANNOT:
        return None
    return Diagnostic(
        "passwordfd-unsupported",
        f"{init.value} cannot give the password of tunnel {tunnel.name} to pppd on a descriptor",
        why=_CANNOT[init],
        hint=_other_init(target) + "or password_delivery: chap-secrets (--password-delivery chap-secrets)"
        if init not in {Init.NETWORKMANAGER, Init.UCI}
        else "leave out password_delivery (--password-delivery chap-secrets)",
    )


def credential(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """A credential of systemd where another one starts the tunnel."""
    init = init_of(tunnel, target)
    if not tunnel.systemd_has_password or init is Init.SYSTEMD or init in _CANNOT:
        return None
    other = "choose init: systemd (--init systemd), or " if target.profile.systemd is not None else ""
    return Diagnostic(
        "credential-unsupported",
        f"tunnel {tunnel.name} cannot have a systemd credential with init {init.value}",
        why="only systemd can load it, for a unit that it starts",
        hint=f"{other}keep the password in a file: {command('secret set', tunnel.name)}",
    )


def _other_init(target: Target) -> str:
    """The first init system that can, in the profile's order."""
    able = (Init(each.kind.value) for each in target.profile.init)
    found = next((each for each in able if each not in _CANNOT), Init.MANUAL)
    return f"choose init: {found.value} (--init {found.value}), "
