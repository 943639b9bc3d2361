"""Where pptpsetup refuses to work, where it only makes files, and what it says before it does."""

import pytest

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.detect import Detection, detect
from pptpsetup.distro.kinds import Standing
from pptpsetup.distro.standing import advice, require_usable
from pptpsetup.errors import UnsupportedError
from tests.pptpsetup.distro.conftest import MakeRoot
from tests.pptpsetup.distro.systems import SYSTEMS

STANDINGS = {each: load_profile(each).standing for each in profile_ids()}


def test_who_stands_how() -> None:
    by_standing = {
        standing: {each for each, found in STANDINGS.items() if found is standing} for standing in Standing
    }
    assert by_standing[Standing.REFUSED] == {"freebsd", "openbsd"}
    assert by_standing[Standing.RENDER_ONLY] == {
        "redhat",
        "fedora-core",
        "mandrake",
        "mandriva",
        "suse-linux",
    }


@pytest.mark.parametrize("profile", STANDINGS)
@pytest.mark.parametrize("live", [True, False])
def test_what_a_standing_lets_through(profile: str, live: bool) -> None:
    found = Detection(load_profile(profile), None)
    standing = STANDINGS[profile]
    if standing is Standing.SUPPORTED or (standing is Standing.RENDER_ONLY and not live):
        require_usable(found, live=live)
        return
    with pytest.raises(UnsupportedError) as caught:
        require_usable(found, live=live)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == f"profile-{standing.value}"
    assert diagnostic.why == found.profile.because


def test_a_refusal_says_what_would_work() -> None:
    assert "net/mpd5" in str(load_profile("freebsd").because)
    assert "npppd" in str(load_profile("openbsd").because)


@pytest.mark.parametrize(
    ("system", "package"),
    [
        ("Red Hat Linux 9", "kernel_ppp_mppe"),
        ("Fedora Core 3", "kernel_ppp_mppe"),
        ("Mandrake 10.1", "kernel_ppp_mppe"),
        ("SuSE Linux 9.1", "ppp-mppe"),
    ],
)
def test_an_old_system_says_which_module_package_it_needed(
    make_root: MakeRoot, system: str, package: str
) -> None:
    said = advice(detect(make_root(SYSTEMS[system].files)), live=False)
    assert said[0].code == "profile-render-only"
    assert any(package in each.message for each in said[1:])


def test_fedora_core_5_needs_no_module_package(make_root: MakeRoot) -> None:
    release = detect(make_root(SYSTEMS["Fedora Core 5"].files)).release
    assert release is not None
    assert release.warnings == ()


def test_a_known_release_of_a_supported_system_needs_no_words(make_root: MakeRoot) -> None:
    assert advice(detect(make_root(SYSTEMS["Debian 13"].files)), live=False) == ()


def test_a_release_says_what_is_special_about_it(make_root: MakeRoot) -> None:
    found = detect(make_root(SYSTEMS["Ubuntu 20.04"].files))
    (note,) = advice(found, live=False)
    assert note.code == "release-note"
    assert note.message.startswith("Its Python 3.8 is too old")
    assert not note.message.endswith(".")
    assert advice(found, live=True) == (), "whoever runs this has a Python that is new enough"


@pytest.mark.parametrize("live", [True, False])
def test_what_was_assumed_comes_first(make_root: MakeRoot, live: bool) -> None:
    found = detect(make_root(SYSTEMS["Debian 15"].files))
    assert advice(found, live=live)[0] == found.assumed
