"""``history`` and ``rollback``: every change can be taken back, and so can that."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pptpsetup.cli.shop import Cli, picture

SPEC = "/etc/pptpsetup/tunnels.yaml"
PEERS = "/etc/ppp/peers/work"
CHAP = "/etc/ppp/chap-secrets"


def edit(cli: Cli, path: str, old: str, new: str) -> None:
    """Somebody with an editor."""
    text = cli.text_of(path)
    assert old in text
    (cli.root / path[1:]).write_text(text.replace(old, new))


def test_every_generation_can_be_gone_back_to(cli: Cli) -> None:
    pictures = [picture(cli.root)]
    cli.create("work", password=b"first")
    pictures.append(picture(cli.root))
    cli.create("home", "--on-boot")
    pictures.append(picture(cli.root))
    edit(cli, SPEC, "username: tom", "username: tim")
    cli("apply")
    pictures.append(picture(cli.root))
    cli.create("work", password=b"second")
    pictures.append(picture(cli.root))
    cli("delete", "home")
    pictures.append(picture(cli.root))
    for number in (3, 5, 0, 4, 1, 2):
        assert cli("rollback", str(number)).status == 0
        assert picture(cli.root) == pictures[number], number
        if number:
            assert cli("check").status == 0


def test_without_a_number_the_last_change_is_taken_back_and_that_too(cli: Cli) -> None:
    cli.create()
    before = picture(cli.root)
    cli("delete", "work")
    after = picture(cli.root)
    assert cli("rollback").status == 0
    assert picture(cli.root) == before
    assert cli("rollback").status == 0
    assert picture(cli.root) == after


def test_lines_of_others_stay(cli: Cli) -> None:
    """Also those that were written since."""
    cli.create()
    cli("delete", "work")
    with (cli.root / CHAP[1:]).open("ab") as file:
        file.write(b'"new" * "x" *')
    cli("rollback")
    assert b"# managed by pptpsetup: work\n" in cli.bytes_of(CHAP)
    assert cli.bytes_of(CHAP).endswith(b'"old" * "x y" *\n"new" * "x" *')


def test_a_file_edited_since_stops_it(cli: Cli) -> None:
    cli.create()
    cli("create", "work", "--mtu", "1300")
    edit(cli, PEERS, "persist", "persist\ndebug")
    before = picture(cli.root)
    result = cli("rollback")
    assert result.status == 2
    assert f"error[edited-file]: {PEERS}" in result.err
    assert "--overwrite" in result.err
    assert picture(cli.root) == before
    assert cli("rollback", "--overwrite").status == 0
    assert "mtu 1400" in cli.text_of(PEERS)
    assert "debug" in cli.text_of("/var/lib/pptpsetup/kept/etc-ppp-peers-work.1")


def test_a_spec_edited_and_not_applied_stops_it(cli: Cli) -> None:
    """It need not be valid, neither before nor after."""
    cli.create()
    before = picture(cli.root)
    cli("create", "work", "--mtu", "1300")
    (cli.root / SPEC[1:]).write_text("nonsense: [")
    assert f"error[edited-file]: {SPEC}" in cli("rollback").err
    assert cli("rollback", "--overwrite").status == 0
    assert cli.text_of("/var/lib/pptpsetup/kept/etc-pptpsetup-tunnels.yaml.1") == "nonsense: ["
    left = {path: each for path, each in picture(cli.root).items() if "/kept" not in path}
    assert left == before


def test_the_spec_as_it_was_applied_comes_back_though_it_was_edited_by_hand(cli: Cli) -> None:
    cli.create()
    text = cli.text_of(SPEC)
    edit(cli, SPEC, "username: tom", "username: tim  # since May")
    cli("apply")
    cli("rollback")
    assert cli.text_of(SPEC) == text
    cli("rollback")
    assert "# since May" in cli.text_of(SPEC)


def test_a_dry_run_shows_it_and_writes_nothing(cli: Cli) -> None:
    cli.create(password=b"Tr0ub4dor")
    cli("create", "work", "--mtu", "1300")
    before = picture(cli.root)
    result = cli("rollback", "--dry-run")
    assert result.status == 0
    assert "+mtu 1400" in result.out
    assert picture(cli.root) == before
    assert "Tr0ub4dor" not in cli("rollback", "0", "--dry-run").out


def test_history_tells_what_was_changed_by_what(cli: Cli) -> None:
    assert cli("history").err == "nothing has been changed here yet\n"
    cli.create(password=b"Tr0ub4dor")
    cli("create", "work", "--mtu", "1300")
    rows = cli("history").out.splitlines()
    assert rows[0].split() == ["GEN", "WHEN", "COMMAND", "FILES"]
    assert [row.split()[0] for row in rows[1:]] == ["1", "2"]
    assert rows[2].split()[3:5] == ["create", "work"]
    listed = json.loads(cli("history", "--json").out)
    assert listed["version"] == 1
    assert [each["number"] for each in listed["generations"]] == [1, 2]
    one = cli("history", "2", "--diff").out
    assert "+mtu 1300" in one
    assert "Tr0ub4dor" not in cli("history", "1", "--diff").out + cli("history", "1", "--json").out
    shown = json.loads(cli("history", "2", "--json").out)["generation"]
    assert {step["path"] for step in shown["steps"]} >= {PEERS, SPEC}


def test_history_admits_what_it_does_not_know(cli: Cli) -> None:
    cli.create()
    cli("create", "work", "--mtu", "1300")
    edit(cli, PEERS, "persist", "persist\ndebug")
    one = cli("history", "2", "--diff").out
    assert f"~ {PEERS} (content)  (what it left has been changed by somebody else)" in one
    assert "debug" not in one


def test_a_generation_that_is_not_there(cli: Cli) -> None:
    assert "error[no-such-generation]" in cli("rollback").err
    cli.create()
    for command in ("rollback", "history"):
        result = cli(command, "7")
        assert (result.status, "error[no-such-generation]" in result.err) == (1, True)
        assert "there are" in result.err


def test_a_damaged_generation_is_named(cli: Cli) -> None:
    cli.create()
    cli("create", "work", "--mtu", "1300")
    (cli.root / "var/lib/pptpsetup/tx/000001.gen/journal.json").write_text("{")
    before = picture(cli.root)
    result = cli("rollback", "0")
    assert (result.status, "error[generation-unreadable]" in result.err) == (1, True)
    assert "000001.gen" in result.err
    assert picture(cli.root) == before
    # To take the last one back, it is not needed.
    assert cli("rollback").status == 0
    assert "mtu 1400" in cli.text_of(PEERS)


def test_old_generations_go(cli: Cli) -> None:
    for mtu in range(1300, 1325):
        assert cli.create("work", "--mtu", str(mtu)).status == 0
    kept = sorted(path.name for path in (cli.root / "var/lib/pptpsetup/tx").iterdir())
    assert kept == [f"{number:06d}.gen" for number in range(6, 26)]
    assert cli("rollback", "5").status == 0
    assert "mtu 1304" in cli.text_of(PEERS)
    assert cli("rollback", "4").status == 1


@pytest.mark.host
def test_it_works_without_templates_libraries_and_a_valid_spec(cli: Cli) -> None:
    """A broken installation or spec is when it is needed most: our own code and the standard library do."""
    cli.create()
    before = picture(cli.root)
    edit(cli, SPEC, "username: tom", "username: tim")
    assert cli("apply").status == 0
    checkout = Path(__file__).resolve().parents[3]
    code = "import sys; sys.path[:0] = sys.argv.pop(1).split(':'); from pptpsetup.cli.main import main; "
    code += "sys.exit(main())"
    ours = f"{checkout}:{checkout / 'engine'}"
    command = [sys.executable, "-S", "-c", code, ours, "--root", str(cli.root), "rollback"]
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    assert picture(cli.root) == before
