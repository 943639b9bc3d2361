"""``pptpsetup create``: a tunnel as the options say, from the spec to the files to the running link."""

from __future__ import annotations

import argparse

from pptpsetup.cli import password
from pptpsetup.cli.changing import Change, Wish, carry_out, chosen, preview
from pptpsetup.cli.console import Console
from pptpsetup.cli.exposure import exposures
from pptpsetup.cli.host import Host
from pptpsetup.cli.options import add_accept_risk, add_dry_run, add_wait
from pptpsetup.distro.needs import require, shortcomings
from pptpsetup.errors import Diagnostic, ExitStatus, UsageError
from pptpsetup.invocation import command
from pptpsetup.render.carry import cautions
from pptpsetup.render.programs import programs_of
from pptpsetup.render.target import Target
from pptpsetup.spec.document import Document
from pptpsetup.spec.model import Encryption, Tunnel
from pptpsetup.spec.names import check_tunnel_name
from pptpsetup.spec.options import add_options, values_from_args
from pptpsetup.spec.secret import Secret, secret_file

USAGE = "NAME [--server HOST --username USER] [options]"
DESCRIPTION = """\
Create the tunnel NAME, or change it: what is not given stays as it is in
/etc/pptpsetup/tunnels.yaml. Creating a tunnel again with the same values changes nothing.
A password is asked for when none is given and none is stored.
"""
EPILOG = """\
examples:
  pptpsetup create work --server vpn.example.com --domain CORP --username tom \\
            --route 192.168.7.0/24 --start
  pptpsetup create work --ask-password         set another password
  pptpsetup create work --on-boot --dry-run    see what would change
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.cli.trying import Guard
    from pptpsetup.tunnel.risks import Started

_WARNING = (
    "PPTP is broken cryptography: whoever records this tunnel can get at the password and read everything.\n"
    "Use it to reach what speaks nothing better, and put nothing through it that must stay secret."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``create``: those of the settings, and how to apply them."""
    parser.add_argument("name", metavar="NAME", help="what you want to call the tunnel")
    settings = parser.add_argument_group("settings")
    secret = password.add_sources(parser.add_argument_group("password"))
    add_options(settings, secret)
    secret.add_argument(
        "--ask-password", action="store_true", help="ask for it even when one is stored already"
    )
    group = parser.add_argument_group("applying")
    group.add_argument("--start", action="store_true", help="bring the tunnel up afterwards")
    group.add_argument(
        "--overwrite", action="store_true", help="replace files in the way; their old versions are kept"
    )
    add_dry_run(group)
    add_accept_risk(group)
    add_wait(group)
    parser.set_defaults(reset=False, password=None)


def run(args: argparse.Namespace) -> ExitStatus:
    """Carry ``create`` out."""
    console = Console(args.color)
    host = Host(args)
    if args.start and not args.dry_run:
        host.require_live("--start")
    if not args.dry_run:
        host.require_root()
    name = check_tunnel_name(args.name)
    before = host.spec_file() or host.empty_document()
    values = _values(args, before)
    tunnel = _tunnel_of(before.set_tunnel(name, values), name)
    _judge(host, tunnel, console)
    guard = _guard(args, host, console)
    given = _password(args, host, tunnel, console)
    if given is not None:
        # Wherever it came from so far, from now on it is the one given.
        values["password"] = {"file": secret_file(name)}
    wish = Wish(
        f"create {name}",
        lambda document: document.set_tunnel(name, values),
        {} if given is None else {name: given},
        about=name,
        overwrite=chosen(args.overwrite),
        wait=args.wait,
    )
    if args.dry_run:
        preview(host, wish, console)
        return ExitStatus.OK
    is_new = before.spec.find(name) is None

    def prepare(change: Change) -> None:
        if guard is not None:
            guard.look(lambda: _to_be_started(host, tunnel, change))
        if host.live:
            from pptpsetup.cli.applying import stop_removed

            stop_removed(host, change, console)

    change = carry_out(host, wish, console, prepare)
    _tell(console, tunnel, is_new=is_new, changed=not change.plan.empty)
    if host.live:
        from pptpsetup.cli.applying import tell_others

        tell_others(host, change, console, name)
    status = _finish(args, host, tunnel, console, change)
    if guard is not None:
        from pptpsetup.cli.watching import require_way_in

        require_way_in(host, guard, name)
    return status


