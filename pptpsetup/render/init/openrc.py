"""One script for openrc-run(8), and for each tunnel a link to it, by whose name it knows the tunnel."""

from collections.abc import Sequence
from typing import Final

from pptpsetup.distro.places import Openrc
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Access, Artifact, DirectoryArtifact, FileArtifact, LinkArtifact
from pptpsetup.render.hooks.choice import down_script
from pptpsetup.render.passwordfd import source
from pptpsetup.render.places import CONFIGURATION, PASSWORDFD, SPEC_FILE, own_run_directory
from pptpsetup.render.target import Target, section
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Tunnel

KEEPER: Final = f"{CONFIGURATION}/openrc-pppd"
"Stands between supervise-daemon and pppd."
_SCRIPT: Final = "pptp"


def service_name(tunnel: str) -> str:
    """What OpenRC calls *tunnel*."""
    return f"{_SCRIPT}.{tunnel}"


def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """The script, what it runs, each tunnel's link and conf.d file and, with ``on_boot``, the link of
    ``rc-update add``."""
    places = section(target.profile, target.profile.openrc)
    artifacts: list[Artifact] = [
        directory(places.script_directory, places.directory_access),
        directory(places.configuration_directory, places.directory_access),
        FileArtifact(f"{places.script_directory}/{_SCRIPT}", _script(target, places), access(places.access)),
        DirectoryArtifact(CONFIGURATION, Access("root", "root", 0o755)),
        FileArtifact(KEEPER, _keeper(target), access(places.access)),
    ]
    for tunnel in tunnels:
        artifacts += _per_tunnel(tunnel, places)
    return tuple(dict.fromkeys(artifacts))


def _script(target: Target, places: Openrc) -> bytes:
    return rendered(
        "init/openrc.j2",
        spec_file=SPEC_FILE,
        openrc_run=places.run,
        configuration=places.configuration_directory,
        keeper=KEEPER,
        run_directory=own_run_directory(target.profile.run_directory),
        ip_down=down_script(target.profile),
        release_routes=(*target.programs.engine_command, "--release-routes"),
    )


def _keeper(target: Target) -> bytes:
    return rendered(
        "init/openrc-pppd.j2",
        spec_file=SPEC_FILE,
        pppd=target.profile.pppd,
        passwordfd=PASSWORDFD,
        run_directory=own_run_directory(target.profile.run_directory),
        ip_down=down_script(target.profile),
        release_routes=(*target.programs.engine_command, "--release-routes"),
    )


def _per_tunnel(tunnel: Tunnel, places: Openrc) -> list[Artifact]:
    service = service_name(tunnel.name)
    link = f"{places.script_directory}/{service}"
    content = rendered(
        "init/openrc.conf.j2",
        spec_file=SPEC_FILE,
        name=tunnel.name,
        reconnect_delay=tunnel.reconnect_delay,
        demand=tunnel.demand is not None,
        redials_itself=tunnel.redials_itself,
        persist=tunnel.persist,
        attempts=tunnel.reconnect_attempts,
        password=source(tunnel),
        passwordfd=PASSWORDFD,
    )
    artifacts: list[Artifact] = [
        LinkArtifact(link, f"{places.script_directory}/{_SCRIPT}"),
        FileArtifact(
            f"{places.configuration_directory}/{service}", content, access(places.configuration_access)
        ),
    ]
    if tunnel.on_boot:
        artifacts += [
            directory(places.runlevel_directory, places.directory_access),
            LinkArtifact(f"{places.runlevel_directory}/{service}", link),
        ]
    return artifacts
