"""The GRE side of a call (RFC 2637 section 4): sequence numbers, acknowledgements, order, loss.

Sending. The first data packet has number 1, as pptp(8) and the Linux driver have it (section 4.3 says 0;
every known server takes either). The peer's window is not used to hold packets back: PPP above does its own
flow control, and a server that is slow to acknowledge, or never does, must not stall a working tunnel.
Outstanding packets are counted.

Receiving. Any number may come first. Packets that come early are held for the missing ones, for a bounded
time and in a bounded number (section 4.3 lets the receiver put them back in order); MPPE suffers badly from
reordering. What comes late or twice is dropped. A number far outside the window is not believed, since one
forged packet would otherwise make everything that follows look old; but a run of consecutive ones is, since
then the peer has started to count anew.

Acknowledging. Two or more received packets are acknowledged at the end of the batch, so that a peer with a
window of three keeps sending; a single one waits for data that can carry it, or for a short time.
"""

from struct import Struct

from pptpengine.config import TunnelConfig
from pptpengine.errors import DecodeError
from pptpengine.fsm.statistics import TunnelStatistics
from pptpengine.wire import gre

_MODULUS = 1 << 32
_MASK = _MODULUS - 1
_HALF = 1 << 31

PLAUSIBLE = 1 << 11
"How far from the expected number a packet may be and still be believed, if not configured."
_BEHIND = PLAUSIBLE
"""How far behind it may be and still be taken for a late one.

Not configured: with a small window, a burst that comes late would look like a peer that counts anew.
"""
RESTART_RUN = 8
"So many consecutive implausible numbers mean that the peer counts anew."
_MISSING_LIMIT = 1024
HELD_OCTETS = 1 << 19
"Octets held at most: enough for packets of 1532 octets (section 4.4), and far less than IP's largest need."


_DATA = 0x3001880B
"Flags and protocol of a packet with a payload and no acknowledgement, ..."
_DATA_ACK = 0x3081880B
"... and with one."
_FAST = Struct(">IHHI")
_FAST_ACK = Struct(">IHHII")
_WORD = Struct(">I")


