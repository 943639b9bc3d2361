"""OpenWrt's /etc/config/network: an interface of protocol pptp, for which netifd runs pppd itself.

netifd reads only what the protocol's script knows, see ppp.sh of OpenWrt's package ppp: no peers file, no
chap-secrets, and MPPE with 128 bits by its /etc/ppp/options.pptp. `render.carry` refuses what it cannot say.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network

from pptpsetup.errors import Diagnostic, InternalError, SpecError
from pptpsetup.render.access import access
from pptpsetup.render.artifact import Artifact, SharedArtifact
from pptpsetup.render.shared import UCI
from pptpsetup.render.target import Target, section
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Authentication, Mode, Tunnel


def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """A section for each tunnel, with its password in clear as netifd wants it, and one for each route.

    Raises SpecError for a value that UCI cannot carry.
    """
    places = section(target.profile, target.profile.uci)
    lines: list[bytes] = []
    for tunnel in tunnels:
        lines.append(_interface(tunnel, target))
        if tunnel.mode is Mode.CLIENT_TO_LAN:
            lines += [_route(tunnel, network) for network in tunnel.routes]
    return (SharedArtifact(places.configuration, UCI, tuple(lines), access(places.access), secret=True),)


def _interface(tunnel: Tunnel, target: Target) -> bytes:
    refused = [f"refuse-{each.value}" for each in Authentication if each not in tunnel.authentication]
    return rendered(
        "init/uci.j2",
        name=tunnel.name,
        auto=_flag(tunnel.on_boot),
        server=tunnel.server,
        login=tunnel.login,
        password=_password(tunnel, target),
        mtu=str(tunnel.mtu),
        keepalive=f"{tunnel.lcp_echo.failure} {tunnel.lcp_echo.interval}",
        defaultroute=_flag(tunnel.mode is Mode.ALL_TO_TUNNEL),
        peerdns=_flag(tunnel.dns.from_peer),
        name_servers=list(map(str, tunnel.dns.servers)),
        pppd_options=" ".join(["refuse-eap", *refused]),
    )


def _password(tunnel: Tunnel, target: Target) -> str:
    password = target.passwords.get(tunnel.name)
    if password is None:
        raise InternalError(
            Diagnostic("password-missing", f"nobody gave the password of tunnel {tunnel.name}")
        )
    # pppd hashes Latin-1, and netifd hands on UTF-8.
    if not password.reveal().isascii():
        raise SpecError(
            Diagnostic(
                "unquotable-uci",
                f"the password of tunnel {tunnel.name} has letters beyond ASCII",
                why="netifd would give pppd other bytes than the server expects",
                hint="set a password of ASCII letters on the server",
            )
        )
    return password.reveal()


def _route(tunnel: Tunnel, network: IPv4Network) -> bytes:
    return rendered(
        "init/uci-route.j2",
        name=tunnel.name,
        target=str(network.network_address),
        netmask=str(network.netmask),
    )


def _flag(on: bool) -> str:
    return "1" if on else "0"
