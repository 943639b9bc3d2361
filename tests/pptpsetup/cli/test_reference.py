"""The generated documents are current, complete, and manual pages that man can show."""

import subprocess
from pathlib import Path

import pytest

from pptpsetup.cli.commands import COMMANDS
from pptpsetup.cli.documents import documents
from pptpsetup.cli.reference import EXIT_STATUSES
from pptpsetup.errors import ExitStatus
from pptpsetup.spec.settings import SETTINGS
from tests.support import need

_DOCS = Path(__file__).resolve().parents[3] / "docs"
_UPDATE = "run: PYTHONPATH=.:engine python -m pptpsetup.cli.documents"


@pytest.mark.project
@pytest.mark.parametrize("name", sorted(documents()))
def test_is_current(name: str) -> None:
    assert (_DOCS / name).read_text("utf-8") == documents()[name], _UPDATE


def test_every_command_and_exit_status_is_explained() -> None:
    text = documents()["reference/cli.md"]
    assert all(f"## pptpsetup {name}" in text for name in COMMANDS)
    assert {number for number, _ in EXIT_STATUSES} == {*map(int, ExitStatus), 130}


def test_every_setting_has_its_manual_entry() -> None:
    page = documents()["man/pptpsetup-tunnels.yaml.5"]
    assert all(f".B {setting.path}\n" in page.replace("\\-", "-") for setting in SETTINGS)


def test_the_manuals_example_is_a_valid_spec() -> None:
    from pptpsetup.cli.manpages import example
    from pptpsetup.spec.document import Document

    assert Document.parse(example() + "\n", "example").spec.find("work") is not None


@pytest.mark.host
@pytest.mark.parametrize("name", sorted(each for each in documents() if each.startswith("man/")))
def test_man_renders_it_without_a_warning(name: str, tmp_path: Path) -> None:
    page = tmp_path / Path(name).name
    page.write_text(documents()[name], "utf-8")
    done = subprocess.run(
        [need("man", package="man-db"), "--warnings", "-l", str(page)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "100"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "NAME" in done.stdout
