"""``create``: what it writes, what it leaves, what it says."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.pptpsetup.cli.shop import CHAP_SECRETS, Cli, make_system, picture


def test_writes_everything_a_tunnel_needs(cli: Cli) -> None:
    result = cli.create("work", "--domain", "CORP", "--route", "192.168.7.0/24")
    assert (result.status, result.out) == (0, "")
    assert "work created: CORP\\tom at vpn.example.com" in result.err
    peers = cli.root / "etc/ppp/peers/work"
    assert stat.S_IMODE(peers.stat().st_mode) == 0o640
    assert peers.stat().st_gid == 30
    assert 'name "CORP\\\\tom"' in peers.read_text()
    assert "require-mppe-128" in peers.read_text()
    assert cli.bytes_of("/etc/pptpsetup/secrets/work") == b"pw\n"
    assert stat.S_IMODE((cli.root / "etc/pptpsetup/secrets/work").stat().st_mode) == 0o600
    assert "routes: [192.168.7.0/24]" in cli.text_of("/etc/pptpsetup/tunnels.yaml")


def test_foreign_secrets_stay_byte_for_byte(cli: Cli) -> None:
    cli.create()
    lines = cli.bytes_of("/etc/ppp/chap-secrets").splitlines(keepends=True)
    assert b"".join(line for line in lines if b"managed by pptpsetup: work" not in line) == CHAP_SECRETS


def test_the_weakness_of_pptp_is_said_once_at_create(cli: Cli) -> None:
    assert cli.create().err.count("broken cryptography") == 1
    assert "broken cryptography" not in cli("create", "work", "--mtu", "1300").err


def test_again_with_the_same_values_changes_nothing(cli: Cli) -> None:
    cli.create("work", "--route", "10.1.0.0/16")
    before = picture(cli.root)
    result = cli.create("work", "--route", "10.1.0.0/16")
    assert result.status == 0
    assert "nothing to do" in result.err
    assert picture(cli.root) == before


def test_again_without_a_password_keeps_the_stored_one(cli: Cli) -> None:
    cli.create()
    result = cli("create", "work", "--mtu", "1300")
    assert result.status == 0
    assert cli.bytes_of("/etc/pptpsetup/secrets/work") == b"pw\n"
    assert "mtu 1300" in cli.text_of("/etc/ppp/peers/work")


def test_another_password_replaces_the_old_one_everywhere(cli: Cli) -> None:
    cli.create(password=b"old-password")
    cli.create(password=b"new-password")
    for path in cli.root.rglob("*"):
        # The history has it, for root alone, so that the change can be taken back.
        in_history = ".gen/" in str(path)
        assert in_history or not path.is_file() or b"old-password" not in path.read_bytes(), path
    assert cli.bytes_of("/etc/ppp/chap-secrets").count(b"new-password") == 1


def test_comments_and_order_of_the_spec_stay(cli: Cli) -> None:
    cli.create("b")
    spec = cli.root / "etc/pptpsetup/tunnels.yaml"
    spec.write_text(spec.read_text().replace("  b:", "  # my note\n  b:  # the first") + "# the end\n")
    cli.create("a")
    text = spec.read_text()
    assert "# my note\n  b:  # the first" in text
    assert text.index("  b:") < text.index("  a:")
    assert "# the end" in text


def test_password_from_a_file(cli: Cli, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"from the file\n")
    secret.chmod(0o600)
    result = cli("create", "work", "--server", "10.0.0.1", "--username", "u", "--password-file", str(secret))
    assert result.status == 0
    assert cli.bytes_of("/etc/pptpsetup/secrets/work") == b"from the file\n"


def test_a_password_from_elsewhere_is_asked_for_nowhere_and_stored_only_for_pppd(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pptpsetup.cli.password.TERMINAL", "/nonexistent/tty")
    monkeypatch.setenv("VPN_PASSWORD", "f3tched")
    common = ("--server", "10.0.0.1", "--username", "u", "--password-from", "env:VPN_PASSWORD")
    assert "f3tched" not in "".join(cli("create", "work", *common, "--dry-run").out)
    result = cli("create", "work", *common)
    assert (result.status, result.out, "f3tched" in result.err) == (0, "", False)
    assert "password: {env: VPN_PASSWORD}" in cli.text_of("/etc/pptpsetup/tunnels.yaml")
    assert b'"u" "work" "f3tched"' in cli.bytes_of("/etc/ppp/chap-secrets")
    assert not cli.exists("/etc/pptpsetup/secrets/work")
    assert "nothing to do: work is like that already" in cli("create", "work", *common).err
    both = cli("create", "work", "--password-from", "env:VPN_PASSWORD", "--password-stdin", stdin=b"x")
    assert (both.status, "not allowed with argument" in both.err) == (1, True)


@pytest.mark.parametrize("kind", ["env", "command", "keyring", "encrypted-credential"])
def test_the_options_of_other_programs_lead_to_ours(cli: Cli, kind: str) -> None:
    result = cli("create", "work", f"--password-{kind}", "Tr0ub4dor")
    expected = f"did you mean --password-from {kind.replace('-', '_')}:…?"
    assert (result.status, expected in result.err, "Tr0ub4dor" in result.err) == (1, True, False)


def test_a_credential_that_only_systemd_reads_can_be_given(cli: Cli) -> None:
    delivery = ("--password-delivery", "passwordfd", "--password-from", "encrypted_credential:pptp-work")
    result = cli("create", "work", "--server", "10.0.0.1", "--username", "u", *delivery)
    assert result.status == 0
    assert "password: {encrypted_credential: pptp-work}" in cli.text_of("/etc/pptpsetup/tunnels.yaml")
    assert cli("check").status == 0


def test_a_password_file_that_others_can_read_is_warned_about(cli: Cli, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"x\n")
    secret.chmod(0o644)
    arguments = ("--server", "10.0.0.1", "--username", "u", "--password-file", str(secret))
    result = cli("create", "work", *arguments)
    assert result.status == 0
    assert "warning[secret-file-exposed]" in result.err


def test_dry_run_shows_the_plan_without_the_password_and_writes_nothing(cli: Cli) -> None:
    before = picture(cli.root)
    result = cli.create("work", "--dry-run", password=b"Tr0ub4dor")
    assert result.status == 0
    assert "+ /etc/ppp/peers/work" in result.out
    assert "Tr0ub4dor" not in result.out + result.err
    assert "nothing was written" in result.err
    assert picture(cli.root) == before


def test_dry_run_asks_for_no_password(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pptpsetup.cli.password.TERMINAL", "/nonexistent/tty")
    result = cli("create", "work", "--server", "10.0.0.1", "--username", "u", "--dry-run")
    assert result.status == 0
    assert "+ /etc/pptpsetup/secrets/work" in result.out


def test_dry_run_counts_nothing_when_nothing_would_change(cli: Cli) -> None:
    cli.create()
    result = cli.create("work", "--dry-run")
    assert (result.status, result.out) == (0, "")
    assert "dry run: 0 changes" in result.err


def test_a_file_in_the_way_is_kept_and_can_be_overwritten(cli: Cli) -> None:
    peers = cli.root / "etc/ppp/peers/work"
    peers.write_text("# by hand\n")
    before = picture(cli.root)
    result = cli.create()
    assert result.status == 2
    assert "error[foreign-file]" in result.err
    assert "--overwrite" in result.err
    assert "another name" in result.err
    assert picture(cli.root) == before
    assert cli.create("work", "--overwrite").status == 0
    assert "by hand" not in peers.read_text()


def test_a_file_edited_since_is_not_overwritten(cli: Cli) -> None:
    cli.create()
    peers = cli.root / "etc/ppp/peers/work"
    peers.write_text(peers.read_text() + "debug\n")
    result = cli("create", "work", "--mtu", "1300")
    assert result.status == 2
    assert "error[edited-file]" in result.err
    assert peers.read_text().endswith("debug\n")


def test_on_boot_links_the_unit(cli: Cli) -> None:
    cli.create("work", "--on-boot")
    link = cli.root / "etc/systemd/system/multi-user.target.wants/pptp@work.service"
    assert link.is_symlink()


@pytest.mark.parametrize("chap_secrets", [None, b"", b"# only a comment"])
def test_delete_leaves_the_system_as_it_was_before(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    chap_secrets: bytes | None,
) -> None:
    root = make_system(tmp_path / "other", chap_secrets=chap_secrets)
    run = Cli(root, capfd, monkeypatch)
    before = picture(root)
    assert run.create("work", "--on-boot", "--route", "10.0.0.0/8", "--dns", "from-peer").status == 0
    assert run.create("second").status == 0
    assert run("delete", "work").status == 0
    assert run("delete", "second").status == 0
    assert picture(root) == before


def test_delete_dry_run_writes_nothing(cli: Cli) -> None:
    cli.create()
    before = picture(cli.root)
    result = cli("delete", "work", "--dry-run")
    assert result.status == 0
    assert "- /etc/ppp/peers/work" in result.out
    assert picture(cli.root) == before


def test_delete_of_one_keeps_the_others(cli: Cli) -> None:
    cli.create("work")
    with_one = {path: entry for path, entry in picture(cli.root).items() if "var/lib" not in path}
    cli.create("work-vpn", password=b"work")
    cli("delete", "work-vpn")
    after = {path: entry for path, entry in picture(cli.root).items() if "var/lib" not in path}
    assert after == with_one


def test_list_and_show(cli: Cli) -> None:
    cli.create("work", "--route", "10.1.0.0/16", "--on-boot")
    listed = json.loads(cli("list", "--json").out)
    assert listed["version"] == 1
    assert [tunnel["name"] for tunnel in listed["tunnels"]] == ["work"]
    assert listed["tunnels"][0]["state"] == "down"
    shown = json.loads(cli("show", "work", "--json").out)["tunnel"]
    assert shown["routes"] == ["10.1.0.0/16"]
    assert shown["password"] == {"file": "/etc/pptpsetup/secrets/work"}
    text = cli("show", "work").out
    assert "encryption" in text
    assert "required-128" in text
    rows = cli("list").out.splitlines()
    assert rows[0].split() == ["NAME", "STATE", "SERVER", "LOGIN", "TRAFFIC", "AT", "BOOT"]
    assert rows[1].split() == ["work", "down", "vpn.example.com", "tom", "10.1.0.0/16", "yes"]


def test_no_output_shows_the_password(cli: Cli) -> None:
    results = [cli.create("work", password=b"Tr0ub4dor")]
    results += [
        cli("show", "work"),
        cli("show", "work", "--json"),
        cli("list", "--json"),
        cli("status", "work"),
    ]
    results.append(cli("delete", "work", "--dry-run"))
    assert all("Tr0ub4dor" not in result.out + result.err for result in results)


def test_no_password_goes_into_a_file_that_everybody_can_read(cli: Cli) -> None:
    secrets = cli.root / "etc/ppp/chap-secrets"
    secrets.parent.mkdir(parents=True, exist_ok=True)
    secrets.write_text("# theirs\n")
    secrets.chmod(0o644)
    result = cli.create()
    assert result.status == 2
    assert "error[secrets-exposed]" in result.err
    assert f"chmod o= {cli.root}/etc/ppp/chap-secrets" in result.err
    assert secrets.read_text() == "# theirs\n"


def test_the_group_root_loses_its_access_with_the_next_change(cli: Cli) -> None:
    """Debian's Perl pptpsetup left it so; pppd warns of it."""
    secrets = cli.root / "etc/ppp/chap-secrets"
    secrets.chmod(0o640)
    result = cli.create("work", "--dry-run")
    assert "~ /etc/ppp/chap-secrets (content; mode 0640 → 0600)" in result.out
    result = cli.create()
    assert (result.status, "secrets-group-readable" in result.err) == (0, False)
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert cli("check").status == 0
    secrets.chmod(0o640)
    assert cli("check").status == 2
    assert cli("apply").status == 0
    assert secrets.stat().st_mode & 0o777 == 0o600


