"""Hand edits of generated files: into the spec, or kept as they are."""

from collections.abc import Iterable, Mapping

from pptpengine.record import dataclass
from pptpsetup.change.entry import FileEntry
from pptpsetup.change.readback import Readback, read_back
from pptpsetup.change.step import Step
from pptpsetup.cli.changing import Change, Wish, look
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.errors import Diagnostic, DifferentError, UsageError, Where
from pptpsetup.invocation import command
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.peers import peers
from pptpsetup.render.programs import programs_of
from pptpsetup.spec.document import Document
from pptpsetup.spec.model import Tunnel

_EDITED = ("edited-file", "held-file")


@dataclass(frozen=True, slots=True)
class Edit:
    """A file of ours that somebody has edited."""

    path: str
    content: bytes
    "As it is now."
    tunnel: Tunnel | None
    "Whose peers file it is, if it is one."


def edits(host: Host, console: Console, paths: Iterable[str]) -> tuple[Edit, ...]:
    """The edited files among *paths*; all of them when it is empty.

    Raises UsageError for a path that is not one of them, and what planning raises.
    """
    plan = look(host, Wish("adopt"), console)
    tunnels = _by_peers_file(host)
    found = {step.path: _edit(step, tunnels) for step in plan.steps if _is_edit(step)}
    named = tuple(dict.fromkeys(paths))
    unknown = [path for path in named if path not in found]
    if unknown:
        hint = f"edited were {', '.join(found)}" if found else "no generated file was edited"
        message = f"{', '.join(unknown)} is no generated file that was edited"
        raise UsageError(Diagnostic("not-edited", message, hint=hint))
    return tuple(found[path] for path in named or found)


def to_keep(found: Iterable[Edit], *, wait: float) -> Wish:
    """The wish to leave the edited files as they are."""
    return Wish("adopt --keep", hold=frozenset(each.path for each in found), wait=wait)


def to_adopt(host: Host, found: Iterable[Edit], console: Console, *, wait: float) -> Wish:
    """The wish to have the edits in the spec. Raises DifferentError for those that it cannot say."""
    document = host.spec_file() or host.empty_document()
    problems: list[Diagnostic] = []
    changes: dict[str, Mapping[str, object]] = {}
    for edit in found:
        read = _read(host, document, edit)
        if read is None or read.rest:
            problems.append(_not_adoptable(edit, read))
        elif edit.tunnel is not None:
            changes[edit.tunnel.name] = read.values
            console.say(f"{edit.path}: {_told(read.values)}")
    if problems:
        raise DifferentError(problems)
    overwrite = frozenset(edit.path for edit in found)
    return Wish("adopt", lambda before: _edited(before, changes), overwrite=overwrite, wait=wait)


def require_unchanged(change: Change, found: Iterable[Edit]) -> None:
    """Raises DifferentError when an edited file is not as it was read any more."""
    present = {step.path: step.before for step in change.plan.steps}
    for edit in found:
        entry = present.get(edit.path)
        if isinstance(entry, FileEntry) and entry.content != edit.content:
            message = f"{edit.path} was edited again in the meantime; nothing was changed"
            where = Where(edit.path)
            raise DifferentError(Diagnostic("changed-meanwhile", message, where, hint="repeat the command"))


def _by_peers_file(host: Host) -> dict[str, Tunnel]:
    directory = host.profile.peers.directory
    return {f"{directory}/{tunnel.name}": tunnel for tunnel in host.spec().tunnels}


def _is_edit(step: Step) -> bool:
    return step.blocked in _EDITED and isinstance(step.before, FileEntry) and step.after is not None


def _edit(step: Step, tunnels: Mapping[str, Tunnel]) -> Edit:
    assert isinstance(step.before, FileEntry)  # noqa: S101  asked by the caller
    return Edit(step.path, step.before.content, tunnels.get(step.path))


def _read(host: Host, document: Document, edit: Edit) -> Readback | None:
    """What the edit means; None for a file that is not read back."""
    tunnel = edit.tunnel
    if tunnel is None:
        return None

    def render(values: Mapping[str, object]) -> bytes:
        changed = (document.set_tunnel(tunnel.name, values) if values else document).spec.find(tunnel.name)
        assert changed is not None  # noqa: S101  it was there
        programs, lacking = programs_of(host.facts), host.facts.lacking_options
        files = peers(changed, host.profile, programs, lacking=lacking)
        return next(each.content for each in files if isinstance(each, FileArtifact))

    return read_back(edit.content, tunnel, render)


def _edited(document: Document, changes: Mapping[str, Mapping[str, object]]) -> Document:
    for name, values in changes.items():
        if values:
            document = document.change_tunnel(name, values)
    return document


def _told(values: Mapping[str, object]) -> str:
    if not values:
        return "only comments or the order differ"
    return ", ".join(f"{path}: {'none' if each is None else each}" for path, each in values.items())


def _not_adoptable(edit: Edit, read: Readback | None) -> Diagnostic:
    hint = (
        f"{command('adopt --keep', edit.path)} keeps the file as it is; "
        f"{command('apply --overwrite')} replaces it, and puts the edited one away"
    )
    if read is None:
        message = f"{edit.path} was edited, and edits of such files cannot be taken into the spec"
        return Diagnostic("not-adoptable", message, Where(edit.path), hint=hint)
    why = "no setting means: " + "; ".join(read.rest)
    message = f"{edit.path} was edited in a way that the spec cannot say"
    return Diagnostic("not-adoptable", message, Where(edit.path), why, hint)
