"""What is about one tunnel asks for no other's password: vaults may be shut, variables unset."""

from pathlib import Path

import pytest

from tests.pptpsetup.cli.shop import Cli

CHAP = "/etc/ppp/chap-secrets"
NASTY = "@/p ä\"'\\#"
"Quoted in every grammar; pppd would take it for the name of a file."
PLAIN_NASTY = "p a\"'\\#;"
"What netifd and NetworkManager can carry."


def _write_spec(cli: Cli, *settings: str, source: str = "{env: WORK_PW}") -> None:
    folder = cli.root / "etc/pptpsetup"
    folder.mkdir(exist_ok=True)
    lines = ["server: vpn.example.com", "username: tom", f"password: {source}", *settings]
    (folder / "tunnels.yaml").write_text(
        "version: 1\ntunnels:\n  work:\n" + "".join(f"    {each}\n" for each in lines)
    )


def _apply(cli: Cli, monkeypatch: pytest.MonkeyPatch, password: str, *options: str) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("WORK_PW", password)
        result = cli(*options, "apply")
        assert result.status == 0, result.err
        assert cli(*options, "check").status == 0


@pytest.mark.parametrize(
    ("options", "settings", "password"),
    [
        ((), (), "simple"),
        ((), (), NASTY),
        ((), ("authentication: [pap]", "encryption: none"), NASTY),
        ((), ("password_delivery: passwordfd",), NASTY),
        ((), ("init: networkmanager",), PLAIN_NASTY),
        (("--profile", "openwrt"), ("engine: system",), PLAIN_NASTY),
    ],
    ids=["chap-secrets", "a file of its own", "pap-secrets", "descriptor", "keyfile", "uci"],
)
def test_it_stays_as_it_is(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    settings: tuple[str, ...],
    password: str,
) -> None:
    _write_spec(cli, *settings)
    _apply(cli, monkeypatch, password, *options)
    arguments = ("--server", "other.example.com", "--username", "bob", "--password-stdin")
    engine = ("--engine", "system") if options else ()
    for command, stdin in (
        (("create", "other", *arguments, *engine), b"first"),
        (("secret", "set", "other", "--password-stdin"), b"second"),
        (("secret", "forget", "other"), b""),
        (("secret", "set", "other", "--password-stdin"), b"third"),
        (("delete", "other"), b""),
    ):
        result = cli(*options, *command, stdin=stdin)
        assert result.status == 0, (command, result.err)
    with monkeypatch.context() as patched:
        patched.setenv("WORK_PW", password)
        assert cli(*options, "check").status == 0
    assert cli(*options, "delete", "work").status == 0


@pytest.mark.host
def test_a_vault_is_not_asked(cli: Cli, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    vault = tmp_path / "vault"
    vault.write_text(f"#!/bin/sh\necho >>{asked}\necho s3cret\n")
    vault.chmod(0o755)
    _write_spec(cli, source=f"{{command: [{vault}]}}")
    assert cli("apply").status == 0
    assert cli.create("other").status == 0
    assert cli("delete", "other").status == 0
    assert asked.read_text() == "\n"
    # Its own tunnel is another matter.
    assert cli("create", "work", "--on-boot").status == 0
    assert asked.read_text() == "\n\n"


def test_what_is_about_all_tunnels_asks_for_all(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_spec(cli)
    _apply(cli, monkeypatch, "simple")
    for command in ("plan", "diff", "apply", "check"):
        result = cli(command)
        assert (result.status, "error[password-variable-missing]" in result.err) == (3, True), command


@pytest.mark.parametrize("edit", ["a new tunnel", "another source", "nothing is here"])
def test_what_is_not_known_is_asked_for(cli: Cli, monkeypatch: pytest.MonkeyPatch, edit: str) -> None:
    _write_spec(cli)
    if edit != "a new tunnel":
        _apply(cli, monkeypatch, "simple")
    if edit == "another source":
        _write_spec(cli, source="{env: ANOTHER}")
    if edit == "nothing is here":
        (cli.root / CHAP[1:]).write_bytes(b"")
    result = cli.create("other")
    assert (result.status, "error[password-variable-missing]" in result.err) == (3, True)
    assert not cli.exists("/etc/ppp/peers/other")


def test_a_password_of_another_login_is_not_taken_for_ours(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_spec(cli)
    _apply(cli, monkeypatch, "simple")
    chap = cli.root / CHAP[1:]
    chap.write_bytes(b'"tom" "work" "foreign" *\n' + chap.read_bytes())
    assert cli.create("other").status == 0
    assert b'"work" "simple"' in chap.read_bytes()
    assert b'"tom" "work" "foreign" *\n' in chap.read_bytes()
