"""What we render is read back as what it was made from: renderer and importer agree on pppd's options."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.peers import peers
from pptpsetup.spec.importer.finding import Found, Given, Layout
from pptpsetup.spec.importer.neighbours import Neighbours
from pptpsetup.spec.importer.peers import read_peers
from pptpsetup.spec.model import Authentication, Demand, Dns, Encryption, Engine, LcpEcho, Tunnel
from pptpsetup.spec.options import read_plain
from tests.golden.cases import CASES, PROGRAMS, WORK, contents, pairs

_DEBIAN = load_profile("debian")
_METHODS = st.lists(st.sampled_from(Authentication), min_size=1, unique=True).map(
    lambda chosen: tuple(each for each in Authentication if each in chosen)
)
_OPTIONS = st.lists(
    st.sampled_from(
        [
            ("debug",),
            ("lcp-max-failure", "20"),
            ("maxconnect", "60"),
            ("active-filter", "not icmp"),
            ("ktune",),
        ]
    ),
    unique=True,
    max_size=4,
).map(tuple)
_TUNNELS = st.builds(
    replace,
    st.just(WORK),
    username=st.text(
        st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=20
    ).filter(lambda text: "\\" not in text and text != "*"),
    domain=st.sampled_from([None, "CORP", "a b"]),
    encryption=st.just(Encryption.NONE),
    authentication=_METHODS,
    dns=st.builds(Dns, from_peer=st.booleans()),
    mtu=st.integers(576, 1500),
    lcp_echo=st.builds(LcpEcho, st.integers(1, 3600), st.integers(1, 100)),
    reconnect_delay=st.integers(1, 3600),
    demand=st.none() | st.builds(Demand, st.integers(1, 3600)),
    engine=st.sampled_from(Engine),
    pppd_options=_OPTIONS,
) | st.builds(
    replace,
    st.just(WORK),
    encryption=st.sampled_from([Encryption.REQUIRED_128, Encryption.REQUIRED_40]),
)


def _read(tunnel: Tunnel) -> Found:
    (file,) = (each for each in peers(tunnel, _DEBIAN, PROGRAMS) if isinstance(each, FileArtifact))
    found = read_peers(file.path, file.content, Given({}), Layout(), Neighbours(Given({}), Layout()))
    assert found is not None
    return found


def _same(tunnel: Tunnel, found: Found) -> None:
    assert (found.problems, found.lost) == ([], ())
    values = {path: read_plain(path, value) for path, value in found.values.items()}
    assert (values["server"], values["username"]) == (tunnel.server, tunnel.username)
    assert values.get("domain") == tunnel.domain
    assert values["encryption"] is tunnel.encryption
    assert values["authentication"] == tunnel.authentication
    assert ("dns.servers" in values) is tunnel.dns.from_peer
    assert values["mtu"] == tunnel.mtu
    assert (values["lcp_echo.interval"], values["lcp_echo.failure"]) == (
        tunnel.lcp_echo.interval,
        tunnel.lcp_echo.failure,
    )
    assert values["reconnect_delay"] == tunnel.reconnect_delay
    assert values.get("demand.idle", 0) == (tunnel.demand.idle if tunnel.demand else 0)
    assert values.get("pppd_options", ()) == tunnel.pppd_options


@given(_TUNNELS)
def test_every_tunnel_is_read_back(tunnel: Tunnel) -> None:
    _same(tunnel, _read(tunnel))


NO_SECRETS_FILE = ("networkmanager", "init-networkmanager", "passwordfd")
"Their passwords are not in pppd's secrets files, so only we know what the tunnel is."


@pytest.mark.parametrize(
    "case", [case for profile, case in pairs() if profile == "debian" and case not in NO_SECRETS_FILE]
)
def test_every_golden_tunnel_is_read_back_with_its_password(case: str) -> None:
    files = {f"/{path}": data for path, data in contents(CASES[case].artifacts("debian")).items()}
    for tunnel in CASES[case].tunnels:
        path = f"/etc/ppp/peers/{tunnel.name}"
        given = Given(files)
        found = read_peers(path, files[path], given, Layout(), Neighbours(given, Layout()))
        assert found is not None
        assert found.password is not None
        assert found.password.reveal() == CASES[case].passwords[tunnel.name]
        values = read_plain("authentication", found.values["authentication"])
        assert isinstance(values, tuple)
        assert set(values) == set(tunnel.authentication)
