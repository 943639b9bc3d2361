"""A spec in several files, and one that differs between hosts."""

import json
from argparse import Namespace

import pytest

from pptpsetup.cli.host import Host
from pptpsetup.errors import SpecError
from tests.pptpsetup.cli.shop import Cli, picture

MAIN, HOME = "/etc/pptpsetup/tunnels.yaml", "/etc/pptpsetup/tunnels.d/50-home.yaml"
HOME_TEXT = """\
version: 1
tunnels:
  # mine
  home: {server: home.example.net, username: ann}  # at home
"""


def write(cli: Cli, path: str, text: str) -> None:
    """Somebody with an editor."""
    target = cli.root / path[1:]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


@pytest.fixture
def two(cli: Cli) -> Cli:
    """``work`` in the main file and ``home`` in a fragment, applied."""
    assert cli.create("work", "--route", "10.0.0.0/8").status == 0
    write(cli, HOME, HOME_TEXT)
    write(cli, "/etc/pptpsetup/secrets/home", "pw")
    (cli.root / "etc/pptpsetup/secrets/home").chmod(0o600)
    assert cli("apply").status == 0
    return cli


def names(cli: Cli) -> list[str]:
    return [each["name"] for each in json.loads(cli("list", "--json").out)["tunnels"]]


def test_fragments_are_put_together(two: Cli) -> None:
    assert names(two) == ["work", "home"]
    assert two.exists("/etc/ppp/peers/home")
    assert two("check").status == 0
    write(two, "/etc/pptpsetup/tunnels.d/note.txt", "not one")
    write(two, "/etc/pptpsetup/tunnels.d/.hidden.yaml", "not one")
    assert two("check").status == 0


def test_fragments_need_no_main_file(cli: Cli) -> None:
    write(cli, HOME, HOME_TEXT)
    result = cli("secret", "set", "home", "--password-stdin", stdin=b"pw")
    assert result.status == 0, result.err
    assert names(cli) == ["home"]
    assert not cli.exists(MAIN)
    assert cli("check").status == 0
    assert cli.create("work").status == 0
    assert "work:" in cli.text_of(MAIN)
    assert "home" not in cli.text_of(MAIN)
    assert cli("delete", "work").status == 0
    assert not cli.exists(MAIN)
    assert names(cli) == ["home"]


def test_a_change_goes_into_the_fragment_that_has_the_tunnel(two: Cli) -> None:
    main = two.text_of(MAIN)
    assert two("create", "home", "--mtu", "1300").status == 0
    assert two.text_of(HOME) == HOME_TEXT.replace("ann}", "ann, mtu: 1300}")
    assert two("delete", "home").status == 0
    assert two.text_of(HOME) == "version: 1\ntunnels: {}\n  # mine\n"
    assert two.text_of(MAIN) == main


def test_everything_of_a_fragment_comes_back(two: Cli) -> None:
    before = picture(two.root)
    assert two("create", "home", "--mtu", "1300").status == 0
    assert two("rollback").status == 0
    assert picture(two.root) == before


def test_going_back_to_before_a_fragment_takes_it_along(two: Cli) -> None:
    """It was written by hand and applied: the spec goes back to what was applied before."""
    assert two("rollback", "1").status == 0
    assert names(two) == ["work"]
    assert not two.exists(HOME)
    assert two("check").status == 0
    (two.root / "etc/pptpsetup/tunnels.d").rmdir()
    assert two("rollback").status == 0
    assert two.text_of(HOME) == HOME_TEXT
    assert two("check").status == 0


def test_a_fragment_edited_since_stops_going_back(two: Cli) -> None:
    assert two("create", "home", "--mtu", "1300").status == 0
    edited = two.text_of(HOME) + "# edited\n"
    write(two, HOME, edited)
    result = two("rollback")
    assert result.status == 2
    assert HOME in result.err
    assert two.text_of(HOME) == edited


