"""Statuses and numbers as people and programs read them."""

import json
from pathlib import Path

import pytest

from pptpsetup.cli.main import main
from pptpsetup.cli.views import status_json, status_text
from pptpsetup.cli.words import duration, size, table
from pptpsetup.render.places import ON_DEMAND
from pptpsetup.tunnel.report import Cause
from pptpsetup.tunnel.status import TunnelState, TunnelStatus, read_status
from tests.pptpsetup.tunnel.scene import Scene


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_499, "999.5 kB"),
        (999_950, "1.0 MB"),
        (10_000_000, "10.0 MB"),
        (5 * 10**12, "5.0 TB"),
    ],
)
def test_sizes(count: int, words: str) -> None:
    assert size(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (90061, "1 d 1 h"), (-5, "0 s")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_tables_line_up() -> None:
    assert table([("A", "BB"), ("ccc", "d")]) == "A    BB\nccc  d"


def test_the_json_of_a_tunnel_that_is_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Scene(tmp_path).up()
    assert main(["--root", str(tmp_path), "status", "work", "--json"]) == 0
    (tunnel,) = json.loads(capsys.readouterr().out)["tunnels"]
    assert tunnel == {
        "name": "work",
        "state": "up",
        "up": True,
        "phase": None,
        "since": 1732300000.0,
        "interface": "ppp0",
        "local_address": "192.168.7.200",
        "remote_address": "192.168.7.1",
        "server": {"name": "vpn.example.com", "address": "203.0.113.9"},
        "peer": {"host_name": "local", "vendor": "linux"},
        "authentication": "mschap-v2",
        "encryption": {"bits": 128, "stateful": False},
        "mru": 1400,
        "dns": ["192.168.7.1"],
        "traffic": {"received_bytes": 1000, "sent_bytes": 2000, "received_packets": 10, "sent_packets": 20},
        "processes": {"pppd": 200, "gateway": 201, "call_manager": 202},
        "cause": None,
    }


def test_the_json_has_the_same_keys_when_nothing_is_known() -> None:
    assert (
        status_json(TunnelStatus("work", TunnelState.DOWN)).keys()
        == status_json(TunnelStatus("work", TunnelState.UP)).keys()
    )


def test_the_text_of_a_tunnel_that_is_up(tmp_path: Path) -> None:
    Scene(tmp_path).up()
    lines = status_text(read_status(tmp_path, "work")).splitlines()
    assert lines[0].startswith("work: up since ")
    assert [" ".join(line.split()) for line in lines[1:]] == [
        "interface ppp0",
        "address 192.168.7.200 → 192.168.7.1",
        "server vpn.example.com (203.0.113.9, calls itself local / linux)",
        "login by mschap-v2",
        "encryption MPPE 128 bit, stateless",
        "name servers 192.168.7.1",
        "received 1.0 kB in 10 packets",
        "sent 2.0 kB in 20 packets",
        "processes pppd 200, gateway 201, call manager 202",
    ]


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (TunnelState.DOWN, "work: down\n  because  it broke\n  remedy   mend it"),
        (TunnelState.WAITING, "work: down, about to try again\n  last end  it broke"),
        (TunnelState.CONNECTING, "work: connecting\n  last end  it broke"),
    ],
)
def test_the_text_of_a_tunnel_that_is_not_up(state: TunnelState, text: str) -> None:
    assert status_text(TunnelStatus("work", state, cause=Cause("x", "it broke", "mend it"))) == text


def test_what_a_server_says_cannot_control_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = Scene(tmp_path)
    scene.up()
    scene.report(peer={"host_name": "\x1b[2Jevil", "vendor": "\x9bm", "firmware": 1})
    assert main(["--root", str(tmp_path), "status", "work"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\x9b" not in out
    assert "evil" in out


def test_a_tunnel_that_stands_by_is_neither_up_nor_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = Scene(tmp_path)
    scene.pppd()
    scene.link_file("200\nppp0\n")
    scene.interface(alias=ON_DEMAND)
    assert main(["--root", str(tmp_path), "status", "work"]) == 0
    assert capsys.readouterr().out.startswith("work: standing by: the first packet dials\n")
    assert main(["--root", str(tmp_path), "status", "work", "--json"]) == 0
    (tunnel,) = json.loads(capsys.readouterr().out)["tunnels"]
    assert (tunnel["state"], tunnel["up"], tunnel["local_address"]) == ("standby", False, None)
