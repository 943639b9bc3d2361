"""The line that says how far a long command is: when it shows, and that nothing is left of it."""

import io
import re
import sys
from pathlib import Path

import pexpect
import pytest

from pptpsetup.cli.console import Console
from pptpsetup.cli.progress import AFTER, EVERY, Progress
from tests.pptpsetup.cli.shop import Cli

CLEAR = "\r\x1b[K"


class Terminal(io.StringIO):
    """Somebody may be looking."""

    def isatty(self) -> bool:
        return True


class Clock:
    """Stands still."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def able_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def test_nothing_is_shown_in_the_first_second(clock: Clock) -> None:
    """Nor taken away."""
    stream = Terminal()
    progress = Progress(stream, clock)
    clock.now += AFTER / 2
    progress.tell("writing files", 1, 3)
    progress.clear()
    assert stream.getvalue() == ""


def test_the_line_is_rewritten_and_cleared(clock: Clock) -> None:
    """Not for every file: a terminal may be slow."""
    stream = Terminal()
    progress = Progress(stream, clock)
    clock.now += AFTER
    progress.tell("writing files", 412, 1003)
    progress.tell("writing files", 413, 1003)
    clock.now += EVERY
    progress.tell("writing files", 414, 1003)
    progress.clear()
    progress.clear()
    assert stream.getvalue().split(CLEAR) == [
        "",
        "writing files: 412 of 1,003",
        "writing files: 414 of 1,003",
        "",
    ]


@pytest.mark.parametrize(("stream", "term"), [(io.StringIO(), "xterm"), (Terminal(), "dumb")])
def test_only_where_it_can_be_rewritten(
    stream: io.StringIO, term: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file, no pipe, no dumb terminal."""
    monkeypatch.setenv("TERM", term)
    progress = Progress(stream, clock)
    clock.now += 60
    progress.tell("writing files", 1, 3)
    progress.clear()
    assert stream.getvalue() == ""


def test_a_line_never_wraps(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has wrapped could not be taken back."""
    stream = Terminal()
    progress = Progress(stream, clock)
    monkeypatch.setattr(Progress, "_columns", lambda _: 20)
    clock.now += AFTER
    progress.tell("writing files", 412, 1003)
    assert stream.getvalue() == CLEAR + "writing files: 412 "


def test_a_message_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next count comes below it."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    console = Console("never")
    console.progress._next = 0.0
    console.progress.tell("writing files", 1, 3)
    console.say("hello")
    assert stream.getvalue() == f"{CLEAR}writing files: 1 of 3{CLEAR}hello\n"


@pytest.mark.host
def test_on_a_terminal_the_steps_of_a_long_change_are_told(cli: Cli) -> None:
    """Every kind of work, with counts that fit; at the end the line is empty."""
    cli.create()
    (cli.root / "etc/ppp/peers/work").unlink()
    (cli.root / "etc/ppp/chap-secrets").write_bytes(b"")
    hurry = "import pptpsetup.cli.progress as p; p.AFTER = p.EVERY = 0.0; "
    code = f"{hurry}import sys; from pptpsetup.cli.main import main; sys.exit(main(sys.argv[1:]))"
    words = ["-c", code, "--root", str(cli.root), "apply"]
    child = pexpect.spawn(sys.executable, words, timeout=60, encoding="utf-8", env={"TERM": "xterm"})
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    text = child.before or ""
    counts = re.findall(r"\r\x1b\[K([a-z ]+): (\d+) of (\d+)", text)
    assert {doing for doing, _, _ in counts} == {
        "reading passwords",
        "rendering tunnels",
        "comparing files",
        "writing files",
        "putting files in place",
        "reading files back",
    }
    assert all(int(done) < int(total) for _, done, total in counts)
    # What a terminal shows in the end: per line, what was written after the line was cleared last.
    shown = [line.rpartition(CLEAR)[2].rstrip("\r") for line in text.split("\n")]
    assert not any(re.search(r"\d of \d", line) for line in shown)
    assert any(line.startswith("done: ") for line in shown)
    assert Path(cli.root / "etc/ppp/peers/work").is_file()
