"""Each setting, changed alone, on every profile and for everybody who may start a tunnel there.

Either it is refused with the reason and a hint, or some byte of what is written is another one, comments
left aside: nothing is passed over in silence. What the bytes mean is `test_meaning`'s to tell.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from typing import Final

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.errors import SpecError, UnsupportedError
from pptpsetup.render.artifact import Artifact, FileArtifact
from pptpsetup.render.carry import obstacles
from pptpsetup.render.init.choice import choose
from pptpsetup.render.matrix import system_of
from pptpsetup.render.target import Target
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import (
    Authentication,
    Datapath,
    Delivery,
    Demand,
    Dns,
    Encryption,
    Engine,
    Init,
    LcpEcho,
    Mode,
    PasswordSource,
    Runner,
    Spec,
    Tunnel,
)
from pptpsetup.spec.secret import Secret
from pptpsetup.spec.settings import SETTINGS
from tests.golden.cases import PROFILES, PROGRAMS, WORK

_JOINED: Final = replace(WORK, mode=Mode.LAN_TO_LAN)
_NAMED: Final = replace(WORK, dns=Dns(from_peer=True))
_OPEN: Final = replace(WORK, routes=(), server="203.0.113.9")
CHANGES: Final[Mapping[str, tuple[tuple[Tunnel, Tunnel], ...]]] = {
    "server": ((WORK, replace(WORK, server="203.0.113.77")),),
    "username": ((WORK, replace(WORK, username="bob")),),
    "domain": ((WORK, replace(WORK, domain="CORP")),),
    "password": ((WORK, replace(WORK, password=PasswordSource("env", "VPN"))),),
    "password_delivery": ((WORK, replace(WORK, password_delivery=Delivery.PASSWORDFD)),),
    "encryption": tuple((WORK, replace(WORK, encryption=each)) for each in Encryption),
    "authentication": (
        (WORK, replace(WORK, authentication=(Authentication.MSCHAP_V2, Authentication.MSCHAP))),
    ),
    "mode": (
        (WORK, replace(_OPEN, mode=Mode.ALL_TO_TUNNEL)),
        (WORK, replace(WORK, mode=Mode.INTERFACE_ONLY, routes=())),
        (WORK, _JOINED),
    ),
    "routes": ((WORK, replace(WORK, routes=(IPv4Network("10.0.0.0/8"),))),),
    "masquerade": ((_JOINED, replace(_JOINED, masquerade=True)),),
    "dns.servers": ((WORK, _NAMED), (WORK, replace(WORK, dns=Dns(servers=(IPv4Address("10.1.1.1"),))))),
    "dns.domains": ((_NAMED, replace(_NAMED, dns=Dns(from_peer=True, domains=("corp.example",)))),),
    "mtu": ((WORK, replace(WORK, mtu=1234)),),
    "lcp_echo.interval": (
        (WORK, replace(WORK, lcp_echo=replace(WORK.lcp_echo, interval=77))),
        (WORK, replace(WORK, lcp_echo=replace(WORK.lcp_echo, interval=0))),
    ),
    "lcp_echo.failure": ((WORK, replace(WORK, lcp_echo=LcpEcho(WORK.lcp_echo.interval, 9))),),
    "reconnect_delay": ((WORK, replace(WORK, reconnect_delay=77)),),
    "persist": ((WORK, replace(WORK, persist=False)),),
    "reconnect_attempts": ((WORK, replace(WORK, reconnect_attempts=4)),),
    "demand.idle": ((WORK, replace(WORK, demand=Demand(idle=99))),),
    "on_boot": ((WORK, replace(WORK, on_boot=True)),),
    "init": ((WORK, replace(WORK, init=Init.MANUAL)),),
    "engine": ((WORK, replace(WORK, engine=Engine.SYSTEM)),),
    "runner": ((WORK, replace(WORK, runner=Runner.PPPD)),),
    "datapath": ((WORK, replace(WORK, datapath=Datapath.PTY)),),
    "pppd_options": ((WORK, replace(WORK, pppd_options=(("debug",),))),),
}
"By setting: a tunnel before and after."

_AS_IT_IS: Final = {
    ("init", Init.MANUAL): "there is nothing to leave out",
    ("init", Init.RC_D): "it names tunnels that start at boot, and this one does not",
    ("persist", Init.NETWORKMANAGER): "NetworkManager never dials again",
}
"What may be the same, by setting and who starts the tunnel before the change."
_ONE_WAY: Final = frozenset({"runner", "datapath"})
"Settings of which every value means the same so far."


@cache
def _systems() -> list[tuple[Target, Init]]:
    """Every profile with each of those who may start a tunnel there."""
    found = []
    for profile in map(load_profile, PROFILES):
        target = system_of(profile)
        kinds = [Init(each.kind.value) for each in profile.init]
        found += [(target, each) for each in kinds or [Init.AUTO]]
    return found


_KNOWN: dict[tuple[str, Tunnel], tuple[Artifact, ...] | SpecError | UnsupportedError] = {}


def _outcome(tunnel: Tunnel, target: Target) -> tuple[Artifact, ...] | SpecError | UnsupportedError:
    key = (target.profile.id, tunnel)
    if key not in _KNOWN:
        _KNOWN[key] = _rendered(tunnel, target)
    return _KNOWN[key]


def _rendered(tunnel: Tunnel, target: Target) -> tuple[Artifact, ...] | SpecError | UnsupportedError:
    passwords = {tunnel.name: Secret("pw")}
    try:
        artifacts = render(Spec((tunnel,)), target.profile, target.facts, passwords, programs=PROGRAMS)
    except (UnsupportedError, SpecError) as error:
        return error
    return tuple(map(_without_comments, artifacts))


def _without_comments(artifact: Artifact) -> Artifact:
    if not isinstance(artifact, FileArtifact):
        return artifact
    lines = (line for line in artifact.content.splitlines() if not line.lstrip().startswith(b"#"))
    return replace(artifact, content=b"\n".join(lines))


def _fitting(tunnel: Tunnel, target: Target, init: Init) -> Tunnel:
    """*tunnel* so that the system can carry it, but for what is changed."""
    if tunnel.init is Init.AUTO:
        tunnel = replace(tunnel, init=init)
    if not target.profile.modules.mppe and tunnel.encryption is WORK.encryption:
        tunnel = replace(tunnel, encryption=Encryption.NONE)
    by_netifd = target.facts.init_for(init.value) == Init.UCI.value
    return replace(tunnel, engine=Engine.SYSTEM) if by_netifd else tunnel


def test_every_setting_is_changed() -> None:
    assert list(CHANGES) == [each.path for each in SETTINGS]
    assert {after.mode for changes in CHANGES.values() for _, after in changes} == set(Mode)


@pytest.mark.parametrize("setting", CHANGES)
def test_a_setting_is_carried_or_refused(setting: str) -> None:
    silent, compared = [], 0
    for target, init in _systems():
        for pair in CHANGES[setting]:
            before, after = (_fitting(each, target, init) for each in pair)
            if before == after or obstacles((before,), target):
                continue
            compared += 1
            found = _outcome(after, target)
            if isinstance(found, SpecError | UnsupportedError):
                assert all(each.why and each.hint for each in found.diagnostics), found.diagnostics
            elif found == _outcome(before, target):
                silent.append((target.profile.id, choose(before, target.facts)))
    assert compared > len(PROFILES) / 2
    unlike = [each for each in silent if (setting, each[1]) not in _AS_IT_IS]
    assert len(unlike) == (compared if setting in _ONE_WAY else 0), unlike
