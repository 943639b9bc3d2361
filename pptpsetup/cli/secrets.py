"""Storing, rotating and forgetting passwords."""

import argparse
import os
from contextlib import suppress

from pptpengine.record import dataclass
from pptpsetup.change.entry import FileEntry
from pptpsetup.change.journal import JournalDamagedError, forget_history, load_journal
from pptpsetup.change.kept import forget_kept, kept_stem
from pptpsetup.change.lock import lock
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.numbered import committed
from pptpsetup.cli import password
from pptpsetup.cli.applying import carry_out_and_restart
from pptpsetup.cli.changing import Wish, carry_out, chosen, preview
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.trial import require_decided
from pptpsetup.cli.trying import Careful
from pptpsetup.cli.watching import guard, running
from pptpsetup.errors import Diagnostic, DifferentError, ExitStatus, UsageError
from pptpsetup.grammar.secrets import secrets_of
from pptpsetup.invocation import command
from pptpsetup.spec.model import FORGOTTEN, PasswordSource, Tunnel
from pptpsetup.spec.options import read_plain, values_from_args
from pptpsetup.spec.secret import Secret, is_kept_here, resolve, secret_file


@dataclass(frozen=True, slots=True)
class Options:
    """How to carry it out."""

    dry_run: bool
    restart: bool
    overwrite: bool
    wait: float
    careful: Careful


@dataclass(frozen=True, slots=True)
class Given:
    """Another password for a tunnel."""

    source: object
    "Where it is from now on, as plain data."
    secret: Secret | None
    "None: it is fetched from there."


def given(args: argparse.Namespace, tunnel: Tunnel, console: Console) -> Given:
    """What the options say: a source, or the password in a file or on standard input; else it is asked for.

    Raises SpecError for a source or a password that cannot be one, UsageError without a terminal.
    """
    source = values_from_args(args).get("password")
    if source is not None:
        return Given(source, None)
    own = {"file": secret_file(tunnel.name)}
    if args.password_file is not None:
        return Given(own, password.from_file(args.password_file, console))
    if args.password_stdin:
        return Given(own, password.from_stdin())
    # A preview masks every password; there is no need to ask for one.
    return Given(own, Secret("dry run") if args.dry_run else password.ask(tunnel.login, tunnel.server))


def require_no_source(args: argparse.Namespace) -> None:
    """Raises UsageError: forgetting takes no password."""
    flags = ("--password-file", "--password-stdin", "--password-from")
    extra = [each for each in flags if getattr(args, each[2:].replace("-", "_"))]
    if extra:
        raise UsageError(Diagnostic("usage", "forget takes no password", hint=f"leave out {extra[0]}"))


def require_rotatable(host: Host, tunnel: Tunnel) -> None:
    """Raises UsageError unless there is a password of ours to replace."""
    name, source, at_start = tunnel.name, tunnel.password, tunnel.systemd_has_password
    if not tunnel.is_set_up or (
        is_kept_here(tunnel.password, tunnel.name) and host.system.read(secret_file(name)) is None
    ):
        message = f"{name} has no password to replace"
        raise UsageError(Diagnostic("password-missing", message, hint=command("secret set", name)))
    if not is_kept_here(tunnel.password, tunnel.name):
        message = f"the password of {name} is kept elsewhere ({_shown(source)})"
        again = f"{command('stop', name)} && {command('start', name)}"
        then = again if at_start else command("apply")
        hint = f"change it there, then: {then}; or keep it here: {command('secret set', name)}"
        raise UsageError(Diagnostic("password-elsewhere", message, hint=hint))


def store(host: Host, tunnel: Tunnel, new: Given, console: Console, options: Options) -> ExitStatus:
    """Store *new* and restart the tunnel if it runs."""
    wish = _wish(f"secret set {tunnel.name}", tunnel, new, options)
    if options.dry_run:
        preview(host, wish, console)
        return ExitStatus.OK
    status = carry_out_and_restart(host, wish, console, restart=options.restart, careful=options.careful)
    _tell_source(tunnel, new, console)
    return status


def rotate(host: Host, tunnel: Tunnel, new: Given, console: Console, options: Options) -> ExitStatus:
    """Replace the password by *new*, and put the old one back if a running tunnel cannot log in with it.

    Raises UsageError when both are equal; DifferentError with the cause when the old one was put back.
    """
    name = tunnel.name
    wish = _wish(f"secret rotate {name}", tunnel, new, options)
    if options.dry_run:
        preview(host, wish, console)
        return ExitStatus.OK
    if new.secret is not None and _present(host, tunnel) == new.secret:
        message = f"that is the password of {name} already"
        raise UsageError(Diagnostic("password-unchanged", message, hint="give another one"))
    if not host.live or not options.restart:
        status = carry_out_and_restart(host, wish, console, restart=False)
    else:
        status = _prove(host, tunnel, wish, console, options)
    _tell_source(tunnel, new, console)
    return status


