"""``/etc/ppp/peers/NAME``: what ``pppd call NAME`` does."""

from pathlib import PurePosixPath

from pptpsetup.distro.profile import Profile
from pptpsetup.grammar.filename import peers_name
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, FileArtifact
from pptpsetup.render.hooks.choice import link_scripts
from pptpsetup.render.passwordfd import is_used_by
from pptpsetup.render.places import PASSWORDFD, SPEC_FILE, ipparam, linkname
from pptpsetup.render.programs import Programs, pty_command
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Authentication, Engine, Tunnel


def peers(
    tunnel: Tunnel,
    profile: Profile,
    programs: Programs,
    *,
    link: str | None = None,
    lacking: frozenset[str] = frozenset(),
) -> tuple[Artifact, ...]:
    """The peers file of *tunnel* and its directory; *link* is the linkname, by default ours.

    *lacking* are options that its pppd does not have (`distro.facts.WRITTEN_OPTIONS`).

    Raises SpecError for a value that pppd cannot be told.
    """
    options_file = PurePosixPath(profile.peers.directory).parent / "options"
    content = rendered(
        "ppp/peers.j2",
        spec_file=SPEC_FILE,
        options_file=str(options_file),
        name=tunnel.name,
        server=tunnel.server,
        system_engine=tunnel.engine is Engine.SYSTEM,
        pty=pty_command(tunnel, profile, programs),
        login=tunnel.login,
        linkname=link or linkname(tunnel.name),
        ipparam=ipparam(tunnel.name),
        link_scripts=link_scripts(profile),
        passwordfd=is_used_by(tunnel),
        password_script=PASSWORDFD,
        refused=[each.value for each in Authentication if each not in tunnel.authentication],
        encryption=tunnel.encryption.value,
        usepeerdns=tunnel.dns.from_peer,
        mtu=tunnel.mtu,
        echo_interval=tunnel.lcp_echo.interval,
        echo_failure=tunnel.lcp_echo.failure,
        reconnect_delay=tunnel.reconnect_delay,
        persist=tunnel.persist,
        attempts=tunnel.reconnect_attempts,
        idle=tunnel.demand.idle if tunnel.demand else 0,
        updetach=tunnel.demand is None and "nodetach" in profile.options,
        pppd_options=tunnel.pppd_options,
        lacking=lacking,
    )
    path = f"{profile.peers.directory}/{peers_name(tunnel.name)}"
    return (
        directory(profile.peers.directory, profile.peers.directory_access),
        FileArtifact(path, content, access(profile.peers.access)),
    )
