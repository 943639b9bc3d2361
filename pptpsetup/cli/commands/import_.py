"""``pptpsetup import``: tunnels that others have configured, listed or taken over."""

import argparse
import re

from pptpengine.record import replace
from pptpsetup.cli import findings, password
from pptpsetup.cli.changing import Wish, carry_out, preview
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.importing import chosen, look_around
from pptpsetup.cli.output import data, json_document
from pptpsetup.distro.needs import require, shortcomings
from pptpsetup.errors import Diagnostic, DifferentError, ExitStatus, SpecError, UsageError
from pptpsetup.invocation import command
from pptpsetup.spec.document import Document
from pptpsetup.spec.importer.finding import Found, Kind, Verdict
from pptpsetup.spec.model import Tunnel
from pptpsetup.spec.names import check_tunnel_name
from pptpsetup.spec.options import add_options, values_from_args
from pptpsetup.spec.secret import Secret, secret_file

USAGE = "[NAME] [--from KIND:PATH] [--as NEWNAME] [options]"
DESCRIPTION = """\
Take over the tunnel NAME that somebody has configured by hand or with another program:
a peers file of pppd, the Perl pptpsetup, pptpconfig, a NetworkManager keyfile, OpenWrt's
network file or Gentoo's conf.d/net. It becomes an entry in /etc/pptpsetup/tunnels.yaml
and is applied as create does; old files that are wholly understood go, and are kept.
Without NAME: list what there is, what each word of it becomes, and what cannot be kept
and why; write nothing.
"""
EPILOG = """\
examples:
  pptpsetup import                       look around
  pptpsetup import office --dry-run      see what taking it over would change
  pptpsetup import office --as work      take it over under another name
  pptpsetup import office --route 192.168.7.0/24 --on-boot
                                         and say what its files did not
  pptpsetup import vpn --from uci:/etc/config/network
"""
_TOLD = (Verdict.REPAIRED, Verdict.KEPT, Verdict.CHANGED, Verdict.LOST, Verdict.ADVICE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``import``."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the tunnel, as it is called there")
    parser.add_argument(
        "--from",
        dest="source",
        metavar="KIND:PATH",
        help="read this file; KIND is peers, networkmanager, uci or confd",
    )
    parser.add_argument("--as", dest="new_name", metavar="NEWNAME", help="what it shall be called here")
    parser.add_argument(
        "--accept-loss", action="store_true", help="import it although something of it cannot be kept"
    )
    settings = parser.add_argument_group("settings", "Given here, they count instead of what the files say.")
    secret = parser.add_argument_group(
        "password", "Where the password is not in the files that were found, it is asked for."
    )
    add_options(settings, password.add_sources(secret))
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would change and write nothing; exit status 0"
    )
    parser.add_argument("--json", action="store_true", help="list as JSON (version 1)")


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``import`` out."""
    console = Console(args.color)
    host = Host(args)
    if args.name is None:
        return _list(args, host, console)
    if args.json:
        raise UsageError(Diagnostic("usage", "--json is for listing", hint="leave out NAME or --json"))
    if not args.dry_run:
        host.require_root()
    given_settings = values_from_args(args)
    found = chosen(host, args.name, args.source)
    name = check_tunnel_name(args.new_name) if args.new_name else _own_name(found.name)
    before = host.spec_file() or host.empty_document()
    _require_importable(args, found, name, before)
    values = {**found.values, "password": {"file": secret_file(name)}, **given_settings}
    tunnel = before.set_tunnel(name, values).spec.find(name)
    assert tunnel is not None, "a tunnel that was set is there"  # noqa: S101 - the document's contract
    _judge(host, tunnel, console)
    given = {} if "password" in given_settings else {name: _password(args, found, tunnel, console)}
    wish = Wish(
        f"import {name}",
        lambda document: document.set_tunnel(name, values),
        given,
        about=name,
        takeovers=tuple(found.takeovers.values()),
    )
    if found.kind is Kind.PEERS and name != found.name:
        why = "whatever calls it by its old name, another stanza or script perhaps, must be told"
        found.note(Verdict.CHANGED, f"pppd call {found.name} becomes pppd call {name}", None, why)
    console.say(findings.found_text(found, _TOLD))
    if args.dry_run:
        preview(host, wish, console)
        return ExitStatus.OK
    carry_out(host, wish, console)
    console.say(f"{name} imported: {tunnel.login} at {tunnel.server}")
    if host.live:
        console.say(
            f"if it is up with its old settings, take it down; to bring it up: {command('start', name)}"
        )
    return ExitStatus.OK


def _list(args: argparse.Namespace, host: Host, console: Console) -> ExitStatus:
    for flag, given in (("--from", args.source), ("--as", args.new_name), ("--dry-run", args.dry_run)):
        if given:
            message = f"{flag} needs the NAME of a tunnel"
            raise UsageError(Diagnostic("usage", message, hint=command(f"import NAME {flag} …")))
    found = look_around(host)
    if args.json:
        json_document(findings.survey_json(found))
    elif found.found or found.notes:
        data(findings.survey_text(found))
    else:
        console.say("there is nothing to import")
    return ExitStatus.OK


def _own_name(name: str) -> str:
    """*name* for the tunnel; raises SpecError with one to give it where it cannot have its own."""
    try:
        return check_tunnel_name(name)
    except SpecError as error:
        other = re.sub(r"[^A-Za-z0-9_-]+", "-", name.encode("ascii", "ignore").decode()).strip("-").lower()
        start = ("--",) if name.startswith("-") else ()
        hint = command("import --as", other[:63] or "vpn", *start, name)
        raise SpecError(replace(each, hint=hint) for each in error.diagnostics) from error


def _require_importable(args: argparse.Namespace, found: Found, name: str, before: Document) -> None:
    """Raises SpecError with every reason against it, UsageError for a name that is taken, DifferentError for
    what would be lost."""
    if found.problems:
        raise SpecError(found.problems)
    if before.spec.find(name) is not None:
        message = f"there is a tunnel {name} already"
        hint = f"{command('import', args.name)} --as NEWNAME"
        raise UsageError(Diagnostic("import-name-taken", message, hint=hint))
    if found.lost and not args.accept_loss:
        hint = "repeat the command with --accept-loss to do without, or change the file"
        raise DifferentError(
            Diagnostic("import-loss", f"{note.text} cannot be kept", note.where, note.why, hint)
            for note in found.lost
        )


def _judge(host: Host, tunnel: Tunnel, console: Console) -> None:
    """Refuse what this host cannot run; below --root, where that may come later, warn."""
    require((tunnel,), host.facts, host.profile)
    if not host.live:
        for each in shortcomings((tunnel,), host.facts, host.profile):
            console.warn(each)


def _password(args: argparse.Namespace, found: Found, tunnel: Tunnel, console: Console) -> Secret:
    """The password given now, or the one that was found; asked for where there is none."""
    if args.password_file is not None:
        return password.from_file(args.password_file, console)
    if args.password_stdin:
        return password.from_stdin()
    if found.password is not None:
        return found.password
    if args.dry_run:
        return Secret("dry run")
    return password.ask(tunnel.login, tunnel.server)
