"""Reports are read with suspicion."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.tunnel.report import Cause, HostRoute, Negotiated, Report, parse_report, read_report
from tests.pptpsetup.tunnel.scene import REPORT


def test_a_full_report() -> None:
    report = parse_report(json.dumps(REPORT).encode())
    assert report == Report(
        state="up",
        engine="pptpengine 0.1.0",
        server_name="vpn.example.com",
        server_address="203.0.113.9",
        server_port=1723,
        local_address="198.51.100.2",
        host_route=HostRoute("198.51.100.1", "eth0"),
        gateway_pid=201,
        call_manager_pid=202,
        peer_host_name="local",
        peer_vendor="linux",
        changed=1732300010.0,
        up_since=1732300000.0,
        negotiated=Negotiated(
            1400, "mschap-v2", 128, False, "192.168.7.200", "192.168.7.1", ("192.168.7.1",)
        ),
        gre=(("sent", 10), ("received", 9), ("lost", 1)),
    )


def test_a_cause() -> None:
    report = parse_report(b'{"version":1,"state":"down","cause":{"code":"no-gre","message":"m","hint":"h"}}')
    assert report == Report("down", cause=Cause("no-gre", "m", "h"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"1",
        b"\xff",
        b"{}",
        b'{"version":2,"state":"up"}',
        b'{"version":1}',
        b"[" * 100000,
    ],
)
def test_what_is_no_report(data: bytes) -> None:
    assert parse_report(data) is None


def test_what_is_not_there(tmp_path: Path) -> None:
    assert read_report(tmp_path, "work") is None
    (tmp_path / "run/pptpsetup/work.json").mkdir(parents=True)
    assert read_report(tmp_path, "work") is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(REPORT)), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from([*REPORT, "x"]), _JSON))
def test_members_of_the_wrong_type_are_unknown(members: dict[str, object]) -> None:
    """Whatever stands there, reading it never fails and never yields a value of another type."""
    report = parse_report(json.dumps({**members, "version": 1, "state": "up"}).encode())
    assert report is not None
    assert isinstance(report.up_since, float | None)
    assert isinstance(report.gateway_pid, int | None)
    assert not isinstance(report.gateway_pid, bool)
    assert isinstance(report.server_address, str | None)
