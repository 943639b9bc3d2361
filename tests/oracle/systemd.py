"""The installed systemd as an oracle: it loads units and says what it understood, running nothing."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support import missing, need

_SECONDS = 120
_NOBODY = 65534
_SHELL_ESCAPE = re.compile(r'\\(x[0-9a-f]{2}|[0-7]{3}|[abfnrtv\\"$`])')
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def verify(directory: Path, units: Mapping[str, str]) -> tuple[int, str]:
    """Write *units* (relative path: text) and let ``systemd-analyze verify`` judge all but drop-ins."""
    program = need("systemd-analyze", package="systemd")
    paths = [_place(directory, name, text) for name, text in units.items()]
    done = subprocess.run(
        [program, "verify", "--man=no", *(str(path) for path in paths if path.suffix != ".conf")],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{directory}:"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


class Loaded:
    """What systemd understood of one unit, out of ``systemd --test``."""

    def __init__(self, dump: str) -> None:
        self.dump = dump

    @property
    def description(self) -> str:
        return self._values("Description")[0]

    @property
    def instance(self) -> str:
        return self._values("Instance")[0]

    @property
    def environment(self) -> list[str]:
        """``NAME=value`` of every variable, in order."""
        return self._values("Environment")

    @property
    def commands(self) -> list[list[str]]:
        """Arguments of every command line, specifiers resolved, ``$`` as it will be expanded."""
        return [_split(line) for line in self._values("Command Line")]

    def _values(self, key: str) -> list[str]:
        return re.findall(rf"^\s*{key}: (.*)$", self.dump, re.MULTILINE)


def load(directory: Path, units: Mapping[str, str], unit: str) -> Loaded:
    """Write *units* and load *unit* with a systemd that may run nothing (``--test``, not as root).

    *directory* must be readable by everybody.
    """
    program = "/usr/lib/systemd/systemd"
    if not Path(program).is_file():
        missing("systemd is not installed (Debian package systemd)")
    for name, text in units.items():
        _place(directory, name, text)
    done = subprocess.run(
        [program, "--test", "--system", f"--unit={unit}", "--no-pager"],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "SYSTEMD_UNIT_PATH": f"{directory}:"},
        user=_NOBODY if os.geteuid() == 0 else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_SECONDS,
        check=False,
    )
    output = done.stdout.decode("utf-8", "surrogateescape")
    found = re.search(
        rf"-> Unit {re.escape(unit)}:\n(.*?)(?=^\s*-> Unit |\Z)", output, re.MULTILINE | re.DOTALL
    )
    assert found, output[-2000:]
    return Loaded(found[1])


def _place(directory: Path, name: str, text: str) -> Path:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _split(line: str) -> list[str]:
    """Undo systemd's quote_command_line(): bare words and double-quoted ones with shell and C escapes."""
    tokens: Sequence[str] = re.findall(r'"(?:[^"\\]|\\.)*"|[^ ]+', line)
    return [
        _SHELL_ESCAPE.sub(_unescape, token[1:-1]) if token.startswith('"') else token for token in tokens
    ]


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] == "x":
        return chr(int(code[1:], 16))
    return chr(int(code, 8)) if code.isdigit() else _LETTERS.get(code, code)
