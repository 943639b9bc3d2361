"""The data path's I/O: pppd's pty on one side, the raw GRE socket on the other, a `DataSession` between
them.

Everything is read in batches and nothing is queued without bound: while pppd does not take what it is given,
GRE is left in the socket's buffer; while the socket does not take packets, the pty is not read.
"""

import os
import socket
import time
from collections import deque
from collections.abc import Callable

from pptpengine.net import rawgre
from pptpengine.net.loop import BROKEN, READ, WRITE, Loop
from pptpengine.session import DataSession

_CHUNK = 65536
_CHUNKS = 16
"How often the pty is read in a row: one read of a pty returns a few KiB at most."
_BACKLOG = 1 << 18
"Octets that may wait for pppd."


class Pump:
    """Moves frames between *pty_in*/*pty_out* and *sock*; *on_end* is called once, when pppd's side is
    closed.
    """

    def __init__(
        self,
        loop: Loop,
        session: DataSession,
        sock: socket.socket,
        *,
        pty_in: int,
        pty_out: int,
        on_end: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._session = session
        self._sock = sock
        self._in = pty_in
        self._out = pty_out
        self._on_end = on_end
        self._to_pty = b""
        self._to_net: deque[bytes] = deque()
        self.errors = 0
        "ICMP errors and failed sends."
        self.dropped = 0
        "Packets that could not be sent."
        self._running = True
        os.set_blocking(pty_in, False)
        os.set_blocking(pty_out, False)
        self._watch()

    @property
    def counters(self) -> dict[str, int]:
        """All counters of the data path by name."""
        return self._session.counters() | {"errors": self.errors, "dropped": self.dropped}

    def drain(self) -> None:
        """Take what has arrived: the control connection may end before the server's last frame is read."""
        if self._running:
            self._net_ready(READ)

    def use_socket(self, sock: socket.socket) -> None:
        """Go on with another GRE socket; what waited for the old one is gone with it."""
        self._loop.unwatch(self._sock.fileno())
        self._sock = sock
        self._to_net.clear()
        self._watch()

    def stop(self) -> None:
        """Move no more."""
        if self._running:
            self._running = False
            for fd in {self._in, self._out, self._sock.fileno()}:
                self._loop.unwatch(fd)

    def handle_timer(self, now: float) -> None:
        """To be called when the session's timer is due."""
        due = self._session.next_timer()
        if self._running and due is not None and due <= now:
            self._write_pty(self._session.handle_timer(now))
            self._acknowledge(now)

    def _watch(self) -> None:
        """Watch what can be acted on now."""
        if not self._running:
            return
        read_pty = 0 if self._to_net else READ
        write_pty = WRITE if self._to_pty else 0
        if self._in == self._out:
            self._loop.watch(self._in, read_pty | write_pty, self._pty_ready)
        else:
            self._loop.watch(self._in, read_pty, self._pty_ready)
            self._loop.watch(self._out, write_pty, self._pty_ready)
        read_net = 0 if len(self._to_pty) > _BACKLOG else READ
        self._loop.watch(self._sock.fileno(), read_net | (WRITE if self._to_net else 0), self._net_ready)

    # From pppd.

    def _pty_ready(self, events: int) -> None:
        if events & WRITE:
            self._write_pty(b"")
        if events & (READ | BROKEN) and self._running and not self._to_net:
            self._read_pty()

    def _read_pty(self) -> None:
        chunks = []
        ended = False
        try:
            for _ in range(_CHUNKS):
                chunk = os.read(self._in, _CHUNK)
                if not chunk:
                    ended = True
                    break
                chunks.append(chunk)
        except BlockingIOError:
            pass
        except OSError:
            # EIO: the other side of the pty is closed.
            ended = True
        if chunks:
            for packet in self._session.receive_stream(b"".join(chunks), time.monotonic()):
                self._send(packet)
        if ended:
            self._end()

    def _send(self, packet: bytes) -> None:
        if self._to_net:
            self._to_net.append(packet)
            return
        try:
            self._sock.send(packet)
        except BlockingIOError:
            self._to_net.append(packet)
            self._watch()
        except OSError as error:
            self._send_failed(error)

    def _send_failed(self, error: OSError) -> None:
        self.errors += 1
        self.dropped += 1
        if not rawgre.transient(error):
            raise error

    # From the network.

    def _net_ready(self, events: int) -> None:
        if events & WRITE:
            self._flush_net()
        if events & (READ | BROKEN):
            packets, errors = rawgre.receive_batch(self._sock)
            self.errors += errors
            if packets:
                now = time.monotonic()
                self._write_pty(self._session.receive_packets(packets, now, rawgre.IP_HEADER))
                self._acknowledge(now)

    def _flush_net(self) -> None:
        while self._to_net:
            try:
                self._sock.send(self._to_net[0])
            except BlockingIOError:
                return
            except OSError as error:
                self._send_failed(error)
            self._to_net.popleft()
        self._watch()

    def _acknowledge(self, now: float) -> None:
        ack = self._session.ack_to_send(now)
        if ack is not None:
            self._send(ack)

    def _write_pty(self, data: bytes) -> None:
        if not self._running:
            return
        pending = bool(self._to_pty)
        if pending:
            data = self._to_pty + data
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except BlockingIOError:
            pass
        except OSError:
            self._end()
            return
        self._to_pty = data
        if pending or data:
            self._watch()

    def _end(self) -> None:
        if self._running:
            self.stop()
            self._on_end()
