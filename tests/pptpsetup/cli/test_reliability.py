"""The commands killed at every system call, and fifty of them at once."""

import errno
import io
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from pptpsetup.change.lock import lock
from pptpsetup.cli.main import main
from tests.pptpsetup.change.scene import at_call, count_calls, failing_at, killed_at, memory_folder
from tests.pptpsetup.cli.shop import CHAP_SECRETS, make_system, picture

pytestmark = pytest.mark.exhaustive

KILLED = 77
SPEC = "etc/pptpsetup/tunnels.yaml"
PEERS = "etc/ppp/peers/work"

Act = Callable[[Path], int]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder where fsync(2) costs nothing, with a folder for locks."""
    with memory_folder() as path:
        (path / "locks").mkdir()
        monkeypatch.setattr("pptpsetup.change.lock._RUN_LOCK", path / "locks")
        yield path


def run(root: Path, arguments: Sequence[str], stdin: bytes = b"") -> int:
    """The exit status of a command, its words going nowhere."""
    was = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO(stdin)), io.StringIO(), io.StringIO()
    try:
        return main(["--root", str(root), *arguments])
    finally:
        sys.stdin, sys.stdout, sys.stderr = was


def create(root: Path, name: str = "work", *options: str, password: bytes = b"Tr0ub4dor") -> int:
    common = ("--server", "vpn.example.com", "--username", "tom", "--password-stdin")
    return run(root, ("create", name, *common, *options), password)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def tunnels(root: Path) -> None:
    """Two tunnels, one of them changed once."""
    assert create(root) == create(root, "home", "--on-boot") == create(root, "work", "--mtu", "1300") == 0


def with_edited_spec(root: Path) -> None:
    tunnels(root)
    edit(root / SPEC, "username: tom", "username: tim")


def with_edited_file(root: Path) -> None:
    tunnels(root)
    edit(root / PEERS, "holdoff 10", "holdoff 33")


def with_perls_tunnel(root: Path) -> None:
    """As the Perl program leaves one: a peers file, and a line in a file that belongs to others, too."""
    (root / "etc/ppp/peers/office").write_text(
        '# written by pptpsetup\npty "pptp vpn.example.com --nolaunchpppd"\nlock\nnoauth\nnobsdcomp\n'
        "nodeflate\nname tom\nremotename office\nipparam office\nrequire-mppe-128\n"
    )
    with (root / "etc/ppp/chap-secrets").open("ab") as file:
        file.write(b'\n# added by pptpsetup for office\ntom office "s3cret" *\n')


SCENES: dict[str, tuple[Callable[[Path], None], Act]] = {
    "import": (with_perls_tunnel, lambda root: run(root, ("import", "office"))),
    "apply": (with_edited_spec, lambda root: run(root, ("apply",))),
    "apply --overwrite": (with_edited_file, lambda root: run(root, ("apply", "--overwrite"))),
    "adopt": (with_edited_file, lambda root: run(root, ("adopt",))),
    "adopt --keep": (with_edited_file, lambda root: run(root, ("adopt", "--keep"))),
    "delete": (tunnels, lambda root: run(root, ("delete", "work"))),
    "rollback": (tunnels, lambda root: run(root, ("rollback", "1"))),
    "secret rotate": (
        tunnels,
        lambda root: run(root, ("secret", "rotate", "work", "--password-stdin"), b"n"),
    ),
}


@pytest.mark.parametrize("scene", SCENES)
def test_killed_at_every_call_the_system_is_as_before_or_as_wanted(scene: str, folder: Path) -> None:
    """In every single case, once the next command has recovered; and the command can then be repeated."""
    prepare, act = SCENES[scene]
    origin = make_system(folder / "origin")
    prepare(origin)
    before = picture(origin)
    done = copy(origin, folder / "done")
    calls = count_calls(lambda: act(done))
    after = picture(done)
    assert after != before
    committed = 0
    root = copy(origin, folder / "host")
    for call in range(calls):
        assert killed_at(call, partial(act, root)) == KILLED
        assert run(root, ("recover",)) == 0
        found = picture(root)
        assert found in (before, after), f"killed at call {call}"
        if found == after:
            committed += 1
            shutil.rmtree(root)
            root = copy(origin, folder / "host")
    assert 0 < committed < calls / 2
    assert act(root) == 0
    assert picture(root) == after


FAILING: dict[str, tuple[Callable[[Path], None], Act]] = {
    "create": (tunnels, lambda root: create(root, "third", "--on-boot")),
    **SCENES,
}
FAULTS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EINTR, errno.EACCES, errno.EDQUOT)


@pytest.mark.parametrize("scene", ["create", "secret rotate"])
def test_one_failing_call_anywhere_and_the_status_says_what_became_of_it(scene: str, folder: Path) -> None:
    """0: it is as wanted. Anything else: as before, to the byte, without any recovery."""
    prepare, act = FAILING[scene]
    origin = make_system(folder / "origin")
    prepare(origin)
    before = picture(origin)
    done = copy(origin, folder / "done")
    calls = count_calls(lambda: act(done))
    after = picture(done)
    root = copy(origin, folder / "host")
    refused = 0
    for call in range(calls):
        with failing_at({call}, FAULTS[call % len(FAULTS)]):
            status = act(root)
        assert status in (0, 1, 5), f"call {call}"
        assert picture(root) == (before if status else after), f"call {call}: {status}"
        if status:
            refused += 1
        else:
            shutil.rmtree(root)
            root = copy(origin, folder / "host")
    assert calls / 2 < refused < calls
    assert act(root) == 0
    assert picture(root) == after


def test_killed_while_forgetting_a_password_the_next_time_finishes_it(folder: Path) -> None:
    """Two steps: the files as one change, then the history."""
    forget = partial(run, arguments=("secret", "forget", "work"))
    origin = make_system(folder / "origin")
    assert create(origin) == 0
    before = picture(origin)
    done = copy(origin, folder / "done")
    calls = count_calls(lambda: forget(done))
    after = picture(done)
    root = copy(origin, folder / "host")
    committed = 0
    for call in range(calls):
        assert killed_at(call, partial(forget, root)) == KILLED
        assert run(root, ("recover",)) == 0
        if picture(root) == before:
            assert run(root, ("rollback", "--dry-run")) == 0
            continue
        committed += 1
        assert picture(root) == after, f"killed at call {call}"
        # What is left of the history can still be used, and forgetting once more finishes it.
        assert run(root, ("rollback", "--dry-run")) in (0, 1)
        assert forget(root) == 0
        assert picture(root) == after
        assert not [path for path in root.rglob("*.old") if b"Tr0ub4dor" in path.read_bytes()]
        shutil.rmtree(root)
        root = copy(origin, folder / "host")
    assert committed > 10


def copy(origin: Path, to: Path) -> Path:
    """A copy of a system, with owners."""
    shutil.copytree(origin, to, symlinks=True, copy_function=_copy)
    for path in origin.rglob("*"):
        state = path.lstat()
        os.lchown(to / path.relative_to(origin), state.st_uid, state.st_gid)
        if path.is_dir() and not path.is_symlink():
            (to / path.relative_to(origin)).chmod(state.st_mode & 0o7777)
    return to


def _copy(source: str, target: str) -> None:
    shutil.copy2(source, target)


def in_child(work: Callable[[], int], dies_at: int | None = None) -> int:
    """The process that does *work*, or is killed before its changing call *dies_at*."""
    child = os.fork()
    if child == 0:
        status = 99
        try:
            with at_call(lambda _, number: os._exit(KILLED) if number == dies_at else None):
                status = work()
        finally:
            os._exit(status)
    return child


def test_fifty_mixed_commands_at_once_and_some_are_killed(folder: Path) -> None:
    """One after the other, nothing lost, nobody waits for ever; the outcome is what the last spec says.

    Whoever comes after a dead one cleans up behind him.
    """
    root = make_system(folder / "host")
    for number in range(4):
        assert create(root, f"t{number}") == 0
    chance = random.Random(7)  # noqa: S311  no secret
    wait = ("--wait", "300")
    works: list[Callable[[], int]] = []
    for number in range(50):
        name = f"t{chance.randrange(8)}"
        works.append(
            chance.choice(
                (
                    lambda name=name: create(root, name, *wait),
                    lambda name=name, number=number: create(root, name, "--mtu", str(1300 + number), *wait),
                    lambda name=name: run(root, ("delete", name, *wait)),
                    lambda: run(root, ("apply", *wait)),
                    lambda: run(root, ("rollback", *wait)),
                    lambda name=name: run(root, ("secret", "set", name, "--password-stdin", *wait), b"new"),
                    lambda: run(root, ("check", *wait)),
                    lambda: run(root, ("history",)),
                )
            )
        )
    # A change makes a hundred calls or so, half of them for its journal.
    children = [
        in_child(work, chance.randrange(100) if at % 3 == 0 else None) for at, work in enumerate(works)
    ]
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    # 1: the tunnel of that name is not there just now, or not any more when the lock has been got.
    assert set(ends) <= {0, 1, 2, KILLED}, ends
    assert ends.count(KILLED) > 3
    assert ends.count(0) > 10
    assert run(root, ("recover",)) == run(root, ("check",)) == 0
    lines = (root / "etc/ppp/chap-secrets").read_bytes().splitlines(keepends=True)
    assert b"".join(line for line in lines if b"managed by pptpsetup" not in line) == CHAP_SECRETS
    names = set(os.listdir(root / "etc/ppp/peers"))
    assert {line.rpartition(b": ")[2].decode().strip() for line in lines if b"managed by" in line} == names
    assert not list(root.rglob(".pptpsetup-*"))


def test_wait_is_honoured(folder: Path) -> None:
    """0: at once with status 4, by every command; longer: until the other has ended."""
    root = make_system(folder / "host")
    tunnels(root)
    before = picture(root)
    commands = (
        ("apply",),
        ("plan",),
        ("check",),
        ("rollback",),
        ("recover",),
        ("secret", "forget", "work"),
        ("delete", "work"),
    )
    ready, held = os.pipe()
    release, go = os.pipe()

    def hold() -> int:
        with lock(root, "somebody else"):
            os.write(held, b"x")
            os.read(release, 1)
        return 0

    holder = in_child(hold)
    try:
        os.read(ready, 1)
        assert [run(root, each) for each in commands] == [4] * len(commands)
        assert run(root, ("apply", "--wait", "0.2")) == 4
        assert picture(root) == before
        waiter = in_child(lambda: run(root, ("rollback", "--wait", "120")))
    finally:
        os.write(go, b"x")
        assert os.waitstatus_to_exitcode(os.waitpid(holder, 0)[1]) == 0
    assert os.waitstatus_to_exitcode(os.waitpid(waiter, 0)[1]) == 0
    assert picture(root) != before
    for descriptor in (ready, held, release, go):
        os.close(descriptor)
