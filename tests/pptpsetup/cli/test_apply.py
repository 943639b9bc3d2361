"""``plan``, ``diff``, ``check`` and ``apply``: the spec as edited by hand, and what has become of it."""

import json
import os
from pathlib import Path

import jsonschema
import pytest

from pptpsetup.change.report import schema
from tests.pptpsetup.cli.shop import CHAP_SECRETS, Cli, picture

SPEC = "/etc/pptpsetup/tunnels.yaml"
PEERS = "/etc/ppp/peers/work"


def edit(cli: Cli, path: str, old: str, new: str) -> None:
    """Somebody with an editor."""
    text = cli.text_of(path)
    assert old in text
    (cli.root / path[1:]).write_text(text.replace(old, new))


def test_a_spec_written_by_hand_is_applied(cli: Cli) -> None:
    """Without create: the file, a password's file, apply."""
    (cli.root / "etc/pptpsetup").mkdir()
    (cli.root / "etc/pw").write_text("geheim\n")
    (cli.root / "etc/pw").chmod(0o600)
    (cli.root / SPEC[1:]).write_text(
        "version: 1\ntunnels:\n  work: {server: 10.0.0.1, username: tom, password: {file: /etc/pw}}\n"
    )
    assert cli("check").status == 2
    planned = cli("plan")
    assert planned.status == 0
    assert f"+ {PEERS}" in planned.out
    assert planned.out.splitlines()[-1].endswith(" to add, 1 to change, 0 to remove")
    assert not cli.exists(PEERS)
    result = cli("apply")
    assert (result.status, result.out) == (0, "")
    assert b'"geheim"' in cli.bytes_of("/etc/ppp/chap-secrets")
    assert cli("check").status == 0


def test_applying_twice_changes_nothing(cli: Cli) -> None:
    cli.create()
    edit(cli, SPEC, "username: tom", "username: tim")
    cli("apply")
    before = picture(cli.root)
    result = cli("apply")
    assert (result.status, result.err) == (0, "nothing to do: this system is as the spec says\n")
    assert picture(cli.root) == before


def test_only_what_changed_is_touched(cli: Cli) -> None:
    cli.create("work")
    cli.create("home")
    inodes = {path: path.stat().st_ino for path in cli.root.rglob("*") if path.is_file()}
    edit(cli, SPEC, "  home:\n", "  home:\n    mtu: 1300\n")
    cli("apply")
    changed = {
        str(path.relative_to(cli.root)) for path, inode in inodes.items() if path.stat().st_ino != inode
    }
    assert changed == {"etc/ppp/peers/home", "var/lib/pptpsetup/manifest.json"}


def test_another_wording_of_the_spec_is_no_difference(cli: Cli) -> None:
    cli.create()
    (cli.root / SPEC[1:]).write_text("# A comment.\n" + cli.text_of(SPEC))
    assert cli("check").status == 0
    before = picture(cli.root)
    assert "nothing to do" in cli("apply").err
    assert picture(cli.root) == before


def test_a_missing_spec_is_no_wish_to_remove_everything(cli: Cli) -> None:
    cli.create()
    (cli.root / SPEC[1:]).unlink()
    before = picture(cli.root)
    for command in ("plan", "diff", "check", "apply"):
        result = cli(command)
        assert result.status == 3
        assert "error[spec-missing]" in result.err
    assert picture(cli.root) == before


def test_a_tunnel_taken_out_of_the_spec_is_removed(cli: Cli) -> None:
    cli.create("work")
    cli.create("home")
    text = cli.text_of(SPEC)
    (cli.root / SPEC[1:]).write_text(text[: text.index("  home:")])
    assert "- /etc/ppp/peers/home" in cli("plan").out
    assert cli("apply").status == 0
    assert not cli.exists("/etc/ppp/peers/home")
    assert b"home" not in cli.bytes_of("/etc/ppp/chap-secrets")
    assert CHAP_SECRETS.splitlines()[-1] in cli.bytes_of("/etc/ppp/chap-secrets")


def test_an_invalid_spec_changes_nothing_and_every_error_has_its_place(cli: Cli) -> None:
    cli.create()
    edit(cli, SPEC, "username: tom", "username: tom\n    mtu: 9\n    modus: x")
    before = picture(cli.root)
    for command in ("plan", "check", "apply"):
        result = cli(command)
        assert result.status == 3
        assert f"{SPEC}:7:" in result.err
        assert f"{SPEC}:8:" in result.err
    assert picture(cli.root) == before