class Tunnel:
    """One call's data packets. All times are the caller's clock in seconds."""

    __slots__ = (
        "_ack_due",
        "_ack_pending",
        "_acked",
        "_call_id",
        "_config",
        "_expected",
        "_held",
        "_held_octets",
        "_highest",
        "_missing",
        "_peer_call_id",
        "_run",
        "_run_next",
        "_sequence",
        "_window",
        "statistics",
    )

    def __init__(
        self,
        config: TunnelConfig,
        call_id: int,
        peer_call_id: int,
        *,
        first_sequence: int = 1,
        statistics: TunnelStatistics | None = None,
    ) -> None:
        self._config = config
        self._call_id = call_id
        self._peer_call_id = peer_call_id
        self._sequence = first_sequence & _MASK
        self._acked = (first_sequence - 1) & _MASK
        self._expected: int | None = None
        self._highest = 0
        self._held: dict[int, tuple[float, bytes]] = {}
        self._held_octets = 0
        self._missing: dict[int, None] = {}
        self._ack_pending = 0
        self._ack_due: float | None = None
        self._run = 0
        self._run_next = 0
        self._window = PLAUSIBLE if config.missing_window is None else config.missing_window
        self.statistics = statistics or TunnelStatistics()

    def send(self, payload: bytes) -> bytes:
        """The packet that carries *payload* (a PPP frame without flags and FCS), and any acknowledgement
        that waits.
        """
        return self.send_all([payload])[0]

    def send_all(self, payloads: list[bytes]) -> list[bytes]:
        """The packets that carry *payloads*; the first one takes any acknowledgement with it."""
        first = self._sequence
        last = first + len(payloads)
        self._sequence = last & _MASK
        peer = self._peer_call_id
        pack = _FAST.pack
        packets = (
            [
                pack(_DATA, len(payload), peer, number) + payload
                for number, payload in zip(range(first, last), payloads, strict=True)
            ]
            if last <= _MODULUS
            else [
                pack(_DATA, len(payload), peer, number & _MASK) + payload
                for number, payload in zip(range(first, last), payloads, strict=True)
            ]
        )
        if self._ack_pending and payloads:
            self._ack_pending = 0
            self._ack_due = None
            head = _FAST_ACK.pack(_DATA_ACK, len(payloads[0]), peer, first, self._highest)
            packets[0] = head + payloads[0]
        statistics = self.statistics
        statistics.sent += len(payloads)
        statistics.sent_bytes += sum(map(len, payloads))
        return packets

    def receive(self, packet: bytes, now: float, out: list[bytes], offset: int = 0) -> None:
        """Take in one packet, which begins at *offset*; payloads that are in order now are appended to
        *out*.
        """
        statistics = self.statistics
        statistics.arrived += 1
        try:
            call_id, sequence, ack, start, end = gre.unpack(packet, offset)
        except DecodeError:
            statistics.malformed += 1
            return
        if call_id != self._call_id:
            statistics.foreign += 1
            return
        if ack is not None:
            self._receive_ack(ack)
        if sequence is None:
            statistics.acks_alone += 1
            return
        if sequence == self._expected and not self._held:
            self._expected = (sequence + 1) & _MASK
            self._deliver(packet[start:end], out)
            self._note_received(sequence, now)
        else:
            self._receive_odd(sequence, packet[start:end], now, out)

    def receive_all(self, packets: list[bytes], now: float, out: list[bytes], offset: int = 0) -> None:
        """`receive` for each of *packets*, with the same result.

        Data packets that come in order are dealt with here, without a call or a look at `self` for each.
        """
        unpack, own, append = _FAST.unpack_from, self._call_id, out.append
        plain, acked = offset + _FAST.size, offset + _FAST_ACK.size
        # Nothing equals None: while packets are held, all go the long way.
        expected = None if self._held else self._expected
        count = octets = 0
        for packet in packets:
            size = len(packet)
            if size > plain:
                head, length, call_id, sequence = unpack(packet, offset)
                if sequence == expected and call_id == own and length:
                    start = plain if head == _DATA else acked
                    end = start + length
                    if head in {_DATA, _DATA_ACK} and end <= size:
                        if head == _DATA_ACK:
                            self._receive_ack(_WORD.unpack_from(packet, plain)[0])
                        append(packet[start:end])
                        octets += length
                        count += 1
                        expected = (sequence + 1) & _MASK
                        continue
            if count:
                self._passed(count, octets, now)
                count = octets = 0
            self.receive(packet, now, out, offset)
            expected = None if self._held else self._expected
        if count:
            self._passed(count, octets, now)

    def _passed(self, count: int, octets: int, now: float) -> None:
        """Note *count* packets that came in order."""
        statistics = self.statistics
        statistics.arrived += count
        statistics.received += count
        statistics.received_bytes += octets
        self._highest = ((self._expected or 0) + count - 1) & _MASK
        self._expected = (self._highest + 1) & _MASK
        self._ack_pending += count
        if self._ack_due is None:
            self._ack_due = now + self._config.ack_delay

    def ack_to_send(self, now: float) -> bytes | None:
        """A packet with nothing but an acknowledgement, if it must not wait; ask after each batch and on
        the timer.
        """
        if not self._ack_pending:
            return None
        if self._ack_pending < 2 and self._ack_due is not None and now < self._ack_due:
            return None
        self._ack_pending = 0
        self._ack_due = None
        self.statistics.acks_sent += 1
        return gre.pack(self._peer_call_id, None, self._highest)

    def next_timer(self) -> float | None:
        """When `handle_timer` is due."""
        due = self._ack_due
        if self._held:
            gap = self._oldest_held() + self._config.reorder_timeout
            return gap if due is None else min(gap, due)
        return due

    def handle_timer(self, now: float, out: list[bytes]) -> None:
        """Give up what has been missing for too long; then ask `ack_to_send`."""
        while self._held and self._oldest_held() + self._config.reorder_timeout <= now:
            self._skip_gap(out)

    # Receiving, off the fast path.

    def _receive_odd(self, sequence: int, payload: bytes, now: float, out: list[bytes]) -> None:
        if self._expected is None:
            self._expected = sequence
            self._highest = sequence
        ahead = (sequence - self._expected) & _MASK
        if ahead >= _HALF:
            ahead -= _MODULUS
        if not -_BEHIND <= ahead <= self._window:
            if not self._restarted(sequence, out):
                return
            ahead = 0
        self._run = 0
        if ahead < 0:
            self._receive_old(sequence)
        elif ahead == 0:
            self._expected = (sequence + 1) & _MASK
            self._deliver(payload, out)
            self._release(out)
            self._note_received(sequence, now)
        elif sequence in self._held:
            self.statistics.duplicate += 1
        else:
            self._hold(sequence, payload, now, out)

    def _hold(self, sequence: int, payload: bytes, now: float, out: list[bytes]) -> None:
        self._held[sequence] = (now, payload)
        self._held_octets += len(payload)
        self._note_received(sequence, now)
        if not self._config.buffer:
            self._skip_gap(out)
            return
        self.statistics.reordered += 1
        while len(self._held) > self._config.reorder_limit or self._held_octets > HELD_OCTETS:
            self._skip_gap(out)

    def _receive_old(self, sequence: int) -> None:
        # Acknowledged again, in case it was sent again because our acknowledgement got lost.
        self._ack_pending += 1
        if sequence in self._missing:
            del self._missing[sequence]
            self.statistics.late += 1
        else:
            self.statistics.duplicate += 1

    def _restarted(self, sequence: int, out: list[bytes]) -> bool:
        self._run = self._run + 1 if self._run and sequence == self._run_next else 1
        self._run_next = (sequence + 1) & _MASK
        if self._run < RESTART_RUN:
            self.statistics.implausible += 1
            return False
        while self._held:
            self._skip_gap(out)
        self.statistics.restarts += 1
        self._missing.clear()
        self._expected = sequence
        self._highest = sequence
        return True

    def _skip_gap(self, out: list[bytes]) -> None:
        expected = self._expected or 0
        nearest = min(self._held, key=lambda sequence: (sequence - expected) & _MASK)
        gap = (nearest - expected) & _MASK
        self.statistics.lost += gap
        for back in range(min(gap, _MISSING_LIMIT), 0, -1):
            self._missing[(nearest - back) & _MASK] = None
        while len(self._missing) > _MISSING_LIMIT:
            del self._missing[next(iter(self._missing))]
        self._expected = nearest
        self._release(out)

    def _release(self, out: list[bytes]) -> None:
        while (entry := self._held.pop(self._expected or 0, None)) is not None:
            self._held_octets -= len(entry[1])
            self._expected = ((self._expected or 0) + 1) & _MASK
            self._deliver(entry[1], out)

    def _oldest_held(self) -> float:
        # Insertion order is order of arrival, whatever the numbers are.
        return next(iter(self._held.values()))[0]

    def _deliver(self, payload: bytes, out: list[bytes]) -> None:
        self.statistics.received += 1
        self.statistics.received_bytes += len(payload)
        if payload:
            out.append(payload)

    def _note_received(self, sequence: int, now: float) -> None:
        if (sequence - self._highest) & _MASK < _HALF:
            self._highest = sequence
        self._ack_pending += 1
        if self._ack_due is None:
            self._ack_due = now + self._config.ack_delay

    def _receive_ack(self, ack: int) -> None:
        self.statistics.acks_received += 1
        # Believed only if it names a packet that was sent and not acknowledged before.
        if 0 < (ack - self._acked) & _MASK <= (self._sequence - 1 - self._acked) & _MASK:
            self._acked = ack

    def flush(self, out: list[bytes]) -> None:
        """Wait for nothing that is missing any more: the call is over."""
        while self._held:
            self._skip_gap(out)

    @property
    def held(self) -> int:
        """Packets that wait for a missing one."""
        return len(self._held)

    @property
    def passed(self) -> int:
        """The number that is expected next, 0 before the first packet."""
        return self._expected or 0

    def counters(self) -> dict[str, int]:
        """The statistics as of now."""
        self.statistics.unacknowledged = (self._sequence - 1 - self._acked) & _MASK
        return self.statistics.as_dict()
