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

from dataclasses import dataclass, fields

from pptpengine.config import TunnelConfig
from pptpengine.errors import DecodeError
from pptpengine.wire import gre

_MODULUS = 1 << 32
_MASK = _MODULUS - 1
_HALF = 1 << 31

PLAUSIBLE = 1 << 11
"How far from the expected number a packet may be and still be believed."
RESTART_RUN = 8
"So many consecutive implausible numbers mean that the peer counts anew."
_MISSING_LIMIT = 1024


@dataclass(slots=True)
class TunnelStatistics:
    """Counters of one call; packets unless said otherwise."""

    sent: int = 0
    "Data packets sent."
    received: int = 0
    "Data packets received and delivered."
    sent_bytes: int = 0
    received_bytes: int = 0
    lost: int = 0
    "Numbers that never came, or came too late."
    reordered: int = 0
    "Came early and were held."
    late: int = 0
    "Came after they had been given up, and were dropped."
    duplicate: int = 0
    implausible: int = 0
    "Dropped for a number far outside the window."
    restarts: int = 0
    "Times the peer started to count anew."
    malformed: int = 0
    foreign: int = 0
    "Packets for another call."
    acks_sent: int = 0
    "Acknowledgements sent alone."
    acks_received: int = 0
    "Acknowledgements received, alone or with data."
    unacknowledged: int = 0
    "Data packets that the peer has not acknowledged yet."

    def as_dict(self) -> dict[str, int]:
        """All counters by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


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
        "_highest",
        "_missing",
        "_peer_call_id",
        "_run",
        "_run_next",
        "_sequence",
        "statistics",
    )

    def __init__(
        self, config: TunnelConfig, call_id: int, peer_call_id: int, *, first_sequence: int = 1
    ) -> None:
        self._config = config
        self._call_id = call_id
        self._peer_call_id = peer_call_id
        self._sequence = first_sequence & _MASK
        self._acked = (first_sequence - 1) & _MASK
        self._expected: int | None = None
        self._highest = 0
        self._held: dict[int, tuple[float, bytes]] = {}
        self._missing: dict[int, None] = {}
        self._ack_pending = 0
        self._ack_due: float | None = None
        self._run = 0
        self._run_next = 0
        self.statistics = TunnelStatistics()

    def send(self, payload: bytes) -> bytes:
        """The packet that carries *payload* (a PPP frame without flags and FCS), and any acknowledgement
        that waits.
        """
        sequence = self._sequence
        self._sequence = (sequence + 1) & _MASK
        self.statistics.sent += 1
        self.statistics.sent_bytes += len(payload)
        if self._ack_pending:
            self._ack_pending = 0
            self._ack_due = None
            return gre.pack(self._peer_call_id, sequence, self._highest, payload)
        return gre.pack(self._peer_call_id, sequence, None, payload)

    def receive(self, packet: bytes, now: float, out: list[bytes], offset: int = 0) -> None:
        """Take in one packet, which begins at *offset*; payloads that are in order now are appended to
        *out*.
        """
        try:
            call_id, sequence, ack, start, end = gre.unpack(packet, offset)
        except DecodeError:
            self.statistics.malformed += 1
            return
        if call_id != self._call_id:
            self.statistics.foreign += 1
            return
        if ack is not None:
            self._receive_ack(ack)
        if sequence is None:
            return
        if sequence == self._expected and not self._held:
            self._expected = (sequence + 1) & _MASK
            self._deliver(packet[start:end], out)
            self._note_received(sequence, now)
        else:
            self._receive_odd(sequence, packet[start:end], now, out)

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
        if not -PLAUSIBLE <= ahead <= PLAUSIBLE:
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
        self._note_received(sequence, now)
        if not self._config.buffer:
            self._skip_gap(out)
            return
        self.statistics.reordered += 1
        while len(self._held) > self._config.reorder_limit:
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

    def counters(self) -> dict[str, int]:
        """The statistics as of now."""
        self.statistics.unacknowledged = (self._sequence - 1 - self._acked) & _MASK
        return self.statistics.as_dict()
