"""Detection over made roots: every system of `systems`, and what is said when nothing fits."""

import sys
from os import mkfifo, uname_result
from pathlib import Path

import pytest

from pptpsetup.distro import detect as module
from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.claims import Claims
from pptpsetup.distro.detect import Identity, detect, identify
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import SpecError, UnsupportedError
from pptpsetup.rootfs import inside
from tests.pptpsetup.distro.conftest import MakeRoot
from tests.pptpsetup.distro.systems import SYSTEMS, UNKNOWN


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_gets_its_profile_and_release(make_root: MakeRoot, name: str) -> None:
    system = SYSTEMS[name]
    root = make_root(system.files)
    found = detect(root)
    assert found.profile.id == system.profile
    assert (found.release.first if found.release else None) == system.release
    assert (found.assumed is not None) == system.assumed
    if system.id is not None:
        assert identify(root).id == system.id


def test_every_profile_is_detected_in_some_test() -> None:
    """A profile that nobody gets is dead."""
    assert {each.profile for each in SYSTEMS.values()} == set(profile_ids())


@pytest.mark.parametrize(
    ("system", "said"),
    [
        (
            "Debian 15",
            "Debian 15 is newer than what this pptpsetup knows; it is treated like 14 (pppd 2.5.2)",
        ),
        ("Debian 9", "Debian 9 is older than what this pptpsetup knows; it is treated like 11 (pppd 2.4.9)"),
        (
            "Ubuntu 23.10",
            "Ubuntu 23.10 is no release that this pptpsetup knows; it is treated like 22.04 (pppd 2.4.9)",
        ),
    ],
)
def test_what_was_assumed_is_said(make_root: MakeRoot, system: str, said: str) -> None:
    assumed = detect(make_root(SYSTEMS[system].files)).assumed
    assert assumed is not None
    assert (assumed.code, assumed.message) == ("release-unknown", said)


def test_the_pppd_to_expect_is_the_release_s(make_root: MakeRoot) -> None:
    assert detect(make_root(SYSTEMS["Ubuntu 20.04"].files)).ppp == "2.4.7"
    assert detect(make_root({"/etc/os-release": "ID=arch\n"})).ppp == load_profile("arch").rolling_ppp


def test_os_release_in_usr_lib(make_root: MakeRoot) -> None:
    assert detect(make_root({"/usr/lib/os-release": "ID=ubuntu\n"})).profile.id == "ubuntu"


def test_a_link_of_os_release_stays_in_the_root(make_root: MakeRoot) -> None:
    """An absolute link means the root's file, not this machine's."""
    root = make_root({"/etc/os-release": "-> /usr/lib/os-release", "/usr/lib/os-release": "ID=ubuntu\n"})
    assert detect(root).profile.id == "ubuntu"


@pytest.mark.parametrize(
    "link", ["/etc/redhat-release", "/etc/debian_version", "/etc"], ids=["release", "version", "etc"]
)
def test_older_files_are_read_inside_the_root_too(make_root: MakeRoot, tmp_path: Path, link: str) -> None:
    """Absolute links there lead to the root's own files, and never to this machine's."""
    outside = tmp_path / "this-machine"
    outside.mkdir()
    for name, text in (("redhat-release", "CentOS release 5.11 (Final)\n"), ("debian_version", "9.1\n")):
        (outside / name).write_text(text)
    target = outside if link == "/etc" else outside / link.rpartition("/")[2]
    root = make_root({link: f"-> {target}"})
    assert identify(root) == Identity("", (), "", "")
    there = root / str(target).lstrip("/")
    there.parent.mkdir(parents=True)
    if link == "/etc":
        there.mkdir()
        (there / "redhat-release").write_text("Red Hat Linux release 9 (Shrike)\n")
    else:
        there.write_text("Red Hat Linux release 9 (Shrike)\n" if "redhat" in link else "12.4\n")
    assert detect(root).profile.id == ("debian" if "debian" in link else "redhat")


def test_what_is_no_file_is_not_waited_on(make_root: MakeRoot) -> None:
    root = make_root({"/etc/os-release": "ID=arch\n"})
    mkfifo(root / "etc/system-release")
    assert detect(root).profile.id == "arch"


