"""The installed ifupdown as an oracle: how it reads a stanza and which commands it would run."""

import subprocess
from pathlib import Path

from tests.support import need

_SECONDS = 60


def query(interfaces: Path, name: str) -> dict[str, str]:
    """The options of interface *name* in the file *interfaces*, as ``ifquery`` prints them."""
    done = _run([need("ifquery", package="ifupdown"), "-i", str(interfaces), name])
    return dict(line.split(": ", 1) for line in done.splitlines())


def automatic(interfaces: Path) -> list[str]:
    """Interfaces that are brought up at boot; ``lo``, which ifupdown adds by itself, is left out."""
    listed = _run([need("ifquery", package="ifupdown"), "-i", str(interfaces), "--list", "-a"]).split()
    return [name for name in listed if name != "lo"]


def up_commands(interfaces: Path, name: str) -> list[str]:
    """What ``ifup NAME`` would hand to the shell."""
    done = _run([need("ifup", package="ifupdown"), "--no-act", "--verbose", "-i", str(interfaces), name])
    return [line.strip() for line in done.splitlines() if line.strip()]


def _run(command: list[str]) -> str:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_SECONDS,
        check=False,
    )
    output = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, output
    return output
