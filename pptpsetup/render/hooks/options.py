"""pppd's options ip-up-script and ip-down-script, new in 2.4.9, in the peers file.

They replace the distribution's own ip-up and ip-down for the link; so what they name runs those afterwards.
"""

from typing import Final

from pptpsetup.distro.profile import Profile
from pptpsetup.render.artifact import Artifact, FileArtifact
from pptpsetup.render.hooks.mechanism import Mechanism, executable, own_scripts
from pptpsetup.render.hooks.scripts import Scripts
from pptpsetup.render.places import DOWN_SCRIPT, LINK_DOWN_SCRIPT, LINK_UP_SCRIPT, SPEC_FILE, UP_SCRIPT
from pptpsetup.render.template import rendered


def _files(scripts: Scripts, profile: Profile) -> tuple[Artifact, ...]:
    found = list(own_scripts(scripts, profile))
    hooks = profile.hooks
    for path, script, dispatcher in (
        (LINK_UP_SCRIPT, UP_SCRIPT, hooks.up),
        (LINK_DOWN_SCRIPT, DOWN_SCRIPT, hooks.down),
    ):
        content = rendered("net/link.j2", spec_file=SPEC_FILE, script=script, dispatcher=dispatcher)
        found.append(FileArtifact(path, content, executable(profile)))
    return tuple(found)


IP_UP_SCRIPT: Final = Mechanism(_files, lambda _: DOWN_SCRIPT, (LINK_UP_SCRIPT, LINK_DOWN_SCRIPT))
