"""systemd, through systemctl and journalctl."""

import time
from collections.abc import Iterable

from pptpengine.record import dataclass
from pptpsetup.tunnel.attempt import Attempt, Failure
from pptpsetup.tunnel.supervisors.command import must, run

_PROPERTIES = ("LoadState", "ActiveState", "SubState", "ExecMainStatus", "InvocationID", "Job")


@dataclass(frozen=True, slots=True)
class Unit:
    """What systemd says of a unit (org.freedesktop.systemd1(5))."""

    loaded: bool
    active: str
    "active, activating, deactivating, inactive, failed."
    sub: str
    exit_status: int
    invocation: str
    job: bool
    "A start or stop is still queued."

    @property
    def inactive(self) -> bool:
        """Nothing runs, nothing waits, nothing is remembered as failed."""
        return self.active == "inactive" and not self.job

    @property
    def goes_on(self) -> bool:
        """systemd has not given up: it is between two attempts or in one."""
        return self.active not in ("inactive", "failed")

    def has_ended(self, before: str) -> bool:
        """The run after the one called *before* is over; its exit status is known.

        What cleans up after it (ExecStopPost=) may still be running, and the next run may be planned.
        """
        if self.active == "deactivating":
            return self.invocation != before
        return not self.job and (self.sub.startswith("auto-restart") or not self.goes_on)


def unit_name(tunnel: str) -> str:
    """The unit that runs *tunnel*."""
    return f"pptp@{tunnel}.service"


def read_unit(tunnel: str) -> Unit:
    """The state of the unit of *tunnel*; an unknown unit is inactive."""
    output = run("systemctl", "show", f"--property={','.join(_PROPERTIES)}", unit_name(tunnel)).output
    values = dict(line.partition("=")[::2] for line in output.splitlines())
    status = values.get("ExecMainStatus", "")
    return Unit(
        loaded=values.get("LoadState") == "loaded",
        active=values.get("ActiveState", "inactive"),
        sub=values.get("SubState", "dead"),
        exit_status=int(status) if status.isdecimal() else 0,
        invocation=values.get("InvocationID", ""),
        job=values.get("Job", "") not in ("", "0"),
    )


def start_unit(tunnel: str) -> None:
    """Queue the start of *tunnel* and return at once.

    Raises DifferentError when systemd does not accept it.
    """
    must("systemctl", "start", "--no-block", unit_name(tunnel))


def stop_unit(tunnel: str) -> None:
    """Stop *tunnel*, a waiting restart included, and forget that it failed.

    Raises DifferentError when systemd cannot.
    """
    must("systemctl", "stop", unit_name(tunnel))
    # Fails for a unit that is not loaded any more, which is just as good.
    run("systemctl", "reset-failed", unit_name(tunnel))


def reload() -> None:
    """Make systemd read changed unit files.

    Raises DifferentError when it cannot.
    """
    must("systemctl", "daemon-reload")


def log_of(unit: Unit) -> str:
    """What the last run of *unit* wrote; empty when the journal has nothing."""
    if not unit.invocation:
        return ""
    match = f"_SYSTEMD_INVOCATION_ID={unit.invocation}"
    return run("journalctl", "--quiet", "--no-pager", "--output=cat", "--lines=80", match).output


class Systemd:
    """The systemd that runs here."""

    def __init__(self, unit_directory: str) -> None:
        self._unit_directory = unit_directory

    def attempt(self, tunnel: str) -> Attempt:
        return UnitAttempt(tunnel)

    def end(self, tunnel: str) -> bool:
        unit = read_unit(tunnel)
        if unit.inactive:
            return False
        stop_unit(tunnel)
        return unit.active != "failed"

    def files_changed(self, paths: Iterable[str]) -> None:
        if any(path.startswith(f"{self._unit_directory}/") for path in paths):
            reload()


class UnitAttempt:
    """systemd starts the tunnel's unit."""

    PAUSE = 0.5
    "Seconds between two looks at the unit: each starts a program."

    def __init__(self, tunnel: str) -> None:
        self._tunnel = tunnel
        self._before = read_unit(tunnel).invocation
        start_unit(tunnel)
        self._next_look = 0.0

    def poll(self) -> Failure | None:
        if time.monotonic() < self._next_look:
            return None
        self._next_look = time.monotonic() + self.PAUSE
        unit = read_unit(self._tunnel)
        return Failure(unit.exit_status, log_of(unit)) if unit.has_ended(self._before) else None

    def settle(self) -> None:
        pass

    def abandon(self) -> None:
        pass
