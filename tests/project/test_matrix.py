"""The unit suite on the newest Python with the newest libraries, and on the oldest with the oldest."""

import hashlib
import os
import re
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest

from tests.project.checkout import ROOT, run
from tests.support import missing

pytestmark = pytest.mark.matrix

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")
VERSIONS = SUPPORTED[-1:]
"""The newest. Another one runs the whole suite, and the oldest has the oldest libraries; nothing ever broke
between them only, and each takes minutes."""
UNIT = "not (host or project or install or matrix or exhaustive or vm)"
CACHE = ROOT / ".cache" / "matrix"


def _answers(python: Path, version: str) -> bool:
    """Whether *python* is there and is *version*; a pyenv shim may be neither."""
    probe = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.stdout.strip() == version


def find_python(version: str) -> Path | None:
    """An interpreter of *version*: this one, on PATH, from pyenv or in /usr/bin."""
    folders = [Path(sys.prefix) / "bin", *map(Path, os.get_exec_path())]
    candidates = [folder / f"python{version}" for folder in folders]
    pyenv = Path.home() / ".pyenv" / "versions"
    candidates += [
        found / "bin" / f"python{version}" for found in sorted(pyenv.glob(f"{version}.*"), reverse=True)
    ]
    candidates.append(Path("/usr/bin") / f"python{version}")
    return next((each for each in candidates if _answers(each, version)), None)


def library_requirements() -> list[str]:
    """The project's own dependencies, as its metadata states them."""
    found = [each for each in requires("pptpsetup") or [] if ";" not in each]
    assert found
    return found


def environment(version: str, requirements: list[str]) -> Path:
    """A virtual environment with what the unit suite needs; kept under .cache for the next run."""
    python = find_python(version)
    if python is None:
        missing(f"Python {version} is not installed")
        raise AssertionError("not reached")
    key = "\n".join([str(python.resolve()), *requirements, (ROOT / "pyproject.toml").read_text()])
    folder = CACHE / f"{version}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    made = folder / "bin" / "python"
    if not (folder / "complete").exists():
        run(python, "-m", "venv", "--clear", "--without-pip", folder)
        pip = [sys.executable, "-m", "pip", "--python", str(made), "install", "--quiet"]
        run(*pip, "--group", "unit", *requirements)
        (folder / "complete").touch()
    return made


def unit_suite(python: Path) -> None:
    """Run the unit tests with *python*; the closing line must count passed tests."""
    said = run(python, "-m", "pytest", "-q", "-x", "-m", UNIT, "-p", "no:cacheprovider")
    assert re.search(r"\b[1-9]\d* passed", said), said


@pytest.mark.parametrize("version", VERSIONS)
def test_unit_suite_on(version: str) -> None:
    """The newest libraries on each Python."""
    unit_suite(environment(version, library_requirements()))


def test_unit_suite_on_the_oldest_libraries() -> None:
    """The lower bounds of pyproject.toml, exactly, on the oldest Python that is installed."""
    oldest = [each.replace(">=", "==") for each in library_requirements()]
    assert all("==" in each for each in oldest)
    version = next(each for each in SUPPORTED if find_python(each))
    unit_suite(environment(version, oldest))
