"""Carrying a plan out so that either all of it is done or none.

The order is what makes it safe. The journal is on disk before the first change; steps that do not need each
other are marked, prepared beside their places and synced together; each checks that its place is still as
planned, and takes it; every place is read back; one rename commits.
Whatever goes wrong before that rename, the steps begun are undone in reverse order. A crash leaves a
registered journal, and ``recover`` does the same from there, except that it never overwrites what somebody
else has changed since.

Undoing in reverse also finds room on a full disk: what the later steps added is freed before an earlier,
replaced file is written again, and its replacement had found room when that file was still there.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from posixpath import dirname

from pptpengine.record import dataclass
from pptpsetup.change.batch import put_all, remove_all
from pptpsetup.change.entry import FileEntry, same
from pptpsetup.change.failure import (
    ChangedMeanwhileError,
    InterruptedBySignalError,
    NotAsWrittenError,
    explain,
)
from pptpsetup.change.fingerprint import ensure_key
from pptpsetup.change.journal import (
    Journal,
    JournalDamagedError,
    keep,
    load_journal,
    open_journal,
    sweep,
)
from pptpsetup.change.kept import kept_directory, kept_path
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.numbered import registered
from pptpsetup.change.signals import signals_held_back
from pptpsetup.change.step import Plan, Step
from pptpsetup.change.system import System
from pptpsetup.change.undo import Undo, undo_all
from pptpsetup.errors import Diagnostic, InternalError, RollbackFailedError, RolledBackError, Where
from pptpsetup.progress import Tell, counted, nobody


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was done about a transaction that a crash had cut short."""

    title: str
    "The command it belonged to."
    started: float
    "Seconds since the epoch."
    restored: tuple[str, ...]
    "Paths that are as they were before it."
    left: tuple[str, ...]
    "Paths that somebody else has changed since; they are as found."
    kept: tuple[str, ...] = ()
    "Where the versions from before it are, of those left that were files."

    @property
    def message(self) -> str:
        """What happened, in a sentence."""
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.started))
        text = f"`{self.title}`, begun {when}, was cut short; "
        text += f"undone: {', '.join(self.restored)}" if self.restored else "it had changed nothing"
        if self.left:
            text += f"; left alone, because changed since: {', '.join(self.left)}"
        if self.kept:
            text += f" (versions from before: {', '.join(self.kept)})"
        return text


def apply(
    plan: Plan, system: System, *, title: str, state_dir: str = STATE_DIR, tell: Tell = nobody
) -> int | None:
    """Carry *plan* out; the caller holds the lock and has called :func:`recover`.

    Returns the number of the generation that this makes; None when there was nothing to do.

    *title* names the command in messages, now and after a crash. SIGINT, SIGTERM and SIGHUP undo everything;
    they are delivered when that is done. Raises RolledBackError when the host is as before,
    RollbackFailedError when it is not: the journal named there is finished by the next :func:`recover`.
    """
    if plan.conflicts:
        raise InternalError(Diagnostic("plan-blocked", "a plan with something in its way cannot be applied"))
    if plan.empty:
        return None
    state_dir = system.resolve(state_dir)
    if registered(system, state_dir):
        raise InternalError(Diagnostic("journal-open", "a change was cut short and has not been undone"))
    with signals_held_back() as arrived:
        try:
            journal = open_journal(system, state_dir, title, plan.steps)
        except Exception as cause:
            _tidy_up(system, state_dir)
            raise RolledBackError(explain(cause, "nothing was changed")) from cause
        transaction = _Transaction(system, journal, arrived, tell)
        try:
            for first, steps in _batches(plan.steps):
                transaction.carry_out(first, steps)
            transaction.verify(plan)
            journal.commit()
        except BaseException as cause:
            transaction.roll_back(cause)
            _tidy_up(system, state_dir)
            raise RolledBackError(explain(cause, "everything was put back")) from cause
        _tidy_up(system, state_dir)
        with suppress(OSError):  # diffs are then comparable a change later
            ensure_key(system, state_dir)
    return journal.number


def recover(system: System, *, state_dir: str = STATE_DIR) -> Recovery | None:
    """Undo what a crash left half-way; None when there was nothing to undo. The caller holds the lock.

    Raises RollbackFailedError when that is not possible; it names the journal and what is left to do.
    """
    state_dir = system.resolve(state_dir)
    with signals_held_back():
        found = [_recover_from(system, state_dir, directory) for directory in registered(system, state_dir)]
        _tidy_up(system, state_dir)
    return found[0] if found else None


def _batches(steps: Sequence[Step]) -> Iterator[tuple[int, Sequence[Step]]]:
    """*steps* in their order, cut where one needs what another has made, with the number of the first."""
    first = 0
    made: set[str] = set()
    for number, step in enumerate(steps):
        other_kind = (step.after is None) != (steps[first].after is None)
        if number > first and (other_kind or dirname(step.place) in made):
            yield first, steps[first:number]
            first = number
            made.clear()
        made.add(step.place)
    if steps:
        yield first, steps[first:]


