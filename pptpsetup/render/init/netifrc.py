"""Gentoo's netifrc: variables in conf.d/net for an interface pppN, and a link net.pppN to its script.

netifrc runs ``pppd LINK unit N linkname pppN PPPD_OPTIONS … maxfail 0 persist``, reading each variable with
an ``eval``. What a tunnel is stands in its peers file, so the variables hold plain words only. Without
``updetach`` in them the boot does not wait for a network that is not there yet.
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Final

from pptpsetup.distro.places import Netifrc
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Artifact, LinkArtifact, SharedArtifact
from pptpsetup.render.shared import SHELL_BLOCK
from pptpsetup.render.target import Target, section
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Tunnel

_FIRST: Final = 1000
_COUNT: Final = 9000
"Far from the numbers that people and pppd itself give."


def interfaces(tunnels: Sequence[Tunnel]) -> Mapping[str, str]:
    """The interface of each of *tunnels* by name: made from the tunnel's name, so that it stays the same
    whatever other tunnels come and go. Of two that would get one number, the later in the spec moves on."""
    taken: dict[int, str] = {}
    for tunnel in tunnels:
        number = zlib.crc32(tunnel.name.encode()) % _COUNT
        while number in taken:
            number = (number + 1) % _COUNT
        taken[number] = tunnel.name
    return {name: f"ppp{_FIRST + number}" for number, name in taken.items()}


def files(tunnels: Sequence[Tunnel], target: Target) -> tuple[Artifact, ...]:
    """Our lines of conf.d/net, each tunnel's link and, with ``on_boot``, the link of ``rc-update add``."""
    places = section(target.profile, target.profile.netifrc)
    names = interfaces(tunnels)
    lines = tuple(_variables(tunnel, names[tunnel.name]) for tunnel in tunnels)
    artifacts: list[Artifact] = [
        SharedArtifact(places.configuration, SHELL_BLOCK, lines, access(places.configuration_access)),
        directory(places.script_directory, places.directory_access),
    ]
    for tunnel in tunnels:
        artifacts += _links(tunnel, names[tunnel.name], places)
    return tuple(dict.fromkeys(artifacts))


def _variables(tunnel: Tunnel, interface: str) -> bytes:
    return rendered("init/netifrc.j2", name=tunnel.name, interface=interface, call=f"call {tunnel.name}")


def _links(tunnel: Tunnel, interface: str, places: Netifrc) -> list[Artifact]:
    link = f"{places.script_directory}/net.{interface}"
    artifacts: list[Artifact] = [LinkArtifact(link, places.script)]
    if tunnel.on_boot:
        artifacts += [
            directory(places.runlevel_directory, places.directory_access),
            LinkArtifact(f"{places.runlevel_directory}/net.{interface}", link),
        ]
    return artifacts
