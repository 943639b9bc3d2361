"""Every message a bad file produces, as it reads: tests/pptpsetup/spec/bad/NAME.yaml says NAME.txt.

After a message changed on purpose: ``PPTPSETUP_GOLDEN=write pytest tests/pptpsetup/spec/test_golden.py``,
then read the difference aloud.
"""

import os
from pathlib import Path

import pytest

from pptpsetup.cli.console import printable
from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.spec.document import Document

BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))


def rendered(problem: Diagnostic) -> str:
    """A diagnostic, one field a line."""
    lines = [f"{problem.where}: {problem.message} [{problem.code}]"]
    lines += [f"    line: {printable(problem.source).rstrip()}"] if problem.source else []
    lines += [f"    why: {problem.why}"] if problem.why else []
    lines += [f"    hint: {problem.hint}"] if problem.hint else []
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_says_exactly_this(file: Path) -> None:
    """All problems at once, each with its place, in the order of the file."""
    with pytest.raises(SpecError) as caught:
        Document.parse_bytes(file.read_bytes(), file.name)
    found = "".join(map(rendered, caught.value.diagnostics))
    expected = file.with_suffix(".txt")
    if os.environ.get("PPTPSETUP_GOLDEN") == "write":
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_every_problem_has_a_place_and_no_full_stop(file: Path) -> None:
    """The shape errors.Diagnostic promises."""
    with pytest.raises(SpecError) as caught:
        Document.parse_bytes(file.read_bytes(), file.name)
    for problem in caught.value.diagnostics:
        assert problem.where is not None
        assert problem.where.line is not None
        assert problem.where.column is not None
        assert not problem.message.endswith(".")
        assert problem.code == problem.code.lower()


def test_no_message_repeats_a_password() -> None:
    """Whatever stands where a password source belongs may be the password itself."""
    with pytest.raises(SpecError) as caught:
        Document.parse((Path(__file__).parent / "bad" / "passwords.yaml").read_text(), "passwords.yaml")
    text = "".join(map(rendered, caught.value.diagnostics))
    assert "S3" not in text
    assert "5318008" not in text
