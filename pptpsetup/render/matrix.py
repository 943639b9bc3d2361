"""Whether a tunnel can be had on a system that is as its profile says: judged by making its files."""

from pptpengine.record import dataclass
from pptpsetup.distro.expectation import expected
from pptpsetup.distro.profile import Profile, Release
from pptpsetup.errors import Diagnostic, SpecError, UnsupportedError
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.carry import obstacles
from pptpsetup.render.programs import programs_of
from pptpsetup.render.target import Target
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import Spec, Tunnel
from pptpsetup.spec.secret import Secret


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one system makes of one tunnel."""

    profile: Profile
    tunnel: Tunnel
    init: str
    "Who would start it: a value of spec.model.Init other than ``auto``."
    obstacles: tuple[Diagnostic, ...]
    "None: it can be had."


def system_of(profile: Profile, release: Release | None = None) -> Target:
    """*release*, by default the newest, of *profile* with everything installed that the profile names."""
    facts = expected(profile, release or profile.nearest_release(""))
    return Target(profile, facts, programs_of(facts))


def judge(tunnel: Tunnel, profile: Profile) -> Verdict:
    """Whether `system_of` *profile* can carry *tunnel*, whatever its password is."""
    target = system_of(profile)
    found = obstacles((tunnel,), target)
    if not found:
        try:
            example(tunnel, profile)
        except (UnsupportedError, SpecError) as error:
            found = error.diagnostics
    return Verdict(profile, tunnel, target.facts.init_for(tunnel.init.value), found)


def example(tunnel: Tunnel, profile: Profile) -> tuple[Artifact, ...]:
    """The files of *tunnel* on `system_of` *profile*, with some password.

    Raises as `render` does.
    """
    target = system_of(profile)
    passwords = {tunnel.name: Secret("password")}
    return render(Spec((tunnel,)), profile, target.facts, passwords, programs=target.programs)
