"""The text of our ip-up and ip-down scripts.

One pair serves all tunnels; the sixth argument, pppd's ``ipparam``, says which one it is.
"""

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Address
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.distro.profile import Profile
from pptpsetup.grammar.iptables import chain_name
from pptpsetup.render.places import ON_DEMAND, SPEC_FILE, own_run_directory
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Engine, Mode, Tunnel

_DISPATCHER: Final = "/etc/ppp/ip-down"
"What pppd runs when a link is down, by its own compiled-in path (_PATH_IPDOWN in pathnames.h)."


@dataclass(frozen=True, slots=True)
class _Case:
    """What the script does for one tunnel."""

    name: str
    server: str
    server_address: str | None
    "The server, when the spec has it as an address."
    reports: bool
    "The engine tells which of the server's addresses it has called."
    networks: tuple[str, ...]
    forwards: bool
    masquerade: bool
    chain: str
    "For rules in iptables."
    name_servers: tuple[str, ...]
    from_peer: bool
    domains: str | None
    "Arguments of ``resolvectl domain``, separated by blanks; None: name servers are left alone."
    stays: bool
    "The interface outlives the call, and its routes with it."


@dataclass(frozen=True, slots=True)
class Scripts:
    """What does the work, whoever runs it: POSIX sh, given ip-up's six arguments (pppd(8), SCRIPTS)."""

    up: bytes
    down: bytes


def scripts(tunnels: Sequence[Tunnel], profile: Profile) -> Scripts:
    """The pair for *tunnels*."""
    cases = [_case(tunnel) for tunnel in tunnels]
    both = {
        "spec_file": SPEC_FILE,
        "run_directory": own_run_directory(profile.run_directory),
        "routing": profile.routing.value,
    }
    up = rendered(
        "net/ip-up.j2",
        **both,
        up=True,
        tunnels=cases,
        dns_methods=[each.kind.value for each in profile.dns],
        uses_routes=any(case.networks or case.domains for case in cases),
        uses_forwarding=any(case.forwards for case in cases),
        uses_dns=any(case.domains for case in cases),
        uses_report=any(case.reports and not case.server_address for case in cases),
        uses_resolver=any(not case.reports and not case.server_address for case in cases),
    )
    down = rendered("net/ip-down.j2", **both, up=False, dispatcher=_DISPATCHER)
    return Scripts(up, down)


def standby_script(tunnels: Sequence[Tunnel], profile: Profile) -> bytes | None:
    """What pppd runs before it brings an interface up; None when no tunnel needs it.

    Only a tunnel that dials on demand does: its interface and routes are there before the first call.
    """
    cases = [_case(tunnel) for tunnel in tunnels if tunnel.demand]
    if not cases:
        return None
    return rendered(
        "net/ip-pre-up.j2",
        spec_file=SPEC_FILE,
        run_directory=own_run_directory(profile.run_directory),
        alias=ON_DEMAND,
        tunnels=cases,
        uses_resolver=any(not case.server_address for case in cases),
    )


def _case(tunnel: Tunnel) -> _Case:
    return _Case(
        name=tunnel.name,
        server=tunnel.server,
        server_address=_address(tunnel.server),
        reports=tunnel.engine is Engine.BUNDLED,
        networks=_networks(tunnel),
        forwards=tunnel.mode is Mode.LAN_TO_LAN,
        masquerade=tunnel.masquerade,
        chain=chain_name(tunnel.name),
        name_servers=tuple(map(str, tunnel.dns.servers)),
        from_peer=tunnel.dns.from_peer,
        domains=_domains(tunnel) if tunnel.dns.wanted else None,
        stays=tunnel.demand is not None,
    )


def _address(server: str) -> str | None:
    try:
        return str(IPv4Address(server))
    except AddressValueError:
        return None


def _networks(tunnel: Tunnel) -> tuple[str, ...]:
    if tunnel.mode in {Mode.CLIENT_TO_LAN, Mode.LAN_TO_LAN}:
        return tuple(map(str, tunnel.routes))
    if tunnel.mode is Mode.ALL_TO_TUNNEL:
        # More specific than any default route, which stays; less specific than the route to the server.
        return ("0.0.0.0/1", "128.0.0.0/1")
    return ()


def _domains(tunnel: Tunnel) -> str:
    """``~`` makes a domain a rule for where to ask, not a suffix to try; ``~.`` means all names."""
    return " ".join(f"~{domain}" for domain in tunnel.dns.domains or (".",))
