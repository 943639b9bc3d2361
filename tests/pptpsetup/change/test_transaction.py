"""Whatever goes wrong while a plan is applied, the host is as before and the error says why in words."""

import errno
import os
import signal
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pptpsetup.change.batch import MANY
from pptpsetup.change.entry import Entry, FileEntry
from pptpsetup.change.generations import history, rollback
from pptpsetup.change.manifest import STATE_DIR, manifest_path
from pptpsetup.change.memory import MemorySystem
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import apply, recover
from pptpsetup.errors import ExitStatus, InternalError, PptpsetupError, RollbackFailedError, RolledBackError
from pptpsetup.render.shared import MERGERS, OURS
from tests.pptpsetup.change.scene import (
    Observed,
    ReadOnly,
    Tree,
    fail,
    failing_at,
    killed_at,
    make_host,
    memory_folder,
    plan_for,
    provision,
    snapshot,
    tunnel,
    whole_snapshot,
)

CREATE = tunnel("work")
CHANGE = [*tunnel("work", "other", b"mtu 1400\n"), *tunnel("home")]


@pytest.fixture
def root() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder


@pytest.fixture
def system(root: Path) -> RealSystem:
    """A host with the tunnel ``work``."""
    system = make_host(root)
    provision(CREATE, system)
    return system


def test_an_applied_plan_is_there_and_its_journal_is_a_generation(root: Path, system: RealSystem) -> None:
    """Applying makes the next plan empty; former passwords are in a journal for root alone."""
    provision(CHANGE, system)
    assert plan_for(CHANGE, system).empty
    assert system.list(STATE_DIR) == ("key", "manifest.json", "tx")
    assert system.list(f"{STATE_DIR}/tx") == ("000001.gen", "000002.gen")
    modes = {path: entry[0] for path, entry in whole_snapshot(root).items() if path.startswith(STATE_DIR)}
    assert set(modes.values()) == {"0o40700", "0o100600"}
    assert not [name for name in snapshot(root) if "/.pptpsetup-" in name]


def test_an_empty_plan_touches_nothing(system: RealSystem) -> None:
    """Not even the state directory."""
    apply(plan_for(CREATE, system), ReadOnly(system), title="create work")


FAULTS = [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EINTR, errno.EACCES]


