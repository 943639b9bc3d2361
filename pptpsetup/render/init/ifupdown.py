"""A stanza for ifupdown, interfaces(5): ``ifup pptp-NAME`` runs ``pon NAME``."""

from collections.abc import Sequence

from pptpsetup.distro.places import Ifupdown
from pptpsetup.grammar.interfaces import file_name
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, FileArtifact
from pptpsetup.render.places import SPEC_FILE
from pptpsetup.render.target import Target, section
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Tunnel


def interface_name(tunnel: str) -> str:
    """What ifupdown calls *tunnel*; the network interface itself is pppd's next free ``pppN``."""
    return f"pptp-{tunnel}"


def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """A file in interfaces.d for each tunnel; ``auto`` only with ``on_boot``.

    Raises SpecError ``skipped-file-name`` for a tunnel's name that ifupdown would not read.
    """
    places = section(target.profile, target.profile.ifupdown)
    return (
        directory(places.directory, places.directory_access),
        *(_stanza(tunnel, places) for tunnel in tunnels),
    )


def _stanza(tunnel: Tunnel, places: Ifupdown) -> FileArtifact:
    content = rendered(
        "init/interfaces.j2",
        spec_file=SPEC_FILE,
        name=tunnel.name,
        interface=interface_name(tunnel.name),
        on_boot=tunnel.on_boot,
    )
    return FileArtifact(f"{places.directory}/{file_name(tunnel.name)}", content, access(places.access))
