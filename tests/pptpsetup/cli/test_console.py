"""Messages: how they look, and what never reaches a terminal."""

import io
import sys

import pytest

from pptpsetup.cli.boundary import report
from pptpsetup.cli.console import Console, printable, wants_color
from pptpsetup.cli.progress import Progress
from pptpsetup.errors import Diagnostic, SpecError, Where

_FULL = Diagnostic(
    "server-invalid",
    "the server is not a host name",
    Where("/etc/pptpsetup/tunnels.yaml", 4, 13),
    why="it contains a space",
    hint="write vpn.example.com",
)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_diagnostic_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    Console().error(_FULL)
    assert capsys.readouterr().err == (
        "error[server-invalid]: the server is not a host name\n"
        "  --> /etc/pptpsetup/tunnels.yaml:4:13\n"
        "  why: it contains a space\n"
        "  hint: write vpn.example.com\n"
    )


@pytest.mark.parametrize(
    ("source", "column", "line", "caret"),
    [
        ("    mtu: 1", 10, "    mtu: 1", "         ^"),
        ("a: \x1b[31m", 4, "a: \\x1b[31m", "   ^"),
        ("\x1bab", 2, "\\x1bab", "    ^"),
        ("日本: x", 5, "日本: x", "      ^"),
        ("a: b", 99, "a: b", "    ^"),
        ("", 1, "", "^"),
    ],
)
def test_a_line_with_a_caret(
    source: str, column: int, line: str, caret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Console().error(Diagnostic("c", "m", Where("f", 12, column), source=source))
    shown = f"  --> f:12:{column}\n    |\n 12 | {line}\n    | {caret}\n"
    assert capsys.readouterr().err == f"error[c]: m\n{shown}"


def test_of_a_long_line_the_part_around_the_place_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    source = "x" * 300 + "HERE" + "y" * 300
    Console().error(Diagnostic("c", "m", Where("f", 1, 301), source=source))
    *_, line, caret = capsys.readouterr().err.splitlines()
    assert max(map(len, (line, caret))) <= 200
    assert line[caret.index("^") :].startswith("HEREyyy")
    assert line.startswith(" 1 | …xxx")
    assert line.endswith("yyy…")


def test_a_warning_without_details(capsys: pytest.CaptureFixture[str]) -> None:
    Console().warn(Diagnostic("some-code", "something"))
    assert capsys.readouterr().err == "warning[some-code]: something\n"


def test_colour_can_be_forced(capsys: pytest.CaptureFixture[str]) -> None:
    Console("always").error(Diagnostic("some-code", "something"))
    assert capsys.readouterr().err == "\x1b[31m\x1b[1merror[some-code]:\x1b[0m something\n"


@pytest.mark.parametrize(
    ("choice", "environment", "terminal", "expected"),
    [
        (None, {}, True, True),
        ("auto", {}, True, True),
        (None, {}, False, False),
        (None, {"NO_COLOR": "1"}, True, False),
        (None, {"NO_COLOR": ""}, True, True),
        (None, {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {}, True, False),
    ],
)
def test_when_to_colour(
    monkeypatch: pytest.MonkeyPatch,
    choice: str | None,
    environment: dict[str, str],
    terminal: bool,
    expected: bool,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_color(choice, _Terminal() if terminal else io.StringIO()) is expected


def test_long_messages_are_wrapped_to_the_terminal_and_hints_are_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Console, "_terminal_width", lambda _: 40)
    command = "pptpsetup create work --server vpn.example.com --username tom"
    Console().error(Diagnostic("some-code", "a message of several words that is too long", hint=command))
    lines = capsys.readouterr().err.splitlines()
    assert all(len(line) <= 40 for line in lines[:-1])
    assert " ".join("".join(lines[:-1]).split()).endswith("too long")
    assert lines[-1] == f"  hint: {command}"


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x9b31m", "\x07", "a\rb", "\u202egnp.exe", "\u200b", "\x00", "\x7f"]
)
def test_control_characters_do_not_reach_the_terminal(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert "\\" in shown


def test_ordinary_text_is_left_alone() -> None:
    assert printable("Grüße, 世界\nzweite Zeile") == "Grüße, 世界\nzweite Zeile"


def test_every_diagnostic_of_an_error_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(SpecError([_FULL, Diagnostic("other", "and this")]), []) == 3
    err = capsys.readouterr().err
    assert "error[server-invalid]" in err
    assert "error[other]: and this" in err


def test_a_fault_of_ours_is_no_traceback_and_quotes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(ValueError("the password is hunter2"), []) == 1
    err = capsys.readouterr().err
    assert "error[internal-error]" in err
    assert "--debug" in err
    assert "hunter2" not in err
    assert "Traceback" not in err


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    report(SpecError(_FULL), ["--debug"])
    assert "pptpsetup.errors.SpecError: the server is not a host name" in capsys.readouterr().err


def test_permission_denied_is_a_matter_of_privilege(capsys: pytest.CaptureFixture[str]) -> None:
    assert report(PermissionError(13, "Permission denied", "/etc/ppp/chap-secrets"), []) == 7
    err = capsys.readouterr().err
    assert "--> /etc/ppp/chap-secrets" in err
    assert "sudo" in err


def test_talk_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Console().say("hello")
    assert capsys.readouterr() == ("", "hello\n")
    assert sys.stdout is not sys.stderr


@pytest.mark.parametrize("error", [BrokenPipeError, OSError])
def test_who_cannot_be_told_any_more_is_passed_over(
    error: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart that stops a tunnel, says so and starts it again must not end in between."""

    class Gone(_Terminal):
        def write(self, _text: str) -> int:
            raise error(5, "Input/output error")

    monkeypatch.setattr("sys.stderr", Gone())
    console = Console()
    console.say("stopped")
    console.error(_FULL)
    ticks = iter(range(1000))
    progress = Progress(Gone(), lambda: float(next(ticks)))
    progress.tell("writing files", 1, 9)
    progress.clear()
