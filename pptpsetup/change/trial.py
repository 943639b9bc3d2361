"""A change on trial: taken back unless somebody confirms it from a new login in time.

One small file says so, written and synced before the first change and removed by the confirmation. Together
with the generations it tells everything, so that being killed anywhere, a power cut and a reboot leave no
doubt:

* no generation came after the one it names: the change was never made (or undone by its journal).
* exactly one did: that is the change on trial. It is *due* when its time is over, and after a reboot.
* more than one: it has been taken back, and only the file was still to go.

It names no content: taking back is an ordinary rollback, see `pptpsetup.change.generations`.
"""

import time
from collections.abc import Mapping
from enum import Enum

from pptpengine.record import dataclass, field
from pptpsetup.change.journal import make_state_directory, sweep, write_private
from pptpsetup.change.login import Login
from pptpsetup.change.manifest import STATE_DIR, trial_path
from pptpsetup.change.numbered import numbers, registered
from pptpsetup.change.system import System, read_bytes
from pptpsetup.change.uptime import Uptime, now
from pptpsetup.errors import Diagnostic, LockedError, PptpsetupError, Where
from pptpsetup.invocation import command, shell_path

_VERSION = 1


class Standing(Enum):
    """What has become of a trial."""

    NOT_MADE = "not made"
    PENDING = "pending"
    DUE = "due"
    "Not confirmed in time, or the system was booted since."
    SETTLED = "settled"
    "Taken back already."


@dataclass(frozen=True, slots=True)
class Trial:
    """A change on trial."""

    id: str
    title: str
    "The command."
    began: Uptime
    seconds: float
    "How long it may last."
    base: int
    "The last generation before it; 0 when there was none."
    restart: bool = True
    "Whether running tunnels follow when it is taken back."
    login: Login = field(default_factory=Login)
    "Where it was begun."

    def left(self) -> float:
        """The seconds until it is due; 0 or less: it is."""
        passed = now().since(self.began)
        return 0.0 if passed is None else self.seconds - passed

    @property
    def until(self) -> float:
        """When it is due, on the wall clock: seconds since the epoch."""
        return time.time() + self.left()


def load(system: System, state_dir: str = STATE_DIR) -> Trial | None:
    """The trial that *system* knows of, whatever has become of it.

    Raises PptpsetupError ``trial-unreadable``; PermissionError when that is root's business.
    """
    path = trial_path(system.resolve(state_dir))
    content = read_bytes(system, path)
    if content is None:
        return None
    import json

    try:
        return _decode(json.loads(content))
    except (ValueError, KeyError, TypeError) as error:
        message = "the file that says which change is on trial cannot be read"
        why = f"{type(error).__name__}: {error}"
        hint = (
            f"{command('history')} shows the changes; "
            f"rm {shell_path(path)} && {command('rollback')} takes the last one back"
        )
        raise PptpsetupError(Diagnostic("trial-unreadable", message, Where(path), why, hint)) from error


def standing(trial: Trial, system: System, state_dir: str = STATE_DIR) -> Standing:
    """What has become of *trial*; certain only under the lock and after ``recover``."""
    after = [each for each in numbers(system, system.resolve(state_dir)) if each > trial.base]
    if not after:
        return Standing.NOT_MADE
    if len(after) > 1:
        return Standing.SETTLED
    return Standing.PENDING if trial.left() > 0 else Standing.DUE


def pending(system: System, state_dir: str = STATE_DIR) -> Trial | None:
    """The trial that waits for its confirmation or is due. Raises as `load` does."""
    trial = load(system, state_dir)
    if trial is None or standing(trial, system, state_dir) in (Standing.NOT_MADE, Standing.SETTLED):
        return None
    return trial


def arm(
    system: System,
    title: str,
    seconds: float,
    *,
    restart: bool = True,
    login: Login | None = None,
    state_dir: str = STATE_DIR,
) -> Trial:
    """Say durably that the change to come is on trial. The caller holds the lock. Raises OSError."""
    import json
    import secrets

    state_dir = system.resolve(state_dir)
    base = max(numbers(system, state_dir), default=0)
    trial = Trial(secrets.token_hex(3), title, now(), seconds, base, restart, login or Login())
    make_state_directory(system, state_dir)
    write_private(system, trial_path(state_dir), json.dumps(_encode(trial), indent=1).encode() + b"\n")
    return trial


def end(system: System, state_dir: str = STATE_DIR) -> None:
    """Forget the trial: the change is one like any other. The caller holds the lock. Raises OSError."""
    state_dir = system.resolve(state_dir)
    if system.read(trial_path(state_dir)) is not None:
        system.remove(trial_path(state_dir))
    if not registered(system, state_dir):
        sweep(system, state_dir)


def require_none(system: System, state_dir: str = STATE_DIR) -> None:
    """Raises LockedError ``trial-pending`` while a change is on trial."""
    trial = pending(system, state_dir)
    if trial is not None:
        message = f"`{trial.title}` is on trial, and nothing else is changed until it is decided"
        why = f"it is taken back {when(trial)} unless it is confirmed"
        hint = f"in a new login: {command('confirm', trial.id)}; or take it back now: {command('rollback')}"
        raise LockedError(Diagnostic("trial-pending", message, why=why, hint=hint))


def when(trial: Trial) -> str:
    """When *trial* is due, in words."""
    if trial.left() <= 0:
        return "now"
    return time.strftime("at %H:%M:%S" if trial.left() < 43200 else "on %Y-%m-%d at %H:%M", _local(trial))


def _local(trial: Trial) -> time.struct_time:
    return time.localtime(trial.until)


def _encode(trial: Trial) -> dict[str, object]:
    return {
        "version": _VERSION,
        "id": trial.id,
        "title": trial.title,
        "boot": trial.began.boot,
        "began": trial.began.seconds,
        **({} if trial.began.boot else {"wall": trial.began.wall}),
        "seconds": trial.seconds,
        "base": trial.base,
        "restart": trial.restart,
        "login": trial.login.stated(),
    }


def _decode(fields: Mapping[str, object]) -> Trial:
    login = fields["login"]
    if fields["version"] != _VERSION or not isinstance(login, dict):
        raise ValueError(f"its version is {fields['version']}, not {_VERSION}")
    return Trial(
        str(fields["id"]),
        str(fields["title"]),
        Uptime(str(fields["boot"]), float(str(fields["began"])), float(str(fields.get("wall", 0.0)))),
        float(str(fields["seconds"])),
        int(str(fields["base"])),
        bool(fields["restart"]),
        Login.load(login),
    )
