"""Storing, rotating and forgetting passwords."""

import os
from contextlib import suppress

from pptpengine.record import dataclass
from pptpsetup.change.entry import FileEntry
from pptpsetup.change.journal import JournalDamagedError, committed, forget_history, load_journal
from pptpsetup.change.kept import forget_kept, kept_stem
from pptpsetup.change.lock import lock
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.cli import password
from pptpsetup.cli.applying import carry_out_and_restart
from pptpsetup.cli.changing import Wish, carry_out, chosen, preview
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.trial import require_decided
from pptpsetup.errors import Diagnostic, DifferentError, ExitStatus, UsageError
from pptpsetup.grammar.secrets import secrets_of
from pptpsetup.invocation import command
from pptpsetup.spec.model import FORGOTTEN, Tunnel
from pptpsetup.spec.secret import Secret, resolve, secret_file


@dataclass(frozen=True, slots=True)
class Options:
    """How to carry it out."""

    dry_run: bool
    restart: bool
    overwrite: bool
    wait: float


def given(file: str | None, tunnel: Tunnel, console: Console, options: Options, *, stdin: bool) -> Secret:
    """The password from *file*, from standard input or asked for."""
    if file is not None:
        return password.from_file(file, console)
    if stdin:
        return password.from_stdin()
    # A preview masks every password; there is no need to ask for one.
    return Secret("dry run") if options.dry_run else password.ask(tunnel.login, tunnel.server)


def require_no_source(file: str | None, *, stdin: bool) -> None:
    """Raises UsageError: forgetting takes no password."""
    if file is not None or stdin:
        message = "forget takes no password"
        raise UsageError(Diagnostic("usage", message, hint="leave out --password-file and --password-stdin"))


def require_rotatable(host: Host, tunnel: Tunnel) -> None:
    """Raises UsageError unless there is a password of ours to replace."""
    name, source, at_start = tunnel.name, tunnel.password, tunnel.systemd_has_password
    if not tunnel.is_set_up or (_is_managed(tunnel) and host.system.read(secret_file(name)) is None):
        message = f"{name} has no password to replace"
        raise UsageError(Diagnostic("password-missing", message, hint=command("secret set", name)))
    if not _is_managed(tunnel):
        message = f"the password of {name} is kept elsewhere ({source.kind}: {_shown(source.value)})"
        again = f"{command('stop', name)} && {command('start', name)}"
        then = again if at_start else command("apply")
        hint = f"change it there, then: {then}; or keep it here: {command('secret set', name)}"
        raise UsageError(Diagnostic("password-elsewhere", message, hint=hint))


def store(host: Host, tunnel: Tunnel, secret: Secret, console: Console, options: Options) -> ExitStatus:
    """Store *secret* and restart the tunnel if it runs."""
    name = tunnel.name
    if tunnel.is_set_up and not _is_managed(tunnel):
        console.say(f"{name}: the password is taken from {secret_file(name)} from now on")
    wish = _wish(f"secret set {name}", tunnel, secret, options)
    if options.dry_run:
        preview(host, wish, console)
        return ExitStatus.OK
    return carry_out_and_restart(host, wish, console, restart=options.restart)


def rotate(host: Host, tunnel: Tunnel, secret: Secret, console: Console, options: Options) -> ExitStatus:
    """Replace the password by *secret*, and put the old one back if a running tunnel cannot log in with it.

    Raises UsageError when both are equal; DifferentError with the cause when the old one was put back.
    """
    name = tunnel.name
    wish = _wish(f"secret rotate {name}", tunnel, secret, options)
    if options.dry_run:
        preview(host, wish, console)
        return ExitStatus.OK
    if _present(host, tunnel) == secret:
        message = f"that is the password of {name} already"
        raise UsageError(Diagnostic("password-unchanged", message, hint="give another one"))
    if not host.live or not options.restart:
        return carry_out_and_restart(host, wish, console, restart=False)
    return _prove(host, tunnel, wish, console, options)


def forget(host: Host, tunnel: Tunnel, console: Console, options: Options) -> ExitStatus:
    """Stop the tunnel; remove its password, all that needs it, and the history, which has former ones.

    Raises what planning and applying raise; OSError when the history cannot be removed.
    """
    name = tunnel.name
    source = {"password": {FORGOTTEN: True}}
    wish = Wish(
        f"secret forget {name}",
        lambda document: document.change_tunnel(name, source),
        overwrite=chosen(options.overwrite),
        wait=options.wait,
    )
    if options.dry_run:
        preview(host, wish, console)
        return ExitStatus.OK
    require_decided(host, console, options.wait)
    elsewhere = tunnel.is_set_up and not _is_managed(tunnel)
    if host.live:
        from pptpsetup.cli.running import take_down

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
        where = f"{tunnel.password.kind}: {_shown(tunnel.password.value)}"
        console.say(f"where it came from was left alone ({where})")
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


def _wish(title: str, tunnel: Tunnel, secret: Secret, options: Options) -> Wish:
    values = {"password": {"file": secret_file(tunnel.name)}}
    return Wish(
        title,
        lambda document: document.change_tunnel(tunnel.name, values),
        {tunnel.name: secret},
        overwrite=chosen(options.overwrite),
        wait=options.wait,
    )


def _prove(host: Host, tunnel: Tunnel, wish: Wish, console: Console, options: Options) -> ExitStatus:
    """Carry *wish* out and see whether the tunnel comes up with it, if it ran before."""
    from pptpsetup.cli.returning import go_back
    from pptpsetup.cli.running import bring_up, take_down

    name = tunnel.name
    change = carry_out(host, wish, console)
    for line in change.plan.summary:
        console.say(line)
    if not take_down(host, name):
        console.say(f"{name} does not run, so nothing has tried the password: {command('start', name)}")
        return ExitStatus.OK
    try:
        return bring_up(host, tunnel, console)
    except DifferentError as error:
        console.say(f"{name} does not come up with the new password; the old one is put back")
        go_back(host, None, console, restart=False, wait=options.wait, last=change.generation)
        bring_up(host, tunnel, console)
        raise DifferentError(error.diagnostics) from error


def _present(host: Host, tunnel: Tunnel) -> Secret:
    return resolve(tunnel.password, root=host.root, owner=tunnel.name, environ=os.environ)


def _is_managed(tunnel: Tunnel) -> bool:
    return tunnel.password.kind == "file" and tunnel.password.value == secret_file(tunnel.name)


def _shown(value: str | tuple[str, ...]) -> str:
    """For a keyring the service, for a command the program."""
    return value if isinstance(value, str) else value[0]
