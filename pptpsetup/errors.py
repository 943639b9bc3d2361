"""What can go wrong, in a form that every command reports the same way.

A *diagnostic* says what happened (``message``), where (``where``), why (``why``) and what to type next
(``hint``); its ``code`` is stable and documented. An error carries one or more diagnostics and the exit
status of the whole command. The class of an error says who must act: the user (usage, spec), the host
(unsupported, privilege), somebody else who holds the lock, or us.
"""

from collections.abc import Iterable
from enum import IntEnum

from pptpengine.record import dataclass


class ExitStatus(IntEnum):
    """Exit statuses promised by the command line."""

    OK = 0
    FAILURE = 1
    "Usage or internal error."
    DIFFERENT = 2
    "What is wanted and what is differ: pending changes, a hand-edited file, a tunnel that is not up."
    SPEC_INVALID = 3
    LOCKED = 4
    ROLLED_BACK = 5
    "Applying or verifying failed; everything was put back."
    ROLLBACK_FAILED = 6
    "Putting things back failed as well; the message names the journal."
    NO_PRIVILEGE = 7
    UNSUPPORTED = 8
    "This host lacks something: pppd, a kernel module, a profile."


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file; line and column count from 1."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem, in words."""

    code: str
    "Stable kebab-case identifier."
    message: str
    "What is wrong: one sentence without a final full stop."
    where: Where | None = None
    why: str | None = None
    hint: str | None = None
    "What to do; a command in it can be pasted as it stands."
    source: str | None = None
    "The line of ``where``, without its end; None when it is not at hand or may hold a secret."


class PptpsetupError(Exception):
    """Base of every error this package raises on purpose."""

    status = ExitStatus.FAILURE

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = (
            (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        )
        super().__init__("; ".join(each.message for each in self.diagnostics))


class UsageError(PptpsetupError):
    """The command line cannot be carried out as it was given."""


class InternalError(PptpsetupError):
    """A fault of ours: a template, a profile or the code is wrong."""


class DifferentError(PptpsetupError):
    """The host is not as wanted: a foreign or hand-edited file, a tunnel that did not come up."""

    status = ExitStatus.DIFFERENT


class SpecError(PptpsetupError):
    """The user's YAML or a value given for it is invalid; all problems found are in ``diagnostics``."""

    status = ExitStatus.SPEC_INVALID


class LockedError(PptpsetupError):
    """Another pptpsetup is changing this host."""

    status = ExitStatus.LOCKED


class RolledBackError(PptpsetupError):
    """Applying failed; every file is as it was before."""

    status = ExitStatus.ROLLED_BACK


class RollbackFailedError(PptpsetupError):
    """Applying failed and undoing it did, too; the journal is kept and named."""

    status = ExitStatus.ROLLBACK_FAILED


class PrivilegeError(PptpsetupError):
    """The command needs root."""

    status = ExitStatus.NO_PRIVILEGE


class UnsupportedError(PptpsetupError):
    """This host cannot do what was asked: a program, kernel module or profile is missing."""

    status = ExitStatus.UNSUPPORTED
