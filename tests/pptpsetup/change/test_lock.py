"""Two changes at once: the second waits or is told who is at work."""

import errno
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pptpsetup.change.lock import lock
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import recover
from pptpsetup.errors import ExitStatus, LockedError
from tests.pptpsetup.change.scene import (
    fail,
    make_host,
    memory_folder,
    plan_for,
    provision,
    snapshot,
    tunnel,
)

ROOT = Path("/")


def in_child(work: Callable[[], None]) -> int:
    """Start *work* in a process of its own; its exit status is 0 if it raised nothing."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_the_second_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    """Process, time and command of the holder."""
    with lock(ROOT, "create work", directory=tmp_path), pytest.raises(LockedError) as caught:  # noqa: SIM117
        with lock(ROOT, "delete home", directory=tmp_path):
            pass
    (diagnostic,) = caught.value.diagnostics
    assert caught.value.status == ExitStatus.LOCKED
    assert diagnostic.code == "locked"
    assert diagnostic.message.startswith(f"`create work` (process {os.getpid()}, since ")
    assert str(diagnostic.where) == str(tmp_path / "pptpsetup.lock")
    with lock(ROOT, "delete home", directory=tmp_path):
        pass


@pytest.mark.parametrize("call", ["pwrite", "ftruncate"])
def test_a_full_run_directory_is_no_obstacle(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock holds without the name of its holder, and what was done under it is done."""
    monkeypatch.setattr(os, call, lambda *_: fail(errno.ENOSPC))
    done = False
    with lock(ROOT, "create work", directory=tmp_path):
        with pytest.raises(LockedError, match="another pptpsetup is changing this host"):
            lock(ROOT, "delete home", directory=tmp_path).__enter__()
        done = True
    assert done


def test_a_holder_that_has_not_said_who_it_is_yet(tmp_path: Path) -> None:
    """Between locking and telling, or with a file of another format."""
    with lock(ROOT, "create work", directory=tmp_path):
        (tmp_path / "pptpsetup.lock").write_text("")
        with pytest.raises(LockedError, match="another pptpsetup is changing this host"):
            lock(ROOT, "delete home", directory=tmp_path).__enter__()


def test_the_lock_ends_with_its_holder_however_that_ends(tmp_path: Path) -> None:
    """Killed in the middle: the next one gets the lock, although the file still names the dead one."""

    def die() -> None:
        lock(ROOT, "create work", directory=tmp_path).__enter__()
        os.kill(os.getpid(), 9)

    assert ended(in_child(die)) == -9
    assert b"create work" in (tmp_path / "pptpsetup.lock").read_bytes()
    with lock(ROOT, "delete work", directory=tmp_path):
        assert b"delete work" in (tmp_path / "pptpsetup.lock").read_bytes()


def test_the_lock_is_released_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), lock(ROOT, "create work", directory=tmp_path):
        raise ZeroDivisionError
    with lock(ROOT, "create work", directory=tmp_path):
        pass


def test_waiting_ends_when_the_holder_does(tmp_path: Path) -> None:
    """The waiting one goes on as soon as the lock is free."""
    ready, held = os.pipe()
    release, go = os.pipe()

    def hold() -> None:
        with lock(ROOT, "create work", directory=tmp_path):
            os.write(held, b"x")
            os.read(release, 1)

    child = in_child(hold)
    os.read(ready, 1)
    waiter = in_child(lambda: lock(ROOT, "delete work", 60.0, directory=tmp_path).__enter__())
    os.write(go, b"x")
    assert ended(child) == 0
    assert ended(waiter) == 0
    for descriptor in (ready, held, release, go):
        os.close(descriptor)


def test_images_have_locks_of_their_own_outside_the_image(tmp_path: Path) -> None:
    """Two images can be worked on at once, one cannot; and no lock file is left in it."""
    one, two, locks = tmp_path / "one", tmp_path / "two", tmp_path / "locks"
    one.mkdir()
    two.mkdir()
    with (
        lock(one, "create", directory=locks),
        lock(two, "create", directory=locks),
        pytest.raises(LockedError),
    ):
        lock(tmp_path / "two/../one", "create", directory=locks).__enter__()
    assert os.listdir(one) == os.listdir(two) == []


def test_a_lock_file_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    """In a directory that all may write, anybody could hold us up; links are not followed."""
    path = tmp_path / "pptpsetup.lock"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        lock(ROOT, "create", directory=tmp_path).__enter__()
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(LockedError) as caught:
        lock(ROOT, "create", directory=tmp_path).__enter__()
    assert caught.value.diagnostics[0].code == "lock-foreign"
    path.unlink()
    path.symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic links"):
        lock(ROOT, "create", directory=tmp_path).__enter__()
    assert not (tmp_path / "victim").exists()


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    with memory_folder() as folder:
        yield folder


def test_thirty_creates_at_once_lose_nothing(shared_folder: Path) -> None:
    """Fault 16 of the Perl tool: of thirty concurrent creates it keeps twenty-seven."""
    root = shared_folder / "host"
    root.mkdir()
    make_host(root)
    before = snapshot(root)
    wanted = shared_folder / "wanted"
    wanted.write_text("")

    def change(name: str, keep: bool) -> None:
        with lock(root, f"create {name}", 120.0, directory=shared_folder):
            system = RealSystem(root)
            recover(system)
            names = set(wanted.read_text().split()) - {name} | ({name} if keep else set())
            wanted.write_text(" ".join(sorted(names)))
            provision([each for tunnels in sorted(names) for each in tunnel(tunnels)], system)

    names = [f"t{number}" for number in range(30)]
    for keep in (True, False):
        children = [in_child(partial(change, name, keep)) for name in names]
        assert [ended(child) for child in children] == [0] * len(names)
        if keep:
            secrets = (root / "srv/secret/chap").read_text()
            assert all(f"# managed by pptpsetup: {name}\n" in secrets for name in names)
            everything = [each for name in sorted(names) for each in tunnel(name)]
            assert plan_for(everything, RealSystem(root)).empty
    assert snapshot(root) == before
