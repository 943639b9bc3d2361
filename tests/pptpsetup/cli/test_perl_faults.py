"""The 24 faults of the Perl pptpsetup 0.03, each run the way a user would: none of them is here.

Where pppd is the judge, the installed pppd is asked what it reads.
"""

import grp
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oracle.pppd import Pppd
from tests.pptpsetup.cli.shop import CHAP_SECRETS, Cli, make_system, picture
from tests.pptpsetup.cli.terminal import typist

_USER = ("--create", "work", "--server", "10.0.0.1", "--username", "tom", "--encrypt")


def _secret(cli: Cli, pppd: Pppd, login: bytes = b"tom", name: bytes = b"work") -> bytes | None:
    """The password that pppd would use."""
    return pppd.secrets([(cli.bytes_of("/etc/ppp/chap-secrets"), login, name)])[0]


def _name(cli: Cli, pppd: Pppd) -> bytes:
    """The login that pppd would use."""
    found = pppd.options([cli.bytes_of("/etc/ppp/peers/work")])[0]
    assert found.accepted
    return found.name


@pytest.mark.host
@pytest.mark.parametrize("password", [b"secret", b"two words", b"p#x", b'q"q', b"tab\tin"])
def test_fault_01_a_prompted_password_has_no_newline(
    cli: Cli, pppd_oracle: Pppd, monkeypatch: pytest.MonkeyPatch, password: bytes
) -> None:
    with typist(monkeypatch, password + b"\n"):
        assert cli(*_USER).status == 0
    assert _secret(cli, pppd_oracle) == password


