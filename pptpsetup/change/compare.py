"""One path at a time: as it is, as we left it, as it shall be."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

from pptpengine.record import replace
from pptpsetup.change.conflict import edited, foreign, held, not_a, readable_by_all, replaceable
from pptpsetup.change.draft import Draft, Sight
from pptpsetup.change.entry import Entry, FileEntry, LinkEntry
from pptpsetup.change.exposure import tightened
from pptpsetup.change.manifest import Owned
from pptpsetup.change.step import Masking, Step
from pptpsetup.errors import Diagnostic, InternalError, SpecError, Where
from pptpsetup.render.artifact import FileArtifact, LinkArtifact, SharedArtifact

Merger = Callable[[bytes, tuple[bytes, ...]], bytes]
"""From a shared file's bytes and our lines to its new bytes; without lines, to its bytes without ours.

Raises SpecError, with lines only, when they cannot stand in such a file.
"""


def want_file(draft: Draft, artifact: FileArtifact) -> None:
    """A whole file. A link at its path stays and its target is written, unless the link is ours."""
    sight = draft.look(artifact.path)
    owned = draft.old.entries.get(artifact.path)
    if artifact.user_owned:
        _want_user_file(draft, artifact, sight, owned)
        return
    ours = _is_as_left(owned, sight)
    place, before = sight.place, sight.entry
    if ours and owned is not None and owned.kind == "link":
        place, before = sight.link_place, sight.link
    if _stays_by_hand(draft, artifact, sight, owned):
        return
    after = draft.file(artifact.content, artifact.access, before)
    identical = isinstance(before, FileEntry) and before.content == artifact.content
    # A foreign link is not ours even where it leads to nothing or to the very same bytes.
    free = (before is None or identical) and (owned is not None or sight.link is None)
    masking: Masking = "everything" if artifact.secret else "nothing"
    blocked = note = None
    outdated = ours and owned is not None and owned.held is not None
    if outdated or (not ours and not free):
        conflict = _conflict(draft, artifact.path, before, owned, outdated=outdated)
        blocked = None if draft.is_free(artifact.path, before, conflict) else conflict.code
        if not replaceable(before):
            return
        note = draft.keep(artifact.path, before, masking)
    record = Owned("file", sha256=after.sha256, secret=artifact.secret)
    draft.put(Step(artifact.path, place, before, after, masking, note, blocked=blocked), record)


def _stays_by_hand(draft: Draft, artifact: FileArtifact, sight: Sight, owned: Owned | None) -> bool:
    """Whether the user has edited the file and wants it to stay so; decided then."""
    before = sight.entry
    if owned is None or owned.kind != "file" or not isinstance(before, FileEntry):
        return False
    wanted = sha256(artifact.content).hexdigest()
    still = owned.held == wanted and _is_as_left(owned, sight)
    if not still and (artifact.path not in draft.hold or before.content == artifact.content):
        return False
    draft.held.append(artifact.path)
    record = Owned("file", sha256=before.sha256, secret=artifact.secret, held=wanted)
    draft.put(Step(artifact.path, sight.place, before, before), record)
    return True


def want_link(draft: Draft, artifact: LinkArtifact) -> None:
    """A symbolic link."""
    sight = draft.look(artifact.path)
    owned = draft.old.entries.get(artifact.path)
    before, after = sight.unfollowed, LinkEntry(artifact.target)
    blocked = note = None
    if before is not None and before != after and not _is_as_left(owned, sight):
        conflict = _conflict(draft, artifact.path, before, owned)
        blocked = None if draft.is_free(artifact.path, before, conflict) else conflict.code
        if not replaceable(before):
            return
        note = draft.keep(artifact.path, before, "everything")
    step = Step(artifact.path, sight.link_place, before, after, note=note, blocked=blocked)
    draft.put(step, Owned("link", target=artifact.target))


def want_shared(draft: Draft, artifacts: Sequence[SharedArtifact], mergers: Mapping[str, Merger]) -> None:
    """Lines of ours in one file; *artifacts* are all those whose paths lead there, mostly one."""
    first = artifacts[0]
    sight = draft.look(first.path)
    before = sight.entry
    if before is not None and not isinstance(before, FileEntry):
        draft.conflicts.append(not_a("regular file", first.path, before))
        return
    if first.secret and before is not None and before.mode & 0o007 & ~first.access.mode:
        draft.conflicts.append(readable_by_all(first.path, before))
        return
    lines = tuple(dict.fromkeys(line for artifact in artifacts for line in artifact.lines))
    try:
        content = _merger(first.kind, mergers)(b"" if before is None else before.content, lines)
    except SpecError as error:
        at = Where(first.path)
        draft.conflicts.extend(each if each.where else replace(each, where=at) for each in error.diagnostics)
        return
    after = draft.file(content, first.access)
    if before is not None:
        mode = tightened(before, after) if first.secret else before.mode
        after = replace(before, content=content, mode=mode)
    masking: Masking = "lines" if first.secret else "nothing"
    for artifact in artifacts:
        owned = draft.old.entries.get(artifact.path)
        created = before is None or (owned is not None and owned.created)
        record = Owned("shared", grammar=artifact.kind, created=created, secret=artifact.secret)
        draft.owned[artifact.path] = record
    draft.put(Step(first.path, sight.place, before, after, masking, merges=first.kind), None)


def drop(draft: Draft, path: str, owned: Owned, mergers: Mapping[str, Merger]) -> None:
    """Nothing needs *path* any more: remove what we left there; directories come later."""
    sight = draft.look_now(path)
    place = sight.link_place if _is_itself(owned) else sight.place
    if owned.kind == "directory" or place in draft.puts:
        return
    if owned.kind == "shared":
        _drop_shared(draft, sight, owned, mergers)
    elif sight.unfollowed is not None:
        _drop_whole(draft, sight, owned)


def _drop_whole(draft: Draft, sight: Sight, owned: Owned) -> None:
    masking: Masking = "everything" if owned.secret else "nothing"
    itself = _is_itself(owned)
    place, before = (sight.link_place, sight.unfollowed) if itself else (sight.place, sight.entry)
    blocked = note = None
    exempt = owned.user_owned and isinstance(before, FileEntry | LinkEntry)
    if not exempt and not _is_as_left(owned, sight):
        conflict = edited(sight.path, before, draft.state_dir, stale=True)
        blocked = None if draft.is_free(sight.path, before, conflict) else conflict.code
        if not replaceable(before):
            return
        note = draft.keep(sight.path, before, masking)
    elif owned.held is not None:
        note = draft.keep(sight.path, before, masking)
    if before is not None:
        draft.remove(Step(sight.path, place, before, None, masking, note, blocked=blocked))


def _drop_shared(draft: Draft, sight: Sight, owned: Owned, mergers: Mapping[str, Merger]) -> None:
    if not isinstance(sight.entry, FileEntry):
        return  # what took the file's place holds no lines of ours
    content = _merger(owned.grammar, mergers)(sight.entry.content, ())
    masking: Masking = "lines" if owned.secret else "nothing"
    if not content and owned.created:
        draft.remove(Step(sight.path, sight.place, sight.entry, None, masking, merges=owned.grammar))
    else:
        after = replace(sight.entry, content=content)
        step = Step(sight.path, sight.place, sight.entry, after, masking, merges=owned.grammar)
        draft.put(step, None)


def _want_user_file(draft: Draft, artifact: FileArtifact, sight: Sight, owned: Owned | None) -> None:
    """A file that the user edits: any content may be replaced, owner and mode are the user's."""
    before = sight.entry
    if before is not None and not isinstance(before, FileEntry):
        draft.conflicts.append(not_a("regular file", artifact.path, before))
        return
    if before is None:
        after = draft.file(artifact.content, artifact.access)
    else:
        # An editor or printf(1) may have left the final newline out; that is no difference.
        content = before.content if before.content + b"\n" == artifact.content else artifact.content
        too_open = artifact.secret and before.mode & ~artifact.access.mode != 0
        after = (
            draft.file(content, artifact.access, before) if too_open else replace(before, content=content)
        )
    record = Owned("file", sha256=after.sha256, user_owned=True, secret=artifact.secret)
    masking: Masking = "everything" if artifact.secret else "nothing"
    step = Step(artifact.path, sight.place, before, after, masking)
    # One that was there before us is not ours, so it stays when the tunnel goes.
    draft.put(step, record if before is None or owned is not None else None)


def _is_itself(owned: Owned) -> bool:
    """Whether only what is at the path can be ours, not what a link there leads to.

    Where the user has put a link in place of a file to edit, the file behind it was never ours.
    """
    return owned.kind == "link" or owned.user_owned


def _is_as_left(owned: Owned | None, sight: Sight) -> bool:
    """Whether what is at the path is what we last put there."""
    if owned is None:
        return False
    if owned.kind == "link":
        return sight.link is not None and sight.link.target == owned.target
    return isinstance(sight.entry, FileEntry) and sight.entry.sha256 == owned.sha256


def _conflict(
    draft: Draft, path: str, entry: Entry | None, owned: Owned | None, *, outdated: bool = False
) -> Diagnostic:
    if owned is None:
        return foreign(path, entry, draft.state_dir)
    if outdated:
        return held(path, draft.state_dir)
    return edited(path, entry, draft.state_dir)


def _merger(kind: str | None, mergers: Mapping[str, Merger]) -> Merger:
    if kind is None or kind not in mergers:
        raise InternalError(Diagnostic("unknown-grammar", f"nothing merges shared files of the kind {kind}"))
    return mergers[kind]
