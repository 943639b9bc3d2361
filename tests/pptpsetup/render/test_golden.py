"""Rendered trees are what they were when somebody last looked: bytes, modes, owners and the set of files."""

import re
from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.facts import WRITTEN_OPTIONS
from pptpsetup.distro.generations import FIRST_IN, lacking
from pptpsetup.distro.profile import Release
from pptpsetup.errors import UnsupportedError
from pptpsetup.grammar import pppword
from pptpsetup.render.artifact import FileArtifact, LinkArtifact
from pptpsetup.spec.secret import Secret
from tests.golden.cases import (
    BESIDE,
    CASES,
    EVERYWHERE,
    GOLDEN,
    IN_DETAIL,
    PROFILES,
    WORK,
    contents,
    expected,
    pairs,
    stored,
)
from tests.oracle.generations import GENERATIONS, Generation
from tests.oracle.pppd import Pppd

UNIT = ("nodetach", "nolog", "up_sdnotify", "nopersist")
ALL = pairs()
PEERS = sorted(GOLDEN.glob("*/*/etc/ppp/peers/*"))


@pytest.mark.parametrize(("profile", "case"), ALL)
def test_rendered_as_stored(profile: str, case: str) -> None:
    """When the change is meant: ``python -m tests.golden.update``, and look at the diff."""
    assert expected(profile, case) == stored(profile, case)


def test_nothing_is_stored_that_no_case_renders() -> None:
    trees = {(path.parent.name, path.name) for path in GOLDEN.glob("*/*") if path.is_dir()}
    assert trees == set(ALL)


def test_debian_and_ubuntu_have_every_case() -> None:
    everything = {(profile, case) for profile in IN_DETAIL for case in CASES if case not in BESIDE}
    assert everything <= set(ALL)


def test_every_way_to_start_a_tunnel_that_is_not_the_first_has_a_tree() -> None:
    for profile in {profile for profile, _ in ALL}:
        kinds = {f"init-{each.kind.value}" for each in load_profile(profile).init[1:]}
        assert {case for case in BESIDE if (profile, case) in ALL} == kinds & set(BESIDE)


def test_a_system_has_all_cases_for_everybody_but_for_what_it_cannot_do() -> None:
    """Otherwise something that a tunnel can ask for was forgotten for it. Knoppix starts nothing at boot,
    netifd runs none of our scripts, and old pppds run none before the first call."""
    for profile in {profile for profile, _ in ALL}:
        found = load_profile(profile)
        netifd = found.uci is not None
        absent = {"at-boot"} if profile == "knoppix" else set()
        absent |= {"demand"} if netifd or found.hooks.pre_up is None else set()
        absent |= {"lan-to-lan"} if netifd else set()
        assert {case for case in EVERYWHERE if (profile, case) not in ALL} == absent


@pytest.mark.parametrize("case", [case for profile, case in ALL if profile == "debian"])
def test_rendering_twice_gives_the_same(case: str) -> None:
    assert CASES[case].artifacts("debian") == CASES[case].artifacts("debian")


@pytest.mark.parametrize("path", PEERS, ids=lambda path: str(path.relative_to(GOLDEN)))
def test_no_peers_file_has_a_word_that_pppd_2_5_gets_wrong(path) -> None:  # type: ignore[no-untyped-def]
    """``require-mppe``, ``nomppe-40`` and ``nomppe-128`` end in 40 bit or in one-way encryption there."""
    words = {word.value for word in pppword.words(path.read_bytes())}
    assert words.isdisjoint({b"require-mppe", b"nomppe-40", b"nomppe-128", b"mppe"})
    assert not [word for word in words if word.startswith(b"replacedefaultroute")]


