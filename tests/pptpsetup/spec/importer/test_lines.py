"""Peers files without a ``pty``: the kernel's PPTP by a plug-in, and those that ``pptp`` itself starts."""

import pytest

from pptpsetup.spec.importer.finding import Verdict
from tests.pptpsetup.spec.importer.bench import CHAP, PEERS, codes, look, only, told

_COMMAND = """\
#
# PPTP Tunnel configuration for tunnel office
# Server IP: 203.0.113.1
# Route: del default
# Route: add -host 203.0.113.1 gw DEF_GW
# Route: add -net 192.168.10.0 netmask 255.255.255.0 dev TUNNEL_DEV
# Route: add -net 10.0.0.0 dev TUNNEL_DEV netmask 255.0.0.0
# Route: add -host 10.9.8.7 gw GW
#
name CORP\\\\alice
remotename PPTP
require-mppe-128
file /etc/ppp/options.pptp
"""
"As Webmin's module writes it."
_OPTIONS = {"/etc/ppp/options.pptp": "lock noauth refuse-eap refuse-pap refuse-chap refuse-mschap\n"}


def test_the_plug_in() -> None:
    text = "plugin pptp.so\npptp_server vpn.example.com\nname alice\nremotename office\nrequire-mppe-128\n"
    found = only({PEERS: text, CHAP: "alice office pw *\n"})
    assert (found.problems, told(found, Verdict.LOST)) == ([], [])
    assert (found.values["server"], found.values["encryption"]) == ("vpn.example.com", "required-128")
    assert told(found, Verdict.CHANGED)[0] == "plugin pptp.so"
    assert found.takeovers[CHAP].content == b""


def test_what_the_plug_in_is_told_besides() -> None:
    more = "pptp_client 192.0.2.1 pptp_phone 12 pptp_window 50 pptp_verbose 1"
    found = only({PEERS: f"plugin /usr/lib/pppd/2.5/pptp.so pptp_server 203.0.113.1 {more} name alice\n"})
    assert found.problems == []
    assert told(found, Verdict.LOST) == ["pptp_client 192.0.2.1", "pptp_phone 12", "pptp_window 50"]
    bad = only({PEERS: "name alice plugin pptp.so pptp_server vpn pptp_phone"})
    assert codes(bad) == [f"import-no-argument {PEERS}:1:43"]


@pytest.mark.parametrize("text", ["plugin rp-pppoe.so eth0\nname a\n", "plugin pptp.so\nname a\n"])
def test_others_are_no_pptp_tunnels(text: str) -> None:
    assert look({PEERS: text}).found == ()


def test_pptp_command_and_webmin() -> None:
    found = only({PEERS: _COMMAND, CHAP: "CORP\\\\alice PPTP pw *\n", **_OPTIONS})
    assert (found.problems, told(found, Verdict.LOST)) == ([], [])
    assert found.author == "pptp-command or Webmin"
    assert (found.values["server"], found.values["domain"]) == ("203.0.113.1", "CORP")
    assert found.values["routes"] == ["192.168.10.0/24", "10.0.0.0/8", "10.9.8.7/32"]
    assert found.password is not None
    assert "Route: del default" in told(found, Verdict.SAME)


@pytest.mark.parametrize(
    ("route", "mode", "lost"),
    [
        ("add default dev TUNNEL_DEV", "all-to-tunnel", []),
        ("add default gw GW", "all-to-tunnel", []),
        ("add -net 10.0.0.0 netmask 255.0.0.0 gw 192.0.2.1", None, 1),
        ("add -net 10.0.0.1 netmask 255.0.0.0 dev TUNNEL_DEV", None, 1),
        ("add -net 10.0.0.0 netmask 255.0.0.0 dev TUNNEL_DEV metric 2", None, 1),
    ],
)
def test_other_routes_of_pptp_command(route: str, mode: str | None, lost: object) -> None:
    text = f"# PPTP Tunnel\n# Server IP: 203.0.113.1\n# Route: {route}\nname alice\n"
    found = only({PEERS: text})
    assert found.values.get("mode") == mode
    assert len(told(found, Verdict.LOST)) == (lost or 0)
    assert "routes" not in found.values


def test_a_comment_about_pptp_is_not_enough() -> None:
    assert look({PEERS: "# PPTP is broken\n/dev/ttyS0\nname alice\n"}).found == ()
