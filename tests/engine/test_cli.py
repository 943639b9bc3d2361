"""The command line of the engine."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pptpengine import __version__, arguments, cli
from pptpengine.causes import HINTS
from pptpengine.config import ControlConfig, TunnelConfig
from pptpengine.errors import EXIT_STATUS
from pptpengine.helptext import MEANINGS
from tests.engine.modules import LATER, NEVER

MAIN = Path(__file__).parents[2] / "engine" / "pptpengine" / "__main__.py"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "server's name"),
        (["--nolaunchpppd", "--"], "server's name"),
        (["host", "--missing-window", "0"], "at least 1 packet"),
        (["host", "--test-rate", "-1"], "number of packets"),
        (["host", "--rtmark", "red"], "not a number"),
        (["host", "--instance", "../up"], "letters"),
        (["host", "--instance", "x" * 61], "1 to 60"),
        (["host", "--rtmark", "0x100000000"], "32 bits"),
        (["host", "--quirks", "NONE_SUCH"], "BEZEQ_ISRAEL"),
        (["host", "--client-hostname", "x" * 65], "64 are possible"),
        (["host", "--max-echo-wait", "-1"], "out of range"),
        (["host", "--nolaunchpppd", "--timeout", "11"], "0.01 to 10"),
        (["host", "--nolaunchpppd", "--timeout", "nan"], "out of range"),
        (["host", "--nolaunchpppd", "--port", "0"], "port"),
        (["host", "--nolaunchpppd", "--port", "65536"], "port"),
        (["host", "--nolaunchpppd", "--localbind", "here"], "IPv4"),
        (["host", "--nolaunchpppd", "--loglevel", "3"], "loglevel"),
        (["host", "--nolaunchpppd", "--connect-timeout", "0"], "more than 0"),
        (["host", "--nolaunchpppd", "--idle-wait", "x"], "number of seconds"),
        (["host", "--nonsense"], "nonsense"),
    ],
)
def test_wrong_usage_is_explained(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and nothing on standard output, which is PPP's."""
    with pytest.raises(SystemExit) as exit_info:
        cli.main(argv)
    assert exit_info.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err


def test_options_of_pptp_are_understood() -> None:
    """As pptp(8) spells them, also shortened."""
    line = "203.0.113.9 --nolaunch --logstring work --timeout 0.5 --nobuffer --idle-wait 0"
    args = arguments.parse(f"{line} --localbind 192.0.2.1 --nohostroute --loglevel 2 --debug".split())
    assert (args.host, args.nolaunchpppd, args.logstring, args.timeout) == ("203.0.113.9", True, "work", 0.5)
    assert (args.idle_wait, str(args.localbind), args.nohostroute, args.loglevel) == (
        0.0,
        "192.0.2.1",
        True,
        2,
    )


def test_values_that_pptp_takes_are_taken() -> None:
    """Zeros and leading zeros, which stand in old files."""
    line = "host --max-echo-wait 0 --idle-wait 30 --rtmark 010 --test-rate 0 --test-type 0 --loglevel 0"
    options = cli.options_from(arguments.parse(line.split()))
    assert (options.control.echo_interval, options.control.echo_timeout) == (30, 30)
    assert (options.rtmark, options.tunnel.test_rate, options.loglevel) == (10, 0, 0)
    assert arguments.parse(["host", "--rtmark", "0x10"]).rtmark == 16
    for kind in ("2", "3"):
        assert arguments.parse(["host", "--test-type", kind, "--test-rate", "10"]).test_rate == 10


def test_the_defaults_of_the_command_line_are_those_of_the_engine() -> None:
    """Who embeds it gets the same."""
    options = cli.options_from(arguments.parse(["host"]))
    assert (options.control, options.tunnel) == (ControlConfig(), TunnelConfig())


def test_help_lists_every_exit_status() -> None:
    """The table in the help text is the table in the code, and every cause has a status."""
    epilog = " ".join(arguments.GRAMMAR.epilog.split())
    for code, status in EXIT_STATUS.items():
        assert f"{status} {code}" in epilog
    assert set(HINTS) == set(EXIT_STATUS)


