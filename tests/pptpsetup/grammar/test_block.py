"""Our lines in shell files of others: every byte kept, and what sh makes of the whole."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pptpsetup.grammar import block, shell
from tests.oracle.shell import script, shells

BATCHES = settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
OURS = (b"ours=1\n", b"# a comment\nalso=2\n")
FOREIGN = [
    b"",
    b"\n",
    b"\n\n",
    b"a=1\n",
    b"a=1",
    b"a=1\n\n",
    b"a=1\n\n\n",
    b"a=1\\",
    b"a=1\\\n",
    b"# no line end",
    b"a='x\ny'\n",
    b"a=\xe9\xff\r\nb=2\r\n",
    b"\0\n",
    b"# >>> pptpsetup\n",
    b"# <<< pptpsetup\n",
    b"# >>> pptpsetup: changes between these two lines are lost\nforeign=1\n",
]
VALUE = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
STATEMENT = st.one_of(
    st.builds(
        lambda name, value: f"{name}={shell.quote(value)}".encode(),
        st.sampled_from(["alpha", "beta", "ppp_peers"]),
        VALUE,
    ),
    st.sampled_from(
        [
            b"# a comment",
            b"#",
            b"",
            b"\t",
            b'beta="$alpha x"',
            b"alpha=a\\",
            b'ppp_peers="${ppp_peers-} dsl" # mine',
            b"if true; then",
            b"fi",
            b"gamma() {",
            b"}",
        ]
    ),
)
"""Lines as they stand in such files; a list of them need not be a whole program."""


@pytest.mark.parametrize("old", FOREIGN)
def test_our_lines_come_and_go_and_others_bytes_stay(old: bytes) -> None:
    new = block.merge(old, OURS)
    assert block.lines_of(new) == (b"ours=1\n", b"# a comment\n", b"also=2\n")
    assert new.startswith(old)
    assert block.merge(new, OURS) == new
    assert block.merge(block.merge(new, OURS[:1]), OURS) == new
    assert block.merge(new, ()) == old


@pytest.mark.parametrize("added", [b"b=2\n", b"\n", b"b=2"])
@pytest.mark.parametrize("old", FOREIGN)
def test_what_somebody_writes_after_our_block_stays(old: bytes, added: bytes) -> None:
    assert block.merge(block.merge(old, OURS) + added, ()) == old + added


def test_an_empty_line_before_a_block_of_a_file_that_was_empty_is_somebodys() -> None:
    assert block.merge(b"b=2\n" + block.merge(b"", OURS), ()) == b"b=2\n"


def test_the_written_form_is_pinned() -> None:
    assert block.merge(b"a=1\n", (b"ours=1\n",)) == (
        b"a=1\n\n# >>> pptpsetup: changes between these two lines are lost\nours=1\n# <<< pptpsetup\n"
    )


@pytest.mark.host
@pytest.mark.parametrize("command", shells(), ids=" ".join)
@BATCHES
@given(statements=st.lists(STATEMENT, max_size=8), line_end=st.booleans())
def test_sh_reads_others_lines_as_before_and_ours_as_well(
    command: list[str], statements: list[bytes], line_end: bool
) -> None:
    old = b"\n".join(statements) + (b"\n" if statements and line_end else b"")
    new = block.merge(old, (b"ours='it works'\n",))
    assert block.merge(new, ()) == old
    names = ("alpha", "beta", "ppp_peers", "ours")
    show = " ".join(f'"${{{name}-unset}}"' for name in names)
    before, after = (_run(command, text, show) for text in (old, new))
    # A backslash that is the file's last byte is itself; whatever follows, it joins lines.
    if before is not None and not old.endswith(b"\\"):
        assert after is not None
        assert after[:3] == before[:3]
        assert after[3] == b"it works"


def _run(command: list[str], text: bytes, show: str) -> list[bytes] | None:
    """The variables after *text* was read as ``.`` reads it; None when it is no program."""
    import subprocess
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        done = subprocess.run(
            [*command, "-c", f"unset alpha beta ppp_peers ours; . {file.name} && :; printf '%s\\0' {show}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
    return done.stdout.split(b"\0")[:-1] if done.returncode == 0 and not done.stderr else None


@pytest.mark.host
@pytest.mark.parametrize("command", shells(), ids=" ".join)
def test_a_variables_name_is_one(command: list[str]) -> None:
    name = shell.variable("link_ppp1000")
    assert script(command, f"{name}=x; echo ${name}") == b"x\n"
