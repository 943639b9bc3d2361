"""An init script with LSB headers for each tunnel, and the links of the runlevels.

The script needs nothing but a shell and /proc: no start-stop-daemon, no functions of a distribution.
"""

from collections.abc import Sequence

from pptpsetup.distro.places import Sysv
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, FileArtifact, LinkArtifact
from pptpsetup.render.hooks.choice import down_script
from pptpsetup.render.passwordfd import pppd_command
from pptpsetup.render.places import SPEC_FILE, linkname
from pptpsetup.render.target import Target, section
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Tunnel

_LEVELS = "2345"
"Where chkconfig(8) makes it start; `-`: nowhere."


def service_name(tunnel: str) -> str:
    """What the script of *tunnel* is called."""
    return f"pptp-{tunnel}"


def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """Each tunnel's script and, with ``on_boot``, the links of ``update-rc.d`` or ``chkconfig``."""
    places = section(target.profile, target.profile.sysv)
    artifacts: list[Artifact] = [directory(places.script_directory, places.directory_access)]
    for tunnel in tunnels:
        artifacts += _per_tunnel(tunnel, target, places)
    return tuple(dict.fromkeys(artifacts))


def _per_tunnel(tunnel: Tunnel, target: Target, places: Sysv) -> list[Artifact]:
    service = service_name(tunnel.name)
    script = f"{places.script_directory}/{service}"
    artifacts: list[Artifact] = [
        FileArtifact(script, _script(tunnel, target, places), access(places.access))
    ]
    if tunnel.on_boot:
        for letter, number, folders in (
            ("S", places.start_number, places.start_directories),
            ("K", places.stop_number, places.stop_directories),
        ):
            for folder in folders:
                artifacts.append(directory(folder, places.directory_access))
                artifacts.append(LinkArtifact(f"{folder}/{letter}{number}{service}", script))
    return artifacts


def _script(tunnel: Tunnel, target: Target, places: Sysv) -> bytes:
    return rendered(
        "init/sysv.j2",
        spec_file=SPEC_FILE,
        name=tunnel.name,
        on_boot=tunnel.on_boot,
        levels=_LEVELS if tunnel.on_boot else "-",
        start_number=int(places.start_number),
        stop_number=int(places.stop_number),
        pid_files=[f"{each}/ppp-{linkname(tunnel.name)}.pid" for each in target.profile.pid_directories],
        pppd=pppd_command(tunnel, target.profile),
        ip_down=down_script(target.profile),
        release_routes=(*target.programs.engine_command, "--release-routes"),
    )
