"""A stanza for ifupdown, interfaces(5): ``ifup pptp-NAME`` runs ``pon NAME``."""

from pptpsetup.distro.profile import Profile
from pptpsetup.grammar.interfaces import file_name
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, FileArtifact
from pptpsetup.render.environment import templates
from pptpsetup.render.places import SPEC_FILE
from pptpsetup.spec.model import Tunnel


def interface_name(tunnel: str) -> str:
    """What ifupdown calls *tunnel*; the network interface itself is pppd's next free ``pppN``."""
    return f"pptp-{tunnel}"


def per_tunnel(tunnel: Tunnel, profile: Profile) -> tuple[Artifact, ...]:
    """The file in interfaces.d; ``auto`` only with ``on_boot``.

    Raises SpecError ``skipped-file-name`` for a tunnel's name that ifupdown would not read.
    """
    content = templates().render(
        "init/interfaces.j2",
        spec_file=SPEC_FILE,
        name=tunnel.name,
        interface=interface_name(tunnel.name),
        on_boot=tunnel.on_boot,
    )
    places = profile.ifupdown
    return (
        directory(places.directory, places.directory_access),
        FileArtifact(f"{places.directory}/{file_name(tunnel.name)}", content, access(places.access)),
    )
