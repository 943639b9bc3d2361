"""``profiles`` and ``matrix``: what is printed, and what is said about a faulty profile."""

import json
import sys
from pathlib import Path

import pexpect
import pytest

from pptpsetup.cli.main import main
from pptpsetup.distro.catalogue import check_file, load_profile, profile_ids
from pptpsetup.distro.kinds import HookKind, InitKind, Standing
from tests.pptpsetup.cli.shop import Cli, Result

_MODE = 'must be four octal digits in quotes, such as "0640"'


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> "Run":
    return Run(capfd)


class Run:
    """``pptpsetup …`` in this process, without a root."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str) -> Result:
        self._capture.readouterr()
        status = main(list(arguments))
        out, err = self._capture.readouterr()
        return Result(status, out, err)


def test_the_list_has_every_profile(run: Run) -> None:
    result = run("profiles")
    lines = result.out.splitlines()
    assert lines[0].split() == ["ID", "NAME", "STANDING", "INIT", "PPPD"]
    assert [line.split()[0] for line in lines[1:]] == list(profile_ids())
    netbsd = next(line for line in lines if line.startswith("netbsd "))
    assert netbsd.split() == ["netbsd", "NetBSD", "supported", "rc.d", "2.4.7", "to", "2.5.0"]
    assert max(map(len, lines)) <= 80
    assert next(line for line in lines if line.startswith("freebsd ")).split() == [
        "freebsd",
        "FreeBSD",
        "refused",
    ]
    assert (result.status, result.err) == (0, "")


def test_the_range_of_pppd_goes_upwards(run: Run) -> None:
    """Mandrake 9 needed a newer pppd than 10 has."""
    (line,) = (each for each in run("profiles").out.splitlines() if each.startswith("mandrake "))
    assert line.endswith("2.4.2 to 2.4.3")


def test_the_list_as_json(run: Run) -> None:
    document = json.loads(run("profiles", "--json").out)
    assert document["version"] == 1
    found = {each["id"]: each for each in document["profiles"]}
    assert list(found) == list(profile_ids())
    assert found["debian"]["init"] == ["systemd", "ifupdown", "networkmanager"]
    assert found["debian"]["releases"][-1] == {"first": "14", "last": "14", "ppp": "2.5.2"}
    assert (found["arch"]["releases"], found["arch"]["rolling_ppp"]) == ([], "2.5.3")


@pytest.mark.parametrize("profile", profile_ids())
def test_what_show_prints_is_a_profile_that_says_the_same(run: Run, tmp_path: Path, profile: str) -> None:
    result = run("profiles", "show", profile)
    path = tmp_path / f"{profile}.yaml"
    path.write_text(result.out)
    assert result.out.endswith("\n")
    assert all(len(line) <= 100 or '"' in line for line in result.out.splitlines())
    if load_profile(profile).standing is Standing.REFUSED:
        assert "because:" in result.out
        assert "pppd:" not in result.out
    else:
        assert check_file(path) == load_profile(profile)


def test_show_as_json_has_modes_as_the_yaml_has_them(run: Run) -> None:
    document = json.loads(run("profiles", "show", "ubuntu", "--json").out)
    assert (document["version"], document["profile"]["id"]) == (1, "ubuntu")
    assert document["profile"]["peers"]["access"] == {"owner": "root", "group": "dip", "mode": "0640"}


def test_show_takes_a_file_too(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: void\nname: Mine\nmatch: {ids: [mine]}\n")
    assert "name: Mine\n" in run("profiles", "show", str(path)).out


def test_show_of_an_unknown_profile(run: Run) -> None:
    result = run("profiles", "show", "debain")
    assert result.status == 8
    assert "there is no profile 'debain'; did you mean debian?" in result.err
    assert result.out == ""


@pytest.mark.parametrize("action", ["show", "check"])
def test_an_action_needs_its_argument(run: Run, action: str) -> None:
    result = run("profiles", action)
    assert result.status == 1
    assert f"profiles {action} needs" in result.err


def test_a_good_profile_is_ok(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: debian\nname: Mine\nmatch: {ids: [mine]}\n")
    result = run("profiles", "check", str(path))
    assert (result.status, result.out, result.err) == (0, f"{path}: OK, the profile mine (Mine)\n", "")
    document = json.loads(run("profiles", "check", str(path), "--json").out)
    assert document == {"version": 1, "file": str(path), "id": "mine", "ok": True}


def _told(result: Result) -> list[tuple[str, str]]:
    """Place and message of each error, in the order in which they were said."""
    lines = result.err.splitlines()
    return [
        (lines[at + 1].removeprefix("  --> ").rpartition("/")[2], line.partition("]: ")[2])
        for at, line in enumerate(lines)
        if line.startswith("error[")
    ]


def test_every_fault_is_told_at_once_in_the_order_of_the_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "extends: debain\n"
        "colour: green\n"
        "peers:\n"
        "  access: {owner: root, mode: 0640}\n"
        "hooks: {kind: run-part}\n"
        "init:\n"
        "  - {kind: upstart, installed_by: [/sbin/init]}\n"
        "pppd: sbin/pppd\n"
    )
    result = run("profiles", "check", str(path))
    assert result.status == 3
    assert result.out == ""
    assert _told(result) == [
        ("mine.yaml:1:10", "extends: there is no profile 'debain'; did you mean debian?"),
        ("mine.yaml:2:1", "unknown key colour"),
        ("mine.yaml:4:31", f"peers.access.mode: {_MODE}"),
        (
            "mine.yaml:5:15",
            f"hooks.kind: must be one of {', '.join(HookKind)}",
        ),
        (
            "mine.yaml:7:12",
            f"init[0].kind: must be one of {', '.join(InitKind)}",
        ),
        ("mine.yaml:8:7", "pppd: must be an absolute path without '..' or final slash"),
    ]
    assert "hint: did you mean run-parts?" in result.err
    (keys,) = (line for line in result.err.splitlines() if "the keys here are" in line)
    assert "are extends, name, match," in keys
    assert " id," not in keys


def test_what_a_variant_repeats_or_lacks(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "extends: debian\nname: Mine\npppd: /usr/sbin/pppd\n"
        'peers:\n  directory: /etc/ppp/peers\n  access: {mode: "640"}\n'
    )
    assert _told(run("profiles", "check", str(path))) == [
        ("mine.yaml:1:1", "match is missing"),
        ("mine.yaml:3:1", "pppd repeats what the parent says"),
        ("mine.yaml:5:3", "peers.directory repeats what the parent says"),
        ("mine.yaml:6:18", f"peers.access.mode: {_MODE}"),
    ]


def test_parents_in_a_circle_beside_the_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("extends: b\nname: A\nmatch: {ids: [a]}\n")
    Path("b.yaml").write_text("extends: a\nname: B\nmatch: {ids: [b]}\n")
    result = run("profiles", "check", "a.yaml")
    assert result.status == 3
    assert result.err == (
        "error[profile-cycle]: extends goes round in a circle: a -> b -> a\n  --> b.yaml:1:10\n"
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Mine.yaml", "extends: debian\nname: M\nmatch: {ids: [m]}\n", "'Mine' is no profile's name"),
        ("mine.yaml", "\tx\n", "a tab stands where only spaces may be"),
        ("mine.yaml", "- a\n", "a profile must be a mapping"),
        ("mine.yaml", "extends: debian\nname: M\nmatch: {ids: [m]}\nid: x\n", "the file's name is the id"),
        (
            "mine.yaml",
            "extends: debian\nname: M\nmatch: {ids: [m], versions: 9 to 10}\n",
            "match.versions is FIRST-LAST, such as 8.2-10.0, not 9 to 10",
        ),
    ],
)
def test_other_faults(run: Run, tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    result = run("profiles", "check", str(tmp_path / name))
    assert result.status == 3
    assert said in result.err


def test_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    result = run("profiles", "check", str(tmp_path / "none.yaml"))
    assert result.status == 1
    assert "none.yaml" in result.err


_SPEC = """\
version: 1
tunnels:
  work: {server: vpn.example.com, username: alice, routes: [192.168.7.0/24]}
  open: {server: vpn.example.com, username: alice, encryption: none, on_boot: true, mode: interface-only}
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "spec.yaml"
    path.write_text(_SPEC)
    return str(path)


