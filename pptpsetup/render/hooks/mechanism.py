"""What every way of running hooks has in common."""

from collections.abc import Callable
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.distro.places import Permissions
from pptpsetup.distro.profile import Hooks, Profile
from pptpsetup.errors import Diagnostic, InternalError
from pptpsetup.render.artifact import Access, Artifact, DirectoryArtifact, FileArtifact
from pptpsetup.render.hooks.scripts import Scripts
from pptpsetup.render.places import CONFIGURATION, DOWN_SCRIPT, UP_SCRIPT

_CONFIGURATION: Final = DirectoryArtifact(CONFIGURATION, Access("root", "root", 0o755))


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One way of running hooks."""

    files: Callable[[Scripts, Profile], tuple[Artifact, ...]]
    down: Callable[[Hooks], str]
    "The path of the script that undoes what the other one did, to be run by anybody."
    options: tuple[str, str] | None = None
    "Scripts that the peers file names for a link that is up or down, where it must."


def own_scripts(scripts: Scripts, profile: Profile) -> tuple[Artifact, ...]:
    """The pair in a directory of ours, for hooks that only call it."""
    return (
        _CONFIGURATION,
        FileArtifact(UP_SCRIPT, scripts.up, executable(profile)),
        FileArtifact(DOWN_SCRIPT, scripts.down, executable(profile)),
    )


def executable(profile: Profile) -> Access:
    """For a program of ours; what the hook itself needs may be less."""
    owner = profile.hooks.access
    return Access(owner.owner, owner.group, 0o755)


def directory_access(profile: Profile) -> Permissions:
    """Of the hook directories.

    Raises InternalError ``profile-invalid``.
    """
    if profile.hooks.directory_access is None:
        raise InternalError(Diagnostic("profile-invalid", f"{profile.id}: hooks without directory_access"))
    return profile.hooks.directory_access
