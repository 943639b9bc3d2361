"""The data path's I/O: pppd's pty on one side, the raw GRE socket on the other, a `DataSession` between
them.

Everything is read in batches and nothing is queued without bound: while pppd does not take what it is given,
GRE is left in the socket's buffer; while the socket does not take packets, the pty is not read.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator

from pptpengine.net import rawgre, sockets
from pptpengine.net.loop import BROKEN, READ, WRITE, Loop
from pptpengine.session.data import DataSession

_CHUNK = 4096
"Octets per read: a pty has not more in store."
_CHUNKS = 16
"""How often the pty is read in a row.

Not more: a server may acknowledge each packet, and when the socket is full, the kernel tells the server that
nobody is here (ICMP protocol unreachable).
"""
_SHORT = 2048
"A read of less has emptied the pty, most likely; if not, poll(2) says so."
_LONELY = 3
"So many packets are taken without a look for more behind them, after one that was alone."
_KEEP = 1 << 20
"Octets; the memory of a batch is below twice that."
_BACKLOG = 1 << 16
"Octets that may wait for pppd."


def sync_refusal() -> str:
    """Why pppd's ``sync`` mode (pptp(8)'s --sync) is refused.

    With ``sync``, pppd's frames carry no flags, and what bounds a frame is one read or write of the tty. A
    pty does not keep those bounds: between its two ends lies a queue of octets, and what a writer has put
    there by the time it is looked at arrives as one piece, in both directions. The length field of an IP or
    LCP packet tells where it ends, but a frame of MPPE, which PPTP is used for, has none.
    """
    return (
        "pppd's sync mode needs a line that keeps frames apart, and a pty does not: two frames written in a"
        " row can arrive as one, and those of MPPE do not say how long they are. Leave --sync out here, and"
        " sync out of pppd's options; the packets on the network are the same."
    )


class Pump:
    """Moves frames between *pty_in*/*pty_out* and *sock*; *on_end* is called once, when pppd's side is
    closed.
    """

    def __init__(
        self,
        loop: Loop,
        session: DataSession,
        sock: sockets.socket,
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
        self._written = 0
        "Octets of it that pppd has already."
        self._to_net: deque[bytes] = deque()
        self.errors = 0
        "ICMP errors and failed sends."
        self.dropped = 0
        "Packets that could not be sent."
        self._running = True
        self._lonely = 0
        os.set_blocking(pty_in, False)
        os.set_blocking(pty_out, False)
        # glibc keeps twice as much free memory as the largest block that was freed so far. By default that
        # is so little that each batch would return its pages to the kernel and have them cleared again.
        bytearray(_KEEP)
        self._watch()

    @property
    def counters(self) -> dict[str, int]:
        """All counters of the data path by name."""
        return self._session.counters() | {"errors": self.errors, "dropped": self.dropped}

    def drain(self) -> None:
        """Take what has arrived: the control connection may end before the server's last frame is read."""
        if self._running:
            self._lonely = 0
            self._net_ready(READ)

    def rebind(self, sock: sockets.socket, call_id: int, peer_call_id: int) -> None:
        """Go on with another call over another socket (see `DataSession.rebind`); pppd notices nothing.

        What waited for the old socket is dropped, and what has arrived on it should have been drained. The
        caller closes the old socket.
        """
        if not self._running:
            return
        self._loop.unwatch(self._sock.fileno())
        self._sock = sock
        self.dropped += len(self._to_net)
        self._to_net.clear()
        self._write_pty(self._session.rebind(call_id, peer_call_id, time.monotonic()))
        self._watch()

    def stop(self) -> None:
        """Move no more."""
        if self._running:
            self._running = False
            self.dropped += len(self._to_net)
            self._to_net.clear()
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
        read_net = 0 if self._congested else READ
        self._loop.watch(self._sock.fileno(), read_net | (WRITE if self._to_net else 0), self._net_ready)

    @property
    def _congested(self) -> bool:
        """Whether so much waits for pppd that no more is taken from the network."""
        return len(self._to_pty) - self._written > _BACKLOG

    # From pppd.

    def _pty_ready(self, events: int) -> None:
        if events & WRITE:
            self._write_pty(b"")
        # A pty whose other side is closed is ready until its end is read: whether or not there is room.
        if self._running and (events & BROKEN or (events & READ and not self._to_net)):
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
                if len(chunk) < _SHORT:
                    break
        except BlockingIOError:
            pass
        except OSError:
            # EIO: the other side of the pty is closed.
            ended = True
        if chunks:
            self._send(self._session.receive_stream(b"".join(chunks), time.monotonic()))
        if ended:
            self._end()

    def _send(self, packets: list[bytes]) -> None:
        if self._to_net:
            self._to_net.extend(packets)
            return
        rest = iter(packets)
        while (packet := self._send_until_error(rest)) is not None:
            if packet:
                self._to_net.append(packet)
                self._to_net.extend(rest)
                self._watch()

    def _send_until_error(self, packets: Iterator[bytes]) -> bytes | None:
        """Send *packets* until one fails: returns it if it must wait, b"" if it is lost, None at the end."""
        send = self._sock.send
        packet = b""
        try:
            for packet in packets:
                send(packet)
        except BlockingIOError:
            return packet
        except OSError as error:
            self._send_failed(error)
            return b""
        return None

    def _send_failed(self, error: OSError) -> None:
        self.errors += 1
        self.dropped += 1
        if not rawgre.transient(error):
            raise error

    # From the network.

    def _net_ready(self, events: int) -> None:
        if events & WRITE:
            self._flush_net()
        if self._to_pty and self._congested:
            # Errors are reported whether asked for or not; only they are taken.
            self.errors += bool(self._sock.getsockopt(sockets.SOL_SOCKET, sockets.SO_ERROR))
        elif events & (READ | BROKEN):
            # The first packet does not wait until it is known whether there are more, and when there were
            # none lately, that is not asked each time: poll(2) says it, too.
            self._take(1)
            if self._lonely:
                self._lonely -= 1
            elif not self._take(rawgre.BATCH):
                self._lonely = _LONELY
            self._acknowledge(time.monotonic())

    def _take(self, limit: int) -> int:
        """Bring up to *limit* packets to pppd; returns how many there were."""
        packets, errors = rawgre.receive_batch(self._sock, limit)
        self.errors += errors
        if packets:
            octets = self._session.receive_packets(packets, time.monotonic(), rawgre.IP_HEADER)
            if octets:
                self._write_pty(octets)
        return len(packets)

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
            self._send([ack])

    def _write_pty(self, data: bytes) -> None:
        if not self._running:
            return
        pending = bool(self._to_pty)
        if pending and data:
            data = self._to_pty[self._written :] + data
            self._written = 0
        # What waits is not copied for each little that the pty takes: that would be quadratic.
        self._to_pty = data = data or self._to_pty
        view = memoryview(data)
        try:
            while self._written < len(data):
                self._written += os.write(self._out, view[self._written :])
        except BlockingIOError:
            pass
        except OSError:
            self._end()
            return
        if self._written == len(data):
            self._to_pty = b""
            self._written = 0
        if pending or self._to_pty:
            self._watch()

    def _end(self) -> None:
        if self._running:
            self.stop()
            self._on_end()
