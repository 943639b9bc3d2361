"""``import`` on a made system: listed, taken over, refused, and taken back."""

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from pptpsetup.change import ondisk
from pptpsetup.change.system import Entry, RealSystem
from pptpsetup.change.takeover import TakenOver
from pptpsetup.spec.document import Document
from tests.oracle.pppd import Pppd
from tests.pptpsetup.cli.shop import CHAP_SECRETS, Cli, picture
from tests.pptpsetup.cli.terminal import typist

_PEERS = """\
# by hand
pty "pptp vpn.example.com --nolaunchpppd --loglevel 1"
name alice
remotename office
linkname office
noauth
require-mppe-128
debug
"""
_HOOK = '#!/bin/sh\n[ "$LINKNAME" = office ] && ip route replace 192.168.7.0/24 dev "$1"\n'
_LINE = b'alice office "sec ret" *\n'
_KEYFILE = """\
[connection]
id=Head Office
uuid=1b4e28ba-2fa1-11d2-883f-0016d3cca427
type=vpn

[vpn]
service-type=org.freedesktop.NetworkManager.pptp
gateway=vpn.example.com
user=alice
require-mppe-128=yes

[vpn-secrets]
password=Tr0ub4dor

[ipv4]
never-default=true
route1=192.168.7.0/24
"""


def _put(cli: Cli, path: str, content: str | bytes, mode: int = 0o644) -> Path:
    file = cli.root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(mode)
    return file


@pytest.fixture
def office(cli: Cli) -> Cli:
    """A tunnel written by hand, with its line among those of others and a script for its route."""
    _put(cli, "/etc/ppp/peers/office", _PEERS)
    _put(cli, "/etc/ppp/peers/dsl", "/dev/ttyS0 115200\n")
    _put(cli, "/etc/ppp/ip-up.d/office", _HOOK, 0o755)
    _put(cli, "/etc/ppp/chap-secrets", CHAP_SECRETS + _LINE + b"# mine\n", 0o640)
    return cli


def test_listing_tells_everything_and_writes_nothing(office: Cli) -> None:
    before = picture(office.root)
    result = office("import")
    assert result.status == 0
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    assert lines[0] == "office: /etc/ppp/peers/office (a peers file of pppd)"
    assert "/etc/ppp/peers/office:2:1 pty: vpn.example.com server: vpn.example.com" in lines
    assert "/etc/ppp/peers/office:8:1 debug goes to pppd_options" in lines
    assert "/etc/ppp/chap-secrets:4:1 password (not shown) password" in lines
    assert "/etc/ppp/chap-secrets loses 1 line every other byte stays" in lines
    assert "dsl" not in result.out
    assert "sec ret" not in result.out + result.err
    assert picture(office.root) == before


def test_listing_for_programs(office: Cli) -> None:
    document = json.loads(office("import", "--json").out)
    (tunnel,) = document["tunnels"]
    assert document["version"] == 1
    assert (tunnel["name"], tunnel["kind"], tunnel["path"]) == ("office", "peers", "/etc/ppp/peers/office")
    assert tunnel["settings"]["routes"] == ["192.168.7.0/24"]
    assert (tunnel["password_found"], tunnel["importable"]) == (True, True)
    assert "sec ret" not in json.dumps(document)


def test_there_may_be_nothing(cli: Cli) -> None:
    result = cli("import")
    assert (result.status, result.out) == (0, "")
    assert "nothing to import" in result.err


