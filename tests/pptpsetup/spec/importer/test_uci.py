"""OpenWrt's network file."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.spec.importer import survey, ucifile
from pptpsetup.spec.importer.finding import Given, Kind, Layout, Verdict
from tests.pptpsetup.spec.importer.bench import codes, look, told
from tests.support import need

_PATH = "/etc/config/network"
_FILE = """\
package network

config interface 'lan'
	option device 'br-lan'
	option proto 'static'

config interface 'vpn'   # the office
	option proto 'pptp'
	option server 'vpn.example.com'
	option username 'CORP\\alice'
	option password "pa\\"ss 'word'"
	option mtu '1400'
	option keepalive '5 20'
	option defaultroute '0'
	option peerdns 0
	list dns '192.168.7.1'
	list dns '192.168.7.2'
	option auto '0'
	option pppd_options 'debug idle 600'
"""


def test_an_interface_becomes_settings() -> None:
    (found,) = look({_PATH: _FILE}).found
    assert found.problems == []
    assert found.name == "vpn"
    assert found.values == {
        "server": "vpn.example.com",
        "domain": "CORP",
        "username": "alice",
        "encryption": "required-128",
        "authentication": ["mschap-v2"],
        "mtu": 1400,
        "lcp_echo.failure": 5,
        "lcp_echo.interval": "20s",
        "on_boot": False,
        "dns.servers": ["192.168.7.1", "192.168.7.2"],
        "pppd_options": ["debug", "idle 600"],
    }
    assert found.password is not None
    assert found.password.reveal() == "pa\"ss 'word'"
    assert found.takeovers[_PATH].content == _FILE[: _FILE.index("config interface 'vpn'")].encode()


def test_netifds_defaults_count() -> None:
    text = "config interface vpn\noption proto pptp\noption server a.example\noption username u\n"
    text += "option metric 5\n"
    (found,) = look({_PATH: text}).found
    assert found.values["mode"] == "all-to-tunnel"
    assert found.values["dns.servers"] == ["from-peer"]
    assert found.values["on_boot"] is True
    assert told(found, Verdict.LOST) == ['metric "5"']


_VPN = "config interface vpn\n\toption proto pptp\n\toption server a.example\n\toption username u\n"


def test_its_lines_go_and_all_others_stay() -> None:
    before, after = "# mine\nconfig interface 'lan'\n\n", "\n# last\nconfig route\n\toption interface lan\n"
    route = "config route 'r'\n\toption interface vpn\n\toption target 10.0.0.0/8 # a\n"
    metric = "config route\n\toption interface vpn\n\toption target 10.0.0.0/8\n\toption metric 5\n"
    text = f"{before}{_VPN}{after}{route}{metric}"
    (found,) = look({_PATH: text}).found
    assert found.takeovers[_PATH].content == f"{before}{after}{metric}".encode()
    assert found.takeovers[_PATH].expected == text.encode()
    (other,) = survey.read_source(Kind.UCI, "/backup/network", text.encode(), Given({}), Layout())
    assert other.takeovers == {}


def test_ours_beside_it_is_left_out() -> None:
    ours = _VPN.replace("vpn", "work") + "\toption managed_by pptpsetup\n"
    files = Given({_PATH: f"{_VPN}{ours}".encode()})
    found = survey.survey(files, Layout(), {_PATH}).found
    assert [each.name for each in found] == ["vpn"]
    content = found[0].takeovers[_PATH].content
    assert content == ours.encode()
    assert survey.survey(Given({_PATH: content or b""}), Layout(), {_PATH}).found == ()


@pytest.mark.parametrize(
    ("keepalive", "interval", "failure"),
    [
        ("'5 20'", "20s", 5),
        ("5,20", "20s", 5),
        ("3", "5s", 3),
        ("0", "0s", None),
        ("'0 5'", "0s", None),
        (None, "1s", 5),
    ],
)
def test_keepalive_as_netifd_reads_it(keepalive: str | None, interval: str, failure: int | None) -> None:
    """ppp.sh: below one failure there is no echo, and without the option it is 5 1."""
    line = "" if keepalive is None else f"\toption keepalive {keepalive}\n"
    (found,) = look({_PATH: _VPN + line}).found
    assert found.problems == []
    assert found.values["lcp_echo.interval"] == interval
    assert found.values.get("lcp_echo.failure") == failure


def test_routes_beside_everything_do_not_matter() -> None:
    route = "config route\n\toption interface vpn\n\toption target 10.0.0.0/8\n"
    (found,) = look({_PATH: f"{route}{_VPN}"}).found
    assert (found.values["mode"], "routes" in found.values) == ("all-to-tunnel", False)
    (found,) = look(
        {_PATH: f"{route}{route.replace('10.0.0.0/8', '0.0.0.0/0')}{_VPN}\toption defaultroute 0\n"}
    ).found
    assert (found.values["mode"], "routes" in found.values) == ("all-to-tunnel", False)
    assert found.problems == []


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("config interface 'vpn\noption proto pptp\n", [f"import-uci {_PATH}:1:18"]),
        ("option proto pptp\n", [f"import-uci {_PATH}:1:1"]),
        ("config interface vpn\noption proto pptp extra\n", [f"import-uci {_PATH}:2:1"]),
        (
            "config interface vpn\noption proto pptp\noption mtu many\n",
            [f"import-no-server {_PATH}:1:1", f"import-no-name {_PATH}:1:1", f"wrong-type {_PATH}:3:1"],
        ),
    ],
)
def test_bad_files(text: str, problems: list[str]) -> None:
    (found,) = look({_PATH: text}).found
    assert codes(found) == problems


_WORD = st.text(st.sampled_from(list("ab 'é\"\\#;$`\t=")), min_size=1, max_size=12)


@pytest.mark.host
@given(st.lists(_WORD, min_size=1, max_size=3))
def test_single_quoted_words_are_read_as_sh_reads_them(values: list[str]) -> None:
    """uci's quoting by single quotes is that of sh; a quote itself is written '\\''."""
    quoted = ["'" + value.replace("'", "'\\''") + "'" for value in values]
    text = "config interface vpn\n" + "".join(f"list dns {each}\n" for each in quoted)
    (section,) = ucifile.sections(_PATH, text.encode())
    done = subprocess.run(
        [need("sh", package="dash"), "-c", f"printf '%s\\0' {' '.join(quoted)}"],
        capture_output=True,
        check=True,
    )
    assert [each.value for each in section.lists["dns"]] == done.stdout.decode().split("\0")[:-1] == values


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_place(data: bytes) -> None:
    line: int | None = 1
    try:
        ucifile.sections(_PATH, data)
    except ucifile.UciError as error:
        line = error.where.line
    assert line is not None
    assert line >= 1


ROUTE = """
config route
	option interface 'vpn'
	option target '10.1.0.0'
	option netmask '255.255.0.0'

