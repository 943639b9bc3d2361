"""A host in a folder, what a tunnel puts on it, and ways to make that fail."""

import errno
import os
import re
import stat
import tempfile
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from pptpsetup.change import syncfs
from pptpsetup.change.manifest import STATE_DIR, load_manifest
from pptpsetup.change.plan import make_plan
from pptpsetup.change.step import Plan
from pptpsetup.change.system import RealSystem, System
from pptpsetup.change.transaction import apply
from pptpsetup.render.artifact import (
    Access,
    Artifact,
    DirectoryArtifact,
    FileArtifact,
    LinkArtifact,
    SharedArtifact,
)

ROOT_UID, ROOT_GID = os.geteuid(), os.getegid()
"The numbers of root in the folder's passwd and group: ours, so that no test needs to be root."
DIP_GID = 30 if os.geteuid() == 0 else ROOT_GID

FILE = Access("root", "root", 0o644)
PRIVATE = Access("root", "root", 0o600)
PEERS = Access("root", "dip", 0o640)
DIRECTORY = Access("root", "root", 0o755)

FOREIGN_SECRETS = (
    b"# Secrets for authentication using CHAP\n# client\tserver\tsecret\tIP\n\n"
    b'bob * "b o b" *\n\neve\toffice\te\\"ve *'
)
"With a comment at the top, a blank line in the middle and no newline at the end."

_HISTORY = re.compile(rf"{STATE_DIR}/(tx/\d+\.gen(/|$)|key$)")

Tree = dict[str, tuple[object, ...]]


@contextmanager
def memory_folder() -> Iterator[Path]:
    """A folder where fsync(2) costs nothing, if the machine has one."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as path:
        yield Path(path)


def make_host(root: Path) -> RealSystem:
    """A Debian-like tree: chap-secrets is a link with an absolute target, some directories are missing."""
    for directory in ("etc/ppp/peers", "etc/ppp/ip-up.d", "srv/secret", "var/lib", "etc/network"):
        (root / directory).mkdir(parents=True)
    (root / "etc/passwd").write_text(f"root:x:{ROOT_UID}:{ROOT_GID}:root:/root:/bin/sh\n")
    (root / "etc/group").write_text(f"root:x:{ROOT_GID}:\ndip:x:{DIP_GID}:bob\n")
    (root / "srv/secret/chap").write_bytes(FOREIGN_SECRETS)
    os.chown(root / "srv/secret/chap", ROOT_UID, DIP_GID)
    # A group that somebody has chosen; who is not root has none to choose.
    (root / "srv/secret/chap").chmod(0o640 if DIP_GID != ROOT_GID else 0o600)
    (root / "etc/ppp/chap-secrets").symlink_to("/srv/secret/chap")
    (root / "etc/ppp/peers/provider").write_text("noauth\n")
    (root / "etc/ppp/ip-up.d/0000usepeerdns").write_text("#!/bin/sh\n")
    (root / "etc/ppp/ip-up.d/0000usepeerdns").chmod(0o755)
    (root / "etc/ppp/peers").chmod(0o2750)
    return RealSystem(root)


def tunnel(name: str, secret: str = "pw", options: bytes = b"noauth\n") -> list[Artifact]:  # noqa: S107  a made-up one
    """What a tunnel needs, one artifact of each kind."""
    line = f'"bob" "{name}" "{secret}" * # managed by pptpsetup: {name}\n'.encode()
    return [
        FileArtifact(f"/etc/ppp/peers/{name}", b"# " + name.encode() + b"\n" + options, PEERS),
        SharedArtifact("/etc/ppp/chap-secrets", "ppp-secrets", (line,), PRIVATE, secret=True),
        SharedArtifact("/etc/ppp/pap-secrets", "ppp-secrets", (line,), PRIVATE, secret=True),
        DirectoryArtifact("/etc/pptpsetup", DIRECTORY),
        DirectoryArtifact("/etc/pptpsetup/secrets", Access("root", "root", 0o700)),
        FileArtifact(
            f"/etc/pptpsetup/secrets/{name}",
            secret.encode() + b"\n",
            PRIVATE,
            secret=True,
            user_owned=True,
        ),
        LinkArtifact(f"/etc/systemd/system/multi-user.target.wants/pptp@{name}.service", "../pptp@.service"),
    ]


def plan_for(artifacts: list[Artifact], system: System, **options: Any) -> Plan:
    """The plan for *artifacts* with the manifest that is there."""
    return make_plan(artifacts, system, load_manifest(system), **options)


def provision(artifacts: list[Artifact], system: System, **options: Any) -> Plan:
    """Plan and apply."""
    plan = plan_for(artifacts, system, **options)
    apply(plan, system, title="create work")
    return plan


def snapshot(root: Path) -> Tree:
    """Everything below *root*: kind and mode, owner, group, content, extended attributes.

    Without the history, which grows with every change and is meant to stay.
    """
    return without_history(whole_snapshot(root))


def without_history(tree: dict[str, Any]) -> dict[str, Any]:
    """*tree*, by path, without generations and key, and without the directories that hold nothing else."""
    left = {path: each for path, each in tree.items() if not _HISTORY.match(path)}
    for directory in (f"{STATE_DIR}/tx", STATE_DIR):
        if not any(path.startswith(f"{directory}/") for path in left):
            left.pop(directory, None)
    return left


def whole_snapshot(root: Path) -> Tree:
    """As `snapshot`, with the history."""
    found: Tree = {}
    for path in sorted(root.rglob("*")):
        name = "/" + str(path.relative_to(root))
        state = path.lstat()
        content: object = None
        if path.is_symlink():
            content = os.readlink(path)
        elif stat.S_ISREG(state.st_mode):
            content = path.read_bytes()
        names = [] if path.is_symlink() else os.listxattr(path)
        attributes = tuple((each, os.getxattr(path, each)) for each in sorted(names))
        found[name] = (oct(state.st_mode), state.st_uid, state.st_gid, content, attributes)
    return found


CHANGING = (
    "open", "write", "fsync", "fchown", "fchmod", "rename", "symlink", "mkdir", "unlink", "rmdir",
    "setxattr", "removexattr",
)  # fmt: skip
"""Calls that change a file system, or bring a change to disk.