def test_import_takes_the_tunnel_over(office: Cli) -> None:
    result = office("import", "office")
    assert result.status == 0, result.err
    spec = Document.parse(office.text_of("/etc/pptpsetup/tunnels.yaml"), "t").spec
    tunnel = spec.find("office")
    assert tunnel is not None
    assert (tunnel.server, tunnel.login, tunnel.mtu) == ("vpn.example.com", "alice", 1500)
    assert [str(each) for each in tunnel.routes] == ["192.168.7.0/24"]
    assert tunnel.pppd_options == (("debug",),)
    secret = office.root / "etc/pptpsetup/secrets/office"
    assert secret.read_bytes() == b"sec ret\n"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert "Written by pptpsetup" in office.text_of("/etc/ppp/peers/office")
    assert not office.exists("/etc/ppp/ip-up.d/office")
    # Our line comes, the old one goes, and every other byte stays; the group root may not read it any more.
    secrets = office.bytes_of("/etc/ppp/chap-secrets")
    ours = b'"alice" "office" "sec ret" * # managed by pptpsetup: office\n'
    assert secrets.replace(ours, b"") == CHAP_SECRETS + b"# mine\n"
    assert stat.S_IMODE((office.root / "etc/ppp/chap-secrets").stat().st_mode) == 0o600
    kept = {each.name: each.read_bytes() for each in (office.root / "var/lib/pptpsetup/kept").iterdir()}
    assert kept == {"etc-ppp-peers-office.1": _PEERS.encode(), "etc-ppp-ip-up.d-office.1": _HOOK.encode()}
    assert office.bytes_of("/etc/ppp/peers/dsl") == b"/dev/ttyS0 115200\n"


@pytest.mark.host
def test_pppd_finds_the_password_before_and_after(office: Cli, pppd_oracle: Pppd) -> None:
    def found() -> bytes | None:
        return pppd_oracle.secrets([(office.bytes_of("/etc/ppp/chap-secrets"), b"alice", b"office")])[0]

    assert found() == b"sec ret"
    assert office("import", "office").status == 0
    assert found() == b"sec ret"
    (options,) = pppd_oracle.options([office.bytes_of("/etc/ppp/peers/office")])
    assert options.accepted


def test_importing_twice_finds_nothing_more(office: Cli) -> None:
    office("import", "office")
    assert "nothing to import" in office("import").err
    before = picture(office.root)
    assert office("create", "office").status == 0
    assert picture(office.root) == before


def test_delete_afterwards_leaves_everything_else(office: Cli) -> None:
    office("import", "office")
    assert office("delete", "office").status == 0
    left = {path for path in picture(office.root) if (office.root / path).is_file()}
    assert not any("office" in path and "kept" not in path for path in left)
    assert office.bytes_of("/etc/ppp/chap-secrets") == CHAP_SECRETS + b"# mine\n"


def test_a_rollback_brings_back_what_was_taken_over(office: Cli) -> None:
    before = {path: each for path, each in picture(office.root).items() if not path.startswith("var")}
    assert office("import", "office").status == 0
    assert office.create("work").status == 0
    assert office("rollback", "0").status == 0
    after = {path: each for path, each in picture(office.root).items() if not path.startswith("var")}
    assert after == before


def test_a_rollback_keeps_what_others_wrote_between_two_changes(office: Cli) -> None:
    secrets = office.root / "etc/ppp/chap-secrets"
    assert office.create("work").status == 0
    secrets.write_bytes(secrets.read_bytes() + b"carol home pw *\n")
    assert office("import", "office").status == 0
    assert office("rollback", "0").status == 0
    assert secrets.read_bytes() == CHAP_SECRETS + _LINE + b"# mine\ncarol home pw *\n"


def test_a_rollback_of_an_import_stops_where_somebody_has_edited_since(office: Cli) -> None:
    """The lines that it took out could only come back with the whole file."""
    secrets = office.root / "etc/ppp/chap-secrets"
    old = secrets.read_bytes()
    assert office("import", "office").status == 0
    edited = secrets.read_bytes() + b"carol home pw *\n"
    secrets.write_bytes(edited)
    result = office("rollback")
    assert (result.status, secrets.read_bytes()) == (2, edited)
    assert "/etc/ppp/chap-secrets" in result.err
    assert office("rollback", "--overwrite").status == 0
    assert secrets.read_bytes() == old
    kept = office.root / "var/lib/pptpsetup/kept"
    assert edited in {each.read_bytes() for each in kept.iterdir()}


