"""Profiles: what the shipped ones say, and what a bad one is told."""

from dataclasses import fields
from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.kinds import DnsKind, HookKind, InitKind
from pptpsetup.distro.places import Permissions
from pptpsetup.distro.profile import Profile
from pptpsetup.distro.schema import Mode
from pptpsetup.errors import ExitStatus, InternalError, UnsupportedError
from pptpsetup.resources import data_dir


def test_debian_as_its_ppp_package_has_it() -> None:
    debian = load_profile("debian")
    assert debian.peers.directory == "/etc/ppp/peers"
    assert debian.peers.directory_access == Permissions("root", "dip", Mode(0o2750))
    assert debian.peers.access == Permissions("root", "dip", Mode(0o640))
    assert debian.secrets.access == Permissions("root", "root", Mode(0o600))
    assert (debian.secrets.chap, debian.secrets.pap) == ("/etc/ppp/chap-secrets", "/etc/ppp/pap-secrets")
    assert (debian.hooks.kind, debian.hooks.file_name) == (HookKind.RUN_PARTS, "50pptpsetup")
    assert (debian.hooks.up, debian.hooks.down) == ("/etc/ppp/ip-up.d", "/etc/ppp/ip-down.d")
    assert debian.hooks.access == Permissions("root", "root", Mode(0o755))
    assert [choice.kind for choice in debian.init][:2] == [InitKind.SYSTEMD, InitKind.IFUPDOWN]
    assert [method.kind for method in debian.dns] == [DnsKind.RESOLVECTL, DnsKind.RESOLVCONF, DnsKind.PLAIN]
    assert debian.install(debian.packages.ppp) == "apt-get install ppp"


def test_ubuntu_is_debian_but_for_what_it_states() -> None:
    debian, ubuntu = load_profile("debian"), load_profile("ubuntu")
    differing = {
        each.name for each in fields(Profile) if getattr(debian, each.name) != getattr(ubuntu, each.name)
    }
    assert differing == {"id", "name", "match", "packages", "firewall", "releases", "warnings", "unverified"}
    assert ubuntu.packages.modules == "linux-modules-extra-$(uname -r)"
    assert ubuntu.packages.ppp == "ppp"


@pytest.mark.parametrize(
    ("profile", "version", "code_name", "ppp"),
    [
        ("debian", "11", "bullseye", "2.4.9"),
        ("debian", "12.15", "bookworm", "2.4.9"),
        ("debian", "13", "trixie", "2.5.2"),
        ("ubuntu", "20.04", "focal", "2.4.7"),
        ("ubuntu", "24.04.3", "noble", "2.4.9"),
        ("ubuntu", "26.04", "resolute", "2.5.2"),
    ],
)
def test_releases(profile: str, version: str, code_name: str, ppp: str) -> None:
    release = load_profile(profile).release(version)
    assert release is not None
    assert (release.code_name, release.ppp) == (code_name, ppp)


@pytest.mark.parametrize("version", ["", "10", "15", "1", "bookworm/sid"])
def test_a_release_that_is_not_known_is_none(version: str) -> None:
    assert load_profile("debian").release(version) is None


@pytest.mark.parametrize("profile", profile_ids())
def test_every_shipped_profile_loads(profile: str) -> None:
    assert load_profile(profile).id == profile


def _variant(tmp_path: Path, text: str) -> Path:
    (tmp_path / "debian.yaml").write_text((data_dir("profiles") / "debian.yaml").read_text(encoding="utf-8"))
    (tmp_path / "other.yaml").write_text("extends: debian\n" + text + "match: {ids: [other]}\n")
    return tmp_path


