"""What every command knows of a change on trial: that there is one, and that its time is over."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.errors import ExitStatus, PptpsetupError
from pptpsetup.invocation import command
from pptpsetup.render.places import TRIAL_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.change.trial import Trial

_LOOK = 1.0
"Seconds between two looks at the clock: it goes on while the machine sleeps, and sleep(3) does not."
_AGAIN = 10.0
"Seconds until the next attempt to take a trial back."
_ATTEMPTS = 60


def known(host: Host) -> Trial | None:
    """The change that is on trial, as far as we may know; whether there is one is root's business."""
    try:
        if not (host.root / TRIAL_FILE.lstrip("/")).exists():
            return None
        from pptpsetup.change.trial import pending

        return pending(host.system)
    except (PermissionError, PptpsetupError):
        return None


def note(host: Host) -> str | None:
    """That a change is on trial, in a sentence."""
    trial = known(host)
    if trial is None:
        return None
    from pptpsetup.change.trial import when

    how = command("confirm")
    return f"`{trial.title}` is on trial: taken back {when(trial)} unless confirmed in a new login by: {how}"


def as_json(host: Host) -> dict[str, object] | None:
    """Version 1 of what is known of it."""
    trial = known(host)
    if trial is None:
        return None
    left = max(0.0, trial.left())
    return {
        "id": trial.id,
        "command": trial.title,
        "seconds_left": round(left, 1),
        "until": round(time.time() + left, 1),
    }


def settle(host: Host, console: Console, wait: float) -> bool:
    """Take a trial back whose time is over, or that a reboot has ended; forget one that came to nothing.

    True when one was taken back. Raises as `revert` does, and PptpsetupError ``trial-unreadable``.
    """
    from pptpsetup.change.trial import Standing, load, standing

    if load(host.system) is None:
        return False
    from pptpsetup.change.lock import lock
    from pptpsetup.change.transaction import recover
    from pptpsetup.change.trial import end

    with lock(host.root, "recover", wait):
        recovery = recover(host.system)
        if recovery is not None:
            console.say(recovery.message)
        trial = load(host.system)
        if trial is None:
            return False
        state = standing(trial, host.system)
        if state in (Standing.NOT_MADE, Standing.SETTLED):
            end(host.system)
    return state is Standing.DUE and take_back(host, trial, console, wait)


def require_decided(host: Host, console: Console, wait: float) -> None:
    """For commands that stop tunnels before they change anything. Raises LockedError ``trial-pending``."""
    from pptpsetup.change.trial import require_none

    settle(host, console, wait)
    require_none(host.system)


def take_back(host: Host, trial: Trial, console: Console, wait: float) -> bool:
    """As `revert`, and say so. Raises as it does."""
    from pptpsetup.change.uptime import now
    from pptpsetup.cli.returning import revert
    from pptpsetup.tunnel import timer

    rebooted = now().since(trial.began) is None
    if not revert(host, trial, console, wait=wait):
        return False
    # It also waits for jumps of the clock, so it does not go by itself.
    timer.stop(trial.id, live=host.live)
    why = "the system was restarted before it was confirmed" if rebooted else "it was not confirmed in time"
    console.say(f"`{trial.title}` was taken back: {why}")
    if rebooted and host.live:
        _start_again(host)
    return True


def _start_again(host: Host) -> None:
    """systemd chose what to start at this boot by the files that were there before they were taken back."""
    from pptpsetup.spec.model import Init
    from pptpsetup.tunnel.supervisors.choice import running

    try:
        systemd = running(host.profile).get(Init.SYSTEMD)
        names = [tunnel.name for tunnel in host.spec().tunnels if tunnel.is_set_up and tunnel.on_boot]
    except PptpsetupError:
        return
    if systemd is not None:
        from pptpsetup.tunnel.supervisors.systemd import start_unit

        for name in names:
            start_unit(name)


def wait_and_take_back(host: Host, name: str, console: Console, wait: float) -> ExitStatus:
    """What the timer of the trial with the id *name* runs: sleep until it is due, then take it back.

    Raises the last error when that fails for good.
    """
    # All that will be needed, now: meanwhile, the package may be replaced by another version.
    from pptpsetup.change import transaction  # noqa: F401
    from pptpsetup.change import trial as trials
    from pptpsetup.cli import returning  # noqa: F401
    from pptpsetup.tunnel import timer

    trial = trials.load(host.system)
    while trial is not None and trial.id == name and (left := trial.left()) > 0:
        time.sleep(min(left, _LOOK))
        with suppress(OSError):  # too many files are open, for instance
            trial = trials.load(host.system)
    if trial is None or trial.id != name:
        timer.stop(name, live=host.live)
        console.say(f"trial {name} is over")
        return ExitStatus.OK
    _heed_signals()
    attempts = 1
    while (failure := _attempt(host, trial, console, wait)) is not None:
        _log(f"`{trial.title}` could not be taken back: {failure}")
        if attempts == _ATTEMPTS:
            raise failure
        attempts += 1
        time.sleep(_AGAIN)
    _log(f"`{trial.title}` was not confirmed in time and has been taken back")
    return ExitStatus.OK


def _attempt(host: Host, trial: Trial, console: Console, wait: float) -> PptpsetupError | OSError | None:
    try:
        take_back(host, trial, console, wait)
    except (PptpsetupError, OSError) as error:
        return error
    return None


def _heed_signals() -> None:
    """The programs started from here on would ignore what this process has ignored while it waited."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def _log(text: str) -> None:
    """Nobody sees what a process without a terminal says; the journal has it already."""
    import os
    import syslog

    if "JOURNAL_STREAM" not in os.environ and not sys.stderr.isatty():
        syslog.openlog("pptpsetup", syslog.LOG_PID, syslog.LOG_DAEMON)
        syslog.syslog(syslog.LOG_WARNING, text)
