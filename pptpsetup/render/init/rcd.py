"""NetBSD's rc.conf(5): the peers that rc.d/ppp calls at boot.

rc.conf is read by sh(1), so a line of ours at its end adds a name to the list, whatever others have made of
it: nothing of theirs is edited. A name that is in the list already is not added: it would be dialled twice.
"""

from collections.abc import Sequence

from pptpsetup.render.access import access
from pptpsetup.render.artifact import Artifact, SharedArtifact
from pptpsetup.render.shared import SHELL_BLOCK
from pptpsetup.render.target import Target, section
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Tunnel


def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """A line for each tunnel with ``on_boot``; the others need nothing."""
    places = section(target.profile, target.profile.rc_d)
    lines = tuple(_line(tunnel, places.variable) for tunnel in tunnels if tunnel.on_boot)
    if not lines:
        return ()
    return (SharedArtifact(places.configuration, SHELL_BLOCK, lines, access(places.access)),)


def _line(tunnel: Tunnel, variable: str) -> bytes:
    return rendered("init/rc.conf.j2", variable=variable, name=tunnel.name, padded=f" {tunnel.name} ")
