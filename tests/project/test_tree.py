"""What the repository holds: sources, and nothing that somebody's work happened to leave in the checkout."""

import pytest

from tests.project.checkout import ROOT, files

pytestmark = pytest.mark.project

TOP = {
    *(
        ".ci",
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "hatch_build.py",
        "pyproject.toml",
    ),
    *("benchmarks", "docs", "engine", "profiles", "pptpsetup", "templates", "tests"),
}
BINARY = {".pcap"}
"Recorded packets; everything else can be read and compared as text."
LARGEST = 64 << 10


def test_nothing_lies_about_at_the_top() -> None:
    """A file more there is either documented here or the output of a command that went astray."""
    assert {path.relative_to(ROOT).parts[0] for path in files()} == TOP


def test_files_are_text_of_a_size_to_read() -> None:
    """No wheels, archives, pictures of screens or dumps."""
    odd = []
    for path in files():
        data = path.read_bytes()
        if len(data) > LARGEST or (b"\0" in data and path.suffix not in BINARY):
            odd.append(str(path.relative_to(ROOT)))
    assert not odd
