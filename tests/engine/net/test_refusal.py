"""A refused login is not tried again by the same pppd for a while."""

import json
from pathlib import Path
from typing import Any

import pytest

from pptpengine.causes import Cause
from pptpengine.net.refusal import HOLD, standing
from pptpengine.net.report import Report, Server, Status

NOW = 1732300000.0
PPPD = 122
REFUSED = Status(
    server=Server("vpn.example.com"),
    state="down",
    gateway_pid=123,
    pppd_pid=PPPD,
    cause=Cause.of("auth-failed", "The server refused the login"),
)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "work.json"
    assert Report(str(path), print).write(REFUSED, NOW)
    return path


def _changed(report: Path, **members: Any) -> None:
    report.write_text(json.dumps({**json.loads(report.read_text()), **members}))


@pytest.mark.parametrize("after", [0.001, 1, HOLD - 1])
def test_the_same_pppd_waits(report: Path, after: float) -> None:
    found = standing(str(report), PPPD, NOW + after)
    assert found is not None
    assert found.code == "auth-failed"


def test_how_long_is_told(report: Path) -> None:
    found = standing(str(report), PPPD, NOW + 600)
    assert found is not None
    assert "for 20 minutes it is not tried again" in found.message


@pytest.mark.parametrize("after", [HOLD, HOLD + 1, -1.0])
def test_not_for_ever_and_not_after_the_clock_was_set_back(report: Path, after: float) -> None:
    assert standing(str(report), PPPD, NOW + after) is None


@pytest.mark.parametrize("pppd", [PPPD + 1, None])
def test_another_pppd_dials(report: Path, pppd: int | None) -> None:
    assert standing(str(report), pppd, NOW + 1) is None


def test_without_a_report_nothing_is_known(tmp_path: Path) -> None:
    assert standing(None, PPPD, NOW) is None
    assert standing(str(tmp_path / "none.json"), PPPD, NOW) is None


@pytest.mark.parametrize(
    "members",
    [
        {"state": "negotiating"},
        {"cause": {"code": "peer-closed", "message": "it said auth-failed", "hint": None}},
        {"cause": "auth-failed"},
        {"pids": None},
        {"changed": "yesterday"},
    ],
)
def test_other_ends_and_nonsense_do_not_count(report: Path, members: dict[str, Any]) -> None:
    _changed(report, **members)
    assert standing(str(report), PPPD, NOW + 1) is None


@pytest.mark.parametrize("content", [b"auth-failed", b'["auth-failed"]', b"\xff auth-failed", b""])
def test_what_is_no_report(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "work.json"
    path.write_bytes(content)
    assert standing(str(path), PPPD, NOW) is None
