"""What any profile's files say is read back by the importer as the tunnel that they were made from."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import PurePosixPath
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import UnsupportedError
from pptpsetup.render.init.choice import choose
from pptpsetup.render.matrix import system_of
from pptpsetup.render.tunnels import render
from pptpsetup.spec.document import Document
from pptpsetup.spec.importer.finding import Found, Given, Kind, Layout
from pptpsetup.spec.importer.survey import survey
from pptpsetup.spec.model import (
    Authentication,
    Demand,
    Dns,
    Encryption,
    Engine,
    Init,
    LcpEcho,
    Mode,
    Spec,
    Tunnel,
)
from pptpsetup.spec.secret import Secret
from tests.golden.cases import PROFILES, PROGRAMS, WORK
from tests.oracle.tree import Tree

pytestmark = pytest.mark.exhaustive

PASSWORD: Final = "Tr0ub4dor&3 'x' \\ #"
_LOGIN: Final = {"server", "username", "domain", "encryption", "authentication", "lcp_echo"}
EXPRESSED: Final = {
    Kind.PEERS: _LOGIN | {"mtu", "reconnect_delay", "demand", "pppd_options"},
    Kind.CONFD: _LOGIN | {"mtu", "reconnect_delay", "demand"},
    Kind.NETWORKMANAGER: _LOGIN | {"init", "mode", "routes", "dns"},
    Kind.UCI: _LOGIN | {"mtu", "mode", "routes", "dns", "on_boot"},
}
"What each kind of file says of a tunnel. Hooks and links say the rest; they are run, not read."

_NETWORKS = st.integers(0, 2**16 - 1).map(lambda number: IPv4Network(((10 << 24) + (number << 8), 24)))
_HOSTS = st.integers(1, 254).map(lambda number: IPv4Address((10 << 24) + number))
_METHODS = st.lists(st.sampled_from(Authentication), min_size=1, unique=True).map(tuple)
_NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=20).filter(
    lambda text: "\\" not in text and text != "*"
)
_OPEN = st.builds(replace, st.just(WORK), encryption=st.just(Encryption.NONE), authentication=_METHODS)
_SEALED = st.builds(
    replace, st.just(WORK), encryption=st.sampled_from([Encryption.REQUIRED_128, Encryption.REQUIRED_40])
)


@st.composite
def tunnels(draw: st.DrawFn) -> Tunnel:
    """Valid ones, of every mode."""
    mode = draw(st.sampled_from([Mode.CLIENT_TO_LAN, Mode.ALL_TO_TUNNEL, Mode.INTERFACE_ONLY]))
    routed = mode is Mode.CLIENT_TO_LAN
    begun: Tunnel = draw(_OPEN | _SEALED)
    return replace(
        begun,
        name="vpn",
        username=draw(_NAMES),
        domain=draw(st.none() | st.sampled_from(["CORP", "a b"])),
        mode=mode,
        routes=tuple(draw(st.lists(_NETWORKS, min_size=1, max_size=3, unique=True))) if routed else (),
        dns=Dns(
            from_peer=draw(st.booleans()), servers=tuple(draw(st.lists(_HOSTS, max_size=2, unique=True)))
        ),
        mtu=draw(st.just(WORK.mtu) | st.integers(576, 1500)),
        lcp_echo=LcpEcho(draw(st.integers(1, 300)), draw(st.integers(1, 20))),
        reconnect_delay=draw(st.integers(1, 3600)),
        on_boot=draw(st.booleans()),
        demand=draw(st.none() | st.builds(Demand, st.integers(1, 3600))),
        pppd_options=draw(st.sampled_from([(), (("debug",), ("lcp-max-failure", "20"))])),
    )


def _layout(profile: Profile) -> Layout:
    manager = profile.networkmanager
    return replace(
        Layout() if manager is None else Layout(networkmanager=manager.directory),
        peers=profile.peers.directory,
        options=str(PurePosixPath(profile.peers.directory).parent / "options"),
        secrets=(profile.secrets.chap, profile.secrets.pap),
        hooks=(profile.hooks.up, profile.hooks.down),
    )


def _found(profile: Profile, tunnel: Tunnel) -> tuple[Found, ...]:
    """Nothing where the system cannot carry it."""
    target = system_of(profile)
    try:
        artifacts = render(
            Spec((tunnel,)), profile, target.facts, {tunnel.name: Secret(PASSWORD)}, programs=PROGRAMS
        )
    except UnsupportedError:
        return ()
    return survey(Given(Tree.of(artifacts).files), _layout(profile)).found


def _same(tunnel: Tunnel, found: Found, init: Init) -> None:
    assert (found.problems, found.lost) == ([], ())
    assert found.password is not None
    assert found.password.reveal() == PASSWORD
    values = {**found.values, "password": {"file": "/root/pw"}}
    read = Document.empty("spec").set_tunnel("vpn", values).spec.find("vpn")
    assert read is not None
    for name in EXPRESSED[found.kind]:
        assert _plain(read, name) == _plain(tunnel, name), name
    if found.kind is Kind.PEERS:
        assert read.dns.from_peer == tunnel.dns.from_peer
        if init is Init.IFUPDOWN:
            assert (read.init, read.on_boot) == (init, tunnel.on_boot)


def _plain(tunnel: Tunnel, name: str) -> object:
    if name == "authentication":
        return set(tunnel.authentication)
    if name == "mode" and not tunnel.routes and tunnel.mode is Mode.CLIENT_TO_LAN:
        return Mode.INTERFACE_ONLY  # without networks they are the same
    return getattr(tunnel, name)


def _fitting(profile: Profile, tunnel: Tunnel) -> Tunnel:
    """*tunnel* without what the kind of system rules out, so that something is left to be read."""
    if not profile.modules.mppe:
        tunnel = replace(tunnel, encryption=Encryption.NONE)
    if profile.uci is not None:
        tunnel = replace(
            tunnel,
            engine=Engine.SYSTEM,
            encryption=Encryption.REQUIRED_128,
            authentication=(Authentication.MSCHAP_V2,),
            demand=None,
            pppd_options=(),
            reconnect_delay=WORK.reconnect_delay,
        )
    return replace(tunnel, on_boot=tunnel.on_boot and bool(profile.init))


@pytest.mark.parametrize("profile_id", PROFILES)
def test_the_importer_reads_the_tunnel_that_was_written(profile_id: str) -> None:
    profile = load_profile(profile_id)
    inits = [Init.AUTO, *(Init(each.kind.value) for each in profile.init)]
    read: set[Init] = set()

    def check(drawn: Tunnel, init: Init) -> None:
        tunnel = replace(_fitting(profile, drawn), init=init)
        if init is Init.NETWORKMANAGER:
            tunnel = replace(tunnel, on_boot=False, mtu=WORK.mtu, demand=None, pppd_options=())
            tunnel = replace(tunnel, reconnect_delay=WORK.reconnect_delay)
        chosen = choose(tunnel, system_of(profile).facts)
        for found in _found(profile, tunnel):
            _same(tunnel, found, chosen)
            read.add(chosen)

    for each in inits:
        check(replace(WORK, name="vpn"), each)
    assert read == (set(inits) - {Init.AUTO} or {Init.MANUAL})
    settings(
        max_examples=40,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )(given(tunnels(), st.sampled_from(inits))(check))()
