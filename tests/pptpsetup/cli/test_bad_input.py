"""Bad input: a clear message, the right exit status, and nothing written."""

import os
from pathlib import Path

import pytest

from pptpsetup.cli.main import main
from tests.pptpsetup.cli.shop import Cli, picture

_SERVER = ("--server", "vpn.example.com", "--username", "tom", "--password-stdin")


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("create", "../x", *_SERVER), 3, "tunnel-name-invalid"),
        (("create", "a/b", *_SERVER), 3, "tunnel-name-invalid"),
        (("create", "", *_SERVER), 3, "tunnel-name-invalid"),
        (("create", "work~", *_SERVER), 3, "tunnel-name-invalid"),
        (
            ("create", "work", "--server", "$(id)", "--username", "u", "--password-stdin"),
            3,
            "server-invalid",
        ),
        (("create", "work", "--server", "a b", "--username", "u", "--password-stdin"), 3, "server-invalid"),
        (("create", "work", "--server", "-x", "--username", "u", "--password-stdin"), 1, "usage"),
        (("create", "work", "--server=-x", "--username", "u", "--password-stdin"), 3, "server-invalid"),
        (("create", "work", "--server", "a\nb", "--username", "u", "--password-stdin"), 3, "server-invalid"),
        (
            ("create", "work", "--server", "a", "--username", "u\nx", "--password-stdin"),
            3,
            "username-invalid",
        ),
        (("create", "work", *_SERVER, "--domain", "C\nD"), 3, "domain-invalid"),
        (("create", "work", *_SERVER, "--mtu", "99999"), 3, None),
        (("create", "work", *_SERVER, "--route", "300.1.1.0/24"), 3, None),
        (("create", "work", *_SERVER, "--encript"), 1, "unknown-option"),
        (("create", "work", "extra", *_SERVER), 1, "unexpected-argument"),
        (("create", "work", "--server", "a"), 1, "setting-missing"),
        (("create",), 1, "usage"),
        (("creat", "work"), 1, "unknown-command"),
        (("delete", "nothere"), 1, "no-such-tunnel"),
        (("show", "nothere"), 1, "no-such-tunnel"),
        (("status", "nothere"), 1, "no-such-tunnel"),
        (("start", "work"), 1, "not-live"),
        (("stop", "work"), 1, "not-live"),
        (("create", "work", *_SERVER, "--start"), 1, "not-live"),
        (("create", "work", "--server", "a", "--username", "u", "--password-file", "/nonexistent"), 3, None),
        (("create", "work", "--server", "a", "--username", "u", "--password-file", "/"), 3, None),
        (("--profile", "plan9", "create", "work", *_SERVER), 8, "profile-unknown"),
        ((), 1, "no-command"),
        (("--crate", "work"), 1, "unknown-option"),
        (("--color", "mauve", "list"), 1, "usage"),
    ],
)
def test_is_refused_and_writes_nothing(
    cli: Cli, arguments: tuple[str, ...], status: int, code: str | None
) -> None:
    before = picture(cli.root)
    result = cli(*arguments, stdin=b"pw\n")
    assert result.status == status, result.err
    assert result.out == ""
    assert "error[" in result.err
    assert "Traceback" not in result.err
    if code is not None:
        assert f"error[{code}]" in result.err
    assert picture(cli.root) == before


@pytest.mark.parametrize(
    "password",
    [b"", b"\n", b"a\nb\n", b"a\0b", b"\xff\xfe", b"x" * 300, "pässword€".encode()],
    ids=["nothing", "newline", "two-lines", "nul", "not-utf8", "too-long", "beyond-latin1"],
)
def test_passwords_that_pppd_cannot_carry_are_refused_without_being_shown(cli: Cli, password: bytes) -> None:
    before = picture(cli.root)
    result = cli.create(password=password)
    assert result.status == 3
    assert "error[password-" in result.err
    assert "pässword" not in result.err
    assert "xxx" not in result.err
    assert picture(cli.root) == before


def test_all_faults_of_the_yaml_are_listed_with_their_places(cli: Cli) -> None:
    spec = cli.root / "etc/pptpsetup/tunnels.yaml"
    spec.parent.mkdir()
    spec.write_text("version: 1\ntunnels:\n  work:\n    serverr: a\n    username: u\n    mtu: 10\n")
    before = picture(cli.root)
    result = cli("create", "other", *_SERVER, stdin=b"pw")
    assert result.status == 3
    assert f"--> {spec}:4:5" in result.err
    assert f"--> {spec}:6:" in result.err
    assert "did you mean server?" in result.err
    assert picture(cli.root) == before


def test_a_yaml_syntax_error_has_its_place(cli: Cli) -> None:
    spec = cli.root / "etc/pptpsetup/tunnels.yaml"
    spec.parent.mkdir()
    spec.write_text("version: 1\ntunnels: [\n")
    result = cli("list")
    assert result.status == 3
    assert f"--> {spec}:" in result.err


def test_an_unknown_option_suggests_and_hides_its_value(cli: Cli) -> None:
    result = cli("create", "work", "--password", "hunter2", *_SERVER[:4])
    assert result.status == 1
    assert "--password-stdin" in result.err
    assert "hunter2" not in result.err


def test_missing_pppd_names_the_package(cli: Cli) -> None:
    (cli.root / "usr/sbin/pppd").unlink()
    result = cli.create()
    assert "warning[pppd-missing]" in result.err
    assert "apt-get install ppp" in result.err


def test_not_root(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    before = picture(cli.root)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    result = cli.create()
    assert result.status == 7
    assert "sudo" in result.err
    assert picture(cli.root) == before


def test_no_terminal_to_ask_on(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pptpsetup.cli.password.TERMINAL", "/nonexistent/tty")
    result = cli("create", "work", *_SERVER[:4])
    assert result.status == 1
    assert "--password-file" in result.err


def test_a_root_that_is_not_there(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--root", str(tmp_path / "none"), "list"]) == 1
    assert "error[root-missing]" in capfd.readouterr().err


def test_locked_by_another_run(cli: Cli) -> None:
    from pptpsetup.change.lock import lock

    before = picture(cli.root)
    with lock(cli.root, "create other"):
        result = cli.create()
    assert result.status == 4
    assert "create other" in result.err
    assert picture(cli.root) == before


def test_an_empty_root_is_not_the_running_system(capfd: pytest.CaptureFixture[str]) -> None:
    """As a script gives it whose variable is not set."""
    for command in (["list"], ["delete", "work"], ["render"]):
        assert main(["--root", "", *command]) == 1
        assert "error[root-missing]" in capfd.readouterr().err


def test_commands_in_hints_are_for_the_same_system(
    cli: Cli, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "an image"
    cli.root.rename(root)
    assert main(["--root", str(root), "--profile", "debian", "check"]) == 3
    hint = f"pptpsetup --root '{root}' --profile debian create NAME --server HOST --username USER begins one"
    assert f"hint: {hint}\n" in capfd.readouterr().err
    assert main(["--root", str(root), "start", "work"]) == 1
    assert f"hint: leave out --root {root}\n" in capfd.readouterr().err
    assert main(["render", "-f", "/none/spec"]) != 0
    assert "--root" not in capfd.readouterr().err
