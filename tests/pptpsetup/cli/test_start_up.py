"""What a fresh interpreter imports, and how the program behaves as a process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.pptpsetup.cli.shop import Cli, picture
from tests.pptpsetup.tunnel.scene import Scene

pytestmark = pytest.mark.host

_PROGRAM = [sys.executable, "-m", "pptpsetup"]
_HEAVY = (
    "jinja2",
    "ruamel",
    "distro",
    "subprocess",
    "json",
    "dataclasses",
    "typing",
    "logging",
    "shutil",
    "socket",
)
_SLOW = ("dataclasses", "inspect", "ast", "uuid", "zipfile", "tempfile", "importlib.resources")
"What takes long to load, and does nothing that could not be done otherwise."
_LISTED = "import sys; from pptpsetup.cli.main import main; status = main(sys.argv[1:]); "
_LISTED += "print(*sorted(sys.modules), file=sys.stderr); sys.exit(status)"


def _modules(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _LISTED, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_import_almost_nothing(arguments: list[str]) -> None:
    modules = _modules(*arguments)
    assert modules.isdisjoint(_HEAVY)
    assert not any(name.startswith("pptpsetup.cli.commands.") for name in modules)
    bare = _modules("--help")
    assert len(bare) < 100


@pytest.mark.parametrize("arguments", [["status", "work"], ["list"], ["status"]])
def test_reading_commands_do_not_import_what_only_changes_need(arguments: list[str], tmp_path: Path) -> None:
    modules = _modules("--root", str(tmp_path), *arguments)
    assert modules.isdisjoint(("jinja2", "ruamel", "distro", "subprocess", "logging", "socket"))
    assert modules.isdisjoint(_SLOW)
    assert len(modules) <= 142


@pytest.mark.parametrize("arguments", [["profiles"], ["profiles", "show", "debian"]])
def test_profiles_render_nothing_and_detect_nothing(arguments: list[str]) -> None:
    modules = _modules(*arguments)
    assert modules.isdisjoint(("jinja2", "distro", "subprocess", "logging", "socket"))
    assert not any(name.startswith(("pptpsetup.render.", "pptpsetup.change.")) for name in modules)


@pytest.mark.parametrize(
    ("arguments", "spared"),
    [
        (["firewall", "--tool", "npf"], ("distro", "subprocess")),
        (["policy", "selinux"], ("distro", "subprocess", "ruamel")),
        (["policy", "apparmor"], ("distro", "subprocess", "ruamel")),
    ],
)
def test_printing_commands_import_nothing_that_changes_a_system(
    arguments: list[str], spared: tuple[str, ...], system: Path, cli: Cli
) -> None:
    cli.create()
    modules = _modules("--root", str(system), *arguments)
    assert "jinja2" in modules
    assert modules.isdisjoint(spared)
    assert not any(name.startswith(("pptpsetup.tunnel.", "pptpsetup.change.t")) for name in modules)


def test_starting_and_stopping_load_nothing_that_renders() -> None:
    """Both ask what renders for paths and commands; and the kernel for routes as the engine does."""
    code = "import sys, pptpsetup.cli.running, pptpsetup.cli.watching, pptpsetup.tunnel.ending, "
    code += "pptpsetup.cli.commands.start, pptpsetup.cli.commands.stop, pptpengine.net.rtnetlink; "
    code += "print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    modules = set(done.stdout.split())
    assert modules.isdisjoint(("jinja2", "ruamel", "distro", "asyncio", "logging", "uuid", "socket"))
    assert modules.isdisjoint(("pptpsetup.change.plan", "pptpsetup.change.transaction"))


@pytest.mark.parametrize("arguments", [["history"], ["rollback", "--dry-run"], ["recover"]])
def test_going_back_imports_nothing_that_renders(arguments: list[str], system: Path) -> None:
    modules = _modules("--root", str(system), *arguments)
    assert modules.isdisjoint(("jinja2", "ruamel", "distro", "subprocess", "logging"))


@pytest.mark.parametrize("arguments", [["check"], ["plan"]])
def test_a_plan_without_news_imports_neither_what_shows_nor_what_applies_one(
    arguments: list[str], cli: Cli
) -> None:
    cli.create()
    modules = _modules("--root", str(cli.root), *arguments)
    assert "jinja2" in modules
    assert modules.isdisjoint(("hmac", "secrets", "asyncio"))
    # Of these, what jinja2 does not load itself; and no YAML library for files that are simple.
    assert modules.isdisjoint(("dataclasses", "uuid", "difflib", "zipfile", "importlib.resources", "ruamel"))
    kinds = {name.rpartition(".")[2] for name in modules if name.startswith("pptpsetup.render.init.")}
    assert kinds <= {"choice", "systemd", "recovery"}
    assert len(modules) < 300
    shows_or_applies = ("transaction", "diff", "report", "generations", "readback", "fingerprint")
    assert modules.isdisjoint(f"pptpsetup.change.{each}" for each in shows_or_applies)


def test_compiled_templates_are_kept_and_used_for_that_text_only(tmp_path: Path) -> None:
    """A second process compiles nothing; one that finds another text does. No filter's answer is kept."""
    (tmp_path / "templates").mkdir()
    template = tmp_path / "templates/t.j2"
    code = """
import sys
from pathlib import Path
from jinja2.environment import Environment
from pptpsetup.grammar.safe import Safe
from pptpsetup.grammar import shell
from pptpsetup.render.environment import CompiledTemplates, Templates
shell.quote_line = lambda _: Safe(sys.argv[2])
compiled = []
real = Environment.compile
Environment.compile = lambda self, *a, **o: compiled.append(1) or real(self, *a, **o)
text = Templates(Path(sys.argv[1]), CompiledTemplates()).render("t.j2")
print(len(compiled), text.decode())
"""
    said = []
    texts = ("{{ 1 + 1 }}", "{{ 1 + 1 }}", "{{ 'it'|sh }}", "{{ 'it'|sh }}")
    for text, filtered in zip(texts, "abcd", strict=True):
        template.write_text(text)
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path / "cache")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-c", code, str(tmp_path / "templates"), filtered]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True, timeout=60
        )
        said.append(done.stdout.strip())
    assert said == ["1 2", "0 2", "1 c", "0 d"]
    kept = list((tmp_path / "cache").rglob("*.jinja"))
    assert len(kept) == 1
    assert not list((tmp_path / "templates").rglob("*cache*"))


