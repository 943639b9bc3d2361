"""The real client against servers that nobody wants to meet: the right exit status, nothing left behind, and
bounded memory.
"""

import os
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pptpengine.wire import hdlc
from tests.engine.net.hostile import ECHOES, FRAME, PACKETS
from tests.engine.net.lab import PATIENCE, Dialled, Lab, assert_nothing_left

pytestmark = pytest.mark.host

MEMORY = 24 << 10
"KiB that either process may ever have resident, ..."
MEMORY_HUGE = 40 << 10
"... and while it is sent packets of twenty times the size that PPTP has."


class Victim:
    """A client that dials a hostile server, with pppd's part played by us."""

    def __init__(self, lab: Lab, mode: str, *options: str) -> None:
        self.lab = lab
        lab.start_hostile(mode)
        self.dialled: Dialled = lab.dial(*options)
        self.manager = 0
        self.peak = 0
        self.memory = MEMORY
        self.frames: list[bytes] = []
        self._deframer = hdlc.Deframer()

    def look(self) -> None:
        """Take what the client has for pppd, and measure both processes."""
        with suppress(BlockingIOError):
            while data := os.read(self.dialled.slave, 65536):
                self.frames += self._deframer.feed(data)
        pids = self.dialled.report().get("pids") or {}
        self.manager = pids.get("call_manager") or self.manager
        for pid in (self.manager, self.dialled.process.pid):
            with suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                found = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
                self.peak = max(self.peak, *found, 0)

    def until(self, what: Callable[[], Any]) -> Any:
        """Look until the answer is true; patience begins anew with every frame that comes."""
        limit = time.monotonic() + PATIENCE
        while not (result := what()):
            assert time.monotonic() < limit, f"waited in vain for {what}"
            before = len(self.frames)
            self.look()
            if len(self.frames) == before:
                time.sleep(0.01)
            else:
                limit = time.monotonic() + PATIENCE
        return result

    def up(self) -> None:
        """Wait for the call, and send the frame that shows the server that we are there."""
        self.until(lambda: self.dialled.report()["state"] in {"negotiating", "up", "down"})
        os.write(self.dialled.slave, hdlc.encode(FRAME + b"here"))

    def hang_up(self) -> None:
        """pppd goes."""
        os.close(self.dialled.slave)

    def end(self) -> tuple[int, str | None]:
        """Exit status and code of the cause; by then nothing is left behind."""
        limit = time.monotonic() + PATIENCE
        while self.dialled.process.poll() is None:
            assert time.monotonic() < limit
            with suppress(OSError):
                self.look()
            time.sleep(0.005)
        assert_nothing_left(self.lab, self.manager)
        assert 0 < self.peak < self.memory
        cause = self.dialled.report()["cause"]
        return self.dialled.process.returncode, cause and cause["code"]

    def counters(self) -> dict[str, int]:
        """The data path's, from the last report."""
        counters: dict[str, int] = self.dialled.report()["gre"]
        return counters


@pytest.fixture
def victim(lab: Lab) -> Callable[..., Victim]:
    """Dials a server of a given mode."""
    return lambda mode, *options: Victim(lab, mode, *options)


def test_servers_that_never_answer(make_lab: Callable[[], Lab]) -> None:
    """All at once, since each takes the fifteen seconds that an answer may take."""
    expected = {
        "silent": (8, "control-timeout"),
        "half": (8, "control-timeout"),
        "wrong_call_ids": (10, "call-timeout"),
    }
    victims = {mode: Victim(make_lab(), mode) for mode in expected}
    assert {mode: victim.end() for mode, victim in victims.items()} == expected


@pytest.mark.parametrize(
    ("mode", "status", "code"),
    [
        ("garbage", 7, "control-refused"),
        ("wrong_magic", 7, "control-refused"),
        ("stop_first", 14, "peer-closed"),
        ("stop_instead_of_start", 14, "peer-closed"),
        ("stop_instead_of_call", 14, "peer-closed"),
    ],
)
def test_the_call_never_comes_up(victim: Callable[..., Victim], mode: str, status: int, code: str) -> None:
    """Each ends at once and says why."""
    assert victim(mode).end() == (status, code)


