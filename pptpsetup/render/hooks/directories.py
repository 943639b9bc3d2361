"""Executable scripts of our own in directories that the distribution's ip-up and ip-down go through.

The directories differ in which names are run; everything else is the same.
"""

from collections.abc import Callable
from typing import Final

from pptpsetup.distro.profile import Hooks, Profile
from pptpsetup.grammar.filename import dot_sh_name, exec_any_name, run_parts_name
from pptpsetup.grammar.safe import Safe
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, FileArtifact
from pptpsetup.render.hooks.mechanism import Mechanism, directory_access
from pptpsetup.render.hooks.scripts import Scripts


def _mechanism(name: Callable[[str], Safe]) -> Mechanism:
    """For directories whose scripts *name* checks the names of: SpecError ``skipped-file-name``."""

    def path(hooks: Hooks, folder: str) -> str:
        return f"{folder}/{name(hooks.file_name or '')}"

    def files(scripts: Scripts, profile: Profile) -> tuple[Artifact, ...]:
        hooks, around = profile.hooks, directory_access(profile)
        return (
            directory(hooks.up, around),
            FileArtifact(path(hooks, hooks.up), scripts.up, access(hooks.access)),
            directory(hooks.down, around),
            FileArtifact(path(hooks, hooks.down), scripts.down, access(hooks.access)),
        )

    return Mechanism(files, lambda hooks: path(hooks, hooks.down))


RUN_PARTS: Final = _mechanism(run_parts_name)
EXEC_ANY: Final = _mechanism(exec_any_name)
EXEC_DOT_SH: Final = _mechanism(dot_sh_name)
