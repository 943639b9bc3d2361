"""A short coverage-guided run of all fuzz targets, always the same one; `make fuzz` is the long one."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import missing

ROOT = Path(__file__).parents[3]


@pytest.mark.host
def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    """Seed and number of inputs are fixed, so that a failure can be had again."""
    if importlib.util.find_spec("atheris") is None:
        missing("atheris is not installed (pip install --group fuzz; Linux on x86-64, Python 3.11 to 3.13)")
    options = ["-runs=2500", "-seed=1", f"-artifact_prefix={tmp_path}/"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.fuzz.run", "everything", *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'engine'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done 2500 runs" in done.stderr
