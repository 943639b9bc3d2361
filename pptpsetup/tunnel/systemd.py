"""Talking to a running systemd through systemctl and journalctl, as far as tunnels need it."""

from dataclasses import dataclass

from pptpsetup.errors import Diagnostic, DifferentError

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
    output = _run("systemctl", "show", f"--property={','.join(_PROPERTIES)}", unit_name(tunnel)).output
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
    _must("start", "--no-block", unit_name(tunnel))


def stop_unit(tunnel: str) -> None:
    """Stop *tunnel*, a waiting restart included, and forget that it failed.

    Raises DifferentError when systemd cannot.
    """
    _must("stop", unit_name(tunnel))
    # Fails for a unit that is not loaded any more, which is just as good.
    _run("systemctl", "reset-failed", unit_name(tunnel))


def reload() -> None:
    """Make systemd read changed unit files.

    Raises DifferentError when it cannot.
    """
    _must("daemon-reload")


def log_of(unit: Unit) -> str:
    """What the last run of *unit* wrote; empty when the journal has nothing."""
    if not unit.invocation:
        return ""
    match = f"_SYSTEMD_INVOCATION_ID={unit.invocation}"
    return _run("journalctl", "--quiet", "--no-pager", "--output=cat", "--lines=80", match).output


@dataclass(frozen=True, slots=True)
class _Done:
    status: int
    output: str
    errors: str


def _run(*command: str) -> _Done:
    import os
    import subprocess

    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "SYSTEMD_PAGER": ""},
        )
    except FileNotFoundError:
        return _Done(127, "", f"{command[0]} is not installed")
    return _Done(
        done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    )


def _must(*arguments: str) -> None:
    done = _run("systemctl", *arguments)
    if done.status:
        raise DifferentError(
            Diagnostic(
                "systemctl-failed",
                f"systemctl {' '.join(arguments)} failed",
                why=done.errors.strip() or f"it ended with status {done.status}",
            )
        )
