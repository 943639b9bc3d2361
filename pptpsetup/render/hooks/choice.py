"""Which files a distribution's way of running hooks needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pptpsetup.distro.kinds import HookKind
from pptpsetup.distro.profile import Hooks, Profile
from pptpsetup.errors import Diagnostic, UnsupportedError
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.hooks import directories
from pptpsetup.render.hooks.scripts import Scripts, scripts
from pptpsetup.spec.model import Tunnel


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One way of running hooks."""

    files: Callable[[Scripts, Profile], tuple[Artifact, ...]]
    down: Callable[[Hooks], str]
    "The path of the script that undoes what the other one did, to be run by anybody."


MECHANISMS: Final[Mapping[HookKind, Mechanism]] = {
    HookKind.RUN_PARTS: Mechanism(
        directories.run_parts, lambda hooks: directories.run_parts_path(hooks, hooks.down)
    ),
}


def hook_files(tunnels: Sequence[Tunnel], profile: Profile) -> tuple[Artifact, ...]:
    """All that *tunnels* need to have their routes and name servers set.

    Raises SpecError when a name cannot be used there.
    """
    return _mechanism(profile).files(scripts(tunnels, profile), profile)


def down_script(profile: Profile) -> str:
    """The path of our script that undoes what ip-up did; it can be run again, and after a killed pppd."""
    return _mechanism(profile).down(profile.hooks)


def _mechanism(profile: Profile) -> Mechanism:
    found = MECHANISMS.get(profile.hooks.kind)
    if found is None:
        raise UnsupportedError(
            Diagnostic("hooks-unsupported", f"{profile.name}: hooks of kind {profile.hooks.kind.value}")
        )
    return found
