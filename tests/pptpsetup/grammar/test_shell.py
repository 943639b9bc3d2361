"""Quoting for sh, against every POSIX shell installed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.grammar import pppword, shell
from tests.oracle.pppd import Pppd
from tests.oracle.shell import arguments, script, shells

BATCHES = settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
LINE = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=60)
NASTY = [
    "",
    " ",
    "'",
    "it's",
    "''",
    '"',
    "\\",
    "a\\",
    "$(id)",
    "`id`",
    "$HOME",
    "*",
    "~",
    "#x",
    "-n",
    "é€",
    "!!",
    "a;b",
]


def test_the_written_form_is_pinned() -> None:
    assert shell.quote("it's") == "'it'\\''s'"
    assert shell.join(["a b", ""]) == "'a b' ''"
    assert shell.comment("it's ours") == "it's ours"


@pytest.mark.parametrize("value", ["a\0", "\ud800"])
def test_what_no_shell_word_can_carry_is_refused(value: str) -> None:
    with pytest.raises(SpecError) as caught:
        shell.quote(value)
    assert caught.value.diagnostics[0].code == "unquotable-sh"


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\x1b[0m", "\x7f", "\x85", "\u2028", "\u2029"])
def test_one_line_stays_one_line(value: str) -> None:
    for function in (shell.quote_line, shell.comment, lambda text: shell.join(["x", text])):
        with pytest.raises(SpecError) as caught:
            function(value)
        assert caught.value.diagnostics[0].code == "unquotable-sh"


def test_a_comment_does_not_join_the_next_line() -> None:
    with pytest.raises(SpecError):
        shell.comment("a\\")


def test_a_command_has_a_program() -> None:
    with pytest.raises(SpecError):
        shell.join([])


@pytest.mark.host
@pytest.mark.parametrize("sh", shells(), ids=" ".join)
@BATCHES
@given(st.lists(TEXT | st.sampled_from(NASTY), min_size=30, max_size=80))
def test_a_shell_reads_every_word_back(sh: list[str], values: list[str]) -> None:
    """Some hundreds of words, line breaks and control characters among them."""
    words = " ".join(shell.quote(value) for value in values)
    assert arguments(sh, words) == [value.encode() for value in values]


@pytest.mark.host
@pytest.mark.parametrize("sh", shells(), ids=" ".join)
def test_a_comment_hides_itself_only(sh: list[str]) -> None:
    text = "".join(f"# {shell.comment(value)}\n" for value in NASTY if not value.endswith("\\")) + "echo end"
    assert script(sh, text) == b"end\n"


@pytest.mark.host
@BATCHES
@given(st.lists(st.lists(LINE | st.sampled_from(NASTY), min_size=1, max_size=4), min_size=20, max_size=40))
def test_the_pty_word_of_two_layers_arrives(pppd_oracle: Pppd, commands: list[list[str]]) -> None:
    """A command line quoted for sh, then as a pppd word; pppd's own parser and sh take both layers off."""
    lines = [shell.join(["printf", r"%s\0", *argv]) for argv in commands]
    files = [f"pty {pppword.quote(line)}\n".encode() for line in lines]
    seen = pppd_oracle.options(files)
    assert all(each.accepted for each in seen)
    output = script(["sh"], "\n".join(each.pty.decode() for each in seen))
    assert output.split(b"\0")[:-1] == [word.encode() for argv in commands for word in argv]