def test_a_long_chain_of_links_does_not_lead_out(make_root: MakeRoot, tmp_path: Path) -> None:
    """The last of more links than any system follows would be followed by whoever opens it."""
    (tmp_path / "host").write_text("ID=debian\n")
    links = {f"/etc/l{number}": f"-> /etc/l{number + 1}" for number in range(40)}
    root = make_root({"/etc/os-release": "-> /etc/l0", **links, "/etc/l40": f"-> {tmp_path / 'host'}"})
    assert not inside(root, "/etc/os-release").exists()
    assert identify(root).id == ""


def test_a_marker_file_does_not_overrule_an_id(make_root: MakeRoot) -> None:
    root = make_root({"/etc/os-release": "ID=mystery\n", "/etc/debian_version": "3.0\n"})
    with pytest.raises(UnsupportedError):
        detect(root)


def test_an_old_release_is_never_chosen_by_likeness(make_root: MakeRoot) -> None:
    """The version of a derivative is its own: 9 here is no Mandrake 9."""
    root = make_root({"/etc/os-release": 'ID=mystery\nID_LIKE="mandrake fedora"\nVERSION_ID=9.0\n'})
    assert detect(root).profile.id == "fedora"


@pytest.mark.parametrize(
    ("platform", "uname", "profile", "first"),
    [
        ("netbsd10", ("NetBSD", "10.1"), "netbsd", "10"),
        ("netbsd9", ("NetBSD", "9.3_STABLE"), "netbsd", "9"),
        ("freebsd14", ("FreeBSD", "14.1-RELEASE-p5"), "freebsd", "10.99"),
        ("openbsd7", ("OpenBSD", "7.6"), "openbsd", "9"),
    ],
)
def test_a_running_bsd_is_known_by_pythons_platform(
    monkeypatch: pytest.MonkeyPatch, platform: str, uname: tuple[str, str], profile: str, first: str
) -> None:
    """As there: nothing under /etc says what it is. Only the root directory itself is asked about so."""
    nothing = module.Identity("", (), "", "")
    monkeypatch.setattr(module, "_OS_RELEASE", ())
    monkeypatch.setattr("distro.LinuxDistribution.id", lambda _: "")
    monkeypatch.setattr("distro.LinuxDistribution.name", lambda _: "")
    monkeypatch.setattr("distro.LinuxDistribution.version", lambda _: "")
    monkeypatch.setattr("distro.LinuxDistribution.like", lambda _: "")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("os.uname", lambda: uname_result((uname[0], "host", uname[1], "", "amd64")))
    found = detect(Path("/"))
    assert found.profile.id == profile
    assert found.release is not None
    assert found.release.first == first
    assert identify(Path("/usr")).id == nothing.id


