"""``adopt``: what a hand edit means goes into the spec, what it cannot say is refused or kept."""

import pytest

from tests.pptpsetup.cli.shop import Cli, picture

SPEC = "/etc/pptpsetup/tunnels.yaml"
PEERS = "/etc/ppp/peers/work"
UNIT = "/etc/systemd/system/pptp@.service"


def edit(cli: Cli, old: str, new: str, path: str = PEERS) -> None:
    """Somebody with an editor."""
    text = cli.text_of(path)
    assert old in text
    (cli.root / path[1:]).write_text(text.replace(old, new))


def test_settings_are_read_back(cli: Cli) -> None:
    cli.create("work", "--route", "10.0.0.0/8")
    edit(cli, "mtu 1400\nmru 1400", "mtu 1300\nmru 1300")
    edit(cli, "holdoff 10", "holdoff 33")
    edit(cli, 'name "tom"\nuser "tom"', 'name "CORP\\\\eve"\nuser "CORP\\\\eve"')
    before = picture(cli.root)
    tried = cli("adopt", "--dry-run")
    assert tried.status == 0
    assert "mtu: 1300, reconnect_delay: 33s, username: eve, domain: CORP" in tried.err
    assert picture(cli.root) == before
    assert cli("adopt").status == 0
    text = cli.text_of(SPEC)
    for line in (
        "mtu: 1300",
        "reconnect_delay: 33s",
        "username: eve",
        "domain: CORP",
        "routes: [10.0.0.0/8]",
    ):
        assert line in text
    assert cli("check").status == 0
    assert "mtu 1300\nmru 1300" in cli.text_of(PEERS)
    assert b'"CORP\\\\eve" "work"' in cli.bytes_of("/etc/ppp/chap-secrets")


def test_comments_of_the_edited_file_are_put_away(cli: Cli) -> None:
    cli.create()
    edit(cli, "holdoff 10", "holdoff 33  # the server is slow")
    assert cli("adopt").status == 0
    assert "the server is slow" in cli.text_of("/var/lib/pptpsetup/kept/etc-ppp-peers-work.1")


def test_what_the_spec_cannot_say_is_named_and_nothing_changes(cli: Cli) -> None:
    cli.create()
    edit(cli, "mru 1400", "mru 1200")
    edit(cli, "lcp-restart 3\n", "")
    edit(cli, "persist", "persist\ndebug\nlogfile /tmp/log")
    before = picture(cli.root)
    result = cli("adopt")
    assert result.status == 2
    assert "error[not-adoptable]" in result.err
    for word in ("+ mru 1200", "- mru 1400", "- lcp-restart 3", "+ debug", "+ logfile /tmp/log"):
        assert word in result.err
    assert f"pptpsetup --root {cli.root} adopt --keep {PEERS}" in result.err
    assert picture(cli.root) == before


def test_other_files_are_not_read_back(cli: Cli) -> None:
    cli.create()
    edit(cli, "[Service]", "[Service]\nNice=5", UNIT)
    result = cli("adopt")
    assert result.status == 2
    assert "edits of such files cannot be taken into the spec" in result.err


def test_one_edit_of_two_is_not_half_adopted(cli: Cli) -> None:
    cli.create()
    edit(cli, "holdoff 10", "holdoff 33")
    edit(cli, "[Service]", "[Service]\nNice=5", UNIT)
    before = picture(cli.root)
    assert cli("adopt").status == 2
    # The one that is named can be adopted, and the other stops it as it stops every change.
    result = cli("adopt", PEERS)
    assert (result.status, f"error[edited-file]: {UNIT}" in result.err) == (2, True)
    assert picture(cli.root) == before
    assert cli("adopt", "--keep", UNIT).status == 2
    assert cli("adopt", "--keep").status == 0
    assert cli("check").status == 0


def test_a_kept_file_stays_until_the_spec_asks_for_something_else(cli: Cli) -> None:
    cli.create()
    edit(cli, "persist", "persist\ndebug")
    assert cli("adopt", "--keep", PEERS).status == 0
    assert cli("check").status == 0
    assert f"= {PEERS} (kept as edited by hand)" in cli("plan").out
    cli.create("home")
    assert "debug" in cli.text_of(PEERS)
    result = cli("create", "work", "--mtu", "1300")
    assert result.status == 2
    assert "error[held-file]" in result.err
    assert "--overwrite" in result.err
    assert cli("create", "work", "--mtu", "1300", "--overwrite").status == 0
    assert "mtu 1300" in cli.text_of(PEERS)
    assert "debug" in cli.text_of("/var/lib/pptpsetup/kept/etc-ppp-peers-work.1")
    assert cli("check").status == 0
    assert PEERS not in cli("plan").out


def test_a_kept_file_that_is_edited_again_is_noticed(cli: Cli) -> None:
    cli.create()
    edit(cli, "persist", "persist\ndebug")
    cli("adopt", "--keep")
    edit(cli, "debug", "dump")
    assert cli("check").status == 2
    assert cli("adopt", "--keep").status == 0
    assert cli("check").status == 0


def test_a_kept_file_is_given_back_by_removing_it(cli: Cli) -> None:
    cli.create()
    before = picture(cli.root)
    edit(cli, "persist", "persist\ndebug")
    cli("adopt", "--keep")
    (cli.root / PEERS[1:]).unlink()
    assert cli("apply").status == 0
    assert picture(cli.root) == before


def test_a_kept_file_goes_with_its_tunnel_and_is_put_away(cli: Cli) -> None:
    cli.create()
    edit(cli, "persist", "persist\ndebug")
    cli("adopt", "--keep")
    assert cli("delete", "work").status == 0
    assert not cli.exists(PEERS)
    assert "debug" in cli.text_of("/var/lib/pptpsetup/kept/etc-ppp-peers-work.1")


def test_nothing_to_adopt(cli: Cli) -> None:
    cli.create()
    assert cli("adopt").err == "nothing to adopt: no generated file was edited\n"
    result = cli("adopt", "/etc/passwd")
    assert (result.status, "error[not-edited]" in result.err) == (1, True)


@pytest.mark.parametrize("path", ["/etc/ppp/peers/work"])
def test_a_foreign_file_is_not_adopted(cli: Cli, path: str) -> None:
    """It was never ours: create --overwrite takes its place."""
    cli.create("home")
    (cli.root / path[1:]).write_text("noauth\n")
    text = cli.text_of(SPEC)
    (cli.root / SPEC[1:]).write_text(text + text[text.index("  home:") :].replace("home", "work"))
    (cli.root / "etc/pptpsetup/secrets/work").write_text("pw\n")
    (cli.root / "etc/pptpsetup/secrets/work").chmod(0o600)
    assert "error[foreign-file]" in cli("apply").err
    assert "nothing to adopt" in cli("adopt").err
