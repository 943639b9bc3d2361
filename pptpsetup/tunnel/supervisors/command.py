"""Running the commands of init systems."""

from pptpengine.record import dataclass
from pptpsetup.errors import Diagnostic, DifferentError


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended; 127: it is not installed."""

    status: int
    output: str
    errors: str


def run(*command: str) -> Done:
    """Run *command* to its end."""
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
        return Done(127, "", f"{command[0]} is not installed")
    return Done(
        done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    )


def must(*command: str) -> None:
    """Run *command*.

    Raises DifferentError ``PROGRAM-failed`` when it ends with another status than 0.
    """
    done = run(*command)
    if done.status:
        raise DifferentError(
            Diagnostic(
                f"{command[0]}-failed",
                f"{' '.join(command)} failed",
                why=done.errors.strip() or done.output.strip() or f"it ended with status {done.status}",
            )
        )
