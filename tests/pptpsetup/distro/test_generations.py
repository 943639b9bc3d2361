"""Which pppd a release carries, and what that one knows."""

import pytest

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.facts import PROBED_OPTIONS, gather
from pptpsetup.distro.generations import FIRST_IN, lacking
from pptpsetup.distro.profile import numbers
from tests.pptpsetup.distro.conftest import MakeRoot


@pytest.mark.parametrize("profile_id", profile_ids())
def test_every_release_has_a_pppd_that_can_be_reasoned_about(profile_id: str) -> None:
    profile = load_profile(profile_id)
    versions = [each.ppp for each in profile.releases] + [profile.rolling_ppp or "2.4.7"]
    assert all(len(numbers(each)) == 3 and numbers(each) >= (2, 4, 1) for each in versions)


def test_what_a_version_lacks() -> None:
    assert lacking("2.4.7", ["up_sdnotify", "ip-up-script", "noauth"]) == {"up_sdnotify", "ip-up-script"}
    assert lacking("2.4.8", ["up_sdnotify", "ip-up-script"]) == {"ip-up-script"}
    assert lacking("2.4.9", FIRST_IN) == {name for name, first in FIRST_IN.items() if first > (2, 4, 9)}
    assert lacking("2.5.4", FIRST_IN) == lacking(None, FIRST_IN) == frozenset()


@pytest.mark.parametrize(("ppp", "lacks"), [("2.4.7", set(PROBED_OPTIONS)), ("2.4.9", set()), (None, set())])
def test_a_system_in_a_directory_has_the_pppd_that_is_expected_of_it(
    ppp: str | None, lacks: set[str], make_root: MakeRoot
) -> None:
    facts = gather(make_root({"/usr/sbin/pppd": ""}), load_profile("ubuntu"), live=False, ppp=ppp)
    assert facts.pppd_version is None
    assert facts.lacking_options == lacks
    assert facts.supports("up_sdnotify") == ("up_sdnotify" not in lacks)
