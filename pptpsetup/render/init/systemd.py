"""The template unit ``pptp@.service`` for all tunnels, and each tunnel's drop-in and boot link."""

from collections.abc import Sequence

from pptpsetup.distro.places import Systemd
from pptpsetup.grammar.unit import instance
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, FileArtifact, LinkArtifact
from pptpsetup.render.environment import templates
from pptpsetup.render.hooks.choice import down_script
from pptpsetup.render.passwordfd import credential_setting, is_used_by, pppd_command, source
from pptpsetup.render.places import SPEC_FILE
from pptpsetup.render.target import Target, section
from pptpsetup.spec.model import Tunnel

_DROP_IN = "10-pptpsetup.conf"


def unit_name(tunnel: str) -> str:
    """The unit of *tunnel*.

    Raises SpecError ``unquotable-unit``.
    """
    return f"pptp@{instance(tunnel)}.service"


def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """The template unit, each tunnel's drop-in and, with ``on_boot``, the link of ``systemctl enable``."""
    places = section(target.profile, target.profile.systemd)
    artifacts = [directory(places.unit_directory, places.directory_access), _template_unit(target, places)]
    for tunnel in tunnels:
        artifacts += _per_tunnel(tunnel, target, places)
    return tuple(dict.fromkeys(artifacts))


def _template_unit(target: Target, places: Systemd) -> Artifact:
    """``pptp@.service``; nothing in it depends on a tunnel."""
    content = templates().render(
        "init/pptp@.service.j2",
        spec_file=SPEC_FILE,
        pppd=target.profile.pppd,
        notify=target.facts.supports("up_sdnotify"),
        ip_down=down_script(target.profile),
        release_routes=(*target.programs.engine_command, "--release-routes"),
    )
    return FileArtifact(f"{places.unit_directory}/pptp@.service", content, access(places.access))


def _per_tunnel(tunnel: Tunnel, target: Target, places: Systemd) -> list[Artifact]:
    unit = unit_name(tunnel.name)
    drop_ins = f"{places.unit_directory}/{unit}.d"
    content = templates().render(
        "init/pptp@.conf.j2",
        spec_file=SPEC_FILE,
        name=tunnel.name,
        reconnect_delay=tunnel.reconnect_delay,
        demand=tunnel.demand is not None,
        redials_itself=tunnel.redials_itself,
        persist=tunnel.persist,
        attempts=tunnel.reconnect_attempts,
        pppd=pppd_command(tunnel, target.profile),
        notify=target.facts.supports("up_sdnotify"),
        passwordfd=is_used_by(tunnel),
        encrypted=credential_setting(tunnel) == "LoadCredentialEncrypted",
        credential=source(tunnel) if tunnel.systemd_has_password else None,
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
    return artifacts