def test_status_of_a_running_tunnel_reads_no_configuration(tmp_path: Path) -> None:
    Scene(tmp_path).up()
    modules = _modules("--root", str(tmp_path), "status", "work")
    assert not any(
        name.startswith(("pptpsetup.spec.d", "pptpsetup.distro.", "pptpsetup.change.")) for name in modules
    )


def test_a_command_imports_no_other_command() -> None:
    modules = _modules("status", "--help")
    ours = {name for name in modules if name.startswith("pptpsetup.cli.commands.")}
    assert ours == {"pptpsetup.cli.commands.status"}


def test_a_closed_pipe_is_no_traceback() -> None:
    command = f"{' '.join(_PROGRAM)} create --help | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.startswith("usage: pptpsetup create")
    assert done.stderr == ""


def test_a_change_is_made_though_nobody_hears_of_it(system: Path) -> None:
    """``pptpsetup create … 2>&1 | grep -q …`` and the like: what is printed last must not undo the first."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*_PROGRAM, "--root", str(system), *_CREATE, "--password-stdin"],
        input=b"pw",
        stdout=write,
        stderr=write,
        check=False,
        timeout=60,
    )
    os.close(write)
    assert done.returncode == 0
    assert (system / "etc/ppp/peers/work").exists()


def test_data_and_talk_are_apart(system: Path) -> None:
    done = subprocess.run(
        [*_PROGRAM, "--root", str(system), "list", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert json.loads(done.stdout) == {"version": 1, "tunnels": []}
    assert done.stderr == ""


_CREATE = ["create", "work", "--server", "vpn.example.com", "--username", "tom", "--domain", "CORP"]


def _spawn(system: Path) -> "pexpect.spawn[bytes]":
    return pexpect.spawn(_PROGRAM[0], [*_PROGRAM[1:], "--root", str(system), *_CREATE], timeout=60)


def test_the_prompt_names_the_login_and_does_not_echo(system: Path) -> None:
    child = _spawn(system)
    child.expect_exact(b"Password for CORP\\tom at vpn.example.com: ")
    child.waitnoecho(timeout=30)
    child.sendline(b"Tr0ub4dor")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert b"Tr0ub4dor" not in (child.before or b"")
    assert (system / "etc/pptpsetup/secrets/work").read_bytes() == b"Tr0ub4dor\n"


def test_ctrl_c_at_the_prompt_is_one_line_and_writes_nothing(system: Path) -> None:
    before = picture(system)
    child = _spawn(system)
    child.expect_exact(b": ")
    child.waitnoecho(timeout=30)
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    said = (child.before or b"").replace(b"^C", b"").split(b"\r\n")
    assert [line for line in said if line] == [b"pptpsetup: interrupted"]
    assert picture(system) == before


def test_echo_is_back_after_ctrl_c(system: Path) -> None:
    shell = pexpect.spawn("sh", timeout=60, env={**os.environ, "PS1": "$ "})
    shell.expect_exact(b"$ ")
    shell.sendline(" ".join([*_PROGRAM, "--root", str(system), *_CREATE]).replace("\\", "\\\\"))
    shell.expect_exact(b"vpn.example.com: ")
    shell.sendintr()
    shell.expect_exact(b"interrupted")
    shell.expect_exact(b"$ ")
    shell.sendline("stty -a | tr ' ' '\\n' | grep -x -e echo -e -echo")
    # The command itself is echoed with both words in it; the answer is one of them on a line.
    assert shell.expect([rb"\n-echo\r", rb"\necho\r"]) == 1
    shell.close(force=True)


def test_without_a_terminal_the_prompt_is_an_error(system: Path) -> None:
    before = picture(system)
    done = subprocess.run(
        [*_PROGRAM, "--root", str(system), *_CREATE],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        start_new_session=True,
    )
    assert done.returncode == 1
    assert "error[no-terminal]" in done.stderr
    assert picture(system) == before


def test_an_interrupt_elsewhere_is_one_line_too() -> None:
    code = "import os, signal; from pptpsetup.cli import main as m; "
    code += "m._run = lambda _: os.kill(os.getpid(), signal.SIGINT) or 0; raise SystemExit(m.main([]))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 130
    assert done.stderr.strip() == "pptpsetup: interrupted"
