"""The pump between a real pty and a socket that only remembers: its costs, and what it does in trouble."""

import errno
import fcntl
import os
import pty
import select
import socket
import struct
import subprocess
import sys
import termios
import time
import tracemalloc
import tty
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pptpengine.config import TunnelConfig
from pptpengine.net import pump as pump_module
from pptpengine.net.loop import BROKEN, READ, WRITE
from pptpengine.net.pump import Pump, sync_refusal
from pptpengine.session import DataSession
from pptpengine.wire import fcs, gre, hdlc
from tests.engine.net.lab import PATIENCE

pytestmark = pytest.mark.host

IP = bytes.fromhex("ff030021")
ENGINE = Path(__file__).parents[3] / "engine" / "pptpengine"


class Net:
    """Stands in for the raw socket."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.arrived: list[bytes] = []
        self.failures: dict[int, OSError] = {}
        "By number of the call to send."
        self.calls = 0
        self.reads = 0
        self.error = 0

    def fileno(self) -> int:
        return 99

    def send(self, packet: bytes) -> int:
        self.calls += 1
        if (failure := self.failures.pop(self.calls, None)) is not None:
            raise failure
        self.sent.append(packet)
        return len(packet)

    def getsockopt(self, level: int, option: int) -> int:
        assert (level, option) == (socket.SOL_SOCKET, socket.SO_ERROR)
        error, self.error = self.error, 0
        return error

    def recv(self, _size: int) -> bytes:
        self.reads += 1
        if not self.arrived:
            raise BlockingIOError
        return self.arrived.pop(0)


class Scene:
    """A pump, pppd's end of its pty, and the callbacks that it gave to its loop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.slave, False)
        self.watched: dict[int, int] = {}
        self.callbacks: dict[int, Any] = {}
        self.counts = {"read": 0, "write": 0}
        self.net = Net()
        self.ended = 0
        self.session = DataSession(TunnelConfig(), 1, 2)
        read, write = os.read, os.write

        def counted_read(fd: int, size: int) -> bytes:
            self.counts["read"] += 1
            return read(fd, size)

        def counted_write(fd: int, data: bytes) -> int:
            self.counts["write"] += 1
            return write(fd, data)

        loop = SimpleNamespace(watch=self._watch, unwatch=lambda fd: self.watched.pop(fd, None))
        fake = SimpleNamespace(read=counted_read, write=counted_write, set_blocking=os.set_blocking)
        monkeypatch.setattr(pump_module, "os", fake)
        self.pump = Pump(
            loop,  # type: ignore[arg-type] # stands in for the loop
            self.session,
            self.net,  # type: ignore[arg-type] # stands in for the socket
            pty_in=self.master,
            pty_out=self.master,
            on_end=self._end,
        )

    def _watch(self, fd: int, events: int, callback: Any) -> None:
        self.watched[fd], self.callbacks[fd] = events, callback

    def _end(self) -> None:
        self.ended += 1

    def from_pppd(self, *frames: bytes) -> None:
        stream = b"".join(hdlc.encode(frame) for frame in frames)
        before = waiting(self.master)
        os.write(self.slave, stream)
        wait_for(self.master, before + len(stream))
        self.callbacks[self.master](READ)

    def from_net(self, *frames: bytes, first: int = 0) -> None:
        self.net.arrived += [b"E" * 20 + gre.pack(1, n, None, each) for n, each in enumerate(frames, first)]
        self.callbacks[99](READ)

    def to_pppd(self, count: int) -> list[bytes]:
        """The next *count* frames that the pump wrote."""
        deframer = hdlc.Deframer()
        frames: list[bytes] = []
        while len(frames) < count:
            wait_for(self.slave, 1)
            frames += deframer.feed(os.read(self.slave, 1 << 16))
        return frames

    def close(self) -> None:
        self.pump.stop()
        for fd in (self.master, self.slave):
            os.close(fd)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    made = Scene(monkeypatch)
    yield made
    made.close()


def test_a_batch_from_the_network_takes_two_writes(scene: Scene) -> None:
    """The first packet alone, for its delay's sake, and the rest together; one acknowledgement for all."""
    frames = [IP + bytes((number,)) * 20 for number in range(32)]
    scene.from_net(*frames)
    assert scene.counts["write"] == 2
    assert scene.net.reads == 33
    assert [gre.Header.decode(each)[0].ack for each in scene.net.sent] == [31]
    assert scene.to_pppd(32) == frames


def test_lonely_packets_are_not_followed_by_a_vain_read_each(scene: Scene) -> None:
    """A ping each way costs one system call for each of its steps, most of the time."""
    for number in range(8):
        scene.from_net(IP + b"ping", first=number)
        scene.from_pppd(IP + b"pong")
    assert scene.net.reads == 8 + 2
    assert scene.counts == {"read": 8, "write": 8}
    assert len(scene.net.sent) == 8


def test_frames_from_pppd_are_sent_in_order_around_failures(scene: Scene) -> None:
    """A failed one is lost and counted; when the socket is full, the rest waits and the pty is not read."""
    scene.net.failures = {2: OSError(errno.ENOBUFS, "full"), 4: BlockingIOError()}
    scene.from_pppd(*(IP + bytes((number,)) for number in range(6)))
    numbers = [gre.Header.decode(each)[0].sequence for each in scene.net.sent]
    assert numbers == [1, 3]
    assert scene.watched[99] & WRITE
    assert not scene.watched[scene.master] & READ
    scene.from_pppd(IP + b"later")
    scene.callbacks[99](WRITE)
    assert [gre.Header.decode(each)[0].sequence for each in scene.net.sent] == [1, 3, 4, 5, 6]
    assert scene.watched[scene.master] & READ
    scene.callbacks[scene.master](READ)
    counters = scene.pump.counters
    assert (counters["sent"], counters["errors"], counters["dropped"]) == (7, 1, 1)
    assert counters["sent"] == len(scene.net.sent) + counters["dropped"]


