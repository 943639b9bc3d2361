"""``secret``: set, rotate, forget; nothing of a password is ever printed."""

from pathlib import Path

import pytest

from tests.pptpsetup.cli.shop import CHAP_SECRETS, Cli, picture
from tests.pptpsetup.cli.terminal import typist

SPEC = "/etc/pptpsetup/tunnels.yaml"
OWN = "/etc/pptpsetup/secrets/work"
CHAP = "/etc/ppp/chap-secrets"


def everywhere(cli: Cli, word: bytes) -> list[str]:
    """The files that contain *word*."""
    return [str(path) for path in cli.root.rglob("*") if path.is_file() and word in path.read_bytes()]


def test_set_from_stdin(cli: Cli) -> None:
    cli.create(password=b"old")
    result = cli("secret", "set", "work", "--password-stdin", stdin=b"Tr0ub4dor\n")
    assert (result.status, result.out) == (0, "")
    assert cli.bytes_of(OWN) == b"Tr0ub4dor\n"
    assert b'"tom" "work" "Tr0ub4dor"' in cli.bytes_of(CHAP)
    assert "Tr0ub4dor" not in result.err
    assert cli("check").status == 0


def test_set_from_a_file_and_from_the_terminal(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.create(password=b"old")
    secret = tmp_path / "pw"
    secret.write_bytes(b"from file\n")
    secret.chmod(0o600)
    assert cli("secret", "set", "work", "--password-file", str(secret)).status == 0
    assert cli.bytes_of(OWN) == b"from file\n"
    with typist(monkeypatch, b"typed\n") as screen:
        assert cli("secret", "rotate", "work").status == 0
    assert b"Password for tom at vpn.example.com" in screen.text
    assert cli.bytes_of(OWN) == b"typed\n"


def test_set_takes_the_password_over_from_elsewhere(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPN_PASSWORD", "fetched")
    cli.create()
    text = cli.text_of(SPEC).replace("{file: /etc/pptpsetup/secrets/work}", "{env: VPN_PASSWORD}")
    (cli.root / SPEC[1:]).write_text(text)
    assert cli("apply").status == 0
    assert b'"work" "fetched"' in cli.bytes_of(CHAP)
    assert not cli.exists(OWN)
    result = cli("secret", "rotate", "work", "--password-stdin", stdin=b"x")
    assert (result.status, "error[password-elsewhere]" in result.err) == (1, True)
    assert "env: VPN_PASSWORD" in result.err
    result = cli("secret", "set", "work", "--password-stdin", stdin=b"ours")
    assert result.status == 0
    assert f"the password is taken from {OWN} from now on" in result.err
    assert cli.bytes_of(OWN) == b"ours\n"
    assert "env" not in cli.text_of(SPEC)


def test_a_dry_run_asks_for_nothing_and_writes_nothing(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pptpsetup.cli.password.TERMINAL", "/nonexistent/tty")
    cli.create()
    before = picture(cli.root)
    for action in ("set", "rotate", "forget"):
        result = cli("secret", action, "work", "--dry-run")
        assert result.status == 0
        assert "secret #" in result.out
    assert picture(cli.root) == before


def test_rotating_to_the_same_password_is_a_mistake(cli: Cli) -> None:
    cli.create(password=b"same")
    before = picture(cli.root)
    result = cli("secret", "rotate", "work", "--password-stdin", stdin=b"same\n")
    assert (result.status, "error[password-unchanged]" in result.err) == (1, True)
    assert picture(cli.root) == before


def test_a_rotation_can_be_taken_back(cli: Cli) -> None:
    cli.create(password=b"old")
    before = picture(cli.root)
    assert cli("secret", "rotate", "work", "--password-stdin", stdin=b"new").status == 0
    assert cli("rollback").status == 0
    assert picture(cli.root) == before


def test_forget_leaves_the_password_nowhere(cli: Cli) -> None:
    """Neither in pppd's files nor in the history; the settings stay."""
    cli.create("home", password=b"another")
    cli.create("work", password=b"Tr0ub4dor")
    cli("secret", "rotate", "work", "--password-stdin", stdin=b"S3same")
    assert everywhere(cli, b"Tr0ub4dor")
    result = cli("secret", "forget", "work")
    assert (result.status, result.out) == (0, "")
    assert everywhere(cli, b"Tr0ub4dor") == everywhere(cli, b"S3same") == []
    assert "4 generations" in result.err
    assert "password: {forgotten: true}" in cli.text_of(SPEC)
    assert not cli.exists("/etc/ppp/peers/work")
    assert cli.exists("/etc/ppp/peers/home")
    assert cli("history").err == "nothing has been changed here yet\n"
    assert CHAP_SECRETS.splitlines()[-1] in cli.bytes_of(CHAP)


def test_a_forgotten_tunnel_is_described_and_comes_back_with_a_password(cli: Cli) -> None:
    cli.create("work", "--mtu", "1300")
    before = picture(cli.root)
    cli("secret", "forget", "work")
    assert cli("check").status == 0
    assert cli("show", "work").status == cli("list").status == 0
    assert cli.create("home").status == 0
    assert cli("delete", "home").status == 0
    rotated = cli("secret", "rotate", "work", "--password-stdin", stdin=b"pw")
    assert (rotated.status, "pptpsetup secret set work" in rotated.err) == (1, True)
    assert cli("secret", "set", "work", "--password-stdin", stdin=b"pw").status == 0
    assert picture(cli.root) == before


def test_create_asks_for_the_password_of_a_forgotten_tunnel(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.create()
    cli("secret", "forget", "work")
    with typist(monkeypatch, b"again\n"):
        assert cli("create", "work", "--mtu", "1300").status == 0
    assert cli.bytes_of(OWN) == b"again\n"


def test_mistakes(cli: Cli) -> None:
    cli.create()
    for arguments, code in (
        (("set", "wrok"), "no-such-tunnel"),
        (("burn", "work"), "usage"),
        (("forget", "work", "--password-stdin"), "usage"),
        (("set", "work", "--password", "x"), "unknown-option"),
    ):
        result = cli("secret", *arguments)
        assert (result.status, f"error[{code}]" in result.err) == (1, True), arguments
    assert "did you mean work?" in cli("secret", "set", "wrok").err
