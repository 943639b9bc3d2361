"""Gentoo's conf.d/net."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.spec.importer.assignments import DynamicError, assignments
from pptpsetup.spec.importer.finding import Verdict
from tests.pptpsetup.spec.importer.bench import CHAP, codes, look, told
from tests.support import need

_PATH = "/etc/conf.d/net"
_FILE = """\
# the uplink
config_eth0="dhcp"

config_ppp0="ppp"
link_ppp0="pty 'pptp vpn.example.com --nolaunchpppd'"
username_ppp0='alice'
password_ppp0='two words'
pppd_ppp0=(
    "noauth"   # of course
    "mtu 1400 mru 1400"
    'require-mppe-128 noipdefault updetach debug'
)
routes_ppp0="192.168.7.0/24
10.0.0.0/8"
dns_servers_ppp0="192.168.7.1"
"""


def test_a_stanza_becomes_settings() -> None:
    (found,) = look({_PATH: _FILE}).found
    assert found.problems == []
    assert found.name == "ppp0"
    values = found.values
    assert (values["server"], values["username"], values["mtu"]) == ("vpn.example.com", "alice", 1400)
    assert values["encryption"] == "required-128"
    assert values["routes"] == ["192.168.7.0/24", "10.0.0.0/8"]
    assert values["dns.servers"] == ["192.168.7.1"]
    assert values["pppd_options"] == ["debug", "unit 0"]
    assert values["reconnect_delay"] == "30s"
    assert found.password is not None
    assert found.password.reveal() == "two words"
    assert found.lost == ()
    assert told(found, Verdict.ADVICE) == ["nothing is taken out of the file"]


def test_the_secret_of_another_server_name_is_found() -> None:
    """Without username_pppN netifrc says no remotename of its own, and the one that is there counts."""
    files = {
        _PATH: "config_ppp1=ppp\nlink_ppp1=local\npppd_ppp1='call base'\n",
        "/etc/ppp/peers/base": "pty 'pptp 203.0.113.9 --nolaunchpppd'\nname alice\nremotename office\n",
        CHAP: "alice office pw *\n",
    }
    found = next(each for each in look(files).found if each.path == _PATH)
    assert found.password is not None
    assert found.password.reveal() == "pw"


def test_a_peers_file_may_be_called_and_the_secret_be_in_its_place() -> None:
    files = {
        _PATH: "config_ppp1=ppp\nlink_ppp1=\"pty 'pptp 203.0.113.9 --nolaunchpppd'\"\n"
        "pppd_ppp1='call base'\n",
        "/etc/ppp/peers/base": "name alice\n",
        CHAP: "alice ppp1 pw *\n",
    }
    (found,) = look(files).found
    assert found.problems == []
    assert found.password is not None
    assert found.password.reveal() == "pw"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("if [ -e /x ]; then\n", "1:1"),
        ('a=1\nserver="$(cat /etc/x)"\n', "2:8"),
        ("a=$b\n", "1:3"),
        ("a='1\n", "1:3"),
        ("a=(1\n", "3:1"),
        ("a=1 b=2\n", "1:5"),
        ("source /etc/x\n", "1:1"),
        ("a=1; reboot\n", "1:6"),
    ],
)
def test_anything_dynamic_is_refused_with_its_place(text: str, place: str) -> None:
    (found,) = look({_PATH: f"{text}# pptp"}).found
    if place == "3:1":
        place = f"2:{len('# pptp') + 1}"
    assert codes(found) == [f"import-dynamic {_PATH}:{place}"]


_PLAIN = "config_ppp0=ppp\nlink_ppp0=\"pty 'pptp 203.0.113.9 --nolaunchpppd'\"\nusername_ppp0=alice\n"


@pytest.mark.parametrize(
    ("routes", "networks", "lost"),
    [
        ("'10.0.0.0/8 dev ppp0'", ["10.0.0.0/8"], []),
        (
            "( '-net 10.0.0.0/8' '-net 10.1.0.0 netmask 255.255.0.0 dev ppp0' )",
            ["10.0.0.0/8", "10.1.0.0/16"],
            [],
        ),
        ("'-host 10.1.2.3 dev ppp0'", ["10.1.2.3/32"], []),
        ("'default'", None, ["route default"]),
        ("'10.0.0.0/8 via 192.0.2.1'", None, ["route 10.0.0.0/8 via 192.0.2.1"]),
        ("'10.0.0.0/8 dev ppp1'", None, ["route 10.0.0.0/8 dev ppp1"]),
    ],
)
def test_routes_as_netifrc_takes_them(routes: str, networks: list[str] | None, lost: list[str]) -> None:
    (found,) = look({_PATH: f"{_PLAIN}routes_ppp0={routes}\n"}).found
    assert (found.problems, found.values.get("routes"), told(found, Verdict.LOST)) == ([], networks, lost)


def test_functions_are_passed_over_and_told_where_they_matter() -> None:
    text = "depend_ppp0() {\n\tneed net.eth0\n}\npreup() { return 0; }\n"
    text += "postup() {\n  [ $IFACE = eth0 ] && x\n}\n"
    (found,) = look({_PATH: text + _PLAIN}).found
    assert (found.problems, told(found, Verdict.LOST)) == ([], [])
    assert "depend_ppp0()" in told(found, Verdict.CHANGED)
    (found,) = look({_PATH: _PLAIN + text.replace("eth0", "ppp0")}).found
    assert told(found, Verdict.LOST) == ["postup()"]
    (found,) = look({_PATH: f"{_PLAIN}postup() {{\n x\n"}).found
    assert codes(found) == [f"import-dynamic {_PATH}:4:1"]


def test_the_line_with_the_password_stays_as_the_interface_does() -> None:
    text = _PLAIN.replace("username_ppp0=alice", "pppd_ppp0='name alice remotename office'")
    (found,) = look({_PATH: text, CHAP: "alice office pw *\n"}).found
    assert found.password is not None
    assert found.takeovers == {}
    assert "the line with the password stays" in told(found, Verdict.ADVICE)


_LINES = st.sampled_from(
    [
        "a=1",
        "a='x y'",
        'a="x y"',
        "a=x'y z'\"w\"",
        "b=",
        "a=(1 'x y' z)",
        "# c",
        "",
        "a=1 # c",
        "a=( )",
        "a=(1\n2)",
        "  a=3",
        r'a="x\\y \" \$z \z !"',
        'a="x\\\ny"',
        "a+=2",
        "a+=(z 'y x')",
        "f() {\n  a=9 $x\n}",
        "function g () { a=9; }",
    ]
)


@pytest.mark.host
@given(st.lists(_LINES, max_size=5))
def test_assignments_are_read_as_bash_reads_them(lines: list[str]) -> None:
    """``declare -p`` would quote; printf of every element is what can be compared."""
    text = "\n".join(["a=(none)", *lines, ""])
    found = assignments(text.encode()).variables
    script = f"{text}\nprintf '%s\\0' \"${{a[@]}}\""
    bash = [need("bash", package="bash"), "--norc", "-c", script]
    done = subprocess.run(bash, capture_output=True, check=True, timeout=60)
    # A plain assignment to an array sets its first element; netifrc's files never do both.
    expected = done.stdout.split(b"\0")[:-1] or [b""]
    values = list(found["a"].values) or [b""]
    assert values == expected[: len(values)]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_place(data: bytes) -> None:
    offset = 0
    try:
        assignments(data)
    except DynamicError as error:
        offset = error.offset
    assert 0 <= offset <= len(data)