def test_what_two_files_say_is_told_with_both_places(two: Cli) -> None:
    write(two, MAIN, two.text_of(MAIN).replace("tunnels:", "defaults: {mtu: 1300}\ntunnels:"))
    write(
        two,
        "/etc/pptpsetup/tunnels.d/60.yaml",
        "version: 1\ndefaults:\n  mtu: 1200\ntunnels:\n  home: {server: x, username: y}\n",
    )
    result = two("plan")
    assert result.status == 3
    directory = two.root / "etc/pptpsetup"
    assert "error[said-twice]: the default mtu stands in two files" in result.err
    assert f"--> {directory}/tunnels.d/60.yaml:3:3" in result.err
    assert f"why: it stands already in {directory}/tunnels.yaml:3:12" in result.err
    assert "error[said-twice]: tunnel home stands in two files" in result.err
    assert f"--> {directory}/tunnels.d/60.yaml:5:3" in result.err
    assert f"why: it stands already in {directory}/tunnels.d/50-home.yaml:4:3" in result.err


def test_all_files_are_judged_at_once(two: Cli) -> None:
    write(two, MAIN, "version: 1\ntunnels: [\n")
    write(two, HOME, "version: 1\ntunnels:\n  home: {mtu: 1}\n")
    (two.root / "etc/pptpsetup/tunnels.d/latin.yaml").write_bytes(b"version: 1\n")
    result = two("plan")
    assert result.status == 3
    assert "error[yaml-syntax]" in result.err
    assert "error[out-of-range]" in result.err
    # The other file may have the server as a default.
    assert "setting-missing" not in result.err


@pytest.mark.parametrize("part", ["tunnels.yaml", "tunnels.d/50-home.yaml", "tunnels.d"])
def test_a_part_whose_disk_is_not_there_takes_no_tunnels_along(
    two: Cli, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """A link to nothing is not the same as nothing, wherever it stands."""
    place = two.root / "etc/pptpsetup" / part
    place.rename(two.root / "elsewhere")
    place.symlink_to("/elsewhere")
    assert two("check").status == 0
    (two.root / "elsewhere").rename(two.root / "gone")
    before = picture(two.root)
    for command in ("apply", "check", "list", "spec check", "spec format", "delete work"):
        result = two(*command.split())
        assert (result.status, "error[spec-dangling]" in result.err) == (3, True), command
        assert f"--> {place}" in result.err
    assert two.create("other").status == 3
    assert two("spec", "check", str(two.root / "etc/pptpsetup")).status == 3
    assert picture(two.root) == before
    # The running system is read in another way.
    monkeypatch.setattr("pptpsetup.cli.host.CONFIGURATION", str(two.root / "etc/pptpsetup"))
    monkeypatch.setattr("pptpsetup.cli.host.SPEC_FILE", str(two.root / "etc/pptpsetup/tunnels.yaml"))
    args = Namespace(root=None, profile=None)
    with pytest.raises(SpecError) as caught:
        Host(args).spec_bytes()
    assert [(each.code, str(each.where)) for each in caught.value.diagnostics] == [
        ("spec-dangling", str(place))
    ]


def test_a_file_that_is_no_text_does_not_hide_what_is_wrong_in_others(two: Cli) -> None:
    write(two, MAIN, "version: 1\ntunnels: {work: {server: a..b, username: u}}\n")
    write(two, "/etc/pptpsetup/tunnels.d/60-broken.yaml", "version: 1\ntunnels: [\n")
    for name, data in (("70-latin1", b"# caf\xe9\n"), ("80-utf16", "version: 1\n".encode("utf-16"))):
        (two.root / f"etc/pptpsetup/tunnels.d/{name}.yaml").write_bytes(data)
    before = picture(two.root)
    folder = str(two.root / "etc/pptpsetup")
    for arguments in (("check",), ("spec", "check"), ("spec", "format"), ("spec", "check", folder)):
        result = two(*arguments)
        assert result.status == 3
        found = [line for line in result.err.splitlines() if line.startswith("error[")]
        codes = [line.partition("]")[0][6:] for line in found]
        assert codes == ["server-invalid", "yaml-syntax", "not-utf8", "not-utf8"], arguments
    assert "iconv -f utf-16 -t utf-8" in result.err
    assert picture(two.root) == before


def test_a_running_change_does_not_overwrite_a_fragment_that_came_meanwhile(
    two: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pptpsetup.change.provision import provision as whole

    def meanwhile(*arguments: object, **options: object) -> object:
        write(two, "/etc/pptpsetup/tunnels.d/new.yaml", "version: 1\n")
        return whole(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("pptpsetup.cli.changing.provision", meanwhile)
    result = two("create", "work", "--mtu", "1300")
    assert result.status == 2
    assert "error[changed-meanwhile]: /etc/pptpsetup/tunnels.d/new.yaml" in result.err


OVERRIDES = """\
overrides:
  - host: gw1
    tunnels: {work: {mtu: 1200}}
  - profile: debian
    defaults: {reconnect_delay: 30s}
"""


def test_the_host_is_known_by_its_own_file_and_profile(two: Cli) -> None:
    write(two, HOME, HOME_TEXT + OVERRIDES)
    result = two("apply")
    assert "warning[host-unknown]" in result.err
    assert f"--> {two.root}{HOME}:6:5" in result.err
    assert "mtu 1400" in two.text_of("/etc/ppp/peers/work")
    assert "holdoff 30" in two.text_of("/etc/ppp/peers/work")
    write(two, "/etc/hostname", "gw1.example.com\n")
    result = two("apply")
    assert "host-unknown" not in result.err
    assert "mtu 1200" in two.text_of("/etc/ppp/peers/work")
    assert two("check").status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "work", "--mtu", "1300"),
        ("secret", "set", "work", "--password-stdin"),
        ("delete", "work"),
    ],
)
def test_what_an_override_says_is_not_changed_without_effect(two: Cli, arguments: tuple[str, ...]) -> None:
    write(two, "/etc/hostname", "gw1\n")
    text = "  - {host: gw*, tunnels: {work: {mtu: 1200, password: {file: /etc/vpn}}}}\n"
    write(two, HOME, f"{HOME_TEXT}overrides:\n{text}")
    write(two, "/etc/vpn", "pw")
    assert two("apply").status == 0
    before = picture(two.root)
    result = two(*arguments, stdin=b"new")
    assert result.status == 1, result.err
    assert "error[overridden]" in result.err
    assert f"--> {two.root}{HOME}:6:" in result.err
    assert picture(two.root) == before