def test_fault_02_the_prompt_does_not_echo(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with typist(monkeypatch, b"Tr0ub4dor\n") as screen:
        assert cli(*_USER).status == 0
    assert b"Password for tom at 10.0.0.1: " in screen.text
    assert b"Tr0ub4dor" not in screen.text


@pytest.mark.host
@pytest.mark.parametrize(
    "password", ['has"dquote', "back\\slash", "trail\\", "a\\x41b", "a\\1b", "it's", "#x", "*"]
)
def test_fault_03_a_password_option_is_quoted(cli: Cli, pppd_oracle: Pppd, password: str) -> None:
    assert cli(*_USER, f"--password={password}").status == 0
    assert _secret(cli, pppd_oracle) == password.encode()


@pytest.mark.host
def test_fault_04_a_prompted_backslash_stays_a_backslash(
    cli: Cli, pppd_oracle: Pppd, monkeypatch: pytest.MonkeyPatch
) -> None:
    with typist(monkeypatch, b"a\\tb\\\n"):
        assert cli(*_USER).status == 0
    assert _secret(cli, pppd_oracle) == b"a\\tb\\"


@pytest.mark.host
def test_fault_05_a_password_like_a_file_name_is_not_read_as_one(cli: Cli, pppd_oracle: Pppd) -> None:
    assert cli(*_USER, "--password", "@/etc/hostname").status == 0
    words = pppd_oracle.words([cli.bytes_of("/etc/ppp/chap-secrets")])[0]
    file = next(word for _, word in words if word.startswith(b"@/"))
    assert file != b"@/etc/hostname"
    # pppd takes the first word of that file, and expands nothing in it.
    indirect = pppd_oracle.words([cli.bytes_of(file[1:].decode())])[0]
    assert [word for _, word in indirect] == [b"@/etc/hostname"]


@pytest.mark.host
@pytest.mark.parametrize(
    "user", ["alice", "bob", "frank", "nancy", "robert", "sam", "tom", "xavier", "123", "erin", "zoe"]
)
def test_fault_06_domain_backslash_reaches_pppd(cli: Cli, pppd_oracle: Pppd, user: str) -> None:
    arguments = ("--create", "work", "--server", "10.0.0.1", "--username", user, "--domain", "CORP")
    assert cli(*arguments, "--password", "pw", "--encrypt").status == 0
    login = f"CORP\\{user}".encode()
    assert _name(cli, pppd_oracle) == login
    assert _secret(cli, pppd_oracle, login) == b"pw"


@pytest.mark.host
def test_fault_07_the_password_0_is_a_password(cli: Cli, pppd_oracle: Pppd) -> None:
    assert cli(*_USER, "--password", "0").status == 0
    assert _secret(cli, pppd_oracle) == b"0"


def test_fault_08_a_newline_in_the_domain_is_refused(cli: Cli) -> None:
    before = picture(cli.root)
    result = cli(*_USER, "--password", "pw", "--domain", "CORP\nplugin /evil.so")
    assert result.status == 3
    assert "line break" in result.err
    assert picture(cli.root) == before


def test_fault_09_the_server_cannot_bring_options_along(cli: Cli) -> None:
    before = picture(cli.root)
    arguments = ("--create", "work", "--username", "tom", "--password", "pw")
    assert cli(*arguments, "--server", 'x" plugin /evil.so #').status == 3
    assert picture(cli.root) == before


@pytest.mark.host
def test_fault_10_the_user_name_cannot_bring_options_along(cli: Cli, pppd_oracle: Pppd) -> None:
    arguments = ("--create", "work", "--server", "10.0.0.1", "--username", "u plugin /evil.so")
    assert cli(*arguments, "--password", "pw").status == 0
    assert _name(cli, pppd_oracle) == b"u plugin /evil.so"


def test_fault_11_the_server_is_never_run_by_a_shell(cli: Cli) -> None:
    before = picture(cli.root)
    for server in ("$(touch /tmp/x)", "`id`", "a;id", "a|id", "a&id"):
        assert cli("--create", "work", "--server", server, "--username", "u", "--password", "p").status == 3
    assert picture(cli.root) == before


@pytest.mark.host
@pytest.mark.parametrize("user", ["John Smith", "u#x", "o'hara", 'say "hi"', "-u"])
def test_fault_12_blanks_and_signs_in_the_user_name(cli: Cli, pppd_oracle: Pppd, user: str) -> None:
    arguments = ("--create", "work", "--server", "10.0.0.1", f"--username={user}", "--password", "pw")
    assert cli(*arguments).status == 0
    assert _name(cli, pppd_oracle) == user.encode()
    assert _secret(cli, pppd_oracle, user.encode()) == b"pw"


def test_fault_13_a_new_secrets_file_is_for_root_only(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Cli(make_system(tmp_path / "new", chap_secrets=None), capfd, monkeypatch)
    assert run(*_USER, "--password", "pw").status == 0
    status = (run.root / "etc/ppp/chap-secrets").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o600, 0, 0)


@pytest.mark.host
def test_fault_14_a_new_password_replaces_the_old_one(cli: Cli, pppd_oracle: Pppd) -> None:
    cli(*_USER, "--password", "first")
    cli(*_USER, "--password", "second")
    assert _secret(cli, pppd_oracle) == b"second"
    assert b"first" not in cli.bytes_of("/etc/ppp/chap-secrets")


def test_fault_15_delete_takes_nothing_but_its_own_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = (
        b"# for work, do not remove\n"
        b"alice work-vpn secret *\n"
        b'bob home "my work password" *\n'
        b"carol home pw work.example.com\n"
        b"dave\twork\tpw\t*\n"
    )
    run = Cli(make_system(tmp_path / "shared", chap_secrets=foreign), capfd, monkeypatch)
    run(*_USER, "--password", "pw")
    assert run("--delete", "work").status == 0
    assert run.bytes_of("/etc/ppp/chap-secrets") == foreign


@pytest.mark.host
def test_fault_16_concurrent_creates_lose_nothing(cli: Cli) -> None:
    command = [sys.executable, "-m", "pptpsetup", "--root", str(cli.root), "--create"]
    rest = ["--server", "10.0.0.1", "--username", "tom", "--password", "pw"]
    names = [f"t{number}" for number in range(6)]
    running = {name: subprocess.Popen([*command, name, *rest], stderr=subprocess.DEVNULL) for name in names}
    statuses = {name: process.wait(timeout=120) for name, process in running.items()}
    assert set(statuses.values()) <= {0, 4}
    secrets = cli.bytes_of("/etc/ppp/chap-secrets")
    done = {name for name in names if f'"{name}"'.encode() in secrets}
    assert done == {name for name, status in statuses.items() if status == 0}
    assert done
    assert CHAP_SECRETS in secrets or secrets.endswith(CHAP_SECRETS.splitlines(keepends=True)[-1])


@pytest.mark.host
def test_fault_17_a_write_cut_short_leaves_the_file_whole(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    many = b"".join(b"user%d server%d secret *\n" % (number, number) for number in range(3000))
    root = make_system(tmp_path / "full", chap_secrets=many)
    run = Cli(root, capfd, monkeypatch)
    before = picture(root)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(many) // 2, limits[1]))
    try:
        result = run(*_USER, "--password", "pw")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert result.status == 5
    assert "error[" in result.err
    assert picture(root) == before


def test_fault_18_a_linked_secrets_file_keeps_link_owner_and_mode(cli: Cli) -> None:
    file, real = cli.root / "etc/ppp/chap-secrets", cli.root / "etc/real-secrets"
    file.rename(real)
    file.symlink_to("../real-secrets")
    os.chown(real, 0, grp.getgrnam("daemon").gr_gid)
    real.chmod(0o640)
    before = picture(cli.root)
    cli(*_USER, "--password", "pw")
    assert file.is_symlink()
    assert b"managed by pptpsetup: work" in real.read_bytes()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.stat().st_gid == grp.getgrnam("daemon").gr_gid
    cli("--delete", "work")
    assert picture(cli.root) == before
    assert not list(cli.root.rglob("*.bkp"))


def test_fault_19_delete_works_when_the_peers_file_is_gone(cli: Cli) -> None:
    before = picture(cli.root)
    cli(*_USER, "--password", "pw")
    (cli.root / "etc/ppp/peers/work").unlink()
    assert cli("--delete", "work").status == 0
    assert picture(cli.root) == before


def test_fault_20_no_secret_stays_when_the_peers_file_cannot_be_written(cli: Cli) -> None:
    peers = cli.root / "etc/ppp/peers"
    peers.rmdir()
    peers.write_text("in the way\n")
    before = picture(cli.root)
    assert cli(*_USER, "--password", "pw").status == 2
    assert picture(cli.root) == before


def test_fault_21_a_hand_written_peers_file_is_not_overwritten(cli: Cli) -> None:
    (cli.root / "etc/ppp/peers/work").write_text("# by hand\n")
    before = picture(cli.root)
    result = cli(*_USER, "--password", "pw")
    assert result.status == 2
    assert "--overwrite" in result.err
    assert picture(cli.root) == before


def test_fault_22_a_misspelt_option_stops_the_command(cli: Cli) -> None:
    before = picture(cli.root)
    arguments = ("--create", "work", "--server", "10.0.0.1", "--username", "tom", "--password", "pw")
    result = cli(*arguments, "--encript")
    assert result.status == 1
    assert "did you mean --encrypt?" in result.err
    assert picture(cli.root) == before


def test_fault_23_exit_statuses_and_names(cli: Cli) -> None:
    assert cli(*_USER, "--password", "pw", "--start").status != 0
    assert cli("--server", "x").status == 1
    assert cli("--version").out.startswith("pptpsetup ")
    for name in ("0", "my-vpn", "a.b"):
        arguments = ("--create", name, "--server", "10.0.0.1", "--username", "tom", "--password", "pw")
        assert cli(*arguments).status == 0, name
        assert cli("--delete", name).status == 0


def test_fault_24_what_it_left_out(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli(*_USER, "--password", "pw")
    peers = cli.text_of("/etc/ppp/peers/work").splitlines()
    assert {"refuse-pap", "refuse-eap", "refuse-chap", "refuse-mschap", "mtu 1400"} <= set(peers)
    once = cli.bytes_of("/etc/ppp/chap-secrets")
    for password in ("other", "pw"):
        cli(*_USER, "--password", password)
    assert cli.bytes_of("/etc/ppp/chap-secrets") == once
    before = picture(cli.root)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert cli("--create", "two", "--server", "a", "--username", "u", "--password", "p").status == 7
    assert picture(cli.root) == before
