"""``pptpsetup spec``: checking, formatting and describing specs."""

import json
import os
from pathlib import Path

import jsonschema
import pytest

from tests.pptpsetup.change.scene import killed_at
from tests.pptpsetup.cli.shop import Cli, picture

MAIN = "/etc/pptpsetup/tunnels.yaml"
FLEET = """\
version: 1
tunnels:
  work: {server: vpn.example.com, username: tom}
overrides:
  - host: "gw[0-9]*.example.com"
    tunnels:
      work: {mode: all-to-tunnel, routes: [10.0.0.0/8]}
  - profile: openwrt
    defaults: {pppd_options: [debug]}
  - {host: lab*, profile: gentoo, tunnels: {lab: {server: x}}}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.yaml"
    path.write_text(FLEET)
    return path


def test_the_host_s_own_spec_is_checked(cli: Cli) -> None:
    assert cli("spec", "check").status == 1
    cli.create()
    result = cli("spec", "check")
    assert (result.status, result.out) == (0, f"{cli.root}/etc/pptpsetup: OK, 1 tunnel\n")
    (cli.root / "etc/pptpsetup/tunnels.d").mkdir()
    (cli.root / "etc/pptpsetup/tunnels.d/a.yaml").write_text("version: 1\ntunnels: {work: {mtu: 1}}\n")
    result = cli("spec", "check")
    assert result.status == 3
    assert "error[said-twice]" in result.err
    assert "error[out-of-range]" in result.err


def test_every_host_that_overrides_tell_apart_is_judged(cli: Cli, fleet: Path) -> None:
    result = cli("spec", "check", str(fleet))
    assert result.status == 3
    assert (
        f"--> {fleet}:7:35\n   |\n 7 |       work: {{mode: all-to-tunnel, routes: [10.0.0.0/8]}}\n"
        in result.err
    )
    assert "tunnel lab has no username" in result.err
    assert result.err.count("error[") == 2


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        (("--host", "other"), []),
        (("--host", "gw1.example.com"), ["mode-contradicts-routes"]),
        (("--host", "lab7"), ["setting-missing"]),
        (("--host", "lab7", "--profile", "debian"), []),
        (("--host", "lab7", "--profile", "gentoo"), ["setting-missing"]),
        (("--host", "other", "--profile", "openwrt"), ["uci-pppd-options", "uci-engine"]),
        (("--profile", "netbsd"), ["mode-contradicts-routes"]),
    ],
)
def test_one_host_can_be_chosen(cli: Cli, fleet: Path, options: tuple[str, ...], codes: list[str]) -> None:
    result = cli("spec", "check", str(fleet), "--json", *options)
    (spec,) = json.loads(result.out)["specs"]
    found = [each["code"] for each in spec["problems"]]
    carried = [each["code"] for profile in spec["profiles"] for each in profile["problems"]]
    assert found + carried == codes
    assert result.status == (3 if found else 8 if carried else 0)
    assert spec["ok"] == (not codes)


def test_all_profiles_are_asked(cli: Cli, fleet: Path) -> None:
    fleet.write_text(
        FLEET.replace(", routes: [10.0.0.0/8]", "").replace("server: x", "server: x, username: y")
    )
    assert cli("spec", "check", str(fleet)).out == f"{fleet}: OK, 2 tunnels\n"
    result = cli("spec", "check", str(fleet), "--all-profiles")
    assert result.status == 8
    assert "error[uci-pppd-options]: openwrt: " in result.err
    assert "error[profile-without-mppe]: netbsd: " in result.err
    document = json.loads(cli("spec", "check", "--all-profiles", "--json", str(fleet)).out)
    verdicts = {each["id"]: each["ok"] for each in document["specs"][0]["profiles"]}
    assert verdicts["debian"]
    assert not verdicts["openwrt"]
    assert "freebsd" not in verdicts


def test_several_specs_and_standard_input(cli: Cli, fleet: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.yaml").write_text("version: 1\n")
    (folder / "b.yml").write_text("version: 1\n")
    result = cli("spec", "check", "-", str(folder), str(fleet), stdin=b"version: 2\n")
    assert result.status == 3
    assert f"warning[file-passed-over]: {folder}/b.yml" in result.err
    assert "--> stdin:1:10" in result.err
    assert str(fleet) in result.err
    assert result.out == f"{folder}: OK, 0 tunnels\n"
    assert cli("spec", "check", str(tmp_path / "none")).status == 1


def test_a_profile_that_is_none_is_told(cli: Cli, fleet: Path) -> None:
    fleet.write_text(FLEET.replace("gentoo", "gento"))
    result = cli("spec", "check", str(fleet))
    assert "error[profile-unknown]" in result.err
    assert "did you mean gentoo?" in result.err
    assert cli("--profile", "gento", "spec", "check", str(fleet)).status == 8


WILD = "tunnels:\n    work: {username: tom, server: vpn.example.com} # mine\n\n\n# top\nversion: 1\n"
TAME = "# top\nversion: 1\ntunnels:\n  work:  # mine\n    server: vpn.example.com\n    username: tom\n"


def test_formatting_a_file(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(WILD)
    path.chmod(0o640)
    link = tmp_path / "link.yaml"
    link.symlink_to("a.yaml")
    result = cli("spec", "format", str(link), "--check")
    assert (result.status, result.out) == (2, f"{link}\n")
    result = cli("spec", "format", "--diff", str(link))
    assert result.status == 0
    assert "+    server: vpn.example.com\n" in result.out
    assert path.read_text() == WILD
    assert cli("spec", "format", str(link)).err == f"{link} formatted\n"
    assert path.read_text() == TAME
    assert path.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    before = path.stat()
    assert cli("spec", "format", str(link)).err == "nothing to do: in canonical form\n"
    assert path.stat().st_ino == before.st_ino
    assert cli("spec", "format", "--check", str(link)).status == 0


def test_formatting_standard_input(cli: Cli) -> None:
    result = cli("spec", "format", "-", stdin=WILD.encode())
    assert (result.status, result.out) == (0, TAME)
    assert cli("spec", "format", "-", stdin=TAME.encode()).out == TAME


def test_formatting_the_host_s_own_is_no_change(cli: Cli) -> None:
    cli.create("work", "--mtu", "1300")
    text = (
        cli.text_of(MAIN)
        .replace("    mtu: 1300\n", "")
        .replace("server:", "mtu: 1300  # small\n    server:")
    )
    (cli.root / MAIN[1:]).write_text(text)
    assert cli("apply").status == 0
    assert cli("spec", "format").err == f"{cli.root}{MAIN} formatted\n"
    assert "mtu: 1300  # small\n" in cli.text_of(MAIN)
    assert cli("check").status == 0
    assert cli("create", "work", "--mtu", "1200").status == 0
    assert cli("spec", "format").status == 0
    assert cli("rollback").status == 0, "what was applied is known in its new form"
    assert "mtu: 1300" in cli.text_of(MAIN)


def test_formatting_the_host_s_own_waits_for_its_lock(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cli.create()
    (cli.root / MAIN[1:]).write_text(cli.text_of(MAIN) + "defaults:\n")
    before = picture(cli.root)
    monkeypatch.setattr("pptpsetup.change.lock._RUN_LOCK", tmp_path)
    cli("spec", "format", "--check")
    assert cli("spec", "format", str(cli.root / "etc/pptpsetup"), "--check").status == 2
    assert not list(tmp_path.glob("*.lock")), "looking needs no lock"
    from pptpsetup.change.lock import lock

    with lock(cli.root, "somebody", directory=tmp_path):
        for paths in ((), (f"{cli.root}{MAIN}",), (f"{cli.root}/etc/pptpsetup",)):
            result = cli("spec", "format", *paths)
            assert result.status == 4
            assert "`somebody`" in result.err
    assert picture(cli.root) == before


def test_formatting_the_host_s_own_first_undoes_what_was_cut_short(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise recovery would take the new form for somebody's edit, and leave the spec as half changed."""
    cli.create()
    (cli.root / MAIN[1:]).write_text(cli.text_of(MAIN).replace("server: ", "server:   "))
    with monkeypatch.context() as patch:
        patch.setattr("pptpsetup.change.journal.Journal.commit", lambda _: os._exit(77))
        assert killed_at(-1, lambda: cli.create("home").status) == 77
    assert "home:" in cli.text_of(MAIN)
    result = cli("spec", "format")
    assert (result.status, "was cut short; undone: " in result.err) == (0, True)
    assert "home:" not in cli.text_of(MAIN)
    assert "server: vpn" in cli.text_of(MAIN)
    assert cli("recover").err == "nothing to recover\n"
    assert cli("apply").status == cli("check").status == 0


