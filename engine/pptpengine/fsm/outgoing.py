"""What goes to the peer of a call: data packets with their numbers, and acknowledgements (RFC 2637 section
4.4). The first data packet has number 1, as pptp(8) and the Linux driver have it (section 4.3 says 0; every
known server takes either).

The peer's window is not used to hold packets back: PPP above does its own flow control, and a server that is
slow to acknowledge, or never does, must not stall a working tunnel. Outstanding packets are counted.

Two or more received packets are acknowledged at the end of the batch, so that a peer with a window of three
keeps sending; a single one waits for data that can carry it, or for a short time.
"""

from struct import Struct

from pptpengine.fsm.statistics import TunnelStatistics
from pptpengine.wire import gre

MODULUS = 1 << 32
"Of sequence numbers."
MASK = MODULUS - 1
DATA = 0x3001880B
"Flags and protocol of a packet with a payload and no acknowledgement, ..."
DATA_ACK = 0x3081880B
"... and with one."
FAST = Struct(">IHHI")
FAST_ACK = Struct(">IHHII")


class Outgoing:
    """The sending half of `pptpengine.fsm.tunnel.Tunnel`, which notes here what it received."""

    __slots__ = (
        "_ack_due",
        "_ack_pending",
        "_acked",
        "_highest",
        "_peer_call_id",
        "_sequence",
        "statistics",
    )

    def __init__(self, peer_call_id: int, first_sequence: int, statistics: TunnelStatistics | None) -> None:
        self._peer_call_id = peer_call_id
        self._sequence = first_sequence & MASK
        self._acked = (first_sequence - 1) & MASK
        self._highest = 0
        "What an acknowledgement says."
        self._ack_pending = 0
        "Packets that were not acknowledged yet."
        self._ack_due: float | None = None
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
        self._sequence = last & MASK
        peer = self._peer_call_id
        pack = FAST.pack
        packets = (
            [
                pack(DATA, len(payload), peer, number) + payload
                for number, payload in zip(range(first, last), payloads, strict=True)
            ]
            if last <= MODULUS
            else [
                pack(DATA, len(payload), peer, number & MASK) + payload
                for number, payload in zip(range(first, last), payloads, strict=True)
            ]
        )
        if self._ack_pending and payloads:
            self._ack_pending = 0
            self._ack_due = None
            head = FAST_ACK.pack(DATA_ACK, len(payloads[0]), peer, first, self._highest)
            packets[0] = head + payloads[0]
        statistics = self.statistics
        statistics.sent += len(payloads)
        statistics.sent_bytes += sum(map(len, payloads))
        return packets

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

    def _receive_ack(self, ack: int) -> None:
        self.statistics.acks_received += 1
        # Believed only if it names a packet that was sent and not acknowledged before.
        if 0 < (ack - self._acked) & MASK <= (self._sequence - 1 - self._acked) & MASK:
            self._acked = ack