def test_plan_writes_nothing_and_shows_no_password(cli: Cli) -> None:
    cli.create(password=b"Tr0ub4dor")
    edit(cli, SPEC, "username: tom", "username: tim")
    before = picture(cli.root)
    results = [
        cli("plan"),
        cli("plan", "--diff"),
        cli("plan", "--json"),
        cli("diff"),
        cli("apply", "--dry-run"),
    ]
    assert [each.status for each in results] == [0] * 5
    assert all("Tr0ub4dor" not in each.out + each.err for each in results)
    assert '+name "tim"' in results[3].out
    assert results[3].out == results[1].out == results[4].out
    assert picture(cli.root) == before


def test_equal_passwords_look_equal_in_every_diff(cli: Cli) -> None:
    cli.create()
    edit(cli, SPEC, "username: tom", "username: tim")
    removed, added = (
        line.split()[2:4] for line in cli("diff").out.splitlines() if line[1:].startswith(("tom ", "tim "))
    )
    assert removed == added
    assert cli("diff").out == cli("diff").out


def test_json_fits_its_published_schema(cli: Cli) -> None:
    cli.create()
    edit(cli, SPEC, "username: tom", "username: tim")
    edit(cli, PEERS, "holdoff 10", "holdoff 11")
    document = json.loads(cli("plan", "--json").out)
    jsonschema.validate(document, schema())
    assert document["counts"] == {"add": 0, "change": 1, "remove": 0, "blocked": 1}
    assert [each["code"] for each in document["conflicts"]] == ["edited-file"]
    assert json.loads(cli("check", "--json").out) == document
    published = Path(__file__).resolve().parents[3] / "docs/reference/plan.schema.json"
    assert json.loads(published.read_text()) == schema()


# --- hand edits


def test_a_hand_edit_is_told_from_a_change_of_the_spec(cli: Cli) -> None:
    """A missing file is put back; an edited one is in the way until somebody decides."""
    cli.create("work")
    cli.create("home")
    (cli.root / "etc/ppp/peers/home").unlink()
    edit(cli, PEERS, "holdoff 10", "holdoff 11")
    result = cli("plan")
    assert "+ /etc/ppp/peers/home" in result.out
    assert f"! {PEERS} (edited since pptpsetup wrote it; content;" in result.out
    assert result.out.endswith("1 to add, 0 to change, 0 to remove, 1 in the way\n")
    assert "warning[edited-file]" in result.err
    assert cli("check").status == 2
    before = picture(cli.root)
    refused = cli("apply")
    assert refused.status == 2
    assert "error[edited-file]" in refused.err
    assert f"pptpsetup --root {cli.root} adopt {PEERS}" in refused.err
    assert picture(cli.root) == before
    assert "-holdoff 11" in cli("diff").out


def test_overwrite_replaces_it_and_keeps_the_edited_version(cli: Cli) -> None:
    cli.create()
    before = picture(cli.root)
    edit(cli, PEERS, "holdoff 10", "holdoff 11")
    assert cli("apply", "--overwrite").status == 0
    after = picture(cli.root)
    kept = {path for path in after if "/kept" in path}
    assert {path: each for path, each in after.items() if path not in kept} == before
    assert "holdoff 11" in cli.text_of("/var/lib/pptpsetup/kept/etc-ppp-peers-work.1")


# --- saved plans


def saved_plan(cli: Cli, tmp_path: Path, *options: str) -> str:
    file = str(tmp_path / "plan.json")
    assert cli("plan", "--out", file, *options).status == 0
    return file


def test_a_saved_plan_does_exactly_what_it_says(cli: Cli, tmp_path: Path) -> None:
    cli.create(password=b"Tr0ub4dor")
    edit(cli, SPEC, "username: tom", "username: tim")
    file = saved_plan(cli, tmp_path)
    document = json.loads(Path(file).read_text())
    jsonschema.validate(document, schema())
    assert "Tr0ub4dor" not in Path(file).read_text()
    assert Path(file).stat().st_mode & 0o777 == 0o600
    assert cli("apply", file).status == 0
    assert 'name "tim"' in cli.text_of(PEERS)
    assert cli("check").status == 0


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (SPEC, "username: tim", "username: tam"),
        ("/etc/pptpsetup/secrets/work", "pw", "qw"),
        ("/etc/ppp/chap-secrets", '"old"', '"new"'),
        (PEERS, "holdoff 10", "holdoff 11"),
        (SPEC, "version: 1", "version: 1  # a comment"),
    ],
)
def test_a_stale_plan_is_refused(cli: Cli, tmp_path: Path, path: str, old: str, new: str) -> None:
    """Whatever it was made from: the spec, a password, a file of ours or of others."""
    cli.create()
    edit(cli, SPEC, "username: tom", "username: tim")
    file = saved_plan(cli, tmp_path)
    edit(cli, path, old, new)
    before = picture(cli.root)
    result = cli("apply", file)
    assert result.status == 2
    assert "error[plan-stale]" in result.err or "error[edited-file]" in result.err
    assert picture(cli.root) == before
    assert cli("apply", file, "--dry-run").status == 2