def test_an_edit_that_an_override_says_is_not_adopted(two: Cli) -> None:
    write(two, "/etc/hostname", "gw1\n")
    write(two, HOME, HOME_TEXT + OVERRIDES)
    assert two("apply").status == 0
    peers = two.text_of("/etc/ppp/peers/work")
    write(two, "/etc/ppp/peers/work", peers.replace("1200", "1250"))
    result = two("adopt")
    assert result.status == 1, result.err
    assert "an override sets mtu of tunnel work" in result.err


def test_the_history_knows_fragments(two: Cli) -> None:
    assert two("create", "home", "--mtu", "1300").status == 0
    assert HOME in two("history", "3").out


def test_show_says_where_a_value_stands(two: Cli) -> None:
    write(two, "/etc/hostname", "gw1\n")
    write(two, HOME, HOME_TEXT + OVERRIDES)
    document = json.loads(two("show", "work", "--places", "--json").out)
    assert document["tunnel"]["mtu"] == 1200
    assert document["places"]["mtu"] == f"{two.root}{HOME}:7:22"
    assert document["places"]["reconnect_delay"] == f"{two.root}{HOME}:9:16"
    assert document["places"]["server"] == f"{two.root}{MAIN}:5:5"
    assert "init" not in document["places"]
    lines = {line.split()[0]: line.split() for line in two("show", "work", "--places").out.splitlines()}
    assert lines["mtu"] == ["mtu", "1200", f"{two.root}{HOME}:7:22"]
    assert lines["init"] == ["init", "auto"]
    assert "tunnels" not in two("show", "work").out
    assert json.loads(two("show", "work", "--host", "other", "--json").out)["tunnel"]["mtu"] == 1400


@pytest.mark.parametrize(
    "arguments", [("create", "work"), ("show", "work"), ("delete", "work"), ("secret", "set", "work")]
)
def test_a_tunnel_that_an_override_leaves_out_is_told_so(two: Cli, arguments: tuple[str, ...]) -> None:
    write(two, "/etc/hostname", "gw1\n")
    write(two, HOME, HOME_TEXT + "overrides: [{host: gw1, tunnels: {work: absent}}]\n")
    result = two(*arguments)
    assert result.status == 1
    assert "error[overridden]: an override leaves tunnel work out on this host" in result.err
    assert f"--> {two.root}{HOME}:5:35" in result.err