class _Transaction:
    def __init__(self, system: System, journal: Journal, arrived: Sequence[int], tell: Tell) -> None:
        self._system = system
        self._journal = journal
        self._arrived = arrived
        "Signals."
        self._tell = tell
        self._begun = 0
        "Steps that may have changed their place."
        self._marked = 0
        "Steps that may have left something beside their place."

    def carry_out(self, first: int, steps: Sequence[Step]) -> None:
        """Do *steps*, the first of which has the number *first*."""
        self._marked = first + len(steps)
        self._journal.begin_steps(self._marked)

        def begin(index: int) -> None:
            if self._arrived:
                raise InterruptedBySignalError(self._arrived[0])
            # Looked at before the step counts as begun: what is not ours is not ours to undo.
            self._tell("putting files in place", first + index, len(self._journal.undos))
            step = steps[index]
            if not same(self._system.read(step.place), step.before):
                raise ChangedMeanwhileError(step.path)
            self._begun = first + index + 1

        puts = [(step.place, step.after) for step in steps if step.after is not None]
        if puts:
            put_all(self._system, puts, begin, self._tell)
        else:
            remove_all(self._system, [step.place for step in steps], begin)

    def verify(self, plan: Plan) -> None:
        last = {step.place: step for step in plan.steps}
        for step in counted(tuple(last.values()), "reading files back", self._tell):
            if not same(self._system.read(step.place), step.after):
                raise NotAsWrittenError(step.path)

    def roll_back(self, cause: BaseException) -> None:
        """Undo every step begun. Raises RollbackFailedError."""
        if not self._journal.is_registered():
            # The commit could neither be synced nor taken back; half an undo would be worse.
            outcome = "the change was made, but a power cut may undo a part of it"
            raise RollbackFailedError(explain(cause, outcome))
        prepared = self._journal.undos[self._begun : self._marked]
        untidy = [undo for undo in prepared if not _is_discarded(self._system, undo)]
        undone = undo_all(self._system, self._journal.undos[: self._begun], by_force=True)
        if failed := untidy + undone.failed + undone.left:
            raise _rollback_failed(explain(cause, "and undoing failed as well"), self._journal, failed)
        # Should this fail, recovery will find every place as it was, or changed since, and do nothing.
        with suppress(OSError):
            self._journal.close()


def _is_discarded(system: System, undo: Undo) -> bool:
    try:
        system.discard(undo.place)
    except OSError:
        return False
    return True


def _recover_from(system: System, state_dir: str, directory: str) -> Recovery:
    try:
        journal = load_journal(system, directory)
        undos = journal.undos[: journal.begun()]
    except (JournalDamagedError, OSError, ValueError) as error:
        message = "a change was cut short, and the journal that tells how to undo it cannot be read"
        hint = f"compare the files named in {directory}/journal.json by hand, then remove that directory"
        diagnostic = Diagnostic("journal-unreadable", message, Where(directory), str(error), hint)
        raise RollbackFailedError(diagnostic) from error
    undone = undo_all(system, undos, by_force=False)
    try:
        if undone.reason is not None:
            raise undone.reason
        kept = [_keep(system, state_dir, undo) for undo in undone.left if isinstance(undo.before, FileEntry)]
        journal.close()
    except OSError as error:
        reason = explain(error, f"`{journal.title}`, which was cut short, could not be undone")
        raise _rollback_failed(reason, journal, undone.failed) from error
    restored, left = _paths(undone.restored), _paths(undone.left)
    return Recovery(journal.title, journal.started, restored, left, tuple(kept))


def _keep(system: System, state_dir: str, undo: Undo) -> str:
    assert isinstance(undo.before, FileEntry)  # noqa: S101  asked by the caller
    version = kept_path(system, state_dir, undo.path)
    keep(system, kept_directory(state_dir), version, undo.before)
    return version


def _paths(undos: Iterable[Undo]) -> tuple[str, ...]:
    return tuple(undo.path for undo in undos)


def _rollback_failed(reason: Diagnostic, journal: Journal, failed: list[Undo]) -> RollbackFailedError:
    """*reason* first, then what is left and how to go on."""
    places = ", ".join(_paths(failed)) or "nothing, but the journal could not be closed"
    why = f"the former contents, owners and modes are in {journal.directory}"
    hint = "remove the cause, then repeat the command: every changing command finishes the undo first"
    where = Where(f"{journal.directory}/journal.json")
    left = Diagnostic("rollback-failed", f"not as before: {places}", where, why, hint)
    return RollbackFailedError((reason, left))


def _tidy_up(system: System, state_dir: str) -> None:
    """Remove finished journals; what cannot be removed now waits for the next time."""
    with suppress(OSError):
        sweep(system, state_dir)