def _guard(args: argparse.Namespace, host: Host, console: Console) -> Guard | None:
    """What looks after this login when a tunnel is started. Raises UsageError for a risk that is none."""
    if not args.start or args.dry_run:
        return None
    from pptpsetup.cli import watching

    return watching.guard(host, watching.careful(args), console)


def _to_be_started(host: Host, tunnel: Tunnel, change: Change) -> tuple[Started, ...]:
    """*tunnel*, unless it runs already with what *change* leaves it with: then nobody touches it."""
    from pptpsetup.cli.applying import affected
    from pptpsetup.tunnel.risks import started
    from pptpsetup.tunnel.status import read_status

    status = read_status(host.root, tunnel.name)
    if (status.is_up or status.stands_by) and not affected(host, change, (tunnel,)):
        return ()
    return (started(tunnel, status.interface),)


def _values(args: argparse.Namespace, before: Document) -> dict[str, object]:
    values = values_from_args(args, reset=args.reset)
    before.require_here(args.name)
    if before.spec.find(args.name) is None:
        absent = [
            flag
            for flag, path in (("--server", "server"), ("--username", "username"))
            if not values.get(path)
        ]
        if absent:
            raise UsageError(
                Diagnostic(
                    "setting-missing",
                    f"a new tunnel needs {' and '.join(absent)}",
                    hint=command("create", args.name, "--server", "HOST", "--username", "USER"),
                )
            )
    return values


def _tunnel_of(document: Document, name: str) -> Tunnel:
    tunnel = document.spec.find(name)
    assert tunnel is not None, "a tunnel that was set is there"  # noqa: S101 - the document's contract
    return tunnel


def _judge(host: Host, tunnel: Tunnel, console: Console) -> None:
    """Refuse what this host cannot run; below --root, where that may come later, warn."""
    require((tunnel,), host.facts, host.profile)
    if not host.live:
        for each in shortcomings((tunnel,), host.facts, host.profile):
            console.warn(each)
    target = Target(host.profile, host.facts, programs_of(host.facts))
    for each in (*host.advice((tunnel.name,)), *cautions((tunnel,), target), *exposures(host, (tunnel,))):
        console.warn(each)


def _password(args: argparse.Namespace, host: Host, tunnel: Tunnel, console: Console) -> Secret | None:
    """The password given now, asked for if it must be; None when the stored one stays."""
    if args.password is not None:
        given: Secret = args.password
        return given
    if args.password_file is not None:
        return password.from_file(args.password_file, console)
    if args.password_stdin:
        return password.from_stdin()
    if not args.ask_password and not _lacks_password(host, tunnel):
        return None
    # A preview masks every password; there is no need to ask for one.
    return Secret("dry run") if args.dry_run else password.ask(tunnel.login, tunnel.server)


def _lacks_password(host: Host, tunnel: Tunnel) -> bool:
    own = secret_file(tunnel.name)
    return not tunnel.is_set_up or (tunnel.password.value == own and host.system.read(own) is None)


def _tell(console: Console, tunnel: Tunnel, *, is_new: bool, changed: bool) -> None:
    if not changed:
        console.say(f"nothing to do: {tunnel.name} is like that already")
        return
    console.say(f"{tunnel.name} {'created' if is_new else 'changed'}: {tunnel.login} at {tunnel.server}")
    if is_new:
        console.say(_WARNING)
        if tunnel.encryption is Encryption.NONE:
            console.say("This tunnel does not even encrypt: everything can be read on the way.")


def _finish(
    args: argparse.Namespace, host: Host, tunnel: Tunnel, console: Console, change: Change
) -> ExitStatus:
    from pptpsetup.cli.applying import affected

    if args.start:
        from pptpsetup.cli.running import bring_up, take_down

        if affected(host, change, (tunnel,)):
            # A running tunnel would keep the settings it was started with.
            take_down(host, tunnel.name)
        return bring_up(host, tunnel, console)
    if host.live and not change.plan.empty:
        from pptpsetup.tunnel.status import read_status

        again = command("start", tunnel.name)
        if read_status(host.root, tunnel.name).pppd_pid is None:
            console.say(f"to bring it up: {again}")
        elif affected(host, change, (tunnel,)):
            stop = command("stop", tunnel.name)
            console.say(f"it runs with its old settings; to use the new ones: {stop} && {again}")
    return ExitStatus.OK
