"""The template unit ``pptp@.service`` for all tunnels, and each tunnel's drop-in and boot link."""

from pptpsetup.distro.facts import Facts
from pptpsetup.distro.profile import Profile
from pptpsetup.grammar.unit import instance
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, FileArtifact, LinkArtifact
from pptpsetup.render.environment import templates
from pptpsetup.render.hooks.runparts import down_script
from pptpsetup.render.places import SPEC_FILE
from pptpsetup.render.programs import Programs
from pptpsetup.spec.model import Tunnel

_DROP_IN = "10-pptpsetup.conf"


def unit_name(tunnel: str) -> str:
    """The unit of *tunnel*.

    Raises SpecError ``unquotable-unit``.
    """
    return f"pptp@{instance(tunnel)}.service"


def template_unit(profile: Profile, facts: Facts, programs: Programs) -> tuple[Artifact, ...]:
    """``pptp@.service``; nothing in it depends on a tunnel."""
    content = templates().render(
        "init/pptp@.service.j2",
        spec_file=SPEC_FILE,
        pppd=profile.pppd,
        notify=facts.supports("up_sdnotify"),
        ip_down=down_script(profile.hooks),
        release_routes=(*programs.engine_command, "--release-routes"),
    )
    places = profile.systemd
    return (
        directory(places.unit_directory, places.directory_access),
        FileArtifact(f"{places.unit_directory}/pptp@.service", content, access(places.access)),
    )


def per_tunnel(tunnel: Tunnel, profile: Profile) -> tuple[Artifact, ...]:
    """The drop-in and, with ``on_boot``, the link that ``systemctl enable`` would make."""
    places = profile.systemd
    unit = unit_name(tunnel.name)
    drop_ins = f"{places.unit_directory}/{unit}.d"
    content = templates().render(
        "init/pptp@.conf.j2",
        spec_file=SPEC_FILE,
        name=tunnel.name,
        reconnect_delay=tunnel.reconnect_delay,
    )
    artifacts: list[Artifact] = [
        directory(drop_ins, places.directory_access),
        FileArtifact(f"{drop_ins}/{_DROP_IN}", content, access(places.access)),
    ]
    if tunnel.on_boot:
        artifacts += [
            directory(places.wants_directory, places.directory_access),
            LinkArtifact(f"{places.wants_directory}/{unit}", f"{places.unit_directory}/pptp@.service"),
        ]
    return tuple(artifacts)