def test_every_exit_status_is_explained_in_the_documents() -> None:
    """The manual page is made from the same words; README.md repeats them."""
    assert set(MEANINGS) == {0, 2, *EXIT_STATUS.values()}
    codes = {status: code for code, status in EXIT_STATUS.items()}
    rows = (MAIN.parents[1] / "README.md").read_text().splitlines()
    for status, meaning in MEANINGS.items():
        assert f"| {status} | {codes.get(status, '')} | {meaning} |".replace("|  |", "| |") in rows


@pytest.mark.host
@pytest.mark.parametrize("python", [["-I", "-S"], []])
def test_it_runs_by_path(python: list[str], tmp_path: Path) -> None:
    """As pppd's pty runs it: isolated, without site-packages, from any directory."""
    done = subprocess.run(
        [sys.executable, *python, str(MAIN), "--version"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stdout == f"pptpengine {__version__}\n"


INTERRUPTED = """\
import os, runpy, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "pptpengine.arguments":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = ["pptpengine", "--version"]
runpy.run_path({main!r}, run_name="__main__")
"""


@pytest.mark.host
@pytest.mark.parametrize(
    ("ignored", "status", "said"), [(False, -signal.SIGINT, ""), (True, 0, "pptpengine")]
)
def test_an_interrupt_at_the_start_is_an_end_without_a_traceback(
    ignored: bool, status: int, said: str
) -> None:
    """While modules are loaded; a shell's background process ignores it, and goes on."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", INTERRUPTED.format(main=str(MAIN))],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=(lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) if ignored else None,
    )
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.startswith(said)


@pytest.mark.host
def test_help_loads_no_more_than_it_needs() -> None:
    """Start-up: no socket, no subprocess, no json for --help."""
    code = (
        "import sys; sys.argv = ['pptpengine', '--help']\n"
        f"sys.path.insert(0, {str(MAIN.parents[1])!r})\n"
        "from pptpengine.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    heavy = {
        "_socket",
        "argparse",
        "subprocess",
        "json",
        "shutil",
        "dataclasses",
        "asyncio",
        "pptpengine.net",
    }
    assert not heavy & set(done.stderr.split())


BEFORE_THE_FORK = ("pptpengine.arguments", "pptpengine.net.spawn")
ROOMS = {
    "call manager": ("pptpengine.net.callmgr", "pptpengine.net.custody", "pptpengine.session.control"),
    "keeper": ("pptpengine.net.keeper",),
    "gateway": ("pptpengine.net.gateway", "pptpengine.net.pump", "pptpengine.session.data"),
}


def loaded(*names: str) -> set[str]:
    """All modules of a fresh interpreter that has read a command line and imported *names*."""
    code = (
        f"import sys; sys.path.insert(0, {str(MAIN.parents[1])!r})\n"
        "from pptpengine import cli\n"
        "cli.options_from(cli.parse(['192.0.2.1', '--nolaunchpppd']))\n"
        f"import {', '.join(names)}\n"
        "print(*sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.host
@pytest.mark.parametrize("process", ROOMS)
def test_a_process_loads_nothing_heavy(process: str) -> None:
    """All three start on every redial, and a call waits for them; what they load stays in their memory."""
    modules = loaded(*BEFORE_THE_FORK, *ROOMS[process])
    assert not (NEVER | LATER) & modules
    assert len(modules) < 105


@pytest.mark.host
def test_a_process_loads_nothing_of_the_others() -> None:
    """Before the call manager is on its own, there is nothing that only one of the processes needs."""
    later = {name for names in ROOMS.values() for name in names}
    assert not (NEVER | LATER | later) & loaded(*BEFORE_THE_FORK)
    assert not {"pptpengine.net.pump", "pptpengine.session.control"} & loaded("pptpengine.net.gateway")
