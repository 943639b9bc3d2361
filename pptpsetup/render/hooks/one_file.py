"""One file for everybody: a line of ours among the others in it calls our scripts.

Red Hat and its relatives run ``/etc/ppp/ip-up.local`` after everything else. Where pppd's own
``/etc/ppp/ip-up`` is left to the administrator, as on NetBSD, it is that file.
"""

from typing import Final

from pptpsetup.distro.profile import Profile
from pptpsetup.render.access import access
from pptpsetup.render.artifact import Artifact, SharedArtifact
from pptpsetup.render.hooks.mechanism import Mechanism, own_scripts
from pptpsetup.render.hooks.scripts import Scripts
from pptpsetup.render.places import DOWN_SCRIPT, UP_SCRIPT
from pptpsetup.render.shared import HOOK_FILE, LOCAL_HOOK


def _mechanism(kind: str) -> Mechanism:
    def files(scripts: Scripts, profile: Profile) -> tuple[Artifact, ...]:
        from pptpsetup.grammar import hookfile  # most distributions have a directory instead

        hooks = profile.hooks
        return (
            *own_scripts(scripts, profile),
            SharedArtifact(hooks.up, kind, hookfile.call(UP_SCRIPT), access(hooks.access)),
            SharedArtifact(hooks.down, kind, hookfile.call(DOWN_SCRIPT), access(hooks.access)),
        )

    return Mechanism(files, lambda _: DOWN_SCRIPT)


LOCAL_ADDITIVE: Final = _mechanism(LOCAL_HOOK)
SINGLE_FILE: Final = _mechanism(HOOK_FILE)