def test_the_matrix_names_who_starts_a_tunnel_or_the_reason(run: Run, spec: str) -> None:
    result = run("matrix", "-f", spec)
    table, _, notes = result.out.partition("\n\n")
    rows = {line.split()[0]: line.split()[1:] for line in table.splitlines()}
    assert rows["PROFILE"] == ["HOOKS", "work", "open"]
    assert list(rows)[1:] == list(profile_ids())
    assert rows["debian"] == ["run-parts", "systemd", "systemd"]
    reasons = dict(line.split(" ", 1) for line in notes.splitlines() if line.startswith("["))
    assert reasons[rows["knoppix"][2]].startswith("no-init: ")
    assert rows["knoppix"][1] == "manual"
    assert reasons[rows["freebsd"][0]].startswith("profile-refused: It has no pppd")
    assert any(
        reasons[each].startswith("profile-without-mppe: Its pppd takes the words")
        for each in rows["netbsd"]
        if each in reasons
    )
    lines = notes.splitlines()
    at = next(at for at, line in enumerate(lines) if "no-init: " in line)
    assert lines[at + 1].split() == ["hint:", "set", "on_boot", "to", "false"]
    assert list(reasons) == [f"[{number}]" for number in range(1, len(reasons) + 1)]
    assert (result.status, result.err) == (0, "")


