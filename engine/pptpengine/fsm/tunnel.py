"""The GRE side of a call (RFC 2637 section 4): sequence numbers, acknowledgements, order, loss.

What goes out is in `pptpengine.fsm.outgoing`. Here is what comes in. Any number may come first. Packets that
come early are held for the missing ones, for a bounded time and in a bounded number (section 4.3 lets the
receiver put them back in order); MPPE suffers badly from reordering. What comes late or twice is dropped. A
number far outside the window is not believed, since one forged packet would otherwise make everything that
follows look old; but a run of consecutive ones is, since then the peer has started to count anew.
"""

from struct import Struct

from pptpengine.config import TunnelConfig
from pptpengine.errors import DecodeError
from pptpengine.fsm.early import EarlyPackets
from pptpengine.fsm.outgoing import DATA, DATA_ACK, FAST, FAST_ACK, MASK, MODULUS, Outgoing
from pptpengine.fsm.statistics import TunnelStatistics
from pptpengine.wire import gre

_HALF = 1 << 31

PLAUSIBLE = 1 << 11
"How far from the expected number a packet may be and still be believed, if not configured."
_BEHIND = PLAUSIBLE
"""How far behind it may be and still be taken for a late one.

Not configured: with a small window, a burst that comes late would look like a peer that counts anew.
"""
RESTART_RUN = 8
"So many consecutive implausible numbers mean that the peer counts anew."

_WORD = Struct(">I")


class Tunnel(Outgoing):
    """One call's data packets. All times are the caller's clock in seconds."""

    __slots__ = (
        "_call_id",
        "_config",
        "_early",
        "_expected",
        "_held",
        "_run",
        "_run_next",
        "_window",
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
        super().__init__(peer_call_id, first_sequence, statistics)
        self._config = config
        self._call_id = call_id
        self._expected: int | None = None
        self._early = EarlyPackets()
        self._held = self._early.packets
        "Asked for each batch whether there are any, and so at hand."
        self._run = 0
        self._run_next = 0
        self._window = PLAUSIBLE if config.missing_window is None else config.missing_window

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
            self._expected = (sequence + 1) & MASK
            self._deliver(packet[start:end], out)
            self._note_received(sequence, now)
        else:
            self._receive_odd(sequence, packet[start:end], now, out)

    def receive_all(self, packets: list[bytes], now: float, out: list[bytes], offset: int = 0) -> None:
        """`receive` for each of *packets*, with the same result.

        Data packets that come in order are dealt with here, without a call or a look at `self` for each.
        """
        unpack, own, append = FAST.unpack_from, self._call_id, out.append
        plain, acked = offset + FAST.size, offset + FAST_ACK.size
        # Nothing equals None: while packets are held, all go the long way.
        expected = None if self._held else self._expected
        count = octets = 0
        for packet in packets:
            size = len(packet)
            if size > plain:
                head, length, call_id, sequence = unpack(packet, offset)
                if sequence == expected and call_id == own and length:
                    start = plain if head == DATA else acked
                    end = start + length
                    if head in {DATA, DATA_ACK} and end <= size:
                        if head == DATA_ACK:
                            self._receive_ack(_WORD.unpack_from(packet, plain)[0])
                        append(packet[start:end])
                        octets += length
                        count += 1
                        expected = (sequence + 1) & MASK
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
        self._highest = ((self._expected or 0) + count - 1) & MASK
        self._expected = (self._highest + 1) & MASK
        self._ack_pending += count
        if self._ack_due is None:
            self._ack_due = now + self._config.ack_delay

    def next_timer(self) -> float | None:
        """When `handle_timer` is due."""
        due = self._ack_due
        if self._held:
            gap = self._early.oldest() + self._config.reorder_timeout
            return gap if due is None else min(gap, due)
        return due

    def handle_timer(self, now: float, out: list[bytes]) -> None:
        """Give up what has been missing for too long; then ask `ack_to_send`."""
        while self._held and self._early.oldest() + self._config.reorder_timeout <= now:
            self._skip_gap(out)

    # Receiving, off the fast path.

    def _receive_odd(self, sequence: int, payload: bytes, now: float, out: list[bytes]) -> None:
        if self._expected is None:
            self._expected = sequence
            self._highest = sequence
        ahead = (sequence - self._expected) & MASK
        if ahead >= _HALF:
            ahead -= MODULUS
        if not -_BEHIND <= ahead <= self._window:
            if not self._restarted(sequence, out):
                return
            ahead = 0
        self._run = 0
        if ahead < 0:
            self._receive_old(sequence)
        elif ahead == 0:
            self._expected = (sequence + 1) & MASK
            self._deliver(payload, out)
            self._release(out)
            self._note_received(sequence, now)
        elif sequence in self._held:
            self.statistics.duplicate += 1
        else:
            self._hold(sequence, payload, now, out)

    def _hold(self, sequence: int, payload: bytes, now: float, out: list[bytes]) -> None:
        self._early.put(sequence, payload, now)
        self._note_received(sequence, now)
        if not self._config.buffer:
            self._skip_gap(out)
            return
        self.statistics.reordered += 1
        while self._early.over(self._config.reorder_limit):
            self._skip_gap(out)

    def _receive_old(self, sequence: int) -> None:
        # Acknowledged again, in case it was sent again because our acknowledgement got lost.
        self._ack_pending += 1
        if self._early.was_given_up(sequence):
            self.statistics.late += 1
        else:
            self.statistics.duplicate += 1

    def _restarted(self, sequence: int, out: list[bytes]) -> bool:
        self._run = self._run + 1 if self._run and sequence == self._run_next else 1
        self._run_next = (sequence + 1) & MASK
        if self._run < RESTART_RUN:
            self.statistics.implausible += 1
            return False
        while self._held:
            self._skip_gap(out)
        self.statistics.restarts += 1
        self._early.forget()
        self._expected = sequence
        self._highest = sequence
        return True

    def _skip_gap(self, out: list[bytes]) -> None:
        expected = self._expected or 0
        self._expected = self._early.give_up(expected)
        self.statistics.lost += (self._expected - expected) & MASK
        self._release(out)

    def _release(self, out: list[bytes]) -> None:
        while (payload := self._early.take(self._expected or 0)) is not None:
            self._expected = ((self._expected or 0) + 1) & MASK
            self._deliver(payload, out)

    def _deliver(self, payload: bytes, out: list[bytes]) -> None:
        self.statistics.received += 1
        self.statistics.received_bytes += len(payload)
        if payload:
            out.append(payload)

    def _note_received(self, sequence: int, now: float) -> None:
        if (sequence - self._highest) & MASK < _HALF:
            self._highest = sequence
        self._ack_pending += 1
        if self._ack_due is None:
            self._ack_due = now + self._config.ack_delay

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
        self.statistics.unacknowledged = (self._sequence - 1 - self._acked) & MASK
        return self.statistics.as_dict()
