"""The undo, written before the deed, and kept as a generation after it.

A journal is a directory ``tx/NUMBER`` below the state directory: ``journal.json`` with the former state of
every place that a transaction will change (owner, group, mode, attributes; or that there was nothing),
``N.old`` with the former bytes, and ``progress`` with the number of steps that may have been begun.
Everything is 0600 in 0700 and synced before the first change. The name tells the state, so a rename decides:

* ``NUMBER.new``: being written; nothing has been changed yet.
* ``NUMBER``: registered; its steps may have been begun and are to be undone.
* ``NUMBER.gen``: committed; kept so that it can be rolled back, until `KEPT` newer ones are there.
* ``NUMBER.done``: undone completely; waiting to be removed.

Recovery must work when nothing else does, so this module needs the standard library only, and the engine,
which needs no more.
"""

import base64
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from posixpath import basename, dirname
from typing import get_args

from pptpengine.record import dataclass
from pptpsetup.change.batch import put_all, remove_all
from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry
from pptpsetup.change.manifest import key_path, trial_path
from pptpsetup.change.numbered import COMMITTED, committed, journals, number_in
from pptpsetup.change.step import Masking, Step
from pptpsetup.change.system import System, read_bytes
from pptpsetup.change.undo import Description, Undo, describe

_VERSION = 1
KEPT = 20
"Generations: enough to find a change of some weeks ago, few enough that old passwords do not pile up."
_MASKINGS: Mapping[str, Masking] = {each: each for each in get_args(Masking)}


class JournalDamagedError(Exception):
    """A registered journal cannot be read."""


@dataclass(frozen=True, slots=True)
class Journal:
    """A registered journal."""

    system: System
    directory: str
    number: int
    "Of the generation that it becomes."
    title: str
    started: float
    "Seconds since the epoch."
    undos: tuple[Undo, ...]

    def begin_steps(self, count: int) -> None:
        """Record durably that the first *count* steps may have been begun."""
        _write(self.system, f"{self.directory}/progress", str(count).encode())

    def begun(self) -> int:
        """How many steps may have been begun."""
        content = read_bytes(self.system, f"{self.directory}/progress")
        return 0 if content is None else int(content)

    def is_registered(self) -> bool:
        """Whether a crash now would be recovered from."""
        return self.system.read(self.directory) is not None

    def commit(self) -> None:
        """From here on there is nothing to recover; the journal stays as a generation.

        Raises OSError; the journal is still registered then, unless the disk fails throughout.
        """
        _rename(self.system, self.directory, f"{self.directory}{COMMITTED}")

    def close(self) -> None:
        """Forget what has been undone: from here on there is nothing to recover.

        Raises OSError; the journal is still registered then, unless the disk fails throughout.
        """
        _rename(self.system, self.directory, f"{self.directory}.done")


def open_journal(system: System, state_dir: str, title: str, steps: Sequence[Step]) -> Journal:
    """Write and register a journal for *steps*.

    Raises OSError; nothing but the state directory was touched then.
    """
    import json

    started = time.time()
    root = journals(state_dir)
    number = 1 + max((number_in(name) for name in system.list(root)), default=0)
    directory = f"{root}/{number:06d}"
    undos = tuple(Undo.of(step) for step in steps)
    _make_directories(system, root)
    fresh = f"{directory}.new"
    system.put(fresh, _private_directory(system))
    files = {
        f"{fresh}/{at}.old": undo.before.content
        for at, undo in enumerate(undos)
        if isinstance(undo.before, FileEntry)
    }
    head = json.dumps({"version": _VERSION, "title": title, "started": started})
    # A line per step; json.dumps(indent=…) is written in Python, and slow for thousands.
    steps_ = ",\n ".join(json.dumps(_encode(undo)) for undo in undos)
    files[f"{fresh}/journal.json"] = f'{head[:-1]}, "steps": [\n {steps_}\n]}}\n'.encode()
    put_all(system, [(path, _private_file(system, content)) for path, content in files.items()])
    _rename(system, fresh, directory)
    return Journal(system, directory, number, title, started, undos)


def load_journal(system: System, directory: str) -> Journal:
    """Read the registered or committed journal in *directory*. Raises JournalDamagedError or OSError."""
    import json

    try:
        document = json.loads(read_bytes(system, f"{directory}/journal.json") or b"")
        if document["version"] != _VERSION:
            raise JournalDamagedError(f"its version is {document['version']}, not {_VERSION}")
        steps = enumerate(document["steps"])
        undos = tuple(_decode(system, f"{directory}/{number}.old", fields) for number, fields in steps)
        title, started = str(document["title"]), float(document["started"])
        return Journal(system, directory, number_in(basename(directory)), title, started, undos)
    except (ValueError, KeyError, TypeError) as error:
        raise JournalDamagedError(f"{type(error).__name__}: {error}") from error