@pytest.mark.parametrize("many", [MANY, 1])
@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_one_failing_call_anywhere_leaves_the_former_state(
    number: int, many: int, root: Path, system: RealSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each changing system call fails once: the former state, or the wanted one after the commit."""
    monkeypatch.setattr("pptpsetup.change.batch.MANY", many)
    before = snapshot(root)
    failures = 0
    for call in range(1000):
        error = _apply_with_failure(system, {call}, number)
        if error is None:
            break
        assert type(error) is RolledBackError, f"call {call}: {error}"
        assert error.status == ExitStatus.ROLLED_BACK
        assert snapshot(root) == before, f"call {call}"
        failures += 1
    assert failures > 60
    assert plan_for(CHANGE, system).empty


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_one_failing_call_anywhere_in_a_rollback_leaves_the_former_state(
    number: int, root: Path, system: RealSystem
) -> None:
    """A rollback is a transaction like any other."""
    first = snapshot(root)
    provision(CHANGE, system)
    before = snapshot(root)
    failures = 0
    for call in range(1000):
        plan = rollback(system, 1, spec_file="/etc/pptpsetup/tunnels.yaml", mergers=MERGERS, ours=OURS)
        try:
            with failing_at({call}, number):
                apply(plan, system, title="rollback 1")
        except RolledBackError:
            assert snapshot(root) == before, f"call {call}"
            failures += 1
        else:
            break
    assert failures > 60
    assert snapshot(root) == first


def test_every_call_failing_from_some_point_on_is_recovered_later(root: Path, system: RealSystem) -> None:
    """A disk that is gone for good: the error tells what was put back, and recovery does the rest."""
    before = snapshot(root)
    outcomes = set()
    committed = 0
    for call in range(1000):
        error = _apply_with_failure(system, range(call, 10000), errno.EIO)
        if error is None:
            break
        outcomes.add(type(error))
        if "the change was made" in str(error):
            committed += 1
            recover(system)
            assert plan_for(CHANGE, system).empty
            provision(CREATE, system)
        elif isinstance(error, RolledBackError):
            assert _elsewhere(snapshot(root)) == _elsewhere(before)
        else:
            assert error.status == ExitStatus.ROLLBACK_FAILED
            assert f"{STATE_DIR}/tx/" in str(error.diagnostics[-1].where)
        recover(system)
        assert snapshot(root) == before, f"from call {call} on"
    assert committed == 1  # the sync of the commit itself
    assert outcomes == {RolledBackError, RollbackFailedError}


def _elsewhere(tree: Tree) -> Tree:
    return {path: entry for path, entry in tree.items() if not path.startswith(STATE_DIR)}


def _apply_with_failure(system: RealSystem, calls: Container[int], number: int) -> PptpsetupError | None:
    plan = plan_for(CHANGE, system)
    try:
        with failing_at(calls, number):
            apply(plan, system, title="create work")
    except PptpsetupError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("number", "code", "words", "hint"),
    [
        (errno.ENOSPC, "disk-full", "the disk is full; everything was put back", "df -h /etc/ppp/peers"),
        (errno.EDQUOT, "disk-full", "the disk quota is used up; everything was put back", "df -h"),
        (
            errno.EROFS,
            "read-only",
            "mounted read-only; everything was put back",
            "findmnt -T /etc/ppp/peers",
        ),
        (errno.EACCES, "permission-denied", "writing is not permitted", ""),
        (errno.EPERM, "permission-denied", "writing is not permitted", ""),
        (errno.EIO, "input-output-error", "the disk reports an error", "dmesg"),
        (errno.EMLINK, "write-failed", "(too many links); everything was put back", ""),
    ],
)
def test_a_failure_is_told_in_words(
    number: int, code: str, words: str, hint: str, system: RealSystem
) -> None:
    """Code, place, sentence and what to do."""

    def refuse(_verb: str, path: str) -> None:
        if path == "/etc/ppp/peers/home":
            raise OSError(number, os.strerror(number), path)

    with pytest.raises(RolledBackError) as caught:
        apply(plan_for(CHANGE, system), Observed(system, refuse), title="create home")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert words in diagnostic.message
    assert str(diagnostic.where) == "/etc/ppp/peers/home"
    assert hint in (diagnostic.hint or "")


def test_directories_made_on_the_way_are_undone_after_what_is_in_them(root: Path) -> None:
    """The last step of a first create fails: everything goes, in reverse."""
    system = make_host(root)
    before = snapshot(root)

    def refuse(_verb: str, path: str) -> None:
        if path == manifest_path():
            fail(errno.ENOSPC)

    with pytest.raises(RolledBackError):
        apply(plan_for(CREATE, system), Observed(system, refuse), title="create work")
    assert snapshot(root) == before


def test_a_host_that_cannot_be_written_at_all_says_that_nothing_was_changed(system: RealSystem) -> None:
    """The journal is the first thing written, so nothing has happened when that fails."""
    with pytest.raises(RolledBackError, match="mounted read-only; nothing was changed"):
        apply(plan_for(CHANGE, system), ReadOnly(system), title="create home")


def test_an_edit_between_plan_and_apply_is_kept(root: Path, system: RealSystem) -> None:
    """The plan was made for another host than this; the edit survives, all else is put back."""
    plan = plan_for(CHANGE, system)
    before = snapshot(root)
    (root / "etc/ppp/peers/home").write_bytes(b"by hand\n")
    with pytest.raises(RolledBackError, match="home was changed by another program") as caught:
        apply(plan, system, title="create home")
    assert caught.value.diagnostics[0].code == "changed-meanwhile"
    after = snapshot(root)
    assert after.pop("/etc/ppp/peers/home")[3] == b"by hand\n"
    assert after == before


def test_what_does_not_read_back_is_put_back(root: Path, system: RealSystem) -> None:
    """A file system that loses modes is noticed before the commit."""
    before = snapshot(root)

    class LosesModes(Observed):
        def put(self, path: str, entry: Entry) -> None:
            super().put(path, entry)
            if path == "/etc/ppp/peers/home":
                (root / path[1:]).chmod(0o777)

    with pytest.raises(RolledBackError, match="reads back differently") as caught:
        apply(plan_for(CHANGE, system), LosesModes(system, lambda *_: None), title="create home")
    assert caught.value.diagnostics[0].code == "verification-failed"
    assert snapshot(root) == before


def test_rollback_that_fails_names_what_is_left_and_recovery_finishes_it(
    root: Path, system: RealSystem
) -> None:
    """One place that cannot be restored does not keep the others from being restored."""
    before = snapshot(root)
    plan = plan_for(CHANGE, system)
    broken: list[str] = []

    def breaks(_verb: str, path: str) -> None:
        if path == "/etc/pptpsetup/secrets/work":
            broken.append(path)
        if broken and path in ("/etc/pptpsetup/secrets/work", "/etc/ppp/peers/work"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)

    with pytest.raises(RollbackFailedError) as caught:
        apply(plan, Observed(system, breaks), title="create home")
    cause, left = caught.value.diagnostics
    assert cause.code == "input-output-error"
    assert left.code == "rollback-failed"
    assert left.message == "not as before: /etc/ppp/peers/work"
    assert not (root / "etc/ppp/peers/home").exists()
    with pytest.raises(InternalError):
        apply(plan, system, title="create home")
    recovery = recover(system)
    assert recovery is not None
    assert recovery.restored == ("/etc/ppp/peers/work",)
    assert recovery.message.startswith("`create home`, begun ")
    assert recovery.message.endswith(", was cut short; undone: /etc/ppp/peers/work")
    assert snapshot(root) == before


def test_a_recovery_that_fails_can_be_repeated(root: Path, system: RealSystem) -> None:
    """While the disk is read-only the error names the journal; afterwards all is put back."""
    before = snapshot(root)
    with suppress(PptpsetupError), failing_at(range(61, 10000), errno.EROFS):
        provision(CHANGE, system)
    with pytest.raises(RollbackFailedError) as caught:
        recover(ReadOnly(system))
    assert caught.value.diagnostics[0].code == "read-only"
    assert "`create work`, which was cut short, could not be undone" in caught.value.diagnostics[0].message
    assert recover(system) is not None
    assert snapshot(root) == before


@pytest.mark.parametrize("damage", ["journal.json", "2.old", "progress"])
def test_a_damaged_journal_is_named_and_nothing_guessed(damage: str, root: Path, system: RealSystem) -> None:
    """Recovery refuses a journal that it cannot trust."""
    with suppress(PptpsetupError), failing_at(range(81, 10000), errno.EROFS):
        provision(CHANGE, system)
    (journal,) = (each for each in (root / STATE_DIR[1:] / "tx").iterdir() if "." not in each.name)
    copies = sorted(journal.glob("*.old"))
    (copies[0] if damage.endswith(".old") else journal / damage).write_bytes(b"{nonsense")
    before = snapshot(root)
    with pytest.raises(RollbackFailedError) as caught:
        recover(system)
    assert caught.value.diagnostics[0].code == "journal-unreadable"
    assert str(caught.value.diagnostics[0].where) == f"{STATE_DIR}/tx/{journal.name}"
    assert snapshot(root) == before


def test_the_journal_is_for_root_alone(root: Path, system: RealSystem) -> None:
    """It holds former passwords: 0600 in 0700."""
    with suppress(PptpsetupError), failing_at(range(81, 10000), errno.EROFS):
        provision(CHANGE, system)
    below = {name: entry[0] for name, entry in snapshot(root / STATE_DIR[1:]).items() if "tx" in name}
    assert len(below) > 4
    assert set(below.values()) == {"0o40700", "0o100600"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_undoes_everything_and_is_then_delivered(
    number: signal.Signals, root: Path, system: RealSystem
) -> None:
    """The handler runs once, after the undo."""
    before = snapshot(root)
    seen: list[object] = []
    former = signal.signal(number, lambda *_: seen.append(snapshot(root)))
    try:
        with pytest.raises(RolledBackError, match=f"interrupted by {number.name}; everything was put back"):
            apply(plan_for(CHANGE, system), _interrupted_by(number, system), title="create home")
    finally:
        signal.signal(number, former)
    assert seen == [before]


def _interrupted_by(number: int, system: RealSystem) -> Observed:
    def interrupt(verb: str, path: str) -> None:
        if (verb, path) == ("put", "/etc/ppp/peers/work"):
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)

    return Observed(system, interrupt)


def test_ctrl_c_ends_as_keyboard_interrupt_with_everything_put_back(root: Path, system: RealSystem) -> None:
    """With Python's own handler; the error that tells the outcome is its context."""
    before = snapshot(root)
    with pytest.raises(KeyboardInterrupt) as caught:
        apply(plan_for(CHANGE, system), _interrupted_by(signal.SIGINT, system), title="create home")
    assert isinstance(caught.value.__context__, RolledBackError)
    assert snapshot(root) == before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_sigterm_ends_the_process_with_everything_put_back(root: Path, system: RealSystem) -> None:
    """With the default action."""
    before = snapshot(root)
    system_in_child = _interrupted_by(signal.SIGTERM, system)
    status = killed_at(-1, lambda: apply(plan_for(CHANGE, system), system_in_child, title="create home"))
    assert status == -signal.SIGTERM
    assert snapshot(root) == before


def test_an_ignored_signal_stays_ignored(system: RealSystem) -> None:
    """nohup(1) keeps its promise."""
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        apply(plan_for(CHANGE, system), _interrupted_by(signal.SIGHUP, system), title="create home")
    finally:
        signal.signal(signal.SIGHUP, former)
    assert plan_for(CHANGE, system).empty


def test_a_dry_run_goes_through_all_of_apply_and_changes_nothing(root: Path, system: RealSystem) -> None:
    """The very same code over a memory system that reads through."""
    before = snapshot(root)
    trial = MemorySystem(base=system)
    provision(CHANGE, trial)
    assert plan_for(CHANGE, trial).empty
    assert isinstance(trial.read("/etc/ppp/peers/home"), FileEntry)
    provision([], trial)
    assert trial.read("/etc/ppp/peers/work") is None
    assert trial.list("/etc/ppp/peers") == ("provider",)
    assert snapshot(root) == before


def test_no_journal_no_recovery(system: RealSystem) -> None:
    """Also where there is no state directory."""
    assert recover(system) is None
    assert recover(MemorySystem()) is None


def test_the_number_given_is_that_of_the_generation(system: RealSystem) -> None:
    """Whatever the number of steps: who takes the change back relies on it."""
    for artifacts in (CREATE, [*CREATE, *tunnel("away")], tunnel("away"), tunnel("far")):
        number = apply(plan_for(artifacts, system), system, title="apply")
        assert number in (None, history(system)[-1].number)
    assert number == len(history(system)) > 2
