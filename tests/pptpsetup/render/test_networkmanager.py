"""Keyfiles, as GLib reads them; that NetworkManager dials with them is shown in the lab."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.errors import SpecError
from pptpsetup.render.artifact import Artifact, FileArtifact
from pptpsetup.render.carry import cautions, obstacles
from pptpsetup.render.init.networkmanager import connection_uuid, files
from pptpsetup.render.target import Target
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import Authentication, Encryption, Engine, Init, LcpEcho, Spec, Tunnel
from pptpsetup.spec.secret import Secret
from tests.golden.cases import FACTS, PROGRAMS, WORK
from tests.oracle.keyfile import KeyFile

DEBIAN = load_profile("debian")
PASSWORD = "secret"
NM = replace(WORK, init=Init.NETWORKMANAGER)


def _target(password: str = PASSWORD, *, pptp: bool = False) -> Target:
    return Target(DEBIAN, replace(FACTS, pptp=pptp), PROGRAMS, {"work": Secret(password)})


def _keyfile(tunnel: Tunnel, password: str = PASSWORD) -> FileArtifact:
    return next(
        each
        for each in files([tunnel], _target(password))
        if isinstance(each, FileArtifact) and each.path.endswith(".nmconnection")
    )


def _paths(artifacts: tuple[Artifact, ...]) -> set[str]:
    return {each.path for each in artifacts}


def test_a_keyfile_is_readable_by_root_alone_and_masked() -> None:
    file = _keyfile(NM)
    assert file.path == "/etc/NetworkManager/system-connections/work.nmconnection"
    assert (file.access.owner, file.access.mode, file.secret) == ("root", 0o600, True)


def test_networkmanager_needs_none_of_pppds_own_files() -> None:
    spec = Spec((NM,))
    paths = _paths(render(spec, DEBIAN, FACTS, {"work": Secret("x")}, programs=PROGRAMS))
    assert not [path for path in paths if path.startswith("/etc/ppp")]
    assert "/usr/local/sbin/pptp" in paths
    spec = Spec((replace(NM, engine=Engine.SYSTEM),))
    assert "/usr/local/sbin/pptp" not in _paths(
        render(spec, DEBIAN, FACTS, {"work": Secret("x")}, programs=PROGRAMS)
    )


def test_the_uuid_is_the_same_everywhere() -> None:
    assert connection_uuid("work") == "9a83b380-104b-5e79-9c86-514fdb1dcd87"
    assert UUID(connection_uuid("other")).version == 5


@pytest.mark.parametrize("encryption", list(Encryption))
def test_no_keyfile_asks_for_any_strength(encryption: Encryption) -> None:
    lines = _keyfile(replace(NM, encryption=encryption)).content.decode().splitlines()
    asked = [line for line in lines if line.startswith("require-mppe")]
    assert (
        asked
        == {
            Encryption.REQUIRED_128: ["require-mppe-128=yes"],
            Encryption.REQUIRED_40: ["require-mppe-40=yes"],
            Encryption.NONE: [],
        }[encryption]
    )


def test_echo_can_be_off() -> None:
    text = _keyfile(replace(NM, lcp_echo=LcpEcho(0, 3))).content
    assert b"lcp-echo" not in text


def test_ways_to_log_in_that_were_not_chosen_are_refused() -> None:
    chosen = replace(NM, authentication=(Authentication.PAP,), encryption=Encryption.NONE)
    lines = _keyfile(chosen).content.decode().splitlines()
    refused = {line for line in lines if line.startswith("refuse-")}
    assert refused == {"refuse-eap=yes", "refuse-chap=yes", "refuse-mschap=yes", "refuse-mschapv2=yes"}


@pytest.mark.host
@given(
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40),
    st.sampled_from(["tom", "t;m", "tom #1", "\\\\tom", " tom", "tom=x", "[vpn]"]),
)
def test_glib_reads_the_login_and_the_password(password: str, username: str) -> None:
    text = _keyfile(replace(NM, username=username, domain="CORP"), password).content
    oracle = KeyFile()
    assert oracle.read(text, "vpn-secrets", "password") == password
    assert oracle.read(text, "vpn", "user") == username
    assert oracle.read(text, "vpn", "domain") == "CORP"
    assert oracle.read(text, "ipv6", "method") == "disabled"


def test_a_password_that_pppd_would_hash_wrongly_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        _keyfile(NM, "gr\u00fcn")
    assert caught.value.diagnostics[0].code == "password-not-ascii"
    assert "gr\u00fcn" not in str(caught.value)


def test_what_the_plugin_has_no_key_for_is_refused() -> None:
    wishes = replace(NM, on_boot=True, mtu=1300)
    assert [each.code for each in obstacles([wishes], _target())] == [
        "networkmanager-boot",
        "networkmanager-mtu",
    ]
    assert obstacles([NM, replace(wishes, init=Init.SYSTEMD)], _target()) == ()


def test_it_is_said_when_another_pptp_comes_first() -> None:
    (found,) = cautions([NM, WORK], _target(pptp=True))
    assert found.code == "networkmanager-engine"
    assert "dpkg-divert" in str(found.hint)
    assert cautions([replace(NM, engine=Engine.SYSTEM)], _target(pptp=True)) == ()
    assert cautions([NM], _target()) == ()
