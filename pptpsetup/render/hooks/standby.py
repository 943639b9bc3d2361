"""The script that gives a tunnel which dials on demand its routes before the first packet."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from pptpsetup.distro.profile import Profile
from pptpsetup.render.access import directory
from pptpsetup.render.artifact import Artifact, FileArtifact
from pptpsetup.render.hooks.mechanism import executable
from pptpsetup.render.hooks.scripts import standby_script
from pptpsetup.spec.model import Tunnel


def standby_files(tunnels: Sequence[Tunnel], profile: Profile) -> tuple[Artifact, ...]:
    """The script and the directory it is in; nothing when no tunnel needs one.

    It is the same on every distribution: pppd has ``ip-pre-up`` compiled in and waits for it (ipcp.c,
    ip_demand_conf), whoever has started it. What differs is the place, the profile's ``hooks.pre_up``.
    """
    content, path = standby_script(tunnels, profile), profile.hooks.pre_up
    if content is None or path is None:
        return ()
    file = FileArtifact(path, content, executable(profile))
    folder, permissions = PurePosixPath(path).parent, profile.hooks.directory_access
    if permissions is None or folder == PurePosixPath(profile.peers.directory).parent:
        return (file,)
    return (directory(str(folder), permissions), file)
