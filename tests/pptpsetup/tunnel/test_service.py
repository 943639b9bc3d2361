"""Starting and stopping on this very system, with programs that behave as pppd does.

This machine need not be able to do PPP. What is tried is how pptpsetup deals with pppd's processes, files,
messages and exit statuses. The loopback interface stands for ppp0.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pptpsetup.errors import DifferentError
from pptpsetup.render.places import ON_DEMAND
from pptpsetup.tunnel import attempt, ending, service
from pptpsetup.tunnel.causes import Subject
from pptpsetup.tunnel.processes import find_link
from pptpsetup.tunnel.service import Runner
from pptpsetup.tunnel.status import read_status
from tests.support import need, need_root

pytestmark = pytest.mark.host

_NAME = f"pptpsetup-test-{os.getpid()}"
_LINK_FILE = Path(f"/run/ppp-pptp-{_NAME}.pid")
_REPORT = Path(f"/run/pptpsetup/{_NAME}.json")

_LIVE = "sleep 600 & child=$!; trap 'kill $child; exit 5' TERM; wait"
_UP = f"( {_LIVE} ) & printf '%s\\nlo\\n' $! >{_LINK_FILE}; exit 0"
_STUBBORN = f"( trap '' TERM; while :; do sleep 0.2; done ) & printf '%s\\nlo\\n' $! >{_LINK_FILE}; exit 0"
_TRYING = f"echo $$ >{_LINK_FILE}; "


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    need_root("pid files are in /run")
    yield
    ending.stop(_NAME)
    _LINK_FILE.unlink(missing_ok=True)


def _runner(tmp_path: Path, body: str) -> Runner:
    """A tunnel whose pppd does *body*."""
    pppd = tmp_path / "pppd"
    pppd.write_text(f"#!/bin/sh\n{body}\n")
    pppd.chmod(0o755)
    subject = Subject(_NAME, "vpn.example.com", "tom")
    return Runner(subject, (str(pppd),), supervisor=None, supervisors=(), ip_down=tmp_path / "50pptpsetup")


def _report(state: str, code: str) -> str:
    cause = {"code": code, "message": "what the engine says", "hint": None}
    text = json.dumps({"version": 1, "state": state, "cause": cause})
    return f"mkdir -p {_REPORT.parent}; echo '{text}' >{_REPORT}; "


def _quiet(_: str) -> None:
    """Nobody listens."""


def test_up_and_down_again(tmp_path: Path) -> None:
    status = service.start(_runner(tmp_path, _UP), _quiet)
    assert (status.is_up, status.interface) == (True, "lo")
    assert ending.stop(_NAME) is True
    assert find_link(Path("/"), _NAME) is None
    assert not read_status(Path("/"), _NAME).is_up


def test_a_tunnel_that_is_up_is_left_alone(tmp_path: Path) -> None:
    runner = _runner(tmp_path, _UP)
    first = service.start(runner, _quiet)
    second = service.start(runner, _quiet)
    assert second.pppd_pid == first.pppd_pid


def test_stopping_what_does_not_run_is_fine() -> None:
    assert ending.stop(_NAME) is False


def test_a_pppd_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_TERM_LIMIT", 0.5)
    service.start(_runner(tmp_path, _STUBBORN), _quiet)
    assert ending.stop(_NAME) is True
    assert find_link(Path("/"), _NAME) is None


def test_a_pppd_that_waits_in_vain_is_told_once_more(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    twice = f"n=0; trap 'n=$((n+1))' TERM; : >{ready}; while [ $n -lt 2 ]; do :; done; exit 5"
    with subprocess.Popen([*_runner(tmp_path, twice).pppd, "call", _NAME]) as pppd:
        _LINK_FILE.write_text(f"{pppd.pid}\ngone0\n")
        while not ready.exists():
            time.sleep(0.05)
        assert ending.stop(_NAME) is True
        assert pppd.wait(20) == 5, "killed instead of told again"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("echo 'CHAP authentication failed'; exit 19", "auth-failed"),
        ("echo 'MPPE required but peer negotiation failed'; exit 10", "encryption-refused"),
        ("exit 2", "pppd-options"),
        ("exit 4", "kernel-ppp-missing"),
        ("kill -9 $$", "not-up"),
        (_report("down", "connect-refused") + "exit 16", "connect-refused"),
        (_report("down", "host-unknown") + "exit 16", "host-unknown"),
        # The server hangs up before pppd has said why.
        (
            _report("down", "peer-closed") + "sleep 1; echo 'CHAP authentication failed'; exit 19",
            "auth-failed",
        ),
        # With `persist` pppd never ends by itself.
        (_TRYING + _report("down", "no-gre") + _LIVE, "no-gre"),
        (
            _TRYING + "echo 'LCP: timeout sending Config-Requests'; echo 'Connection terminated.'; " + _LIVE,
            "no-gre",
        ),
    ],
)
def test_a_failure_is_told_in_words_and_leaves_nothing(tmp_path: Path, body: str, code: str) -> None:
    with pytest.raises(DifferentError) as raised:
        service.start(_runner(tmp_path, body), _quiet)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.code == code
    assert find_link(Path("/"), _NAME) is None
    if _REPORT.exists():
        assert read_status(Path("/"), _NAME).cause is not None
    ending.stop(_NAME)
    assert not _REPORT.exists()


def test_the_real_pppd_without_a_kernel_or_a_configuration(tmp_path: Path) -> None:
    runner = _runner(tmp_path, "")
    real = Path(need("pppd", package="ppp"))
    runner = Runner(runner.subject, (str(real),), supervisor=None, supervisors=(), ip_down=runner.ip_down)
    with pytest.raises(DifferentError) as raised:
        service.start(runner, _quiet)
    # There is no peers file of this name, which pppd notices before anything else.
    assert raised.value.diagnostics[0].code == "pppd-options"
    assert "/etc/ppp/peers/" in (raised.value.diagnostics[0].why or "")


def test_the_report_of_the_last_call_is_not_this_calls(tmp_path: Path) -> None:
    _REPORT.parent.mkdir(exist_ok=True)
    _REPORT.write_text('{"version":1,"state":"down","cause":{"code":"auth-failed","message":"old"}}')
    assert service.start(_runner(tmp_path, _UP), _quiet).is_up


def test_an_interrupt_stops_what_was_begun(tmp_path: Path) -> None:
    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service.start(_runner(tmp_path, _TRYING + _LIVE), interrupt)
    assert find_link(Path("/"), _NAME) is None


def test_progress_is_told_when_it_takes_a_while(tmp_path: Path) -> None:
    said: list[str] = []
    service.start(_runner(tmp_path, "sleep 1.5; " + _UP), said.append)
    assert said == [f"{_NAME}: starting"]


def test_a_start_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "START_LIMIT", 0.5)
    with pytest.raises(DifferentError) as raised:
        service.start(_runner(tmp_path, _TRYING + _LIVE), _quiet)
    assert raised.value.diagnostics[0].code == "start-timeout"
    assert find_link(Path("/"), _NAME) is None


def test_a_start_waits_until_ip_up_has_made_the_name_servers_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note of an earlier call is none; a script that does not come to its end is told of."""
    notes = Path(f"/run/pptpsetup/{_NAME}.up")
    notes.mkdir(parents=True, exist_ok=True)
    done, seen = notes / "done", tmp_path / "seen"
    done.touch()
    script = f"( sleep 1; [ -e {done} ] && echo stale >{seen}; touch {done} ) & {_UP}"
    runner = replace(_runner(tmp_path, script), name_servers=True)
    said: list[str] = []
    try:
        service.start(runner, said.append)
        assert done.exists()
        assert not seen.exists()
        assert said == []
        ending.stop(_NAME)
        monkeypatch.setattr(service, "_IP_UP_LIMIT", 0.3)
        service.start(replace(_runner(tmp_path, _UP), name_servers=True), said.append)
        (line,) = said
        assert line.startswith("warning: the tunnel's name servers are not known yet; see what ip-up did")
    finally:
        shutil.rmtree(notes)


