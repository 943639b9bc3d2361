"""Saved plans as files of the user's."""

import os
from pathlib import Path

from pptpsetup.change.fingerprint import ensure_key, fingerprint_of
from pptpsetup.change.journal import make_state_directory
from pptpsetup.change.manifest import STATE_DIR
from pptpsetup.change.report import Saved, saved
from pptpsetup.change.step import Plan
from pptpsetup.change.system import FileEntry, RealSystem
from pptpsetup.cli.host import Host
from pptpsetup.errors import Diagnostic, UsageError, Where
from pptpsetup.invocation import command


def save(host: Host, plan: Plan, file: str, *, overwrite: bool) -> None:
    """Write *plan* to *file*, for its owner alone; a former file is replaced.

    Raises DifferentError when something is in the way of the plan; UsageError when *file* is something else
    than a file; OSError.
    """
    host.require_root()
    state_dir = host.system.resolve(STATE_DIR)
    make_state_directory(host.system, state_dir)
    ensure_key(host.system, state_dir)
    content = saved(plan, fingerprint_of(host.system), overwrite=overwrite)
    path = os.path.realpath(file)
    if Path(path).exists() and not Path(path).is_file():
        raise UsageError(
            Diagnostic(
                "plan-not-a-file", f"{file} is not a file", hint="--json prints a plan for other uses"
            )
        )
    RealSystem().put(path, FileEntry(content, os.geteuid(), os.getegid(), 0o600))


def load(file: str) -> Saved:
    """The saved plan in *file*. Raises UsageError when there is none."""
    try:
        content = Path(file).read_bytes()
    except FileNotFoundError:
        hint = f"{command('plan --out', file)} makes one"
        message = "there is no such plan"
        raise UsageError(Diagnostic("plan-missing", message, Where(file), hint=hint)) from None
    return Saved.load(content, file)
