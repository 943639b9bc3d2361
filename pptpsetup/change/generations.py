"""Generations: what committed changes have found, so that the host can be made as it was after any of them.

Each committed transaction is one, numbered from 1 on; a rollback is a transaction like any other, so it can
be rolled back as well. It needs neither templates nor a valid spec: the former bytes are in the journals.
"""

from collections.abc import Callable, Mapping, Sequence

from pptpengine.record import dataclass
from pptpsetup.change.compare import Merger
from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry
from pptpsetup.change.goback import Return, step_of
from pptpsetup.change.journal import Journal, JournalDamagedError, load_journal
from pptpsetup.change.kept import kept_directory
from pptpsetup.change.manifest import (
    STATE_DIR,
)
from pptpsetup.change.numbered import committed
from pptpsetup.change.past import Past
from pptpsetup.change.step import Plan, Step
from pptpsetup.change.system import System
from pptpsetup.change.undo import Description, describe
from pptpsetup.errors import Diagnostic, PptpsetupError, UsageError, Where
from pptpsetup.invocation import command, shell_path


def history(system: System, state_dir: str = STATE_DIR) -> tuple[Journal, ...]:
    """The generations that are kept, the oldest first.

    Raises PptpsetupError ``generation-unreadable``, PermissionError.
    """
    return tuple(_load(system, directory) for directory in committed(system, system.resolve(state_dir)))


def generation(system: System, number: int, state_dir: str = STATE_DIR) -> Journal:
    """Generation *number*. Raises UsageError ``no-such-generation``, and as :func:`history` does."""
    found = history(system, state_dir)
    chosen = next((each for each in found if each.number == number), None)
    if chosen is None:
        raise _unknown(number, [each.number for each in found])
    return chosen


@dataclass(frozen=True, slots=True)
class Changed:
    """A step that was carried out."""

    step: Step
    known: bool
    "Whether what it left is known: not after somebody else has changed it. The content is empty then."


def changes(system: System, number: int, state_dir: str = STATE_DIR) -> tuple[Changed, ...]:
    """What generation *number* changed.

    What it left is known from the next generation that changed the same place, or from the host as it is.
    Raises as :func:`generation` does.
    """
    chosen = generation(system, number, state_dir)
    found = history(system, state_dir)
    later: dict[str, Entry | None] = {}
    for each in reversed(found):
        if each.number > number:
            later |= {undo.place: undo.before for undo in each.undos}
    done = []
    for undo in reversed(chosen.undos):
        left = later[undo.place] if undo.place in later else system.read(undo.place)
        known = describe(left) == undo.after
        after = left if known else _outline(undo.after)
        done.append(Changed(step_of(undo, undo.before, after), known))
        later[undo.place] = undo.before
    return tuple(reversed(done))


def rollback(
    system: System,
    target: int | None = None,
    *,
    overwrite: frozenset[str] = frozenset(),
    spec_file: str,
    mergers: Mapping[str, Merger],
    ours: Mapping[str, Callable[[bytes], tuple[bytes, ...]]],
    state_dir: str = STATE_DIR,
) -> Plan:
    """The plan that makes *system* as generation *target* left it; None takes the last one back. Only reads.

    *target* may be the number before the oldest: as it was before anything that is known. *spec_file*, and
    the fragments beside it, get the texts that were applied then. *mergers* and *ours* are
    ``pptpsetup.render.shared.MERGERS`` and ``OURS``. What is in the way is in the plan's
    ``conflicts``.

    Raises UsageError ``no-such-generation``; PptpsetupError ``generation-unreadable``; what
    ``load_manifest`` raises.
    """
    state_dir = system.resolve(state_dir)
    # To take the last one back, no older one need be readable.
    wanted = committed(system, state_dir)[-1 if target is None else 0 :]
    found = tuple(_load(system, directory) for directory in wanted)
    numbers = [each.number for each in found]
    if not numbers:
        message = "there is no generation to go back to"
        raise UsageError(Diagnostic("no-such-generation", message, hint=f"{command('history')} lists them"))
    if target is None:
        target = numbers[-1] - 1
    if target not in {*numbers, numbers[0] - 1}:
        raise _unknown(target, [numbers[0] - 1, *numbers])
    past = Past.of([each for each in found if each.number > target], kept_directory(state_dir))
    return Return(system, state_dir, overwrite, mergers, ours, past, spec_file).plan()


def _outline(left: Description | None) -> Entry | None:
    """The entry that *left* describes, without its content."""
    if left is None:
        return None
    if left["kind"] == "link":
        return LinkEntry(str(left["target"]))
    uid, gid, mode = (int(str(left[name])) for name in ("uid", "gid", "mode"))
    return DirEntry(uid, gid, mode) if left["kind"] == "directory" else FileEntry(b"", uid, gid, mode)


def _load(system: System, directory: str) -> Journal:
    try:
        return load_journal(system, directory)
    except JournalDamagedError as error:
        message = "a generation cannot be read, so nothing can be rolled back to before it"
        aside = f"mv {shell_path(directory)} {shell_path(f'{directory}.damaged')}"
        hint = f"{aside}; the generations after it can then be used"
        diagnostic = Diagnostic("generation-unreadable", message, Where(directory), str(error), hint)
        raise PptpsetupError(diagnostic) from error


def _unknown(number: int, known: Sequence[int]) -> UsageError:
    hint = f"there are {known[0]} to {known[-1]}" if known else None
    message = f"there is no generation {number}"
    return UsageError(Diagnostic("no-such-generation", message, hint=hint))
