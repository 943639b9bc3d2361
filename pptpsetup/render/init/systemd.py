"""The template unit ``pptp@.service``, and a drop-in and a boot link for each tunnel that needs one."""

from collections.abc import Sequence

from pptpsetup.distro.places import Systemd
from pptpsetup.grammar.unit import instance
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, FileArtifact, LinkArtifact
from pptpsetup.render.hooks.choice import down_script
from pptpsetup.render.passwordfd import credential_setting, is_used_by, pppd_command, source
from pptpsetup.render.places import SPEC_FILE
from pptpsetup.render.target import Target, section
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Tunnel
from pptpsetup.spec.settings import BY_PATH

_DROP_IN = "10-pptpsetup.conf"
_RECONNECT_DELAY = BY_PATH["reconnect_delay"].default
"Seconds, what the template unit has."


def unit_name(tunnel: str) -> str:
    """The unit of *tunnel*.

    Raises SpecError ``unquotable-unit``.
    """
    return f"pptp@{instance(tunnel)}.service"


def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """The template unit, drop-ins for what differs and, ``on_boot``, the link of ``systemctl enable``."""
    places = section(target.profile, target.profile.systemd)
    artifacts = [directory(places.unit_directory, places.directory_access), _template_unit(target, places)]
    for tunnel in tunnels:
        artifacts += _per_tunnel(tunnel, target, places)
    return tuple(dict.fromkeys(artifacts))


def _template_unit(target: Target, places: Systemd) -> Artifact:
    """``pptp@.service``; nothing in it depends on a tunnel."""
    content = rendered(
        "init/pptp@.service.j2",
        spec_file=SPEC_FILE,
        pppd=target.profile.pppd,
        notify=target.facts.supports("up_sdnotify"),
        reconnect_delay=_RECONNECT_DELAY,
        ip_down=down_script(target.profile),
        release_routes=(*target.programs.engine_command, "--release-routes"),
    )
    return FileArtifact(f"{places.unit_directory}/pptp@.service", content, access(places.access))


def _per_tunnel(tunnel: Tunnel, target: Target, places: Systemd) -> list[Artifact]:
    unit = unit_name(tunnel.name)
    artifacts: list[Artifact] = []
    if _differs(tunnel):
        drop_ins = f"{places.unit_directory}/{unit}.d"
        artifacts += [
            directory(drop_ins, places.directory_access),
            FileArtifact(f"{drop_ins}/{_DROP_IN}", _drop_in(tunnel, target), access(places.access)),
        ]
    if tunnel.on_boot:
        artifacts += [
            directory(places.wants_directory, places.directory_access),
            LinkArtifact(f"{places.wants_directory}/{unit}", f"{places.unit_directory}/pptp@.service"),
        ]
    return artifacts


def _differs(tunnel: Tunnel) -> bool:
    """Whether the template unit alone would not do."""
    return (
        tunnel.reconnect_delay != _RECONNECT_DELAY
        or not tunnel.persist
        or tunnel.redials_itself
        or is_used_by(tunnel)
        or tunnel.systemd_has_password
    )


def _drop_in(tunnel: Tunnel, target: Target) -> bytes:
    return rendered(
        "init/pptp@.conf.j2",
        spec_file=SPEC_FILE,
        name=tunnel.name,
        reconnect_delay=tunnel.reconnect_delay,
        usual_delay=_RECONNECT_DELAY,
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