def test_a_plan_that_was_applied_is_stale(cli: Cli, tmp_path: Path) -> None:
    cli.create()
    edit(cli, SPEC, "username: tom", "username: tim")
    file = saved_plan(cli, tmp_path)
    assert cli("apply", file).status == 0
    assert "error[plan-stale]" in cli("apply", file).err


def test_a_plan_is_for_one_system(cli: Cli, tmp_path: Path) -> None:
    """Another host has another key, even if everything else is the same."""
    cli.create()
    edit(cli, SPEC, "username: tom", "username: tim")
    file = saved_plan(cli, tmp_path)
    (cli.root / "var/lib/pptpsetup/key").write_bytes(bytes(32))
    assert "error[plan-stale]" in cli("apply", file).err


def test_a_plan_with_something_in_its_way_is_saved_with_overwrite_only(cli: Cli, tmp_path: Path) -> None:
    cli.create()
    edit(cli, PEERS, "holdoff 10", "holdoff 11")
    assert cli("plan", "--out", str(tmp_path / "p")).status == 2
    file = saved_plan(cli, tmp_path, "--overwrite")
    assert cli("apply", file).status == 0
    assert "holdoff 10" in cli.text_of(PEERS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "it is not JSON"),
        (b"[]", "its version is None"),
        (b'{"version": 7}', "its version is 7"),
        (b'{"version": 1}', "it was not made with --out"),
    ],
)
def test_a_file_that_is_no_plan(cli: Cli, tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "plan").write_bytes(content)
    result = cli("apply", str(tmp_path / "plan"))
    assert result.status == 1
    assert "error[plan-unreadable]" in result.err
    assert words in result.err


def test_a_plan_that_is_not_there(cli: Cli, tmp_path: Path) -> None:
    result = cli("apply", str(tmp_path / "plan"))
    assert (result.status, "error[plan-missing]" in result.err) == (1, True)


def test_a_plan_is_not_written_over_a_device(cli: Cli) -> None:
    cli.create()
    result = cli("plan", "--out", "/dev/null")
    assert (result.status, "error[plan-not-a-file]" in result.err) == (1, True)


def test_chap_secrets_that_is_a_link_to_itself_is_in_the_way(cli: Cli) -> None:
    cli.create()
    secrets = cli.root / "etc/ppp/chap-secrets"
    secrets.unlink()
    secrets.symlink_to("chap-secrets")
    for command in ("check", "apply"):
        result = cli(command)
        assert result.status == 2, command
        assert "[foreign-file]: /etc/ppp/chap-secrets exists and is not a regular file" in result.err


def test_a_pipe_in_the_place_of_a_password_keeps_nobody_waiting(cli: Cli) -> None:
    cli.create()
    file = cli.root / "etc/pptpsetup/secrets/work"
    file.unlink()
    os.mkfifo(file)
    for command in ("check", "apply"):
        result = cli(command)
        assert result.status == 3, command
        assert "error[password-file-unreadable]" in result.err
        assert f"hint: rm -r {file}, and store the password again: pptpsetup --root" in result.err
    file.unlink()
    assert cli("secret", "set", "work", "--password-stdin", stdin=b"pw").status == 0


@pytest.mark.parametrize("text", ["x", "-1", "nan", "1e9"])
def test_a_wait_that_is_no_number_of_seconds(cli: Cli, text: str) -> None:
    result = cli("apply", f"--wait={text}")
    assert result.status == 1
    assert "is not a number of seconds" in result.err


def test_a_half_done_change_is_a_difference(cli: Cli) -> None:
    """Only reading, check cannot undo it; apply does."""
    cli.create()
    generations = cli.root / "var/lib/pptpsetup/tx"
    (generations / "000001.gen").rename(generations / "000002")
    (generations / "000002/progress").write_text("0")
    result = cli("check")
    assert result.status == 2
    assert "warning[unfinished]" in result.err
    assert "was cut short; it had changed nothing" in cli("recover").err
    assert cli("recover").err == "nothing to recover\n"
    assert cli("check").status == 0