def test_tunnels_that_share_a_line_are_taken_over_one_after_the_other(cli: Cli) -> None:
    """The line goes with the last of them, and nobody is without a password in between."""
    shared, script = b"alice PPTP pw *\n", '[ "$6" = vpn ] && ip route add 10.0.0.0/8 dev "$1"\n'
    for name in ("home", "office"):
        text = _PEERS.replace("remotename office", "remotename PPTP").replace(
            "linkname office", "ipparam vpn"
        )
        _put(cli, f"/etc/ppp/peers/{name}", text)
    _put(cli, "/etc/ppp/ip-up.d/vpn", script, 0o755)
    _put(cli, "/etc/ppp/chap-secrets", CHAP_SECRETS + shared, 0o600)
    assert cli("import", "home").status == 0
    assert shared in cli.bytes_of("/etc/ppp/chap-secrets")
    assert cli.exists("/etc/ppp/ip-up.d/vpn")
    assert cli("import", "office").status == 0
    assert shared not in cli.bytes_of("/etc/ppp/chap-secrets")
    assert not cli.exists("/etc/ppp/ip-up.d/vpn")
    for name in ("home", "office"):
        assert cli.bytes_of(f"/etc/pptpsetup/secrets/{name}") == b"pw\n"
        assert cli("delete", name).status == 0
    assert cli.bytes_of("/etc/ppp/chap-secrets") == CHAP_SECRETS


def test_dry_run_shows_and_writes_nothing(office: Cli) -> None:
    before = picture(office.root)
    result = office("import", "office", "--dry-run")
    assert result.status == 0
    assert "~ /etc/ppp/peers/office (content;" in result.out
    assert "- /etc/ppp/ip-up.d/office (the old version goes to" in result.out
    assert "sec ret" not in result.out + result.err
    assert picture(office.root) == before


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Head Office", "import --as head-office 'Head Office'"),
        ("b\u00fcro", "import --as bro 'b\u00fcro'"),
        ("-x", "import --as x -- -x"),
        ("a" * 64, f"import --as {'a' * 63} {'a' * 64}"),
    ],
)
def test_a_name_that_no_tunnel_has_is_told_with_one_to_take(cli: Cli, name: str, hint: str) -> None:
    _put(cli, f"/etc/ppp/peers/{name}", _PEERS.replace("office", "x"))
    result = cli("import", "--password-stdin", "--", name, stdin=b"pw")
    assert result.status == 3
    assert "error[tunnel-name-invalid]" in result.err
    assert f"pptpsetup --root {cli.root} {hint}" in result.err
    assert cli("import", "--as", "t1", "--password-stdin", "--", name, stdin=b"pw").status == 0


def test_another_name(office: Cli) -> None:
    result = office("import", "office", "--as", "work")
    assert result.status == 0
    assert "pppd call office becomes pppd call work" in result.err
    assert not office.exists("/etc/ppp/peers/office")
    assert office.exists("/etc/ppp/peers/work")
    assert b'"alice" "work" "sec ret"' in office.bytes_of("/etc/ppp/chap-secrets")
    assert _LINE not in office.bytes_of("/etc/ppp/chap-secrets")


def test_a_password_in_the_peers_file_is_never_shown(cli: Cli) -> None:
    _put(cli, "/etc/ppp/peers/office", _PEERS + 'password "Tr0ub4dor"\n', 0o600)
    results = [
        cli("import"),
        cli("import", "--json"),
        cli("import", "office", "--dry-run"),
        cli("import", "office"),
    ]
    assert [each.status for each in results] == [0, 0, 0, 0]
    assert all("Tr0ub4dor" not in each.out + each.err for each in results)
    assert cli.bytes_of("/etc/pptpsetup/secrets/office") == b"Tr0ub4dor\n"
    assert b"Tr0ub4dor" not in cli.bytes_of("/etc/ppp/peers/office")


