"""Detection over made roots; the texts are what the named systems ship (or shipped)."""

import pytest

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.detect import detect, identify
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import UnsupportedError
from tests.pptpsetup.distro.conftest import MakeRoot

OS_RELEASE = {
    "Debian 12": ('ID=debian\nVERSION_ID="12"\nNAME="Debian GNU/Linux"\n', "debian"),
    "Debian testing": ("ID=debian\nVERSION_CODENAME=forky\n", "debian"),
    "Raspbian": ("ID=raspbian\nID_LIKE=debian\nVERSION_ID=8\n", "debian"),
    "Devuan 5": ("ID=devuan\nID_LIKE=debian\nVERSION_ID=5\n", "debian"),
    "Kali": ("ID=kali\nID_LIKE=debian\n", "debian"),
    "LMDE": ("ID=linuxmint\nID_LIKE=debian\n", "debian"),
    "Ubuntu 24.04": ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', "ubuntu"),
    "Mint 22": ('ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\n', "ubuntu"),
    "Pop": ('ID=pop\nID_LIKE="ubuntu debian"\n', "ubuntu"),
}


@pytest.mark.parametrize("system", OS_RELEASE)
def test_by_id_then_by_likeness_left_to_right(make_root: MakeRoot, system: str) -> None:
    text, profile = OS_RELEASE[system]
    assert detect(make_root({"/etc/os-release": text, "/etc/debian_version": "12.1\n"})).id == profile


def test_os_release_in_usr_lib(make_root: MakeRoot) -> None:
    assert detect(make_root({"/usr/lib/os-release": "ID=ubuntu\n"})).id == "ubuntu"


def test_a_link_of_os_release_stays_in_the_root(make_root: MakeRoot) -> None:
    """An absolute link means the root's file, not this machine's."""
    root = make_root({"/etc/os-release": "-> /usr/lib/os-release", "/usr/lib/os-release": "ID=ubuntu\n"})
    assert detect(root).id == "ubuntu"


def test_an_old_knoppix_has_only_the_marker_file(make_root: MakeRoot) -> None:
    root = make_root({"/etc/debian_version": "3.0\n"})
    assert identify(root).id == ""
    assert detect(root).id == "debian"


def test_a_marker_file_does_not_overrule_an_id(make_root: MakeRoot) -> None:
    root = make_root({"/etc/os-release": "ID=mystery\n", "/etc/debian_version": "3.0\n"})
    with pytest.raises(UnsupportedError):
        detect(root)


@pytest.mark.parametrize(
    "files",
    [
        {"/etc/os-release": 'NAME="Mystery"\nID=mystery\nVERSION_ID=42\n'},
        {"/etc/os-release": 'ID=mystery\nID_LIKE="riddle enigma"\n'},
        {},
    ],
)
def test_unknown_systems_are_refused_with_the_known_profiles(
    make_root: MakeRoot, files: dict[str, str]
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        detect(make_root(files))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "distribution-unknown"
    assert f"known are {', '.join(profile_ids())}" in diagnostic.message
    assert "nearest" not in diagnostic.message
    assert diagnostic.hint is not None
    assert "--profile" in diagnostic.hint


def test_the_nearest_profile_is_the_one_whose_places_exist(make_root: MakeRoot) -> None:
    files = {"/etc/os-release": "ID=mystery\nNAME=Mystery\n", "/etc/ppp/ip-up.d/x": "", "/usr/sbin/pppd": ""}
    with pytest.raises(UnsupportedError) as caught:
        detect(make_root(files))
    (diagnostic,) = caught.value.diagnostics
    known = ", ".join(profile_ids())
    assert (
        diagnostic.message == f"no profile fits Mystery (ID=mystery); known are {known}, nearest is debian"
    )
    assert diagnostic.why == "these of its places exist here: /usr/sbin/pppd, /etc/ppp/ip-up.d"
    assert diagnostic.hint == "--profile debian"


def test_an_override_is_not_second_guessed(make_root: MakeRoot) -> None:
    assert detect(make_root({"/etc/os-release": "ID=mystery\n"}), "ubuntu").id == "ubuntu"


def test_an_override_must_exist(make_root: MakeRoot) -> None:
    with pytest.raises(UnsupportedError) as caught:
        detect(make_root({}), "mystery")
    assert caught.value.diagnostics[0].code == "profile-unknown"


def test_no_two_profiles_claim_a_system() -> None:
    """Otherwise the order of their names would decide."""
    profiles = [load_profile(each) for each in profile_ids()]
    for claims in ([p.match.ids for p in profiles], [p.match.markers for p in profiles]):
        claimed = [each for one in claims for each in one]
        assert sorted(claimed) == sorted(set(claimed))


def test_only_the_profile_needed_is_read(make_root: MakeRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading YAML is most of what detection costs."""
    loaded: list[str] = []

    def load(profile_id: str) -> Profile:
        loaded.append(profile_id)
        return load_profile(profile_id)

    monkeypatch.setattr("pptpsetup.distro.detect.load_profile", load)
    detect(make_root({"/etc/os-release": "ID=debian\n"}))
    assert set(loaded) == {"debian"}


def test_identity(make_root: MakeRoot) -> None:
    found = identify(make_root({"/etc/os-release": OS_RELEASE["Mint 22"][0]}))
    assert (found.id, found.like, found.version) == ("linuxmint", ("ubuntu", "debian"), "22")