@pytest.mark.host
@pytest.mark.parametrize("path", PEERS, ids=lambda path: str(path.relative_to(GOLDEN)))
@pytest.mark.parametrize("arguments", [(), UNIT], ids=["pon", "unit"])
def test_pppd_takes_every_peers_file(path, arguments: tuple[str, ...], pppd_oracle: Pppd) -> None:  # type: ignore[no-untyped-def]
    done = pppd_oracle.dryrun(path.read_bytes(), arguments=arguments)
    assert done.status == 0, done.output
    assert "warning" not in done.output.lower()


@pytest.mark.host
@pytest.mark.parametrize("name", GENERATIONS)
def test_every_generation_takes_every_peers_file(name: str, tmp_path: Path) -> None:
    """What Debian 11 to 13 have; 2.4.9 and 2.5 differ in their options and in their parsers."""
    generation = Generation(name, tmp_path)
    for content, path in {path.read_bytes(): path for path in PEERS}.items():
        for arguments in ((), UNIT):
            (done,) = generation.dryruns(content, arguments=arguments)
            assert done.status == 0, (path, done.output)
            assert "warning" not in done.output.lower()


@pytest.mark.parametrize(
    ("profile", "release"),
    [(each, release) for each in PROFILES for release in load_profile(each).releases],
    ids=lambda each: each if isinstance(each, str) else each.first,
)
def test_no_release_gets_a_word_that_its_pppd_does_not_know(profile: str, release: Release) -> None:
    """In peers files and in the units that run pppd."""
    unknown = {word.encode() for word in lacking(release.ppp, FIRST_IN)}
    lacks = lacking(release.ppp, WRITTEN_OPTIONS)
    for name in (case for each, case in ALL if each == profile):
        if "refuse-mschap-v2" in lacks:
            with pytest.raises(UnsupportedError, match="cannot dial"):
                CASES[name].artifacts(profile, lacks)
            continue
        artifacts = CASES[name].artifacts(profile, lacks)
        for path, content in contents(artifacts).items():
            if "/peers/" in path:
                words = {word.value for word in pppword.words(content)}
            elif path.endswith((".service", ".conf")):
                commands = re.findall(rb"^ExecStart=(.*pppd.*)$", content, re.MULTILINE)
                words = {word for command in commands for word in command.split()}
            else:
                continue
            assert words.isdisjoint(unknown), path


def test_what_pppd_reads_only_root_can_change() -> None:
    """From 2.5.3 on it refuses peers files, secrets and scripts that anybody else could have written."""
    for profile, case in ALL:
        for each in CASES[case].artifacts(profile):
            if isinstance(each, LinkArtifact):
                continue
            writable = each.access.mode & 0o022
            assert (each.access.owner, writable) == ("root", 0), each.path
            script = isinstance(each, FileArtifact) and each.content.startswith(b"#!")
            assert not script or each.access.mode & 0o111 == 0o111, each.path


@pytest.mark.host
def test_pppd_finds_every_password(pppd_oracle: Pppd) -> None:
    """Through the stored chap-secrets, and through the file that stands for a password like ``@/…``."""
    for case, each in CASES.items():
        if ("debian", case) not in ALL:
            continue
        tree = stored("debian", case)
        if "etc/ppp/chap-secrets" not in tree:
            continue
        content = tree["etc/ppp/chap-secrets"]
        for tunnel in each.tunnels:
            indirect = f"etc/pptpsetup/secrets/{tunnel.name}.pppd"
            if indirect in tree:
                placed = pppd_oracle.place("indirect", tree[indirect])
                content = content.replace(f"/{indirect}".encode(), placed.encode())
            query = (content, tunnel.login.encode(), tunnel.name.encode())
            assert pppd_oracle.secrets([query]) == [Secret(each.passwords[tunnel.name]).pppd_bytes()]


def test_the_cases_cover_what_they_are_named_for() -> None:
    assert WORK.login == "alice"
    assert b"auto pptp-work" in stored("debian", "ifupdown")["etc/network/interfaces.d/pptp-work"]
    assert b" -> /etc/systemd/system/pptp@.service" in stored("debian", "on-boot-systemd")["files.txt"]