def test_what_ip_up_did_is_undone_for_a_pppd_that_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a script that runs others: they do not see a password that is in our environment."""
    monkeypatch.setenv("VPN_PASSWORD", "Tr0ub4dor")
    runner = _runner(tmp_path, _UP)
    notes = Path(f"/run/pptpsetup/{_NAME}.up")
    seen = tmp_path / "environment"
    runner.ip_down.write_text(
        f'#!/bin/sh\nenv >{seen}\n[ "$#:$1:$6" = "6::pptpsetup-{_NAME}" ] && rmdir {notes}\n'
    )
    runner.ip_down.chmod(0o755)
    status = service.start(runner, _quiet)
    notes.mkdir(parents=True)
    assert status.pppd_pid is not None
    os.kill(status.pppd_pid, 9)
    while find_link(Path("/"), _NAME) is not None:
        time.sleep(0.05)
    ending.stop(_NAME, ip_down=runner.ip_down)
    assert not notes.exists()
    assert "PATH=" in seen.read_text()
    assert "Tr0ub4dor" not in seen.read_text()


def test_an_engine_without_its_pppd_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_TERM_LIMIT", 0.5)
    code = "import time; time.sleep(600)"
    engine = subprocess.Popen([sys.executable, "-c", code, "--report", str(_REPORT)])
    try:
        ending.stop(_NAME)
        assert engine.wait(timeout=10) == -15
    finally:
        engine.kill()
        engine.wait()


@pytest.fixture
def sleeping() -> Iterator[str]:
    """An interface that is up and says that it dials on demand, as ip-pre-up leaves it."""
    ip, name = need("ip", package="iproute2"), f"dd{os.getpid() % 0x10000000:x}"
    subprocess.run([ip, "link", "add", name, "type", "veth", "peer", "name", f"{name}p"], check=True)
    try:
        subprocess.run([ip, "link", "set", name, "up", "alias", ON_DEMAND], check=True)
        yield name
    finally:
        subprocess.run([ip, "link", "del", name], check=True)


@pytest.mark.parametrize("detaches", [True, False], ids=["background", "global-nodetach"])
def test_on_demand_the_start_ends_in_standby(tmp_path: Path, sleeping: str, detaches: bool) -> None:
    """pppd is not told to wait for the first packet, and may stay in the foreground for ever."""
    stays = f"[ $# = 2 ] || exit 2; ( {_LIVE} ) & printf '%s\\n{sleeping}\\n' $! >{_LINK_FILE}; "
    runner = replace(_runner(tmp_path, stays + ("exit 0" if detaches else "wait")), on_demand=True)
    status = service.start(runner, _quiet)
    assert (status.stands_by, status.interface) == (True, sleeping)
    assert service.start(runner, _quiet).pppd_pid == status.pppd_pid, "the second start does nothing"
    assert ending.stop(_NAME) is True
    assert find_link(Path("/"), _NAME) is None


@pytest.mark.parametrize(("body", "code"), [("exit 4", "kernel-ppp-missing"), ("exit 0", "not-up")])
def test_on_demand_a_pppd_that_does_not_stay_is_told(
    tmp_path: Path, body: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has detached before it makes its interface; a failure then has no exit status that we could see."""
    monkeypatch.setattr(attempt, "_STANDBY_LIMIT", 0.5)
    with pytest.raises(DifferentError) as caught:
        service.start(replace(_runner(tmp_path, body), on_demand=True), _quiet)
    assert [each.code for each in caught.value.diagnostics] == [code]