config route
	option interface 'lan'
	option target '10.9.0.0/16'

config route 'second'
	option interface 'vpn'
	option target '192.168.7.0/24'
	option gateway '0.0.0.0'
"""


def test_routes_through_the_interface_are_the_tunnel_s() -> None:
    (found,) = look({_PATH: _FILE + ROUTE}).found
    assert found.values["routes"] == ["10.1.0.0/16", "192.168.7.0/24"]
    assert "mode" not in found.values


def test_a_route_to_everything_is_a_mode() -> None:
    route = "\nconfig route\n\toption interface 'vpn'\n\toption target '0.0.0.0/0'\n"
    (found,) = look({_PATH: _FILE + route}).found
    assert (found.values["mode"], "routes" in found.values) == ("all-to-tunnel", False)


@pytest.mark.parametrize(
    "options",
    ["target 'office'", "target '10.1.2.3/16'", "target '10.0.0.0/8'\n\toption metric '5'", "metric 1"],
)
def test_a_route_that_is_no_setting_is_lost(options: str) -> None:
    route = f"\nconfig route\n\toption interface 'vpn'\n\toption {options}\n"
    (found,) = look({_PATH: _FILE + route}).found
    assert any("route" in text for text in told(found, Verdict.LOST))
    assert "routes" not in found.values


def test_methods_that_netifd_s_pppd_is_told_to_refuse_are_refused() -> None:
    refusals = "refuse-eap refuse-mschap refuse-chap refuse-pap"
    (found,) = look({_PATH: _FILE.replace("'debug idle 600'", f"'debug {refusals}'")}).found
    assert found.values["authentication"] == ["mschap-v2"]
    assert found.values["pppd_options"] == ["debug"]
    (found,) = look({_PATH: _FILE.replace("'debug idle 600'", "'refuse-mschap-v2 refuse-eap'")}).found
    assert found.values["authentication"] == ["mschap"]
    assert told(found, Verdict.CHANGED) == ["chap and pap refused"]