def test_another_groups_access_is_told_and_stays(cli: Cli) -> None:
    secrets = cli.root / "etc/ppp/chap-secrets"
    os.chown(secrets, 0, 30)
    secrets.chmod(0o640)
    result = cli.create()
    assert result.status == 0
    assert "warning[secrets-group-readable]" in result.err
    assert f"chmod 600 {cli.root}/etc/ppp/chap-secrets" in result.err
    status = secrets.stat()
    assert (status.st_mode & 0o777, status.st_gid) == (0o640, 30)
    checked = cli("check")
    assert (checked.status, "secrets-group-readable" in checked.err) == (0, True)
    cli("create", "work", "--password-delivery", "passwordfd")
    assert "secrets-group-readable" not in cli("check").err, "no password of ours is in there any more"


@pytest.mark.parametrize(
    ("ignored", "told"),
    [
        ("", ["/etc/ppp/chap-secrets", "/etc/pptpsetup/secrets"]),
        ("/ppp/chap-secrets\n", ["/etc/pptpsetup/secrets"]),
        ("*-secrets\npptpsetup/\n", []),
        ("# ppp\n!ppp\nppp/chap-secrets.old\n", ["/etc/ppp/chap-secrets", "/etc/pptpsetup/secrets"]),
    ],
)
def test_etckeeper_that_commits_passwords_is_told_of(cli: Cli, ignored: str, told: list[str]) -> None:
    assert "etckeeper" not in cli.create().err
    (cli.root / "etc/etckeeper").mkdir()
    (cli.root / "etc/etckeeper/etckeeper.conf").touch()
    assert "etckeeper" not in cli("check").err, "it has no repository"
    (cli.root / "etc/.git").mkdir()
    (cli.root / "etc/.gitignore").write_text(ignored)
    for result in (cli("check"), cli.create("work", "--mtu", "1300")):
        assert result.status == 0
        assert result.err.count("warning[etckeeper-keeps-passwords]") == bool(told)
        for path in ("/etc/ppp/chap-secrets", "/etc/pptpsetup/secrets"):
            assert (f"{path} " in result.err) is (path in told)
