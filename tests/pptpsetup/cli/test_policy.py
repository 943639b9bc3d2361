"""``pptpsetup policy``: files or text, commands to paste, and nothing installed."""

import errno
from pathlib import Path

import pytest

from pptpsetup.cli.main import main
from tests.pptpsetup.change.scene import failing_at, killed_at
from tests.pptpsetup.cli.shop import Cli, picture

FILES = {
    "selinux": {"pptpsetup.te", "pptpsetup.fc", "pptpengine"},
    "apparmor": {"pptpengine.apparmor", "pptpengine"},
}


@pytest.mark.parametrize("system", FILES)
def test_it_prints_all_files(
    system: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["policy", system]) == 0
    out, err = capsys.readouterr()
    assert {line.split()[2] for line in out.splitlines() if line.startswith("# ---- ")} == FILES[system]
    assert "nothing was written" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("system", FILES)
def test_it_writes_all_files_and_prints_commands(
    system: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "a" / "policy"
    assert main(["policy", system, "--output", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert {each.name for each in folder.iterdir()} == FILES[system]
    assert out.startswith(f"install -D -m 755 {folder}/pptpengine ")
    assert "nothing was installed" in err
    modes = {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}
    assert modes.pop("pptpengine") == 0o755
    assert set(modes.values()) == {0o644}
    # Again: nothing to do, nothing to complain about.
    assert main(["policy", system, "--output", str(folder)]) == 0


def test_what_was_edited_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "pptpsetup.fc").write_text("mine\n")
    assert main(["policy", "selinux", "--output", str(tmp_path)]) == 2
    assert "error[file-in-the-way]" in capsys.readouterr().err
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"pptpsetup.fc": "mine\n"}


def test_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Killed before any call, or refused it: the next time finds nothing in its way."""
    calls = 0
    while (ended := killed_at(calls, lambda: write(tmp_path))) != 0:
        assert ended == 77
        assert write(tmp_path) == 0, f"killed at call {calls}"
        assert {each.name for each in tmp_path.iterdir()} == FILES["selinux"]
        for each in tmp_path.iterdir():
            each.unlink()
        calls += 1
    assert calls > 10
    for each in tmp_path.iterdir():
        each.unlink()
    with failing_at(range(5, 1000), errno.ENOSPC):
        assert write(tmp_path) == 1
    assert write(tmp_path) == 0


def write(folder: Path) -> int:
    return main(["policy", "selinux", "--output", str(folder)])


def test_a_system_that_is_neither_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "smack"]) == 1
    assert "selinux" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "text", "warned"),
    [
        ("etc/system-fips", "", True),
        ("etc/crypto-policies/config", "FIPS\n", True),
        ("etc/crypto-policies/config", "FIPS:OSPP\n", True),
        ("etc/crypto-policies/config", "DEFAULT\n", False),
        ("etc/crypto-policies/config", "NOFIPS\n", False),
    ],
)
def test_a_system_that_is_set_up_for_fips(cli: Cli, path: str, text: str, warned: bool) -> None:
    place = cli.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    created = cli.create("work")
    assert created.status == 0
    assert ("warning[fips-mode]" in created.err) is warned
    before = picture(cli.root)
    shown = cli("show", "work")
    assert (shown.status, "warning[fips-mode]" in shown.err) == (0, warned)
    assert "fips" not in shown.out
    assert cli("show", "work", "--json").err == ""
    assert picture(cli.root) == before
    cli.create("open", "--no-encrypt")
    assert "fips-mode" not in cli("show", "open").err
