"""Profiles: what the shipped ones say, and what a bad one is told."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from pptpsetup.distro.profile import (
    DnsKind,
    HookKind,
    InitKind,
    Permissions,
    Profile,
    load_profile,
    merge,
    profile_ids,
    read,
    read_merged,
)
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
    assert [choice.kind for choice in debian.init] == [InitKind.SYSTEMD, InitKind.IFUPDOWN]
    assert [method.kind for method in debian.dns] == [DnsKind.RESOLVECTL, DnsKind.RESOLVCONF, DnsKind.PLAIN]
    assert debian.install(debian.packages.ppp) == "apt-get install ppp"


def test_ubuntu_is_debian_but_for_what_it_states() -> None:
    debian, ubuntu = load_profile("debian"), load_profile("ubuntu")
    differing = {
        each.name for each in fields(Profile) if getattr(debian, each.name) != getattr(ubuntu, each.name)
    }
    assert differing == {"id", "name", "match", "packages", "releases", "warnings"}
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


def _repeated(parent: Mapping[str, object], own: Mapping[str, object], at: str = "") -> list[str]:
    """Keys under which *own* says what *parent* says already."""
    found: list[str] = []
    for key, value in own.items():
        inherited = parent.get(key)
        if isinstance(value, Mapping) and isinstance(inherited, Mapping):
            found += _repeated(inherited, value, f"{at}{key}.")
        elif key in parent and value == inherited:
            found.append(at + key)
    return found


@pytest.mark.parametrize("profile", profile_ids())
def test_a_variant_does_not_repeat_its_parent(profile: str) -> None:
    folder = data_dir("profiles")
    own = read(profile, folder)
    parent = own.pop("extends", None)
    if isinstance(parent, str):
        assert _repeated(read_merged(parent, folder), own) == []


def test_repetition_is_found() -> None:
    """The check above can fail."""
    assert _repeated({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 1, "c": 3}, "d": [1]}) == ["a.b", "d"]


def test_merging_goes_key_by_key_and_replaces_lists() -> None:
    parent = {"a": {"b": 1, "c": 2}, "l": [1, 2], "s": "x"}
    assert merge(parent, {"a": {"c": 3}, "l": []}) == {"a": {"b": 1, "c": 3}, "l": [], "s": "x"}
    assert parent == {"a": {"b": 1, "c": 2}, "l": [1, 2], "s": "x"}


def _variant(tmp_path: Path, text: str) -> Path:
    (tmp_path / "debian.yaml").write_text((data_dir("profiles") / "debian.yaml").read_text(encoding="utf-8"))
    (tmp_path / "other.yaml").write_text("extends: debian\n" + text)
    return tmp_path


def test_all_faults_of_a_profile_are_told_at_once(tmp_path: Path) -> None:
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
hooks: {kind: cron}
init:
  - {kind: systemd}
modules: [ppp_generic]
warnings: one
packages: {ppp: 3}
""",
    )
    with pytest.raises(InternalError) as caught:
        load_profile("other", folder)
    told = [each.message for each in caught.value.diagnostics]
    assert {message.partition(":")[0] for message in told} == {
        "pppd",
        "pptp",
        "colour",
        "name",
        "peers.access.mode",
        "peers.directory_access.mode",
        "peers.directory_access.own",
        "hooks.kind",
        "init[0].installed_by",
        "modules",
        "warnings",
        "packages.ppp",
    }
    assert {str(each.where) for each in caught.value.diagnostics} == {"profiles/other.yaml"}
    assert "hooks.kind: must be one of run-parts" in told
    assert any("four octal digits" in message for message in told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not YAML"),
        ("- a\n", "mapping"),
        ("id: x\n", "without 'id'"),
        ("extends: nothing\n", "not another profile"),
        ("extends: other\n", "not another profile"),
        ("extends: 3\n", "not another profile"),
        ("name: a\nname: b\n", "duplicate key"),
    ],
)
def test_a_document_that_is_no_profile(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "other.yaml").write_text(text)
    with pytest.raises(InternalError, match=said) as caught:
        load_profile("other", tmp_path)
    assert caught.value.diagnostics[0].code == "profile-invalid"


def test_parents_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b\n")
    (tmp_path / "b.yaml").write_text("extends: a\n")
    with pytest.raises(InternalError, match="not another profile"):
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