def test_all_faults_of_a_profile_are_told_at_once_and_where(tmp_path: Path) -> None:
    folder = _variant(
        tmp_path,
        """
pppd: usr/sbin/pppd
pptp: /usr/../sbin/pptp
colour: green
name: ""
peers:
  access: {mode: 0640}
  directory_access: {mode: "9999", own: x}
hooks: {kind: run-part}
init:
  - {kind: systemd}
modules: [ppp_generic]
warnings: one
packages: {ppp: 3}
secrets: {chap: /etc/ppp/chap-secrets}
""",
    )
    with pytest.raises(InternalError) as caught:
        load_profile("other", folder)
    told = {str(each.where).rpartition("/")[2]: each for each in caught.value.diagnostics}
    assert {place: each.code for place, each in told.items()} == {
        "other.yaml:3:7": "invalid-value",
        "other.yaml:4:7": "invalid-value",
        "other.yaml:5:1": "unknown-key",
        "other.yaml:6:7": "invalid-value",
        "other.yaml:8:18": "invalid-value",
        "other.yaml:9:28": "invalid-value",
        "other.yaml:9:36": "unknown-key",
        "other.yaml:10:15": "invalid-value",
        "other.yaml:12:5": "missing-key",
        "other.yaml:13:10": "invalid-value",
        "other.yaml:14:11": "invalid-value",
        "other.yaml:15:17": "invalid-value",
        "other.yaml:16:11": "repeated-value",
    }
    assert "run-parts" in str(told["other.yaml:10:15"].hint)
    assert "four octal digits" in told["other.yaml:8:18"].message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [", "yaml-syntax"),
        ("- a\n", "invalid-value"),
        ("id: x\n", "unknown-key"),
        ("extends: nothing\n", "profile-unknown"),
        ("extends: other\n", "profile-cycle"),
        ("extends: 3\n", "profile-unknown"),
        ("name: a\nname: b\n", "duplicate-key"),
    ],
)
def test_a_document_that_is_no_profile(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "other.yaml").write_text(text)
    with pytest.raises(InternalError) as caught:
        load_profile("other", tmp_path)
    first = caught.value.diagnostics[0]
    assert first.code == code
    assert first.where is not None
    assert first.where.line is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ifupdown: null\n", "no section ifupdown"),
        ("hooks: {file_name: null}\n", "need file_name"),
        ("modules: {mppe: []}\n", "no_mppe_because"),
        ("standing: refused\n", "because goes with"),
        ("because: It is old.\n", "because goes with"),
        ("releases: []\n", "rolling_ppp"),
        (
            'releases: [{first: "12", last: "13", ppp: "2.5"}, {first: "13", last: "14", ppp: "2.5"}]\n',
            "release 13 belongs to 12 to 13 as well",
        ),
        ('releases: [{first: "13", last: "12", ppp: "2.5"}]\n', "release 13 to 12 is no range"),
        ('releases: [{first: sid, last: sid, ppp: "2.5"}]\n', "release sid to sid is no range"),
        ("hooks: {file_name: 50pptp.sh}\n", "run-parts skips names"),
        ("hooks: {kind: exec-dot-sh}\n", "50pptpsetup would be left out"),
        ("unverified: [packages.beer]\n", "unverified names packages.beer"),
        ("unverified: [releases.99]\n", "unverified names releases.99"),
    ],
)
def test_what_does_not_hold_together_is_told_where_it_stands(tmp_path: Path, text: str, said: str) -> None:
    folder = _variant(tmp_path, text)
    with pytest.raises(InternalError, match=said) as caught:
        load_profile("other", folder)
    assert [str(each.where).rpartition("/")[2] for each in caught.value.diagnostics] == ["other.yaml:2:1"]


def test_what_the_parent_has_not_seen_stays_so_where_it_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "debian.yaml").write_bytes((data_dir("profiles") / "debian.yaml").read_bytes())
    (tmp_path / "a.yaml").write_text(
        "extends: debian\nmatch: {ids: [a]}\nunverified: [dns, packages.pptp, packages.ppp, log_query]\n"
    )
    (tmp_path / "b.yaml").write_text(
        "extends: a\nmatch: {ids: [b]}\npackages: {pptp: other}\n"
        "log_query: [dmesg]\nunverified: [log_query]\n"
    )
    assert load_profile("b", tmp_path).unverified == ("log_query", "dns", "packages.ppp")
    (tmp_path / "c.yaml").write_text("extends: b\nmatch: {ids: [c]}\ndns: []\n")
    assert load_profile("c", tmp_path).unverified == ("log_query", "packages.ppp")


def test_parents_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b\n")
    (tmp_path / "b.yaml").write_text("extends: a\n")
    with pytest.raises(InternalError, match="a -> b -> a"):
        load_profile("a", tmp_path)


def test_an_unknown_profile_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnsupportedError) as caught:
        load_profile("debain")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "profile-unknown"
    assert "did you mean debian?" in diagnostic.message
    assert diagnostic.hint is not None
    assert ", ".join(profile_ids()) in diagnostic.hint
    assert caught.value.status is ExitStatus.UNSUPPORTED


@pytest.mark.parametrize("name", ["../debian", "/etc/passwd", ""])
def test_an_id_is_never_a_path(name: str) -> None:
    with pytest.raises(UnsupportedError):
        load_profile(name)
