"""Files that the distribution's ip-up and ip-down read into their own shell, as Gentoo's do.

Whatever such a file did to the shell (exit, options, variables) the scripts after it would feel. So ours
only starts a program of our own, in a subshell.
"""

from typing import Final

from pptpsetup.distro.profile import Profile
from pptpsetup.grammar.filename import dot_sh_name
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, FileArtifact
from pptpsetup.render.hooks.mechanism import Mechanism, directory_access, own_scripts
from pptpsetup.render.hooks.scripts import Scripts
from pptpsetup.render.places import DOWN_SCRIPT, SPEC_FILE, UP_SCRIPT
from pptpsetup.render.template import rendered


def _files(scripts: Scripts, profile: Profile) -> tuple[Artifact, ...]:
    found = list(own_scripts(scripts, profile))
    hooks = profile.hooks
    name = dot_sh_name(hooks.file_name or "")
    for folder, script in ((hooks.up, UP_SCRIPT), (hooks.down, DOWN_SCRIPT)):
        content = rendered("net/sourced.sh.j2", spec_file=SPEC_FILE, script=script)
        found.append(directory(folder, directory_access(profile)))
        found.append(FileArtifact(f"{folder}/{name}", content, access(hooks.access)))
    return tuple(found)


SOURCED_SH: Final = Mechanism(_files, lambda _: DOWN_SCRIPT)
