"""Real pppds of several generations: this machine's, and those of other Debian releases.

tests/setup puts the others below .cache/roots. They read the options they are given to the end of
``dryrun``, hundreds of times in a row, with a scratch /etc/ppp and an empty plain file for /dev/ppp.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.oracle.pppd import Dryrun
from tests.support import missing, need, need_root

_HERE = Path(__file__).parent
_ROOTS = _HERE.parent.parent / ".cache" / "roots"
_SECONDS = 300
_END = "pppd ended with "

HERE = "here"
RELEASES = {"bullseye": (2, 4, 9), "trixie": (2, 5, 2)}
GENERATIONS = (HERE, *RELEASES)

_LOOP = f"""
for each in "$SANDBOX"/options/*; do
    cat "$each" >"$SANDBOX"/etc-ppp/options
    "$@" 2>&1 </dev/null
    echo "{_END}$?"
done
"""


class Generation:
    """One pppd; *directory* is for its scratch files."""

    def __init__(self, name: str, directory: Path) -> None:
        need("unshare", package="util-linux")
        need_root("pppd runs in a mount namespace")
        self._directory = directory
        if name == HERE:
            self._root, self._program = "", [need("pppd", package="ppp")]
        else:
            root = _ROOTS / name
            if not (root / "usr/sbin/pppd").is_file():
                missing(f"there is no root of Debian {name} (tests/setup makes it, with mmdebstrap)")
            self._root, self._program = str(root), ["chroot", str(root), "/usr/sbin/pppd"]
        for each in ("etc-ppp/peers", "dev", "options"):
            (directory / each).mkdir(parents=True, exist_ok=True)

    def own_options(self) -> tuple[str, ...]:
        """What this pppd says its options are (new in 2.5.0)."""
        self._write("peers/question", b"")
        output = self._run([*self._program, "pty", "true", "show-options"], [b"noauth\n"])[0].output
        return tuple(line.split()[0] for line in output.splitlines() if line.startswith("    "))

    def dryruns(
        self, peers: bytes, options: Sequence[bytes] = (b"",), arguments: Sequence[str] = ()
    ) -> list[Dryrun]:
        """``pppd call question ARGUMENTS dryrun`` with each of *options* as /etc/ppp/options."""
        self._write("peers/question", peers)
        self._write("chap-secrets", b"")
        return self._run([*self._program, "call", "question", *arguments, "dryrun"], options)

    def _run(self, command: list[str], options: Sequence[bytes]) -> list[Dryrun]:
        for old in (self._directory / "options").iterdir():
            old.unlink()
        for number, content in enumerate(options):
            (self._directory / "options" / f"{number:05}").write_bytes(content)
        done = subprocess.run(
            [
                *("unshare", "-m", "--propagation", "private", "sh", str(_HERE / "sandbox.sh")),
                *("sh", "-c", _LOOP, "sh", *command),
            ],
            env={**os.environ, "SANDBOX": str(self._directory), "ROOT": self._root},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=True,
        )
        parts = done.stdout.decode("utf-8", "replace").split(_END)
        outputs = [parts[0], *(part.partition("\n")[2] for part in parts[1:-1])]
        statuses = [int(part.partition("\n")[0]) for part in parts[1:]]
        assert len(statuses) == len(options), done.stdout
        return [Dryrun(status, output) for status, output in zip(statuses, outputs, strict=True)]

    def _write(self, name: str, content: bytes) -> None:
        path = self._directory / "etc-ppp" / name
        path.write_bytes(content)
        path.chmod(0o600)


def effective(output: str) -> list[str]:
    """The dump without origins.

    ``lock``, ``modem`` and cleared flags are empty lines in 2.4.9, and in 2.5 also flags with a value of
    more than one bit; the origin that 2.5 shows is freed memory.
    """
    lines = (line.partition("\t")[0].partition(" # (from")[0].strip() for line in output.splitlines())
    return sorted(line for line in lines if line)
