"""Keyfiles of NetworkManager's PPTP plugin."""

import subprocess

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.kinds import InitKind
from pptpsetup.spec.importer.finding import Found, Given, Layout, Verdict
from pptpsetup.spec.importer.survey import survey
from tests.golden.cases import CASES, contents
from tests.pptpsetup.spec.importer.bench import codes, look, only, told
from tests.support import need

_PATH = "/etc/NetworkManager/system-connections/My VPN.nmconnection"
_HEAD = "[connection]\nid=My VPN\nuuid=5-6\ntype=vpn\nautoconnect=false\n\n[vpn]\n"
_VPN = "service-type=org.freedesktop.NetworkManager.pptp\ngateway=vpn.example.com\nuser=alice\n"


def _found(vpn: str = "", rest: str = "") -> Found:
    return only({_PATH: f"{_HEAD}{_VPN}{vpn}\n{rest}"})


def test_a_connection_becomes_settings() -> None:
    found = _found(
        "domain=CORP\npassword-flags=0\nrefuse-chap=yes\nrefuse-pap=yes\nrequire-mppe-128=yes\nrefuse-mschap=yes\n"
        "lcp-echo-interval=30\nlcp-echo-failure=5\n",
        "[vpn-secrets]\npassword= two\\swords\\s\n\n[ipv4]\nmethod=auto\nnever-default=true\n"
        "route1=192.168.7.0/24\nroute2=10.0.0.0/8,0.0.0.0,0\ndns=192.168.7.1;\ndns-search=~corp.example;\n"
        "ignore-auto-dns=true\n\n[ipv6]\nmethod=ignore\n\n[proxy]\n",
    )
    assert found.problems == []
    assert found.name == "My VPN"
    assert found.values == {
        "init": "networkmanager",
        "server": "vpn.example.com",
        "domain": "CORP",
        "username": "alice",
        "encryption": "required-128",
        "authentication": ["mschap-v2"],
        "lcp_echo.interval": "30s",
        "lcp_echo.failure": 5,
        "routes": ["192.168.7.0/24", "10.0.0.0/8"],
        "dns.servers": ["192.168.7.1"],
        "dns.domains": ["corp.example"],
    }
    assert found.password is not None
    assert found.password.reveal() == "two words "
    assert found.lost == ()
    assert found.takeovers[_PATH].content is None
    assert found.takeovers[_PATH].secret


def test_a_connection_takes_everything_unless_told_not_to() -> None:
    found = _found("require-mppe=yes\n")
    assert found.values["mode"] == "all-to-tunnel"
    assert found.values["dns.servers"] == ["from-peer"]
    assert told(found, Verdict.REPAIRED) == ["vpn.require-mppe"]


@pytest.mark.parametrize(
    ("vpn", "rest", "lost"),
    [
        ("unit=3\n", "", ["vpn.unit"]),
        ("", "[ipv4]\nnever-default=true\nroute1=10.0.0.0/8,10.0.0.1\n", ["ipv4 route 10.0.0.0/8,10.0.0.1"]),
        ("", "[ipv4]\naddress1=10.0.0.1/24\n", ["ipv4.address1"]),
    ],
)
def test_what_has_no_setting_is_lost(vpn: str, rest: str, lost: list[str]) -> None:
    assert told(_found(vpn, rest), Verdict.LOST) == lost


def test_a_password_kept_elsewhere_is_told() -> None:
    found = _found("password-flags=1\n")
    assert found.password is None
    assert "the password is not in the file" in told(found, Verdict.ADVICE)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (_HEAD + _VPN + "nonsense\n", [f"import-keyfile {_PATH}:11"]),
        (_HEAD + _VPN.replace("gateway=vpn.example.com\n", ""), [f"import-no-server {_PATH}"]),
        (_HEAD + _VPN.replace("user=alice\n", ""), [f"import-no-name {_PATH}"]),
        (_HEAD + _VPN.replace("vpn.example.com", "a b"), [f"server-invalid {_PATH}:9"]),
    ],
)
def test_bad_files(text: str, problems: list[str]) -> None:
    assert codes(only({_PATH: text})) == problems


@pytest.mark.parametrize(
    "text", ["", "[connection]\ntype=wifi\n", _HEAD + "service-type=org.x.openvpn\n", "\0"]
)
def test_other_connections_are_none_of_ours(text: str) -> None:
    assert look({_PATH: text}).found == ()