def test_without_a_word_linux_is_no_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_OS_RELEASE", ())
    monkeypatch.setattr("distro.LinuxDistribution.id", lambda _: "")
    assert identify(Path("/")).id == ""


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_systems_are_refused_with_the_known_profiles(make_root: MakeRoot, name: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        detect(make_root(UNKNOWN[name]))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "distribution-unknown"
    assert ", ".join(profile_ids()) in str(diagnostic.why)
    assert "nearest" not in diagnostic.message
    assert "--profile ID" in str(diagnostic.hint)
    assert "pptpsetup profiles check FILE" in str(diagnostic.hint)


def test_the_nearest_profile_is_the_one_whose_places_exist(make_root: MakeRoot) -> None:
    files = {
        "/etc/os-release": "ID=mystery\nNAME=Mystery\n",
        "/etc/ppp/ip-up.d/x": "",
        "/usr/sbin/pppd": "",
        "/usr/sbin/ifup": "",
    }
    with pytest.raises(UnsupportedError) as caught:
        detect(make_root(files))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == "no profile fits Mystery (ID=mystery); the nearest is debian"
    assert str(diagnostic.why).startswith(
        "these of its places exist here: /usr/sbin/pppd, /etc/ppp/ip-up.d, /usr/sbin/ifup; profiles are "
    )
    assert str(diagnostic.hint).startswith("--profile debian\nor write a profile")


def test_the_guide_that_a_refusal_names_exists() -> None:
    from pptpsetup.distro.unknown import GUIDE

    assert (Path(__file__).parents[3] / GUIDE).is_file()


def test_an_override_is_not_second_guessed(make_root: MakeRoot) -> None:
    found = detect(make_root({"/etc/os-release": "ID=mystery\n"}), "ubuntu")
    assert (found.profile.id, found.assumed) == ("ubuntu", None)


def test_an_override_keeps_the_release_of_the_system_it_is_for(make_root: MakeRoot) -> None:
    found = detect(make_root(SYSTEMS["Ubuntu 20.04"].files), "ubuntu")
    assert found.release is not None
    assert found.release.first == "20.04"


def test_an_override_must_exist(make_root: MakeRoot) -> None:
    with pytest.raises(UnsupportedError) as caught:
        detect(make_root({}), "mystery")
    assert caught.value.diagnostics[0].code == "profile-unknown"


@pytest.mark.parametrize("given", ["mine.yaml", "./mine.yaml"])
def test_an_override_may_be_a_file(
    make_root: MakeRoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    (tmp_path / "mine.yaml").write_text("extends: arch\nname: Mine\nmatch: {ids: [mine]}\n")
    monkeypatch.chdir(tmp_path)
    found = detect(make_root({}), given)
    assert (found.profile.id, found.profile.name, found.profile.pppd) == ("mine", "Mine", "/usr/bin/pppd")


def test_a_faulty_file_is_refused_with_its_places(make_root: MakeRoot, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: arch\nname: Mine\nmatch: {ids: [mine]}\ncolour: green\n")
    with pytest.raises(SpecError) as caught:
        detect(make_root({}), str(path))
    assert [str(each.where) for each in caught.value.diagnostics] == [f"{path}:4:1"]


@pytest.mark.parametrize("profile", profile_ids())
def test_the_match_section_alone_says_what_the_whole_profile_says(profile: str) -> None:
    claims, match = Claims(), load_profile(profile).match
    assert match.ids
    for each in match.ids:
        assert claims.of_id(each)[profile] == match
    assert (profile in claims.of_markers()) == bool(match.markers)


def test_no_two_profiles_claim_a_system() -> None:
    """Otherwise the order of their names would decide: equal IDs need different conditions."""
    profiles = [load_profile(each) for each in profile_ids()]
    claims = [
        (name, each.match.name, each.match.versions, each.match.files)
        for each in profiles
        for name in each.match.ids
    ]
    assert len(claims) == len(set(claims))
    general = [name for name, *conditions in claims if not any(conditions)]
    assert len(general) == len(set(general))
    plain = [marker for each in profiles if not each.match.files for marker in each.match.markers]
    assert len(plain) == len(set(plain))


@pytest.mark.parametrize(
    ("system", "read"),
    [
        ("Debian 13", {"debian"}),
        ("Raspbian 8", {"debian"}),
        ("Linux Mint 22", {"ubuntu"}),
        ("old Knoppix", {"debian"}),
        ("Red Hat Linux 9", {"redhat"}),
        ("Tumbleweed", {"tumbleweed"}),
    ],
)
def test_only_the_profile_needed_is_read(
    make_root: MakeRoot, monkeypatch: pytest.MonkeyPatch, system: str, read: set[str]
) -> None:
    """Reading YAML is most of what detection costs."""
    loaded: list[str] = []

    def load(profile_id: str) -> Profile:
        loaded.append(profile_id)
        return load_profile(profile_id)

    monkeypatch.setattr(module, "load_profile", load)
    detect(make_root(SYSTEMS[system].files))
    assert set(loaded) == read


def test_identity(make_root: MakeRoot) -> None:
    found = identify(make_root(SYSTEMS["Linux Mint 22 with code names"].files))
    assert (found.id, found.like, found.version) == ("linuxmint", ("ubuntu", "debian"), "22")
    assert found.code_names == ("noble", "wilma")