def test_a_wrong_file_is_not_formatted(cli: Cli, tmp_path: Path) -> None:
    good, bad = tmp_path / "a.yaml", tmp_path / "b.yaml"
    good.write_text(WILD)
    bad.write_text("version: 1\ntunnels: {a: {password: S3cret, mtu: 1}}\n")
    for form in ((), ("--diff",), ("--check",)):
        result = cli("spec", "format", str(good), str(bad), *form)
        assert result.status == 3
        assert "error[password-in-spec]" in result.err
        assert "error[out-of-range]" in result.err
        assert "S3cret" not in result.err + result.out
    assert good.read_text() == WILD


def test_fragments_are_formatted_one_by_one(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("version: 1\ndefaults: {server: x}\n")
    (tmp_path / "b.yaml").write_text("version: 1\ntunnels: {a: {username: y}}\n")
    (tmp_path / "c.yaml").write_text("version: 1\noverrides: [{host: a, tunnels: {a: absent}}]\n")
    assert cli("spec", "format", str(tmp_path / "b.yaml")).status == 0
    assert cli("spec", "format", str(tmp_path / "c.yaml")).status == 0
    assert cli("spec", "format", "--check", str(tmp_path)).out == f"{tmp_path}/a.yaml\n"


def test_the_schema_is_printed(cli: Cli) -> None:
    schema = json.loads(cli("spec", "schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    published = Path(__file__).parents[3] / "docs/reference/spec.schema.json"
    assert schema == json.loads(published.read_text())
    header = cli("spec", "schema", "--header", "../spec.schema.json").out
    assert header == "# yaml-language-server: $schema=../spec.schema.json\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("chek",),
        ("schema", "x"),
        ("schema", "--json"),
        ("check", "--diff"),
        ("check", "--header", "x"),
        ("format", "--json"),
        ("format", "--all-profiles"),
        ("format", "--check", "--diff"),
        ("format", "--dif"),
    ],
)
def test_what_does_not_belong_together_is_told(cli: Cli, arguments: tuple[str, ...]) -> None:
    result = cli("spec", *arguments)
    assert result.status == 1
    assert "error[" in result.err
    assert result.out == ""