def test_what_would_be_lost_stops_it(cli: Cli) -> None:
    _put(cli, "/etc/ppp/peers/office", f"{_PEERS}plugin radius.so\nlogfile /var/log/vpn\npassword pw\n")
    before = picture(cli.root)
    result = cli("import", "office")
    assert result.status == 2
    assert result.err.count("error[import-loss]") == 2
    assert "/etc/ppp/peers/office:9:1" in result.err
    assert "--accept-loss" in result.err
    assert picture(cli.root) == before
    assert cli("import", "office", "--accept-loss").status == 0
    assert "plugin" not in cli.text_of("/etc/ppp/peers/office")


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (b'pty "pptp $SERVER --nolaunchpppd"\nname a\n', "import-dynamic", ":1:1"),
        (b'pty "pptp a --nolaunchpppd"\nname a\nnonsense\n', "import-unknown-option", ":3:1"),
        (b'pty "pptp a --nolaunchpppd"\nname "a\n', "import-open-quote", ":2:6"),
        (b'\xef\xbb\xbfpty "pptp a --nolaunchpppd"\nname a\n', "import-bom", ":1:1"),
        (b'pty "pptp a --nolaunchpppd"\nname a\ncall office\n', "import-circle", ":3:1"),
        (b'pty "pptp a --nolaunchpppd"\nname a\npassword "a\\nb"\n', "password-newline", ":3:1"),
    ],
)
def test_bad_files_are_refused_with_place_and_nothing_is_written(
    cli: Cli, content: bytes, code: str, place: str
) -> None:
    _put(cli, "/etc/ppp/peers/office", content)
    before = picture(cli.root)
    assert cli("import").status == 0
    result = cli("import", "office")
    assert result.status == 3
    assert f"error[{code}]" in result.err
    assert f"/etc/ppp/peers/office{place}" in result.err
    assert "hint:" in result.err
    assert picture(cli.root) == before


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("office2",), 1, "import-unknown"),
        (("office", "--from", "peers:/etc/ppp/peers/none"), 1, "import-source"),
        (("office", "--from", "nonsense"), 1, "import-source"),
        (("office", "--from", "wat:/etc/ppp/peers/office"), 1, "import-source"),
        (("office", "--as", "a b"), 3, "tunnel-name-invalid"),
        (("office", "--json"), 1, "usage"),
        (("--as", "work"), 1, "usage"),
        (("office", "--password-file", "/none"), 3, "password-file-missing"),
    ],
)
def test_bad_command_lines(office: Cli, arguments: tuple[str, ...], status: int, code: str) -> None:
    before = picture(office.root)
    result = office("import", *arguments)
    assert (result.status, f"error[{code}]" in result.err) == (status, True), result.err
    assert picture(office.root) == before


def test_a_name_that_is_taken_is_refused(office: Cli) -> None:
    _put(office, "/etc/ppp/peers/office", "")
    (office.root / "etc/ppp/peers/office").unlink()
    assert office.create("office").status == 0
    _put(office, "/backup/office", _PEERS)
    before = picture(office.root)
    result = office("import", "office", "--from", "peers:/backup/office")
    assert result.status == 1
    assert "error[import-name-taken]" in result.err
    assert picture(office.root) == before
    assert office("import", "office", "--from", "peers:/backup/office", "--as", "new").status == 0
    assert office.text_of("/backup/office") == _PEERS


