"""``secret``: set, rotate, forget; nothing of a password is ever printed."""

import sys
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
    assert f"the password is taken from file: {OWN} from now on" in result.err
    assert cli.bytes_of(OWN) == b"ours\n"
    assert "env" not in cli.text_of(SPEC)


@pytest.mark.host
def test_set_to_a_source_and_rotate_to_one(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetched from there at every apply; our own copy of the former one goes."""
    monkeypatch.setenv("VPN_PASSWORD", "f3tched")
    cli.create(password=b"old")
    for action, source, said, written in (
        ("rotate", "env:VPN_PASSWORD", "env: VPN_PASSWORD", "{env: VPN_PASSWORD}"),
        ("set", "command:printf '%s s3cret' my", "command: printf", '{command: [printf, "%s s3cret", my]}'),
    ):
        result = cli("secret", action, "work", "--password-from", source)
        assert (result.status, result.out) == (0, "")
        assert f"work: the password is taken from {said} from now on" in result.err
        assert f"password: {written}" in cli.text_of(SPEC)
        assert not {"f3tched", "s3cret"}.intersection(result.err.split())
        assert cli("check").status == 0
        assert not cli.exists(OWN)
    assert everywhere(cli, b"my s3cret") == [f"{cli.root}{CHAP}"]


@pytest.mark.host
def test_a_source_that_gives_nothing_changes_nothing(cli: Cli) -> None:
    cli.create(password=b"old")
    before = picture(cli.root)
    for source, status, code in (
        ("env:VPN_NOT_SET", 3, "password-variable-missing"),
        ("command:false", 3, "password-command-failed"),
        ("command:true", 3, "password-empty"),
        ("credential:vpn", 3, "password-credential-missing"),
        ("encrypted_credential:vpn", 3, "credential-needs-passwordfd"),
        ("Tr0ub4dor", 3, "password-source"),
        ("forgotten:true", 3, "password-source"),
    ):
        for action in ("set", "rotate"):
            result = cli("secret", action, "work", "--password-from", source)
            assert (result.status, f"error[{code}]" in result.err) == (status, True), source
            assert "Tr0ub4dor" not in result.err
    assert picture(cli.root) == before
    result = cli("secret", "forget", "work", "--password-from", "env:A")
    assert (result.status, "leave out --password-from" in result.err) == (1, True)


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
    assert (rotated.status, f"hint: pptpsetup --root {cli.root} secret set work\n" in rotated.err) == (
        1,
        True,
    )
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


KEPT = "/var/lib/pptpsetup/kept"


def test_forget_reaches_the_versions_that_were_put_away(cli: Cli) -> None:
    """Also former passwords; of a secrets file others' lines stay, and files without a password do, too."""
    cli.create(password=b"Tr0ub4dor \xc3\xa4")
    cli("secret", "rotate", "work", "--password-stdin", stdin=b"S3same")
    kept = cli.root / KEPT[1:]
    kept.mkdir()
    for name, content in (
        ("etc-pptpsetup-secrets-work.1", b"whatever this was\n"),
        ("etc-ppp-peers-work.1", b"mtu 1300\npassword S3same\n"),
        ("etc-NetworkManager-system-connections-work.nmconnection.1", "password=Tr0ub4dor ä\n".encode()),
        (
            "etc-ppp-chap-secrets.1",
            CHAP_SECRETS + b"tom work S3same *\nx y z # managed by pptpsetup: work\n",
        ),
        ("etc-ppp-peers-other.1", b"mtu 1300\n"),
        ("etc-pptpsetup-secrets-home.1", b"another\n"),
    ):
        (kept / name).write_bytes(content)
    result = cli("secret", "forget", "work")
    assert (result.status, result.err.count(f"the password was in {KEPT}/")) == (0, 4)
    assert everywhere(cli, b"S3same") == everywhere(cli, b"Tr0ub4dor") == []
    assert sorted(each.name for each in kept.iterdir()) == [
        "etc-ppp-chap-secrets.1",
        "etc-ppp-peers-other.1",
        "etc-pptpsetup-secrets-home.1",
    ]
    assert (kept / "etc-ppp-chap-secrets.1").read_bytes() == CHAP_SECRETS


def test_forget_of_a_password_from_elsewhere_reaches_them_too(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VPN_PASSWORD", 'fetch"ed')
    cli.create()
    text = cli.text_of(SPEC).replace("{file: /etc/pptpsetup/secrets/work}", "{env: VPN_PASSWORD}")
    (cli.root / SPEC[1:]).write_text(text)
    assert cli("apply").status == 0
    kept = cli.root / KEPT[1:]
    kept.mkdir()
    (kept / "etc-ppp-options.1").write_bytes(b'password "fetch\\"ed"\n')
    assert cli("secret", "forget", "work").status == 0
    assert not kept.exists()


def test_a_short_password_is_only_looked_for_as_a_word(cli: Cli) -> None:
    cli.create(password=b"mtu1")
    kept = cli.root / KEPT[1:]
    kept.mkdir()
    (kept / "etc-ppp-peers-a.1").write_bytes(b"mtu1300\n")
    (kept / "etc-ppp-peers-b.1").write_bytes(b"password mtu1\n")
    assert cli("secret", "forget", "work").status == 0
    assert [each.name for each in kept.iterdir()] == ["etc-ppp-peers-a.1"]


def test_every_password_that_cannot_be_had_is_told_with_its_tunnel(cli: Cli) -> None:
    cli.create("home")
    cli.create("work")
    text = cli.text_of(SPEC)
    for name in ("home", "work"):
        text = text.replace(f"{{file: /etc/pptpsetup/secrets/{name}}}", f"{{env: PW_{name.upper()}}}")
    (cli.root / SPEC[1:]).write_text(text)
    for arguments in (("check",), ("apply",), ("render", "--with-secrets", "--tar", "-")):
        result = cli(*arguments)
        assert result.status == 3
        for name in ("home", "work"):
            message = f"tunnel {name}: the environment variable PW_{name.upper()}"
            assert f"error[password-variable-missing]: {message}" in result.err, arguments


# A password on a descriptor

DELIVERY = ("--password-delivery", "passwordfd")


def _sealed(cli: Cli) -> None:
    """The tunnel work with a password that only systemd can read."""
    cli.create("work", *DELIVERY)
    text = cli.text_of(SPEC).replace("{file: /etc/pptpsetup/secrets/work}", "{encrypted_credential: vpn}")
    (cli.root / SPEC[1:]).write_text(text)


def test_a_password_on_a_descriptor_is_in_no_secrets_file(cli: Cli) -> None:
    before = picture(cli.root)
    assert cli.create("work", *DELIVERY, password=b"Tr0ub4dor").status == 0
    assert cli.bytes_of(CHAP) == CHAP_SECRETS
    assert sorted(everywhere(cli, b"Tr0ub4dor")) == [f"{cli.root}{OWN}", f"{cli.root}{OWN}.pppd"]
    assert cli("check").status == 0
    assert cli("secret", "rotate", "work", "--password-stdin", stdin=b"S3same").status == 0
    assert cli.bytes_of(f"{OWN}.pppd") == b"S3same"
    assert cli("delete", "work").status == 0
    assert picture(cli.root) == before


def test_changing_the_delivery_moves_the_password(cli: Cli) -> None:
    cli.create("work", password=b"Tr0ub4dor")
    before = picture(cli.root)
    result = cli("create", "work", *DELIVERY)
    assert result.status == 0
    assert cli.bytes_of(CHAP) == CHAP_SECRETS
    assert cli.exists(f"{OWN}.pppd")
    assert cli("create", "work", "--password-delivery", "chap-secrets").status == 0
    after = picture(cli.root)
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    # The setting is spelled out now, and the manifest has a copy of the spec.
    assert changed == {SPEC[1:], "var/lib/pptpsetup/manifest.json"}


def test_equal_passwords_look_equal_in_both_files(cli: Cli) -> None:
    result = cli.create("work", *DELIVERY, "--dry-run", password="pässword".encode())
    shown = [line for line in result.out.splitlines() if "secret #" in line]
    assert len(shown) == 2
    assert len({line.rpartition("#")[2] for line in shown}) == 1


def test_what_systemd_has_needs_no_password_here(cli: Cli) -> None:
    _sealed(cli)
    assert cli("check").status == 2
    assert cli("apply").status == 0
    assert cli("check").status == 0
    assert not cli.exists(OWN)
    assert not cli.exists(f"{OWN}.pppd")
    assert cli.bytes_of(CHAP) == CHAP_SECRETS
    assert cli("create", "work", "--mtu", "1300").status == 0, "it asks for no password"
    assert "{encrypted_credential: vpn}" in cli.text_of(SPEC)
    result = cli("secret", "rotate", "work", "--password-stdin", stdin=b"x")
    assert (result.status, "encrypted_credential: vpn" in result.err) == (1, True)
    assert cli("secret", "set", "work", "--password-stdin", stdin=b"ours").status == 0
    assert cli.bytes_of(f"{OWN}.pppd") == b"ours"
    assert cli.bytes_of(CHAP) == CHAP_SECRETS
    result = cli("secret", "forget", "work")
    assert (result.status, cli("check").status) == (0, 0)


def test_forget_leaves_a_credential_alone_and_says_so(cli: Cli) -> None:
    _sealed(cli)
    cli("apply")
    result = cli("secret", "forget", "work")
    assert "was left alone (encrypted_credential: vpn)" in result.err
    assert "password: {forgotten: true}" in cli.text_of(SPEC)


# Keyrings


def test_a_keyring_without_its_library_names_the_package(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    cli.create()
    text = cli.text_of(SPEC).replace("{file: /etc/pptpsetup/secrets/work}", "{keyring: [pptp, tom]}")
    (cli.root / SPEC[1:]).write_text(text)
    result = cli("check")
    assert (result.status, "error[password-keyring-library]" in result.err) == (3, True)
    assert "apt-get install python3-keyring; in a virtual environment: pip install" in result.err
    rotated = cli("secret", "rotate", "work", "--password-stdin", stdin=b"x")
    assert "keyring: pptp" in rotated.err