def sweep(system: System, state_dir: str) -> None:
    """Remove what is done, was never registered or is too old, and directories of ours that are empty then.

    Raises OSError. Being killed half-way leaves work for the next sweep, and nothing else.
    """
    root = journals(state_dir)
    system.discard(state_dir)
    system.discard(root)
    system.discard(key_path(state_dir))
    system.discard(trial_path(state_dir))
    names = system.list(root)
    generations = [name for name in names if name.endswith(COMMITTED)]
    for name in names:
        if "." in name and name not in generations[-KEPT:]:
            _remove_flat(system, f"{root}/{name}")
    for directory in (root, state_dir):
        if system.read(directory) is not None and not system.list(directory):
            with suppress(FileNotFoundError):
                system.remove(directory)


def forget_history(system: System, state_dir: str) -> None:
    """Remove every generation, the oldest first, so that the others can be gone back to at any time.

    Raises OSError. Being killed half-way leaves work for the next :func:`sweep` or the next call.
    """
    for directory in committed(system, state_dir):
        _rename(system, directory, f"{directory.removesuffix(COMMITTED)}.done")
    sweep(system, state_dir)


def make_state_directory(system: System, state_dir: str) -> None:
    """Make *state_dir* and what leads there, for root's eyes only. Raises OSError."""
    _make_plain_directories(system, dirname(state_dir))
    _make_private(system, state_dir)


def write_private(system: System, path: str, content: bytes) -> None:
    """Make *path* hold *content*, for root's eyes only, and on disk when this returns. Raises OSError."""
    _write(system, path, content)


def keep(system: System, directory: str, path: str, entry: FileEntry) -> None:
    """Write the content of *entry* to *path* in our *directory*, for root's eyes only."""
    _make_directories(system, directory)
    _write(system, path, entry.content)


def _private_directory(system: System) -> DirEntry:
    return DirEntry(system.user_id("root"), system.group_id("root"), 0o700)


def _private_file(system: System, content: bytes) -> FileEntry:
    return FileEntry(content, system.user_id("root"), system.group_id("root"), 0o600)


def _write(system: System, path: str, content: bytes) -> None:
    system.put(path, _private_file(system, content))


def _make_directories(system: System, directory: str) -> None:
    """Make *directory* and the state directory above it ours alone."""
    make_state_directory(system, dirname(directory))
    _make_private(system, directory)


def _make_plain_directories(system: System, directory: str) -> None:
    missing = []
    while system.read(system.resolve(directory)) is None:
        missing.append(directory)
        directory = dirname(directory)
    for each in reversed(missing):
        system.put(each, DirEntry(system.user_id("root"), system.group_id("root"), 0o755))


def _make_private(system: System, directory: str) -> None:
    private = _private_directory(system)
    if system.read(directory) != private:
        system.put(directory, private)


def _rename(system: System, old: str, new: str) -> None:
    """Rename, or fail with the old name in place: a rename that could not be synced is taken back."""
    try:
        system.rename(old, new)
    except OSError:
        if system.read(old) is None:
            with suppress(OSError):
                system.rename(new, old)
        raise


def _remove_flat(system: System, directory: str) -> None:
    remove_all(system, [f"{directory}/{name}" for name in system.list(directory)])
    system.remove(directory)


def _encode(undo: Undo) -> Description:
    before = None
    if undo.before is not None:
        before = dict(describe(undo.before) or {})
        if isinstance(undo.before, FileEntry):
            before["xattrs"] = {name: base64.b64encode(value).decode() for name, value in undo.before.xattrs}
    return {
        "path": undo.path,
        "place": undo.place,
        "before": before,
        "after": undo.after,
        "masking": undo.masking,
        "merges": undo.merges,
        "bookkeeping": undo.bookkeeping,
    }


def _decode(system: System, copy: str, fields: Mapping[str, object]) -> Undo:
    before, after = fields["before"], fields["after"]
    if not isinstance(before, dict | None) or not isinstance(after, dict | None):
        raise TypeError("a step is not an object")
    entry = None if before is None else _entry(system, copy, before)
    masking = _MASKINGS[str(fields["masking"])]
    merges = fields["merges"]
    if not isinstance(merges, str | None):
        raise TypeError("a step is not one of ours")
    path, place = str(fields["path"]), str(fields["place"])
    return Undo(path, place, entry, after, masking, merges, bool(fields["bookkeeping"]))


def _entry(system: System, copy: str, fields: Mapping[str, object]) -> Entry:
    kind = fields["kind"]
    if kind == "link":
        return LinkEntry(str(fields["target"]))
    if kind not in ("file", "directory"):
        raise JournalDamagedError(f"it holds a {kind}")
    uid, gid, mode = (_number(fields[name]) for name in ("uid", "gid", "mode"))
    if kind == "directory":
        return DirEntry(uid, gid, mode)
    content, xattrs = read_bytes(system, copy), fields["xattrs"]
    if content is None or not isinstance(xattrs, dict):
        raise JournalDamagedError(f"{copy} is missing")
    attributes = tuple((name, base64.b64decode(text)) for name, text in xattrs.items())
    entry = FileEntry(content, uid, gid, mode, attributes)
    if entry.sha256 != fields["sha256"]:
        raise JournalDamagedError(f"{copy} is not what was saved")
    return entry


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a number is missing")
    return value
