"""A service directory for each tunnel (runsv(8)) and its link where runsvdir(8) looks."""

from collections.abc import Sequence

from pptpsetup.distro.places import Runit
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Access, Artifact, FileArtifact, LinkArtifact
from pptpsetup.render.hooks.choice import down_script
from pptpsetup.render.passwordfd import pppd_command
from pptpsetup.render.places import SPEC_FILE, exit_file, ipparam, log_file, own_run_directory
from pptpsetup.render.target import Target, section
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Tunnel


def service_name(tunnel: str) -> str:
    """What runit calls *tunnel*."""
    return f"pptp-{tunnel}"


def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """Each tunnel's service; without ``on_boot`` with a file ``down``, which leaves the start to ``sv up``.

    Its directory ``supervise``, which runsv fills, is a link to where it goes with the next boot.
    """
    places = section(target.profile, target.profile.runit)
    artifacts: list[Artifact] = [
        directory(places.service_directory, places.directory_access),
        directory(places.enabled_directory, places.directory_access),
    ]
    for tunnel in tunnels:
        artifacts += _per_tunnel(tunnel, target, places)
    return tuple(artifacts)


def _per_tunnel(tunnel: Tunnel, target: Target, places: Runit) -> list[Artifact]:
    service = service_name(tunnel.name)
    folder = f"{places.service_directory}/{service}"
    run = target.profile.run_directory
    context = {
        "spec_file": SPEC_FILE,
        "name": tunnel.name,
        "pppd": pppd_command(tunnel, target.profile),
        "run_directory": own_run_directory(run),
        "log_file": log_file(tunnel.name, run),
        "exit_file": exit_file(tunnel.name, run),
        "ipparam": ipparam(tunnel.name),
        "ip_down": down_script(target.profile),
        "release_routes": (*target.programs.engine_command, "--release-routes"),
        "reconnect_delay": tunnel.reconnect_delay,
        "demand": tunnel.demand is not None,
        "redials_itself": tunnel.redials_itself,
        "persist": tunnel.persist,
        "attempts": tunnel.reconnect_attempts,
    }
    artifacts: list[Artifact] = [
        directory(folder, places.directory_access),
        *(
            FileArtifact(
                f"{folder}/{each}",
                rendered(f"init/runit-{each}.j2", **context),
                access(places.access),
            )
            for each in ("run", "finish")
        ),
        LinkArtifact(f"{folder}/supervise", f"{places.state_directory}/supervise.{service}"),
        LinkArtifact(f"{places.enabled_directory}/{service}", folder),
    ]
    if not tunnel.on_boot:
        artifacts.append(FileArtifact(f"{folder}/down", b"", Access("root", "root", 0o644)))
    return artifacts