Being killed at any other call is the same as being killed before the next of these.
"""


@contextmanager
def at_call(action: Callable[[str, int], None]) -> Iterator[None]:
    """Call *action* with the name and number, from 0, of every changing system call before it is made."""
    number = 0
    real = {name: getattr(os, name) for name in CHANGING}
    real_syncfs = syncfs.sync_file_system

    def interposed(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal number
            if name != "open" or arguments[1] & os.O_CREAT:
                number += 1
                action(name, number - 1)
            return real[name](*arguments, **options)

        return call

    def call_syncfs(descriptor: int) -> None:
        nonlocal number
        number += 1
        action("syncfs", number - 1)
        real_syncfs(descriptor)

    for name in CHANGING:
        setattr(os, name, interposed(name))
    syncfs.sync_file_system = call_syncfs
    try:
        yield
    finally:
        syncfs.sync_file_system = real_syncfs
        for name, function in real.items():
            setattr(os, name, function)


@contextmanager
def failing_at(calls: Container[int], error: int) -> Iterator[None]:
    """Let the changing system calls with these numbers fail."""
    with at_call(lambda _, number: fail(error) if number in calls else None):
        yield


def count_calls(work: Callable[[], object]) -> int:
    """How many changing system calls *work* makes."""
    calls: list[str] = []
    with at_call(lambda name, _: calls.append(name)):
        work()
    return len(calls)


def killed_at(call: int, work: Callable[[], object]) -> int:
    """The exit status of a child that does *work* and dies, as by SIGKILL, before changing call *call*."""
    child = os.fork()
    if child == 0:
        status = 99
        try:
            with at_call(lambda _, number: os._exit(77) if number == call else None):
                work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def fail(number: int) -> NoReturn:
    """Raise the OSError that the kernel would."""
    raise OSError(number, os.strerror(number))


class Observed:
    """A system that calls *before* with the verb and path ahead of every change."""

    def __init__(self, system: System, before: Callable[[str, str], None]) -> None:
        self._system = system
        self._before = before
        self.resolve, self.read, self.list = system.resolve, system.read, system.list
        self.discard, self.user_id, self.group_id = system.discard, system.user_id, system.group_id

    def put(self, path: str, entry: Any) -> None:
        self._before("put", path)
        self._system.put(path, entry)

    def remove(self, path: str) -> None:
        self._before("remove", path)
        self._system.remove(path)

    def rename(self, old: str, new: str) -> None:
        self._before("rename", old)
        self._system.rename(old, new)


class ReadOnly(Observed):
    """A system that refuses every change: for code that must only read."""

    def __init__(self, system: System) -> None:
        super().__init__(system, lambda _verb, _path: fail(errno.EROFS))
