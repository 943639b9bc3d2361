"""A small Debian system in a directory, and the command line to change it with."""

from pathlib import Path

import pytest

from tests.oracle.pppd import pppd_oracle as pppd_oracle  # noqa: PLC0414 - a fixture for the tests here
from tests.pptpsetup.cli.shop import Cli, make_system


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """The root of a Debian 12 with pppd and systemd installed, as far as pptpsetup looks."""
    return make_system(tmp_path / "system")


@pytest.fixture
def cli(system: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """``pptpsetup --root SYSTEM …``, in this process."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Cli(system, capfd, monkeypatch)
