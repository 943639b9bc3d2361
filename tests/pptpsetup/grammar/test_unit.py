"""Values of systemd units, against systemd's own loader."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pptpsetup.errors import SpecError
from pptpsetup.grammar import unit
from tests.oracle.systemd import load, verify

# One example is a batch for one systemd, which takes long: no shrinking.
BATCHES = settings(
    max_examples=4,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LINE = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x2FF, exclude_categories=["Cc"]), max_size=40
)
NASTY = [
    "",
    "a b",
    "%i",
    "%%",
    "$HOME",
    "${X}",
    "$$",
    ";",
    "\\;",
    '"',
    "'",
    "\\",
    "end\\",
    "\\n",
    "@x",
    "-x",
    "é€",
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own directories, which only root may enter: systemd is not run as root here."""
    with TemporaryDirectory(prefix="units-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_the_written_form_is_pinned() -> None:
    assert unit.value('100 % of tom\'s "net"') == '100 %% of tom\'s "net"'
    assert unit.word('a "b" %i\\\n') == '"a \\"b\\" %%i\\\\\\n"'
    assert unit.exec_line(["/usr/sbin/pppd", "call", "$x %i"]) == '/usr/sbin/pppd "call" "$$x %%i"'
    assert unit.instance("my-vpn.1") == "my-vpn.1"


@pytest.mark.parametrize("text", ["a\nb", "\x1b", " a", "a ", "a\\", "\ud800"])
def test_a_plain_setting_has_no_escapes(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        unit.value(text)
    assert caught.value.diagnostics[0].code == "unquotable-unit"


@pytest.mark.parametrize("text", ["a\0", "\ud800"])
def test_words_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(SpecError):
        unit.word(text)


@pytest.mark.parametrize(
    "program", ["pppd", "-/bin/x", "@/bin/x", "/bin/a b", "/bin/$x", "/bin/%i", "/bin/x\n"]
)
def test_the_program_is_a_plain_absolute_path(program: str) -> None:
    with pytest.raises(SpecError):
        unit.exec_line([program])


@pytest.mark.parametrize("name", ["", "a b", "a/b", "é", "a\\b", "x" * 243, "a\n"])
def test_names_that_systemd_would_escape_are_refused(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        unit.instance(name)
    assert caught.value.diagnostics[0].code == "unquotable-unit"
    assert len(unit.instance("x" * 242)) == 242


def _service(*lines: str) -> str:
    return "\n".join(["[Unit]", "DefaultDependencies=no", "[Service]", "Type=oneshot", *lines, ""])


@pytest.mark.host
@BATCHES
@given(values=st.lists(LINE | st.sampled_from(NASTY), min_size=40, max_size=120))
def test_systemd_reads_every_word_back(folder: Path, values: list[str]) -> None:
    """As Environment= words and as arguments, where systemd halves ``$$`` only when it runs the command."""
    lines = [f"Environment={unit.word(f'V{at}={value}')}" for at, value in enumerate(values)]
    command = unit.exec_line(["/bin/true", *values])
    loaded = load(folder, {"words.service": _service(*lines, f"ExecStart={command}")}, "words.service")
    assert loaded.environment == [f"V{at}={value}" for at, value in enumerate(values)]
    assert [word.replace("$$", "$") for word in loaded.commands[0]] == ["/bin/true", *values]


@pytest.mark.host
def test_systemd_reads_control_characters_back(folder: Path) -> None:
    values = [chr(code) + "0a" for code in (*range(1, 32), 127)]
    loaded = load(
        folder, {"c.service": _service(f"ExecStart={unit.exec_line(['/bin/true', *values])}")}, "c.service"
    )
    assert loaded.commands[0][1:] == values


@pytest.mark.host
@pytest.mark.parametrize("text", ["PPTP tunnel 100% \"x\" \\ 'y' ; # $HOME é", "%i %n", "a\\ b"])
def test_systemd_reads_a_description_back(folder: Path, text: str) -> None:
    content = f"[Unit]\nDescription={unit.value(text)}\n[Service]\nExecStart=/bin/true\n"
    assert load(folder, {"d.service": content}, "d.service").description == text


@pytest.mark.host
@pytest.mark.parametrize("name", ["work", "my-vpn", "a.b_c-d", "0", "x" * 63])
def test_an_instance_arrives_unchanged(folder: Path, name: str) -> None:
    content = "[Service]\nExecStart=/bin/true call %i\n"
    loaded = load(folder, {"pptp@.service": content}, f"pptp@{unit.instance(name)}.service")
    assert loaded.instance == name
    assert loaded.commands == [["/bin/true", "call", name]]


@pytest.mark.host
def test_systemd_analyze_accepts_what_we_write_and_sees_a_broken_line(folder: Path) -> None:
    good = _service(f"ExecStart={unit.exec_line(['/bin/true', *NASTY])}")
    assert verify(folder, {"good.service": good}) == (0, "")
    status, output = verify(folder, {"bad.service": _service('ExecStart=/bin/true "open')})
    assert status != 0, output
