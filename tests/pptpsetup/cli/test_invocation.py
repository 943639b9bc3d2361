"""What messages tell the user to type works as it stands: on the same system, with the same options."""

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import pptpsetup
from pptpsetup import invocation
from pptpsetup.cli.commands import COMMANDS
from pptpsetup.cli.parser import command_parser
from tests.pptpsetup.cli.shop import Cli, Result

PEERS = "/etc/ppp/peers/work"
SPEC = "/etc/pptpsetup/tunnels.yaml"
SAID = re.compile(r"pptpsetup ((?:--(?:root|profile) \S+ )*)(" + "|".join(COMMANDS) + r")\b")
DOCUMENTATION = (
    "cli/distributions.py",  # the guide to distributions
    "cli/manpages.py",
    "cli/reference.py",
    "spec/reference.py",
    "change/report.py",  # the schema of plans
    "distro/standing.py",  # a command for another machine
)


def sources() -> Iterator[tuple[str, ast.AST]]:
    package = Path(pptpsetup.__file__).parent
    for path in sorted(package.rglob("*.py")):
        name = str(path.relative_to(package))
        if name not in DOCUMENTATION:
            yield name, ast.parse(path.read_text("utf-8"))


def is_documentation(node: ast.AST) -> bool:
    """A docstring or attribute's note; USAGE, DESCRIPTION and EPILOG of a command; what --help says."""
    if isinstance(node, ast.Assign):
        return all(isinstance(each, ast.Name) and each.id.isupper() for each in node.targets)
    if isinstance(node, ast.AnnAssign):
        return False
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def texts(node: ast.AST) -> Iterator[ast.Constant]:
    for child in ast.iter_child_nodes(node):
        if is_documentation(child) or (isinstance(child, ast.keyword) and child.arg == "help"):
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child
        yield from texts(child)


def test_no_message_names_a_command_by_itself() -> None:
    """`pptpsetup.invocation` does, and adds the options of the call."""
    wrong = [
        f"{name}:{text.lineno}: {text.value!r}"
        for name, tree in sources()
        for text in texts(tree)
        if SAID.search(str(text.value)) and "on the system itself" not in str(text.value)
    ]
    assert not wrong, "\n".join(wrong)


def test_it_knows_which_commands_take_which_option() -> None:
    flags = {name: command_parser(name).flags for name in COMMANDS}
    assert {name for name, found in flags.items() if "--spec" in found} == invocation.WITH_SPEC
    assert {name for name, found in flags.items() if "--host" in found} - {"spec"} == invocation.WITH_HOST
    assert set(COMMANDS) >= invocation.ANYWHERE


def test_nothing_is_left_of_a_call_that_is_over(cli: Cli) -> None:
    cli("--profile", "debian", "list")
    assert invocation.command("list") == "pptpsetup list"
    assert invocation.shell_path("/a b") == "'/a b'"


def commands(said: Result) -> list[list[str]]:
    """Every command of ours that *said* names, with the options before it, as words."""
    found = []
    for line in said.err.splitlines():
        if not line.strip().startswith("why:"):
            text = re.sub(r"`[^`]*`", "", line)  # what a change is called, for instance
            found += [[*shlex.split(match[1]), match[2]] for match in SAID.finditer(text)]
    return found


def hints_of(cli: Cli, *words: str) -> Result:
    result = cli("--profile", "debian", *words)
    found = commands(result)
    assert found, result.err
    for each in found:
        assert each[:2] == ["--root", str(cli.root)], (words, result.err)
        assert each[2:4] == ["--profile", "debian"], (words, result.err)
    return result


@pytest.fixture
def edited(cli: Cli) -> Cli:
    """A tunnel, and a hand in its peers file."""
    assert cli.create().status == 0
    with (cli.root / PEERS[1:]).open("a") as file:
        file.write("debug\n")
    return cli


@pytest.mark.parametrize(
    "words",
    [
        ("apply",),
        ("plan",),
        ("create", "work", "--on-boot"),
        ("adopt",),
        ("create", "new"),
        ("confirm",),
        ("apply", "/nowhere/plan.json"),
        ("render", "-f", "/dev/null", "--tar", "x.tar.gz"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_hints_of_failures(words: tuple[str, ...], edited: Cli) -> None:
    assert (hints_of(edited, *words).status == 0) == (words == ("plan",))


def test_hints_of_a_trial_can_be_pasted(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pptpsetup.tunnel.timer.start", lambda *_, **__: None)
    cli.create()
    text = cli.text_of(SPEC).replace("tom", "tim")
    (cli.root / SPEC[1:]).write_text(text)
    hints_of(cli, "apply", "--try", "1h")
    for words in (("status",), ("check",), ("history",), ("confirm",), ("recover",)):
        hints_of(cli, *words)
    refused = hints_of(cli, "apply")
    identity = json.loads(cli.text_of("/var/lib/pptpsetup/trial.json"))["id"]
    _, _, hint = refused.err.partition("take it back now: ")
    assert f"pptpsetup --root {cli.root} --profile debian confirm {identity}; or" in refused.err
    from pptpsetup.cli.main import main

    assert main(shlex.split(hint.splitlines()[0])[1:]) == 0
    assert "tom" in cli.text_of(PEERS)


def test_a_file_on_the_system_is_named_as_this_machine_sees_it(cli: Cli) -> None:
    """What is pasted must not change the mode of this machine's own secrets."""
    secrets = cli.root / "etc/ppp/chap-secrets"
    secrets.chmod(0o644)
    result = cli.create()
    assert f"hint: chmod o= {secrets}\n" in result.err
    secrets.chmod(0o600)
    (cli.root / PEERS[1:]).mkdir()
    result = cli.create()
    assert f"hint: mv {cli.root}{PEERS} {cli.root}{PEERS}.old, then" in result.err


def test_a_spec_that_was_named_is_named_again(edited: Cli, tmp_path: Path) -> None:
    spec = tmp_path / "my tunnels.yaml"
    spec.write_bytes(edited.bytes_of(SPEC))
    result = edited("apply", "-f", str(spec), "--host", "mill")
    named = f"--spec '{spec}' --host mill"
    assert f"pptpsetup --root {edited.root} diff {named} shows the difference" in result.err
    assert f"pptpsetup --root {edited.root} adopt {PEERS}" in result.err
    plan = tmp_path / "the plan"
    saved = edited("plan", "-f", str(spec), "--host", "mill", "--overwrite", "--out", str(plan))
    assert f"saved; to do exactly this: pptpsetup --root {edited.root} apply {named} '{plan}'" in saved.err
    from pptpsetup.cli.main import main

    assert main(shlex.split(saved.err.partition("exactly this: ")[2].splitlines()[0])[1:]) == 0
    assert "debug" not in edited.text_of(PEERS)


def test_a_profile_in_a_file_is_found_from_another_directory(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A confirmation comes from another login."""
    (tmp_path / "mine.yaml").write_text("id: mine\nname: Mine\nextends: debian\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pptpsetup.tunnel.timer.start", lambda *_, **__: None)
    result = cli("--profile", "mine.yaml", "delete", "nobody")
    assert f"--profile {tmp_path}/mine.yaml " in result.err
