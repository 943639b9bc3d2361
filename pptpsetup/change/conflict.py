"""What stands in the way of a plan, and how the user can clear it."""

from pptpsetup.change.entry import Entry, FileEntry, LinkEntry
from pptpsetup.change.kept import kept_directory
from pptpsetup.change.step import kind_of
from pptpsetup.errors import Diagnostic, Where
from pptpsetup.invocation import command, shell_path


def replaceable(entry: Entry | None) -> bool:
    """Whether ``--overwrite`` may replace *entry*: only what can be kept, bytes or a link's target."""
    return entry is None or isinstance(entry, FileEntry | LinkEntry)


def foreign(path: str, entry: Entry | None, state_dir: str) -> Diagnostic:
    """Something that we did not make is where a file or link of ours shall be."""
    message = f"{path} exists and is not pptpsetup's; it was kept"
    if not replaceable(entry):
        return _movable("foreign-file", message, path, entry)
    hint = (
        "create and apply replace it with --overwrite (its old version goes to "
        f"{kept_directory(state_dir)}); or give the tunnel another name"
    )
    return Diagnostic("foreign-file", message, Where(path), _nature(entry), hint)


def edited(path: str, entry: Entry | None, state_dir: str, *, stale: bool = False) -> Diagnostic:
    """Something of ours is not as we left it; *stale*: and nothing needs it any more."""
    message = f"{path} was changed since pptpsetup wrote it; it was kept"
    if not replaceable(entry):
        return _movable("edited-file", message, path, entry)
    lost = "remove" if stale else "replace"
    hint = (
        f"{command('diff')} shows the difference; create, delete and apply {lost} it with --overwrite (the "
        f"changed version goes to {kept_directory(state_dir)})"
    )
    if not stale:
        hint += f"; to keep the change: {command('adopt', path)}"
    return Diagnostic("edited-file", message, Where(path), _nature(entry), hint)


def held(path: str, state_dir: str) -> Diagnostic:
    """A file that stays as the user has edited it, and the spec asks for something else there now."""
    message = f"{path} is kept as it was edited by hand, and the spec asks for something else there now"
    hint = (
        f"{command('diff')} shows the difference; to go on keeping it: "
        f"{command('adopt --keep', path)}; to replace it (it goes to {kept_directory(state_dir)}): "
        f"{command('apply --overwrite')}"
    )
    return Diagnostic("held-file", message, Where(path), hint=hint)


def edited_since(path: str, entry: Entry | None, state_dir: str) -> Diagnostic:
    """What shall go back has been edited since it was last applied."""
    message = f"{path} was edited since it was last applied; it was kept"
    if not replaceable(entry):
        return _movable("edited-file", message, path, entry)
    hint = (
        f"{command('rollback --dry-run')} shows the difference; with --overwrite the edited version goes to "
        f"{kept_directory(state_dir)}"
    )
    return Diagnostic("edited-file", message, Where(path), _nature(entry), hint)


def not_a(kind: str, path: str, entry: Entry) -> Diagnostic:
    """Something else is where a directory, or a file that we share or the user edits, is needed."""
    return _movable("foreign-file", f"{path} exists and is not a {kind}; it was kept", path, entry)


def _movable(code: str, message: str, path: str, entry: Entry | None) -> Diagnostic:
    hint = f"mv {shell_path(path)} {shell_path(f'{path}.old')}, then repeat the command"
    return Diagnostic(code, message, Where(path), _nature(entry), hint)


def _nature(entry: Entry | None) -> str | None:
    if isinstance(entry, FileEntry):
        return None
    target = f" to {entry.target}" if isinstance(entry, LinkEntry) else ""
    return "it is a link to nothing" if entry is None else f"it is a {kind_of(entry)}{target}"


def readable_by_all(path: str, entry: FileEntry) -> Diagnostic:
    """The conflict of a file of others that a password shall go into and that everybody can use."""
    return Diagnostic(
        "secrets-exposed",
        f"{path} is open to everybody (mode {entry.mode:04o}), so no password is written into it",
        where=Where(path),
        hint=f"chmod o= {shell_path(path)}",
    )
