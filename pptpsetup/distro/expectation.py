"""What a system has that is just as its profile says."""

from pptpsetup.distro.engine import expected_place
from pptpsetup.distro.facts import WRITTEN_OPTIONS, Facts, Known
from pptpsetup.distro.generations import lacking
from pptpsetup.distro.profile import Profile, Release


def expected(profile: Profile, release: Release | None) -> Facts:
    """The facts of a system of *profile* on which everything is installed that the profile names."""
    return Facts(
        live=False,
        pppd=True,
        pppd_version=None,
        lacking_options=lacking(profile.ppp_of(release), WRITTEN_OPTIONS),
        kernel=None,
        ppp=Known.YES,
        mppe=Known.YES if profile.modules.mppe else Known.NO,
        ppp_device=True,
        init=tuple(each.kind for each in profile.init),
        dns=tuple(each.kind for each in profile.dns),
        hook_bypass=(),
        pptp=True,
        engine=expected_place(profile.python_of(release)),
    )