def test_the_matrix_as_json(run: Run, spec: str) -> None:
    document = json.loads(run("matrix", "--spec", spec, "--json").out)
    found = {each["id"]: each for each in document["profiles"]}
    assert document["version"] == 1
    work, opened = found["debian"]["tunnels"]
    assert work == {
        "name": "work",
        "expressible": True,
        "init": "systemd",
        "hooks": "run-parts",
        "obstacles": [],
    }
    assert opened["name"] == "open"
    encrypted, plain = found["netbsd"]["tunnels"]
    assert "profile-without-mppe" in [each["code"] for each in encrypted["obstacles"]]
    assert "profile-without-mppe" not in [each["code"] for each in plain["obstacles"]]
    assert found["openbsd"]["standing"] == "refused"


def test_the_matrix_of_this_system_s_tunnels(cli: Cli) -> None:
    assert "there are no tunnels" in cli("matrix").err
    cli.create("office", "--route", "192.168.7.0/24")
    assert cli("matrix").out.splitlines()[0].split() == ["PROFILE", "HOOKS", "office"]


def test_a_faulty_spec_is_refused_with_its_places(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("version: 1\ntunnels: {work: {server: 3}}\n")
    result = run("matrix", "-f", str(path))
    assert result.status == 3
    assert f"{path}:2:" in result.err


@pytest.mark.host
@pytest.mark.parametrize(("columns", "tables"), [(100, 2), (160, 1)])
def test_the_matrix_fits_the_terminal(tmp_path: Path, columns: int, tables: int) -> None:
    settings = "{server: vpn.example.com, username: alice, mode: interface-only}"
    tunnels = "".join(f"  head-office-number-{number}: {settings}\n" for number in range(5))
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"version: 1\ntunnels:\n{tunnels}")
    child = pexpect.spawn(
        sys.executable,
        ["-m", "pptpsetup", "matrix", "-f", str(spec)],
        dimensions=(50, columns),
        encoding="utf-8",
        timeout=60,
    )
    child.expect(pexpect.EOF)
    lines = (child.before or "").splitlines()
    heads = [line.split()[2:] for line in lines if line.startswith("PROFILE")]
    assert len(heads) == tables
    assert [name for head in heads for name in head] == [
        f"head-office-number-{number}" for number in range(5)
    ]
    assert all(len(line) <= columns for line in lines)
    assert "\x1b" not in "".join(lines)


def test_a_profile_of_one_s_own_serves_a_system(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "extends: debian\nname: Mine\nmatch: {ids: [mine]}\n"
        "peers: {directory: /etc/ppp/providers, access: {group: root}}\n"
    )
    result = cli(
        "--profile", str(path), *("create", "work", "--server", "vpn.example.com"), *_WHO, stdin=b"pw"
    )
    assert result.status == 0
    assert cli.exists("/etc/ppp/providers/work")


_WHO = ("--username", "tom", "--password-stdin")


def test_create_says_what_is_assumed_of_a_release(cli: Cli) -> None:
    (cli.root / "etc/os-release").write_text('ID=debian\nNAME="Debian GNU/Linux"\nVERSION_ID="15"\n')
    result = cli.create("work")
    assert result.status == 0
    assert (
        "warning[release-unknown]: Debian GNU/Linux 15 is newer than what this pptpsetup knows; "
        "it is treated like 14 (pppd 2.5.2)"
    ) in result.err


def test_create_is_refused_where_no_pppd_exists(cli: Cli) -> None:
    (cli.root / "etc/os-release").write_text("ID=freebsd\nNAME=FreeBSD\nVERSION_ID=14.1\n")
    result = cli.create("work")
    assert result.status == 8
    assert "error[profile-refused]: FreeBSD cannot be served" in result.err
    assert "net/mpd5" in result.err


def test_a_unit_for_an_old_pppd_below_root_does_not_say_up_sdnotify(cli: Cli) -> None:
    (cli.root / "etc/os-release").write_text('ID=ubuntu\nNAME=Ubuntu\nVERSION_ID="20.04"\n')
    result = cli.create("work")
    assert result.status == 0
    assert "warning[release-note]: Its Python 3.8 is too old" in result.err
    unit = cli.text_of("/etc/systemd/system/pptp@.service")
    assert "up_sdnotify" not in unit
    assert "Type=notify" not in unit
