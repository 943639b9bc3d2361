"""``pptpsetup show``: one tunnel's settings, and the files on this system that come from the spec."""

from __future__ import annotations

import argparse

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_host
from pptpsetup.errors import ExitStatus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.spec.model import Tunnel

USAGE = "NAME [options]"
DESCRIPTION = """\
Show the settings of the tunnel NAME, defaults included. The password is never shown, only
where it comes from.
"""
EPILOG = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``show``."""
    parser.add_argument("name", metavar="NAME", help="the tunnel")
    parser.add_argument(
        "--places", action="store_true", help="say where each value stands; those without are defaults"
    )
    add_host(parser)
    parser.add_argument("--json", action="store_true", help="print JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``show`` out."""
    from pptpsetup.cli.output import data, json_document
    from pptpsetup.cli.views import settings_json
    from pptpsetup.cli.words import table

    host = Host(args)
    tunnel = host.tunnel(args.name)
    settings = settings_json(tunnel)
    places = _places(host, tunnel) if args.places else {}
    if args.json:
        json_document({"version": 1, "tunnel": settings, **({"places": places} if args.places else {})})
    else:
        data(table([(*line, _place(places, line[0])) for line in _lines(settings)]))
        _warn_of_fips(host, tunnel, Console(args.color))
    return ExitStatus.OK


def _places(host: Host, tunnel: Tunnel) -> dict[str, str]:
    """Where the settings of *tunnel* that are said stand, by path."""
    from pptpsetup.spec.settings import BY_PATH

    document = host.spec_file()
    found = {} if document is None else {path: document.place(tunnel.name, path) for path in BY_PATH}
    return {path: str(where) for path, where in found.items() if where is not None}


def _place(places: dict[str, str], path: str) -> str:
    """A password has its source below it, and one place."""
    return places.get(path) or places.get(path.partition(".")[0], "")


def _warn_of_fips(host: Host, tunnel: Tunnel, console: Console) -> None:
    """The rest of what a host lacks is told when the tunnel is created or started."""
    from pptpsetup.distro.kernel import in_fips_mode, set_up_for_fips

    if not (host.live and in_fips_mode(host.root)) and not set_up_for_fips(host.root):
        return
    from pptpsetup.render.limits.system import fips
    from pptpsetup.render.programs import programs_of
    from pptpsetup.render.target import Target

    warning = fips(tunnel, Target(host.profile, host.facts, programs_of(host.facts)))
    if warning is not None:
        console.warn(warning)


def _lines(settings: dict[str, object], prefix: str = "") -> list[tuple[str, str]]:
    lines = []
    for key, value in settings.items():
        if isinstance(value, dict):
            lines += _lines(value, f"{prefix}{key}.")
        else:
            lines.append((prefix + key, _text(value)))
    return lines


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
