"""A keyfile for NetworkManager, nm-settings-keyfile(5), which then runs pppd itself with its PPTP plugin.

The keys below ``[vpn]`` are the plugin's (nm-pptp-service-defines.h); it knows none for the MTU, the port or
further options of pppd, and does not dial again by itself. See `render.carry` for what is refused.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid5

from pptpsetup.distro.places import NetworkManager
from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.grammar.keyfile import file_name
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Access, Artifact, FileArtifact
from pptpsetup.render.places import SPEC_FILE, report_file
from pptpsetup.render.programs import instance
from pptpsetup.render.target import Target, section
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Authentication, Engine, Mode, Tunnel

_UUIDS: Final = UUID("0f2b2f52-5b0b-5f0e-9c55-6b6d0c7b7d13")
"The namespace of our connections' UUIDs (RFC 9562, version 5): the same tunnel has the same one everywhere."


def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """A keyfile for each tunnel, its password in it; and the engine where the plugin looks for pptp(8) last.

    Raises SpecError for a value or a name that a keyfile cannot hold, and ``password-not-ascii``.
    """
    places = section(target.profile, target.profile.networkmanager)
    artifacts: list[Artifact] = [directory(places.directory, places.directory_access)]
    artifacts += [_keyfile(tunnel, places, target) for tunnel in tunnels]
    bundled = [tunnel for tunnel in tunnels if tunnel.engine is Engine.BUNDLED]
    if bundled:
        artifacts.append(_client(bundled, places, target))
    return tuple(artifacts)


def connection_uuid(tunnel: str) -> str:
    """What NetworkManager knows *tunnel* by, whatever it is called there later."""
    return str(uuid5(_UUIDS, tunnel))


def _password(tunnel: Tunnel, target: Target) -> str:
    """Raises SpecError ``password-not-ascii``."""
    text = target.password(tunnel.name).reveal()
    if not text.isascii():
        raise SpecError(
            Diagnostic(
                "password-not-ascii",
                f"NetworkManager cannot use the password of tunnel {tunnel.name}: it is not all ASCII",
                why="it hands pppd the UTF-8 text, and pppd hashes each byte as if it were a character",
                hint="set init to another system, such as systemd, or choose another password on the server",
            )
        )
    return text


def _keyfile(tunnel: Tunnel, places: NetworkManager, target: Target) -> FileArtifact:
    content = rendered(
        "init/nmconnection.j2",
        spec_file=SPEC_FILE,
        name=tunnel.name,
        uuid=connection_uuid(tunnel.name),
        server=tunnel.server,
        username=tunnel.username,
        domain=tunnel.domain,
        refused=[each.value for each in Authentication if each not in tunnel.authentication],
        encryption=tunnel.encryption.value,
        echo_interval=tunnel.lcp_echo.interval,
        echo_failure=tunnel.lcp_echo.failure,
        password=_password(tunnel, target),
        everything=tunnel.mode is Mode.ALL_TO_TUNNEL,
        networks=[str(each) for each in tunnel.routes],
        name_servers=[str(each) for each in tunnel.dns.servers],
        # "~" makes a domain a rule for where to ask, not a suffix to try (nm-settings, ipv4.dns-search).
        domains=[f"~{domain}" for domain in tunnel.dns.domains or (".",)] if tunnel.dns.wanted else [],
        from_peer=tunnel.dns.from_peer,
    )
    path = f"{places.directory}/{file_name(tunnel.name)}"
    return FileArtifact(path, content, access(places.access), secret=True)


def _client(tunnels: Sequence[Tunnel], places: NetworkManager, target: Target) -> FileArtifact:
    content = rendered(
        "init/pptp-client.j2",
        spec_file=SPEC_FILE,
        command=target.programs.dialling_command,
        tunnels=[
            {
                "uuid": connection_uuid(tunnel.name),
                "instance": instance(tunnel),
                "report": report_file(tunnel.name, target.profile.run_directory),
            }
            for tunnel in tunnels
        ],
    )
    return FileArtifact(places.client, content, Access("root", "root", 0o755))
