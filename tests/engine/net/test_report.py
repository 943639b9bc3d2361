"""The report file: its content, that it is whole at all times, and that failing to write it hurts nobody."""

import json
import os
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from pptpengine.causes import Cause
from pptpengine.fsm.negotiated import Encryption, LinkOptions, Negotiated
from pptpengine.net.report import Call, Peer, Report, Server, Status
from pptpengine.net.way import HostRoute

START = Status(server=Server("vpn.example.com"), gateway_pid=123)
FULL = Status(
    server=Server("vpn.example.com", IPv4Address("203.0.113.9")),
    state="up",
    local_address=IPv4Address("198.51.100.2"),
    host_route=HostRoute(IPv4Address("203.0.113.9"), IPv4Address("198.51.100.1"), "eth0", owned=True),
    gateway_pid=123,
    call_manager_pid=124,
    pppd_pid=122,
    call=Call(1, 2),
    peer=Peer("local", "linux", 1),
    up_since=1732300001.5,
    negotiated=Negotiated(
        ours=LinkOptions(mru=1400, asyncmap=0),
        theirs=LinkOptions(authentication="mschap-v2"),
        encryption=Encryption(128, stateful=False),
        local=IPv4Address("192.168.7.200"),
        remote=IPv4Address("192.168.7.1"),
        dns=(IPv4Address("192.168.7.53"),),
    ),
    gre={"sent": 5, "received": 4},
)


def complaint(messages: list[str]) -> str:
    assert len(messages) == 1
    return messages[0]


def test_everything_known(tmp_path: Path) -> None:
    path = tmp_path / "work.json"
    assert Report(str(path), print).write(FULL, 1732300002.0)
    content = json.loads(path.read_text())
    assert content.pop("engine").startswith("pptpengine ")
    assert content == {
        "version": 1,
        "state": "up",
        "server": {"name": "vpn.example.com", "address": "203.0.113.9", "port": 1723},
        "local_address": "198.51.100.2",
        "host_route": {"gateway": "198.51.100.1", "interface": "eth0"},
        "pids": {"gateway": 123, "call_manager": 124, "pppd": 122},
        "call": {"id": 1, "peer_id": 2},
        "peer": {"host_name": "local", "vendor": "linux", "firmware": 1},
        "changed": 1732300002.0,
        "up_since": 1732300001.5,
        "negotiated": {
            "mru": 1400,
            "authentication": "mschap-v2",
            "asyncmap": 0,
            "encryption": {"bits": 128, "stateful": False},
            "local": "192.168.7.200",
            "remote": "192.168.7.1",
            "dns": ["192.168.7.53"],
        },
        "gre": {"sent": 5, "received": 4},
        "cause": None,
    }


def test_nothing_known_has_the_same_keys_and_nulls(tmp_path: Path) -> None:
    path = tmp_path / "work.json"
    Report(str(path), print).write(START, 1.0)
    content = json.loads(path.read_text())
    assert content.keys() == FULL.to_json(0).keys()
    assert content["negotiated"].keys() == FULL.to_json(0)["negotiated"].keys()  # type: ignore[attr-defined] # a dict
    assert content["state"] == "resolving"
    for key in ("local_address", "host_route", "call", "peer", "up_since", "cause"):
        assert content[key] is None


def test_the_end_says_why(tmp_path: Path) -> None:
    path = tmp_path / "work.json"
    cause = Cause("auth-failed", "no", "try again")
    Report(str(path), print).write(replace(FULL, state="down", cause=cause), 1.0)
    assert json.loads(path.read_text())["cause"] == {
        "code": "auth-failed",
        "message": "no",
        "hint": "try again",
    }


def test_changed_ignores_the_counters(tmp_path: Path) -> None:
    path = tmp_path / "work.json"
    report = Report(str(path), print)
    for now, status in (
        (1.0, FULL),
        (2.0, replace(FULL, gre={"sent": 6})),
        (3.0, replace(FULL, state="down")),
    ):
        report.write(status, now)
        content = json.loads(path.read_text())
        assert content["changed"] == (3.0 if now == 3.0 else 1.0)
        assert content["gre"] == status.gre


def test_the_file_is_readable_by_all_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "run" / "work.json"
    before = os.umask(0o077)
    try:
        for _ in range(2):
            assert Report(str(path), print).write(FULL, 1.0)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(path.parent) == ["work.json"]


def test_a_link_put_in_the_way_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = tmp_path / "work.json"
    path.symlink_to(victim)
    (tmp_path / f".work.json.{os.getpid()}").symlink_to(victim)
    assert Report(str(path), print).write(FULL, 1.0)
    assert victim.read_text() == "precious"
    assert not path.is_symlink()


def test_a_failure_is_told_once_and_ends_with_the_next_success(tmp_path: Path) -> None:
    blocker = tmp_path / "run"
    blocker.write_text("a file where the directory should be")
    messages: list[str] = []
    report = Report(str(blocker / "work.json"), messages.append)
    assert [report.write(FULL, 1.0), report.write(FULL, 2.0)] == [False, False]
    assert "run/work.json" in complaint(messages)
    failures = [report.failure]
    blocker.unlink()
    assert report.write(FULL, 3.0)
    failures.append(report.failure)
    assert isinstance(failures[0], OSError)
    assert failures[1] is None
    assert json.loads((blocker / "work.json").read_text())["changed"] == 1.0


@pytest.mark.host
def test_a_full_disk_keeps_the_old_report_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "work.json"
    messages: list[str] = []
    report = Report(str(path), messages.append)
    assert report.write(START, 1.0)
    import resource
    import signal

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))
    try:
        written = report.write(FULL, 2.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert not written
    assert complaint(messages)
    assert json.loads(path.read_text())["state"] == "resolving"
    assert os.listdir(tmp_path) == ["work.json"]


def test_no_path_no_file(tmp_path: Path) -> None:
    assert not Report(None, print).write(FULL, 1.0)
    assert os.listdir(tmp_path) == []