@pytest.mark.parametrize("mode", ["garbage_late", "stop_with_call", "echo_flood", "link_info_storm"])
def test_the_call_is_lost(victim: Callable[..., Victim], mode: str) -> None:
    """Nonsense, a Stop, more Echo-Requests than the server reads answers, and Set-Link-Info without end."""
    dialled = victim(mode)
    dialled.up()
    assert dialled.end() == (14, "peer-closed")


@pytest.mark.parametrize("mode", ["stop_instead_of_notify", "stop_instead_of_stop_reply", "deaf_at_the_end"])
def test_the_server_misbehaves_while_we_hang_up(victim: Callable[..., Victim], mode: str) -> None:
    """We wanted the end, so it is a normal one, and it does not take long."""
    dialled = victim(mode)
    dialled.up()
    dialled.hang_up()
    assert dialled.end() == (0, None)


def test_an_echo_storm_is_answered(victim: Callable[..., Victim], lab: Lab) -> None:
    """Each request once, in order, and the call lives on."""
    dialled = victim("echo_storm")
    dialled.up()
    dialled.until(lambda: f"echoed {ECHOES}" in lab.said())
    dialled.hang_up()
    assert dialled.end() == (0, None)


def numbers(frames: list[bytes]) -> list[int]:
    return [struct.unpack(">I", frame[len(FRAME) :])[0] for frame in frames]


def test_packets_of_other_calls(victim: Callable[..., Victim]) -> None:
    """Counted, and the good one behind them arrives."""
    dialled = victim("gre_foreign")
    dialled.up()
    dialled.until(lambda: dialled.frames)
    dialled.hang_up()
    assert dialled.end() == (0, None)
    assert numbers(dialled.frames) == [1]
    assert dialled.counters()["foreign"] == 1000
    assert dialled.counters()["malformed"] >= 2


def test_early_packets_of_the_largest_size(victim: Callable[..., Victim]) -> None:
    """The reorder buffer is bounded in octets, too."""
    dialled = victim("gre_huge")
    dialled.memory = MEMORY_HUGE
    dialled.up()
    dialled.until(lambda: dialled.frames and dialled.frames[-1][-4:] == struct.pack(">I", 303))
    dialled.hang_up()
    assert dialled.end() == (0, None)


def test_packets_in_disorder(victim: Callable[..., Victim], lab: Lab) -> None:
    """All that reach the socket come out, in order; the sums are right."""
    dialled = victim("gre_shuffled")
    dialled.up()
    dialled.until(lambda: f"sent {PACKETS}" in lab.said())
    dialled.until(lambda: dialled.frames and numbers(dialled.frames[-1:])[0] >= PACKETS - 1)
    dialled.hang_up()
    assert dialled.end() == (0, None)
    found = numbers(dialled.frames)
    assert found == sorted(set(found))
    counters = dialled.counters()
    assert len(found) == counters["received"]
    assert counters["implausible"] == counters["duplicate"] == counters["malformed"] == 0
    assert counters["received"] + counters["lost"] == PACKETS
    assert counters["received"] > PACKETS * 0.99


def test_jumps_of_half_the_sequence_space(victim: Callable[..., Victim]) -> None:
    """Not believed; what belongs to the sequence arrives in full."""
    dialled = victim("gre_jumps")
    dialled.up()
    dialled.until(lambda: len(dialled.frames) >= 100)
    dialled.hang_up()
    assert dialled.end() == (0, None)
    assert numbers(dialled.frames) == list(range(1, 101))
    assert dialled.counters()["implausible"] == 20


def test_packets_from_another_address(victim: Callable[..., Victim]) -> None:
    """They do not even reach us: the socket is connected to the server."""
    dialled = victim("gre_elsewhere")
    dialled.up()
    dialled.until(lambda: dialled.frames)
    dialled.hang_up()
    assert dialled.end() == (0, None)
    assert numbers(dialled.frames) == [1]
    assert dialled.counters()["received"] == 1


def test_forged_icmp_errors_are_only_counted(victim: Callable[..., Victim]) -> None:
    """Two thousand of every kind; pptp(8) ends with the first of some of them."""
    dialled = victim("icmp_flood")
    dialled.up()
    dialled.until(lambda: dialled.frames)
    dialled.hang_up()
    assert dialled.end() == (0, None)
    assert numbers(dialled.frames) == [1]
    assert dialled.counters()["errors"] > 0
