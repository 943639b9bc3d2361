"""``--spec PATH``: any file or folder as the host's spec."""

import json
from pathlib import Path

import pytest

from tests.pptpsetup.cli.shop import Cli, picture

MAIN, FRAGMENTS = "/etc/pptpsetup/tunnels.yaml", "/etc/pptpsetup/tunnels.d"
NEW = "version: 1\ntunnels:\n  work: {server: vpn.example.com, username: tom, mtu: 1300}  # new\n"
LAB = "version: 1\ntunnels: {lab: {server: lab.example.com, username: ann, password: {file: /etc/pw}}}\n"


@pytest.fixture
def office(cli: Cli) -> Cli:
    """``work`` in the main file, ``home`` in a fragment written by hand."""
    assert cli.create("work").status == 0
    (cli.root / "etc/pw").write_text("pw")
    (cli.root / FRAGMENTS[1:]).mkdir()
    (cli.root / FRAGMENTS[1:] / "home.yaml").write_text(LAB.replace("lab", "home"))
    assert cli("apply").status == 0
    return cli


@pytest.fixture
def new(tmp_path: Path) -> str:
    """Another spec, as one file."""
    path = tmp_path / "new.yaml"
    path.write_text(NEW)
    return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Another spec, as a folder of fragments."""
    path = tmp_path / "folder"
    path.mkdir()
    (path / "10-work.yaml").write_text(NEW)
    (path / "20-lab.yaml").write_text(LAB)
    (path / "README").write_text("no part of it")
    return path


def fragments(cli: Cli) -> list[str]:
    return sorted(path.name for path in (cli.root / FRAGMENTS[1:]).glob("*"))


@pytest.mark.parametrize(
    "arguments",
    [("plan",), ("diff",), ("check",), ("apply", "--dry-run"), ("plan", "--diff"), ("plan", "--json")],
)
def test_looking_writes_nothing(office: Cli, new: str, arguments: tuple[str, ...]) -> None:
    before = picture(office.root)
    result = office(*arguments, "--spec", new)
    assert result.status == (2 if arguments == ("check",) else 0), result.err
    assert MAIN in result.out
    assert f"{FRAGMENTS}/home.yaml" in result.out
    assert "/etc/ppp/peers/home" in result.out
    assert picture(office.root) == before


def test_a_file_becomes_the_spec_in_one_step(office: Cli, new: str) -> None:
    before = picture(office.root)
    assert office("apply", "-f", new).status == 0
    assert office.text_of(MAIN) == NEW
    assert fragments(office) == []
    assert "mtu 1300" in office.text_of("/etc/ppp/peers/work")
    assert not office.exists("/etc/ppp/peers/home")
    assert office("check").status == 0
    assert office("check", "-f", new).status == 0
    assert f"apply --spec {new}" in office("history").out
    assert office("rollback").status == 0
    assert picture(office.root) == before


def test_a_folder_becomes_the_spec_in_one_step(office: Cli, folder: Path) -> None:
    before = picture(office.root)
    assert office("apply", "-f", str(folder)).status == 0
    assert not office.exists(MAIN)
    assert fragments(office) == ["10-work.yaml", "20-lab.yaml"]
    assert office.text_of(f"{FRAGMENTS}/20-lab.yaml") == LAB
    assert office("check", "-f", str(folder)).status == 0
    assert "nothing to do" in office("apply", "-f", str(folder)).err
    (folder / "20-lab.yaml").rename(folder / "30-lab.yaml")
    assert office("apply", "-f", str(folder)).status == 0
    assert fragments(office) == ["10-work.yaml", "30-lab.yaml"]
    assert office("rollback").status == 0
    assert office("rollback", "2").status == 0
    assert picture(office.root) == before


def test_a_folder_may_be_laid_out_as_on_a_host(office: Cli, folder: Path) -> None:
    (folder / "10-work.yaml").rename(folder / "tunnels.yaml")
    assert office("apply", "-f", str(folder)).status == 0
    assert office.text_of(MAIN) == NEW
    assert fragments(office) == ["20-lab.yaml"]
    (folder / "tunnels.d").mkdir()
    assert office("apply", "-f", str(folder)).status == 0
    assert fragments(office) == []
    assert office("delete", "work").status == 0
    assert office("apply", "-f", f"{office.root}/etc/pptpsetup").status == 0


def test_standard_input(office: Cli) -> None:
    assert office("plan", "-f", "-", stdin=NEW.encode()).status == 0
    result = office("plan", "-f", "-", stdin=b"version: 1\nrouts: []\n")
    assert result.status == 3
    assert "--> stdin:2:1" in result.err


def test_a_host_without_a_spec_gets_one(cli: Cli, folder: Path) -> None:
    (cli.root / "etc/pw").write_text("pw")
    (folder / "10-work.yaml").unlink()
    before = picture(cli.root)
    assert cli("apply", "-f", str(folder)).status == 0
    assert cli("check").status == 0
    assert cli("rollback").status == 0
    assert picture(cli.root) == before


def test_a_saved_plan_needs_the_spec_that_it_was_made_from(office: Cli, new: str, tmp_path: Path) -> None:
    saved = str(tmp_path / "plan.json")
    assert f"apply --spec {new} {saved}" in office("plan", "-f", new, "--out", saved).err
    assert office("apply", saved).status == 2
    (tmp_path / "new.yaml").write_text(NEW + "# edited since\n")
    assert office("apply", saved, "-f", new).status == 2
    (tmp_path / "new.yaml").write_text(NEW)
    assert office("apply", saved, "-f", new).status == 0
    assert office.text_of(MAIN) == NEW


def test_problems_are_told_where_they_are(office: Cli, folder: Path) -> None:
    (folder / "10-work.yaml").write_text("version: 1\ntunnels: {lab: {server: x, username: y, mtu: 1}}\n")
    before = picture(office.root)
    result = office("apply", "-f", str(folder))
    assert result.status == 3
    assert f"--> {folder}/10-work.yaml:2:46" in result.err
    assert f"--> {folder}/20-lab.yaml:2:11" in result.err
    assert picture(office.root) == before


def test_a_folder_without_a_spec_is_no_wish_to_remove_everything(office: Cli, tmp_path: Path) -> None:
    result = office("apply", "-f", str(tmp_path / "system/etc/ppp"))
    assert result.status == 1
    assert "error[spec-missing]" in result.err
    assert office("apply", "-f", str(tmp_path / "none")).status == 1


def test_it_can_be_judged_for_another_host(office: Cli, new: str) -> None:
    override = "overrides: [{host: gw*, tunnels: {work: {mtu: 1250}, vpn: {server: v, username: u}}}]\n"
    Path(new).write_text(NEW + override)
    plain, gateway = (
        office("plan", "-f", new, "--diff"),
        office("plan", "-f", new, "--host", "gw7", "--diff"),
    )
    assert "warning[host-unknown]" in plain.err
    assert "+mtu 1300" in plain.out
    assert gateway.status == 3
    assert "error[password-file-missing]" in gateway.err
    tool = ("firewall", "--tool", "npf", "-f", new)
    assert "tunnel vpn" in office(*tool, "--host", "gw7").out
    assert "tunnel vpn" not in office(*tool).out


def test_the_matrix_reads_it_for_each_profile(office: Cli, new: str) -> None:
    Path(new).write_text(NEW + "overrides: [{profile: gentoo, tunnels: {work: absent}}]\n")
    document = json.loads(office("matrix", "-f", new, "--json").out)
    counts = {each["id"]: len(each["tunnels"]) for each in document["profiles"]}
    assert (counts["gentoo"], counts["debian"]) == (0, 1)
    (line,) = [each for each in office("matrix", "-f", new).out.splitlines() if each.startswith("gentoo ")]
    assert line.split()[-1] == "-"
