"""Types, style, layers and shell scripts: the repository enforces itself."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.project.checkout import ROOT, files, run
from tests.support import need

pytestmark = pytest.mark.project

BIN = Path(sys.executable).parent


def test_ruff_finds_nothing() -> None:
    """The rules of pyproject.toml."""
    run(BIN / "ruff", "check", "--output-format", "concise")


def test_ruff_would_not_reformat() -> None:
    """One formatting for all."""
    run(BIN / "ruff", "format", "--check")


def test_mypy_strict() -> None:
    """Every module is fully typed."""
    run(sys.executable, "-m", "mypy")


def test_imports_go_one_way() -> None:
    """The layers of pyproject.toml hold."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'engine'}"}
    run(BIN / "lint-imports", env=environment)


def _shell_scripts() -> list[Path]:
    """Files whose first line names a POSIX shell or bash; templates are checked as what they render."""
    found = []
    for path in (each for each in files() if each.suffix != ".j2"):
        with path.open("rb") as stream:
            if re.match(rb"#! ?/(usr/)?bin/(env )?(bash|sh|busybox sh)\b", stream.readline(80)):
                found.append(path)
    return found


def test_shellcheck() -> None:
    """Our scripts, and the hooks we render, which the golden trees hold."""
    need("git", package="git")
    shellcheck = need("shellcheck", package="shellcheck")
    scripts = _shell_scripts()
    assert ROOT / "tests/setup" in scripts
    # Many golden trees hold the very same script.
    for path in {each.read_bytes(): each for each in scripts}.values():
        dialect = ["-s", "sh"] if b"busybox" in path.read_bytes()[:20] else []
        run(shellcheck, *dialect, path)


# Written so that this file does not find itself.
FORBIDDEN = {
    "unfinished work": r"\b(TOD[O]|FIXM[E]|XX[X])\b|NotImplemented[E]rror",
    "a path of one workplace": r"/work/(main|share[d])|\.\./share[d]\b|/tmp/brie[f]",
    "a merge conflict": r"^(<{7}|>{7}) ",
}


def test_no_file_says_what_only_one_workplace_understands() -> None:
    """No leftovers, no paths of the machine it was written on."""
    need("git", package="git")
    found = []
    for path in files():
        text = path.read_text(encoding="utf-8", errors="replace")
        for what, pattern in FORBIDDEN.items():
            for match in re.finditer(pattern, text, re.MULTILINE):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line}: {what}: {match.group()}")
    assert not found, "\n".join(found)