def test_a_pty_that_is_closed_while_packets_wait_for_the_network(scene: Scene) -> None:
    """poll(2) says so without end, so its end is read, and what waits is dropped and counted."""
    scene.net.failures = {1: BlockingIOError()}
    scene.from_pppd(IP + b"a", IP + b"b")
    assert not scene.watched[scene.master] & READ
    os.close(scene.slave)
    scene.slave = os.dup(scene.master)
    assert select.select([scene.master], [], [], PATIENCE)[0]
    scene.callbacks[scene.master](BROKEN)
    assert (scene.ended, scene.watched) == (1, {})
    counters = scene.pump.counters
    assert (counters["sent"], counters["dropped"], scene.net.sent) == (2, 2, [])


def test_errors_do_not_let_more_in_than_pppd_takes(scene: Scene) -> None:
    """pppd reads nothing, the server sends and somebody forges ICMP errors: what waits stays bounded."""
    frame = IP + bytes(1400)
    number = 0
    while scene.watched[99] & READ:
        scene.from_net(*[frame] * 16, first=number)
        number += 16
    before = scene.pump.counters
    scene.net.arrived += [b"E" * 20 + gre.pack(1, number, None, frame)]
    scene.net.error = errno.ECONNREFUSED
    for _ in range(3):
        scene.callbacks[99](BROKEN)
    assert len(scene.net.arrived) == 1
    assert scene.pump.counters == before | {"errors": before["errors"] + 1}
    while not scene.watched[99] & READ:
        scene.to_pppd(1)
        scene.callbacks[scene.master](WRITE)
    scene.callbacks[99](READ)
    assert not scene.net.arrived


def test_a_new_socket_takes_over(scene: Scene) -> None:
    """What waited for the old one is dropped and counted; pppd notices nothing."""
    scene.net.failures = {1: BlockingIOError()}
    scene.from_pppd(IP + b"a", IP + b"b")
    new = Net()
    scene.pump.rebind(new, 5, 6)  # type: ignore[arg-type] # stands in for the socket
    assert scene.watched[99] == READ
    scene.from_pppd(IP + b"c")
    assert new.sent == [gre.pack(6, 1, None, IP + b"c")]
    assert (scene.pump.counters["sent"], scene.pump.counters["dropped"], scene.ended) == (3, 2, 0)


def test_memory_does_not_grow_with_packets(scene: Scene) -> None:
    """What is allocated after some thousand packets is what was allocated before them."""

    def exchange(start: int) -> None:
        for number in range(start, start + 200, 8):
            scene.from_net(*[IP + bytes(50)] * 8, first=number)
            scene.from_pppd(*[IP + bytes(50)] * 8)
            scene.to_pppd(8)
            scene.net.sent.clear()

    exchange(0)
    tracemalloc.start()
    try:
        exchange(200)
        before = tracemalloc.get_traced_memory()[0]
        for start in range(400, 2400, 200):
            exchange(start)
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert after - before < 4096


@pytest.mark.parametrize("way", ["to the gateway", "to pppd"])
def test_a_pty_does_not_keep_frames_apart(way: str) -> None:
    """Why pppd's sync mode is refused: two writes, each a frame, come as one piece, both ways."""
    frames = [IP + b"first", bytes.fromhex("ff0300fd9001") + b"second"]
    master, slave = pty.openpty()
    try:
        tty.setraw(slave)
        writer, reader = (slave, master) if way == "to the gateway" else (master, slave)
        for frame in frames:
            os.write(writer, frame)
        wait_for(reader, sum(map(len, frames)))
        assert os.read(reader, 4096) == b"".join(frames)
    finally:
        os.close(master)
        os.close(slave)
    assert "MPPE" in sync_refusal()


def wait_for(fd: int, octets: int) -> None:
    """Until so many can be read: the kernel passes them on in a thread of its own."""
    limit = time.monotonic() + 20
    while waiting(fd) < octets:
        assert time.monotonic() < limit
        time.sleep(0.0005)


def waiting(fd: int) -> int:
    """Octets that can be read."""
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0]  # type: ignore[no-any-return]


def test_fastcrc_is_found_beside_the_engine_without_site_packages(tmp_path: Path) -> None:
    """The engine is started with -I -S; the directory it is installed in is where its extra is, too."""
    (tmp_path / "pptpengine").symlink_to(ENGINE)
    (tmp_path / "fastcrc").mkdir()
    (tmp_path / "fastcrc" / "__init__.py").touch()
    (tmp_path / "fastcrc" / "crc16.py").write_text("def ibm_sdlc(data):\n    return 0x1234\n")
    code = (
        "import runpy, sys; runpy.run_path(sys.argv[1]);"
        "from pptpengine.wire import fcs; print(fcs.trailer(b'x').hex())"
    )
    for home, expected in ((tmp_path, "3412"), (ENGINE.parent, fcs.stdlib_trailer(b"x").hex())):
        words = [sys.executable, "-I", "-S", "-c", code, str(home / "pptpengine" / "__main__.py")]
        result = subprocess.run(words, check=True, capture_output=True, text=True)
        assert result.stdout.strip() == expected