def forget(host: Host, tunnel: Tunnel, console: Console, options: Options) -> ExitStatus:
    """Stop the tunnel; remove its password, all that needs it, and the history, which has former ones.

    Raises what planning and applying raise; OSError when the history cannot be removed.
    """
    name = tunnel.name
    source = {"password": {FORGOTTEN: True}}
    wish = Wish(
        f"secret forget {name}",
        lambda document: document.change_tunnel(name, source),
        about=name,
        overwrite=chosen(options.overwrite),
        wait=options.wait,
    )
    if options.dry_run:
        preview(host, wish, console)
        return ExitStatus.OK
    require_decided(host, console, options.wait)
    elsewhere = tunnel.is_set_up and not is_kept_here(tunnel.password, tunnel.name)
    if host.live:
        from pptpsetup.cli.running import take_down

        guard(host, options.careful, console).look(running(host, (name,)))
        if take_down(host, name):
            console.say(f"{name} stopped")
    change = carry_out(host, wish, console)
    with lock(host.root, wish.title, options.wait):
        state_dir = host.system.resolve(STATE_DIR)
        copies = _forget_copies(host, state_dir, name)
        generations = len(committed(host.system, state_dir))
        forget_history(host.system, state_dir)
    for line in change.plan.summary:
        console.say(line)
    for path in copies:
        console.say(f"{name}: the password was in {path} as well, and is not any more")
    console.say(f"{name}: the password is forgotten, and {generations} generations with former contents")
    if elsewhere:
        console.say(f"where it came from was left alone ({_shown(tunnel.password)})")
    return ExitStatus.OK


def _forget_copies(host: Host, state_dir: str, name: str) -> tuple[str, ...]:
    """Take what the history knows of former passwords out of the versions of files that were put away."""
    own = (secret_file(name), f"{secret_file(name)}.pppd")
    passwords: set[bytes] = set()
    for directory in committed(host.system, state_dir):
        with suppress(JournalDamagedError):
            for undo in load_journal(host.system, directory).undos:
                if not isinstance(undo.before, FileEntry):
                    continue
                if undo.path in own:
                    passwords.add(undo.before.content.removesuffix(b"\n"))
                elif undo.masking == "lines":
                    passwords.update(secrets_of(undo.before.content, name))
    return forget_kept(host.system, state_dir, {*map(kept_stem, own)}, passwords, name)


def _tell_source(tunnel: Tunnel, new: Given, console: Console) -> None:
    source = read_plain("password", new.source)
    if isinstance(source, PasswordSource) and source != tunnel.password and tunnel.is_set_up:
        console.say(f"{tunnel.name}: the password is taken from {_shown(source)} from now on")


def _wish(title: str, tunnel: Tunnel, new: Given, options: Options) -> Wish:
    values = {"password": new.source}
    return Wish(
        title,
        lambda document: document.change_tunnel(tunnel.name, values),
        {} if new.secret is None else {tunnel.name: new.secret},
        about=tunnel.name,
        overwrite=chosen(options.overwrite),
        wait=options.wait,
    )


def _prove(host: Host, tunnel: Tunnel, wish: Wish, console: Console, options: Options) -> ExitStatus:
    """Carry *wish* out and see whether the tunnel comes up with it, if it ran before."""
    from pptpsetup.cli.returning import go_back
    from pptpsetup.cli.running import bring_up, take_down

    name = tunnel.name
    watched = guard(host, options.careful, console)
    change = carry_out(host, wish, console, lambda _: watched.look(running(host, (name,))))
    for line in change.plan.summary:
        console.say(line)
    if not take_down(host, name):
        console.say(f"{name} does not run, so nothing has tried the password: {command('start', name)}")
        return ExitStatus.OK
    try:
        return bring_up(host, change.wanted.find(name) or tunnel, console)
    except DifferentError as error:
        console.say(f"{name} does not come up with the new password; the old one is put back")
        go_back(host, None, console, restart=False, wait=options.wait, last=change.generation)
        bring_up(host, tunnel, console)
        raise DifferentError(error.diagnostics) from error


def _present(host: Host, tunnel: Tunnel) -> Secret:
    return resolve(tunnel.password, root=host.root, owner=tunnel.name, environ=os.environ)


def _shown(source: PasswordSource) -> str:
    """The kind and name of *source*: for a keyring the service, for a command the program."""
    return f"{source.kind}: {source.value if isinstance(source.value, str) else source.value[0]}"