def test_what_we_render_is_read_back() -> None:
    """The semantic check: the keyfiles of the golden case mean the tunnels that they were made from."""
    assert load_profile("debian").networkmanager is not None
    case = CASES["networkmanager"]
    files = {f"/{path}": data for path, data in contents(case.artifacts("debian")).items()}
    found = {each.name: each for each in survey(Given(files), Layout()).found}
    for tunnel in case.tunnels:
        values = found[tunnel.name].values
        assert found[tunnel.name].lost == ()
        assert values["server"] == tunnel.server
        assert values["username"] == tunnel.username
        assert values.get("domain") == tunnel.domain
        assert values["encryption"] == tunnel.encryption.value
        assert values.get("routes", []) == [str(each) for each in tunnel.routes]
        assert values.get("dns.domains", []) == list(tunnel.dns.domains)
        password = found[tunnel.name].password
        assert password is not None
        assert password.reveal() == case.passwords[tunnel.name]
        assert values["init"] == InitKind.NETWORKMANAGER.value


@pytest.mark.parametrize(
    ("route", "networks"),
    [
        ("routes1=10.0.0.0;8;0.0.0.0;0;", ["10.0.0.0/8"]),
        ("routes1=10.0.0.0;8;;;\nroutes2=10.9.0.0;16;", ["10.0.0.0/8", "10.9.0.0/16"]),
        ("route1=10.0.0.0/8", ["10.0.0.0/8"]),
        ("routes1=10.0.0.0;8;10.0.0.1;0;", None),
        ("routes1=10.0.0.0;8;0.0.0.0;5;", None),
    ],
)
def test_routes_of_old_keyfiles(route: str, networks: list[str] | None) -> None:
    """As NetworkManager 0.9 wrote them."""
    found = _found("", f"[ipv4]\nnever-default=true\n{route}\n")
    assert found.problems == []
    assert found.values.get("routes") == networks
    assert (found.lost == ()) == (networks is not None)


def test_a_key_that_says_nothing_is_no_loss() -> None:
    said = "permissions=user:tom:;\n"
    head = _HEAD.replace("type=vpn\n", "type=vpn\nzone=\nsecondaries=\n")
    assert only({_PATH: f"{head}{_VPN}"}).lost == ()
    found = only({_PATH: f"{head.replace('zone=', said + 'zone=')}{_VPN}"})
    assert told(found, Verdict.LOST) == ["connection.permissions"]


@pytest.mark.parametrize(
    ("flags", "words"), [("1", "desktop keeps it"), ("2", "asked for each time"), ("0", None)]
)
def test_where_the_password_was(flags: str, words: str | None) -> None:
    notes = {note.text: note.why for note in _found(f"password-flags={flags}\n").notes}
    why = notes["the password is not in the file"]
    assert why is None if words is None else words in str(why)


def test_connections_in_gconf_are_told() -> None:
    path = "/home/tom/.gconf/system/networking/connections/{}/vpn/%gconf.xml"
    pptp = "<stringvalue>org.freedesktop.NetworkManager.pptp</stringvalue>"
    found = look({path.format(1): pptp, path.format(2): pptp.replace("pptp", "openvpn"), "/home/tom": ""})
    assert [str(note.where) for note in found.notes] == [path.format(1)]


@pytest.mark.host
def test_what_nmcli_writes_is_read() -> None:
    """``nmcli --offline`` prints the keyfile that the running daemon would write."""
    nmcli = need("nmcli", package="network-manager")
    data = (
        "gateway=vpn.example.com, user=CORP\\\\alice, require-mppe-128=yes, refuse-pap=yes, refuse-chap=yes"
    )
    command = [
        nmcli,
        "--offline",
        "connection",
        "add",
        "type",
        "vpn",
        "con-name",
        "My VPN",
        "vpn-type",
        "pptp",
    ]
    settings = [
        "vpn.data",
        data,
        "ipv4.routes",
        "10.0.0.0/8",
        "ipv4.never-default",
        "yes",
        "ipv4.dns",
        "10.0.0.1",
    ]
    done = subprocess.run([*command, *settings], capture_output=True, check=True, timeout=60)
    found = only({_PATH: done.stdout})
    assert (found.problems, found.lost) == ([], ())
    values = found.values
    assert (values["server"], values["domain"], values["username"]) == ("vpn.example.com", "CORP", "alice")
    assert values["encryption"] == "required-128"
    assert values["authentication"] == ["mschap-v2", "mschap"]
    assert values["routes"] == ["10.0.0.0/8"]
    assert values["dns.servers"] == ["from-peer", "10.0.0.1"]
