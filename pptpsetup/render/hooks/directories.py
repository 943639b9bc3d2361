"""Executable scripts of our own in directories that the distribution's ip-up and ip-down go through."""

from pptpsetup.distro.profile import Hooks, Profile
from pptpsetup.errors import Diagnostic, InternalError
from pptpsetup.grammar.filename import run_parts_name
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, FileArtifact
from pptpsetup.render.hooks.scripts import Scripts


def run_parts(scripts: Scripts, profile: Profile) -> tuple[Artifact, ...]:
    """For run-parts(8), which skips names with a dot.

    Raises SpecError ``skipped-file-name``.
    """
    hooks = profile.hooks
    if hooks.directory_access is None:
        raise InternalError(Diagnostic("profile-invalid", f"{profile.id}: hooks without directory_access"))
    return (
        directory(hooks.up, hooks.directory_access),
        FileArtifact(run_parts_path(hooks, hooks.up), scripts.up, access(hooks.access)),
        directory(hooks.down, hooks.directory_access),
        FileArtifact(run_parts_path(hooks, hooks.down), scripts.down, access(hooks.access)),
    )


def run_parts_path(hooks: Hooks, folder: str) -> str:
    """Where our script goes in *folder*, one of the two directories."""
    return f"{folder}/{run_parts_name(hooks.file_name or '')}"
