"""Why a change could not be made, in words, and what to do about it."""

import errno
import os
import signal
from posixpath import dirname

from pptpsetup.errors import Diagnostic, Where
from pptpsetup.invocation import shell_path


class ChangedMeanwhileError(Exception):
    """A place is not as it was when the plan was made."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class NotAsWrittenError(Exception):
    """A place reads back differently from what was written."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class InterruptedBySignalError(Exception):
    """The user or the system wants us to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def explain(error: BaseException, outcome: str) -> Diagnostic:
    """What *error* means; *outcome* says in a clause what the host is like now."""
    if isinstance(error, OSError):
        return _explain_os_error(error, outcome)
    if isinstance(error, ChangedMeanwhileError):
        message = f"{error.path} was changed by another program while pptpsetup was at work; {outcome}"
        return Diagnostic("changed-meanwhile", message, Where(error.path), hint="repeat the command")
    if isinstance(error, NotAsWrittenError):
        message = f"{error.path} reads back differently from what was written; {outcome}"
        why = "its file system does not keep contents, owners or modes, or another program rewrote it"
        hint = f"see which file system it is on: findmnt -T {shell_path(error.path)}"
        return Diagnostic("verification-failed", message, Where(error.path), why, hint)
    if isinstance(error, InterruptedBySignalError):
        name = signal.Signals(error.number).name
        return Diagnostic("interrupted", f"interrupted by {name}; {outcome}", hint="repeat the command")
    message = f"pptpsetup failed unexpectedly ({type(error).__name__}); {outcome}"
    return Diagnostic("internal", message, hint="repeat the command with --debug and report what it prints")


def _explain_os_error(error: OSError, outcome: str) -> Diagnostic:
    path = error.filename if isinstance(error.filename, str) else None
    where = Where(path) if path else None
    directory = dirname(path) if path else "/"
    number = error.errno
    if number in (errno.ENOSPC, errno.EDQUOT):
        what = "the disk is full" if number == errno.ENOSPC else "the disk quota is used up"
        hint = f"free some space (df -h {directory} shows how much there is), then repeat the command"
        return Diagnostic("disk-full", f"{what}; {outcome}", where, hint=hint)
    if number == errno.EROFS:
        hint = f"findmnt -T {directory} shows the mount; mount -o remount,rw makes it writable again"
        message = f"the file system is mounted read-only; {outcome}"
        return Diagnostic("read-only", message, where, hint=hint)
    if number in (errno.EACCES, errno.EPERM):
        if os.geteuid() != 0:
            hint = "repeat the command as root, for example with sudo"
        else:
            hint = f"lsattr -d {directory} {path or ''} shows whether something there is immutable"
        return Diagnostic("permission-denied", f"writing is not permitted; {outcome}", where, hint=hint)
    if number == errno.EIO:
        hint = "the kernel's log says more: dmesg | tail; the disk may be failing, so back it up first"
        return Diagnostic("input-output-error", f"the disk reports an error; {outcome}", where, hint=hint)
    reason = (error.strerror or str(error)).lower()
    return Diagnostic("write-failed", f"a file could not be changed ({reason}); {outcome}", where)
