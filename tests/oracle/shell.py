"""The installed POSIX shells as oracles for quoting."""

import shutil
import subprocess
from collections.abc import Sequence

from tests.support import missing

_SECONDS = 60


def shells() -> list[list[str]]:
    """Command prefixes of every POSIX shell here; at least one, /bin/sh."""
    found = [["sh"]] + [[name] for name in ("dash", "bash", "mksh", "yash", "posh") if shutil.which(name)]
    if shutil.which("busybox"):
        found.append(["busybox", "sh"])
    if shutil.which("sh") is None:
        missing("sh is not installed")
    return found


def arguments(shell: Sequence[str], words: str) -> list[bytes]:
    """What *shell* makes of *words*, text that stands where a command's arguments do."""
    # printf with a NUL per argument is the only output that no argument can imitate.
    done = subprocess.run(
        [*shell, "-c", f"printf '%s\\0' {words}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=True,
    )
    return done.stdout.split(b"\0")[:-1]


def script(shell: Sequence[str], text: str) -> bytes:
    """Standard output of *text* run by *shell*."""
    done = subprocess.run(
        [*shell, "-c", text], stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=True
    )
    return done.stdout
