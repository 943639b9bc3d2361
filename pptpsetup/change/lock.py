"""One pptpsetup at a time changes a host."""

import errno
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pptpsetup.errors import Diagnostic, LockedError, Where

_RUN_LOCK = Path("/run/lock") if Path("/run").is_dir() else Path("/var/run")
_INTERVAL = 0.1
"Seconds between two attempts of a run that waits."


@contextmanager
def lock(root: Path, command: str, wait: float = 0.0, *, directory: Path | None = None) -> Iterator[None]:
    """Hold the lock of the host whose files are below *root*, waiting up to *wait* seconds for it.

    The lock is flock(2) on a file in *directory*, by default /run/lock (/var/run where there is no /run), so
    it ends with its holder, however that ends. An image's lock is on the machine that works on it, under a
    name of its own: the image is left alone. *command* is told to others who find it locked.

    Raises LockedError, which names the holder's process, since when, and its command; OSError when the lock
    file cannot be made.
    """
    path = (directory or _RUN_LOCK) / _name(root)
    descriptor = _open(path)
    try:
        _acquire(descriptor, path, time.monotonic() + wait)
        with suppress(OSError):  # a full /run: others then wait for somebody without a name
            _tell(descriptor, command)
        yield
        with suppress(OSError):  # what was done under the lock is done
            os.ftruncate(descriptor, 0)
    finally:
        # The file stays: removing it would let a third run lock a new one while a second waits on this one.
        os.close(descriptor)


def _name(root: Path) -> str:
    place = os.fspath(root.resolve())
    if place == "/":
        return "pptpsetup.lock"
    return f"pptpsetup-{hashlib.sha256(os.fsencode(place)).hexdigest()[:16]}.lock"


def _open(path: Path) -> int:
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        descriptor = os.open(path, flags)
    found = os.fstat(descriptor)
    # The directory may be open to everybody (1777): a file put there by another user could be held for ever.
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        os.close(descriptor)
        message = "the lock file belongs to somebody else"
        raise LockedError(Diagnostic("lock-foreign", message, Where(os.fspath(path)), hint=f"rm {path}"))
    return descriptor


def _acquire(descriptor: int, path: Path, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
        else:
            return
        if time.monotonic() >= deadline:
            raise _locked(descriptor, path)
        time.sleep(_INTERVAL)


def _tell(descriptor: int, command: str) -> None:
    import json

    holder = {"pid": os.getpid(), "since": time.time(), "command": command}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode() + b"\n", 0)


def _locked(descriptor: int, path: Path) -> LockedError:
    import json

    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        since = time.strftime("%H:%M:%S", time.localtime(holder["since"]))
        who = f"`{holder['command']}` (process {holder['pid']}, since {since})"
    except (ValueError, KeyError, TypeError):
        who = "another pptpsetup"  # between locking and telling, or after its end
    message = f"{who} is changing this host"
    hint = "wait until it has ended, then repeat the command"
    return LockedError(Diagnostic("locked", message, Where(os.fspath(path)), hint=hint))
