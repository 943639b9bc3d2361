"""Debian's interfaces: stanzas that call a peers file."""

import pytest

from pptpsetup.spec.importer.finding import Verdict
from tests.pptpsetup.spec.importer.bench import PEERS, PTY, only, told

_MAIN = "/etc/network/interfaces"
_LO = "auto lo\niface lo inet loopback\n\n"


@pytest.mark.parametrize(
    ("path", "stanza"),
    [
        (_MAIN, "auto tun\niface tun inet ppp\n    provider office\n"),
        (f"{_MAIN}.d/vpn", "iface tun inet ppp\n    provider office\nauto tun\n"),
        (_MAIN, "auto tun\niface tun inet ppp\n  # the office\n  provider \\\n   office\n"),
    ],
)
def test_a_plain_stanza_is_understood_and_goes(path: str, stanza: str) -> None:
    found = only({PEERS: f"{PTY}name alice\n", path: _LO + stanza + "iface eth1 inet dhcp\n"})
    assert found.problems == []
    assert found.values["init"] == "ifupdown"
    assert found.values["on_boot"] is True
    assert found.takeovers[path].content == (_LO + "iface eth1 inet dhcp\n").encode()


def test_without_auto_it_does_not_start_at_boot() -> None:
    found = only({PEERS: f"{PTY}name alice\n", _MAIN: "iface tun inet ppp\n provider office\n unit 5\n"})
    assert "on_boot" not in found.values
    assert found.values["pppd_options"] == ["unit 5"]


@pytest.mark.parametrize(
    "stanza",
    [
        "auto tun\niface tun inet ppp\n provider office\n up ip route add 10.0.0.0/8 dev ppp0\n",
        "auto eth0 tun\niface tun inet ppp\n provider office\n",
        "allow-hotplug tun\niface tun inet ppp\n provider office\n",
    ],
)
def test_a_stanza_that_does_more_stays(stanza: str) -> None:
    found = only({PEERS: f"{PTY}name alice\n", _MAIN: stanza})
    assert "init" not in found.values
    assert _MAIN not in found.takeovers
    assert told(found, Verdict.ADVICE)[0] == "the stanza of tun"


def test_stanzas_of_other_tunnels_do_not_matter() -> None:
    found = only({PEERS: f"{PTY}name alice\n", _MAIN: "iface tun inet ppp\n provider office2\n"})
    assert _MAIN not in found.takeovers
    assert "init" not in found.values


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("source /etc/network/vpns", "/etc/network/vpns"),
        ("source vpns/*.cfg", "/etc/network/vpns/a.cfg"),
        ("source-directory /etc/network/more", "/etc/network/more/tun"),
    ],
)
def test_files_that_the_first_names_are_read(words: str, path: str) -> None:
    stanza = "iface tun inet ppp\n provider office\n"
    found = only({PEERS: f"{PTY}name alice\n", _MAIN: f"{words}\n{_LO}", path: stanza})
    assert found.values["init"] == "ifupdown"
    assert found.takeovers[path].content == b""
    other = only({PEERS: f"{PTY}name alice\n", _MAIN: _LO, path: stanza})
    assert "init" not in other.values


def test_auto_in_another_file_goes_along() -> None:
    """Else ifup would complain of an interface that is gone."""
    beside = f"{_MAIN}.d/tun"
    found = only(
        {
            PEERS: f"{PTY}name alice\n",
            _MAIN: f"{_LO}auto tun\n",
            beside: "iface tun inet ppp\n provider office\n",
        }
    )
    assert found.values["on_boot"] is True
    assert (found.takeovers[_MAIN].content, found.takeovers[beside].content) == (_LO.encode(), b"")
    more = {_MAIN: "auto eth0 tun\n", beside: "iface tun inet ppp\n provider office\n"}
    assert beside not in only({PEERS: f"{PTY}name alice\n", **more}).takeovers