def test_a_file_changed_meanwhile_stops_it(office: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    peers = office.root / "etc/ppp/peers/office"
    real = TakenOver.__init__

    def change_first(self: TakenOver, *arguments: object) -> None:
        peers.write_text(_PEERS + "mtu 1300\n")
        real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(TakenOver, "__init__", change_first)
    result = office("import", "office")
    assert result.status == 2
    assert "error[changed-meanwhile]" in result.err
    assert peers.read_text().endswith("mtu 1300\n")
    assert not office.exists("/etc/pptpsetup/tunnels.yaml")


def test_a_failure_at_any_write_puts_everything_back(office: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old files too: taking over is one transaction with what comes instead."""
    before = picture(office.root)
    put, prepare, left = RealSystem.put, ondisk.prepare, 0

    def count(path: str) -> None:
        nonlocal left
        # The key of the fingerprints is drawn afterwards, and the change holds without it.
        left -= not path.endswith("/key")
        if left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    def put_or_fail(self: RealSystem, path: str, entry: Entry) -> None:
        count(path)
        put(self, path, entry)

    def prepare_or_fail(parent: int, name: str, entry: Entry, *, synced: bool) -> bool:
        count(name)
        return prepare(parent, name, entry, synced=synced)

    monkeypatch.setattr(RealSystem, "put", put_or_fail)
    monkeypatch.setattr("pptpsetup.change.batch.prepare", prepare_or_fail)
    for number in range(1, 200):
        left = number
        result = office("import", "office")
        if left > 0:
            break
        assert result.status == 5, result.err
        assert picture(office.root) == before
    assert number > 15
    assert result.status == 0
    assert office.bytes_of("/etc/pptpsetup/secrets/office") == b"sec ret\n"


def test_a_linked_peers_file_is_not_removed(office: Cli) -> None:
    peers = office.root / "etc/ppp/peers/office"
    peers.rename(office.root / "etc/office")
    peers.symlink_to("/etc/office")
    before = picture(office.root)
    result = office("import", "office")
    assert result.status == 2
    assert "error[foreign-file]" in result.err
    assert picture(office.root) == before


def test_a_missing_password_is_asked_for(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _put(cli, "/etc/ppp/peers/office", _PEERS)
    with typist(monkeypatch, b"Tr0ub4dor\n") as screen:
        assert cli("import", "office").status == 0
    assert b"Password for alice at vpn.example.com: " in screen.text
    assert cli.bytes_of("/etc/pptpsetup/secrets/office") == b"Tr0ub4dor\n"


def test_a_password_from_elsewhere_is_where_it_was_said_to_be(
    office: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VPN_PASSWORD", "f3tched")
    assert office("import", "office", "--password-from", "env:VPN_PASSWORD").status == 0
    assert "password: {env: VPN_PASSWORD}" in office.text_of("/etc/pptpsetup/tunnels.yaml")
    assert b'"alice" "office" "f3tched"' in office.bytes_of("/etc/ppp/chap-secrets")
    assert b"sec ret" not in office.bytes_of("/etc/ppp/chap-secrets")
    assert not office.exists("/etc/pptpsetup/secrets/office")
    assert office("check").status == 0


def test_a_password_may_be_given(office: Cli) -> None:
    assert office("import", "office", "--password-stdin", stdin=b"other").status == 0
    assert office.bytes_of("/etc/pptpsetup/secrets/office") == b"other\n"


def test_settings_given_count_instead_of_those_found(office: Cli) -> None:
    arguments = ("--mtu", "1400", "--route", "10.0.0.0/8", "--on-boot", "--engine", "system")
    assert office("import", "office", *arguments).status == 0
    tunnel = Document.parse(office.text_of("/etc/pptpsetup/tunnels.yaml"), "t").spec.find("office")
    assert tunnel is not None
    assert (tunnel.mtu, [str(each) for each in tunnel.routes]) == (1400, ["10.0.0.0/8"])
    assert (tunnel.on_boot, tunnel.engine.value) == (True, "system")
    before = picture(office.root)
    assert office("import", "office", "--mtu", "1").status == 3
    assert picture(office.root) == before


@pytest.mark.parametrize(
    ("kind", "path", "content", "name"),
    [
        (
            "uci",
            "/etc/config/network",
            (
                "config interface 'vpn'\n\toption proto 'pptp'\n\toption server 'vpn.example.com'\n"
                "\toption username 'alice'\n\toption password 'pw'\n"
            ),
            "vpn",
        ),
        (
            "confd",
            "/backup/net",
            (
                "config_ppp0=ppp\nlink_ppp0=\"pty 'pptp vpn.example.com --nolaunchpppd'\"\n"
                "username_ppp0=alice\npassword_ppp0=pw\npppd_ppp0='noauth require-mppe-128'\n"
            ),
            "ppp0",
        ),
    ],
)
def test_files_of_other_systems_stay_as_they_are(
    cli: Cli, kind: str, path: str, content: str, name: str
) -> None:
    _put(cli, path, content)
    result = cli("import", name, "--from", f"{kind}:{path}", "--as", "work")
    assert result.status == 0, result.err
    assert "nothing is taken out of the file" in result.err
    assert cli.text_of(path) == content
    assert cli.bytes_of("/etc/pptpsetup/secrets/work") == b"pw\n"
    assert "require-mppe-128" in cli.text_of("/etc/ppp/peers/work")


def test_openwrts_sections_become_ours_one_after_the_other(cli: Cli) -> None:
    """Two sections of one name are one to uci: `uci delete` would have taken ours along."""
    others = "config interface 'lan'\n\toption proto 'static'\n\n"
    one = "config interface '{}'\n\toption proto 'pptp'\n\toption server '{}.example'\n"
    rest = "\toption username 'alice'\n"
    rest += "\toption password 'pw'\n\toption defaultroute '0'\n\toption auto '0'\n"
    path = "/etc/config/network"
    _put(cli, path, others + "".join(one.format(each, each) + rest for each in ("vpn", "home")), 0o600)
    for each in ("/sbin/netifd", "/usr/sbin/pppd"):
        _put(cli, each, "", 0o755)
    for each in ("vpn", "home"):
        result = cli("--profile", "openwrt", "import", each, "--engine", "system")
        assert (result.status, "pptp-missing" in result.err) == (0, False), result.err
        assert cli.text_of(path).count(f"config interface '{each}'") == 1
    assert "nothing to import" in cli("--profile", "openwrt", "import").err
    assert cli("--profile", "openwrt", "check").status == 0
    for each in ("vpn", "home"):
        assert cli("--profile", "openwrt", "delete", each).status == 0
    assert cli.text_of(path).rstrip("\n") == others.rstrip("\n")


def test_networkmanagers_connection_stays_networkmanagers(cli: Cli) -> None:
    path = "/etc/NetworkManager/system-connections/Head Office.nmconnection"
    _put(cli, path, _KEYFILE, 0o600)
    _put(cli, "/usr/lib/NetworkManager/VPN/nm-pptp-service.name", "")
    assert cli("import", "Head Office").status == 3
    result = cli("import", "Head Office", "--as", "office", "--dry-run")
    assert "Tr0ub4dor" not in result.out + result.err
    assert cli("import", "Head Office", "--as", "office").status == 0
    assert not cli.exists(path)
    keyfile = cli.text_of("/etc/NetworkManager/system-connections/office.nmconnection")
    assert "password=Tr0ub4dor\n" in keyfile
    assert "route1=192.168.7.0/24\n" in keyfile


def test_the_stanza_of_ifupdown_goes_with_it(office: Cli) -> None:
    _put(
        office,
        "/etc/network/interfaces",
        "auto lo\niface lo inet loopback\nauto tun\niface tun inet ppp\n provider office\n",
    )
    _put(office, "/usr/sbin/ifup", "")
    assert office("import", "office").status == 0
    assert office.text_of("/etc/network/interfaces") == "auto lo\niface lo inet loopback\n"
    assert "auto pptp-office" in office.text_of("/etc/network/interfaces.d/pptp-office")


def test_a_directory_or_a_device_in_the_way_is_no_source(office: Cli) -> None:
    (office.root / "etc/ppp/peers/folder").mkdir()
    os.mkfifo(office.root / "etc/ppp/peers/fifo")
    (office.root / "etc/ppp/peers/loop").symlink_to("loop")
    assert office("import").status == 0


def test_only_root_reads_the_passwords(office: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    before = picture(office.root)
    assert office("import", "office").status == 7
    assert picture(office.root) == before
