"""The data path of one call without a socket: pppd's octet stream on one side, GRE packets on the other.

The owner hands over what it read, sends what comes back, and calls `handle_timer` when `next_timer` is due.
Frames of a control protocol (LCP, authentication, NCPs: protocol numbers from 0x8000) also pass before an
`Observer`; network-layer frames do not, beyond a look at one octet.
"""

from pptpengine.config import TunnelConfig
from pptpengine.fsm.observer import Observer
from pptpengine.fsm.tunnel import Tunnel
from pptpengine.wire import hdlc


class DataSession:
    """Joins a pty to a call's GRE packets."""

    __slots__ = ("_accm", "_config", "_escapes", "deframer", "observer", "tunnel")

    def __init__(
        self, config: TunnelConfig, call_id: int, peer_call_id: int, *, first_sequence: int = 1
    ) -> None:
        self._config = config
        self.tunnel = Tunnel(config, call_id, peer_call_id, first_sequence=first_sequence)
        self.observer = Observer()
        self.deframer = hdlc.Deframer()
        self._accm = hdlc.FULL_MAP
        self._escapes = hdlc.FULL_ESCAPES

    def rebind(self, call_id: int, peer_call_id: int) -> None:
        """Go on with another call: fresh sequence numbers, the counters carried on."""
        statistics = self.tunnel.statistics
        self.tunnel = Tunnel(self._config, call_id, peer_call_id)
        self.tunnel.statistics = statistics

    def receive_stream(self, data: bytes, now: float) -> list[bytes]:
        """Octets from pppd; returns the GRE packets to be sent."""
        packets = []
        for frame in self.deframer.feed(data):
            if _is_control(frame):
                self.observer.sent(frame, now)
                self._update_escapes()
            packets.append(self.tunnel.send(frame))
        return packets

    def receive_packets(self, packets: list[bytes], now: float, offset: int = 0) -> bytes:
        """GRE packets from the peer, each beginning at *offset*; returns octets for pppd. Then ask
        `ack_to_send`.
        """
        frames: list[bytes] = []
        for packet in packets:
            self.tunnel.receive(packet, now, frames, offset)
        return self._encode(frames, now)

    def ack_to_send(self, now: float) -> bytes | None:
        """An acknowledgement to be sent alone, if one must not wait any longer."""
        return self.tunnel.ack_to_send(now)

    def next_timer(self) -> float | None:
        """When `handle_timer` is due."""
        return self.tunnel.next_timer()

    def handle_timer(self, now: float) -> bytes:
        """Octets for pppd that had waited for a packet which is now given up. Then ask `ack_to_send`."""
        frames: list[bytes] = []
        self.tunnel.handle_timer(now, frames)
        return self._encode(frames, now)

    def counters(self) -> dict[str, int]:
        """All counters by name: the tunnel's, and pppd's bad frames."""
        deframer = self.deframer
        return self.tunnel.counters() | {
            "bad_fcs": deframer.bad_fcs,
            "bad_frames": deframer.short + deframer.aborted + deframer.oversize,
        }

    def _encode(self, frames: list[bytes], now: float) -> bytes:
        encode, minimal = hdlc.encode, self._escapes
        pieces = []
        for frame in frames:
            if _is_control(frame):
                self.observer.received(frame, now)
                minimal = self._update_escapes()
                pieces.append(encode(frame, hdlc.FULL_ESCAPES))
            else:
                pieces.append(encode(frame, minimal))
        return b"".join(pieces)

    def _update_escapes(self) -> tuple[tuple[bytes, bytes], ...]:
        accm = self.observer.agreed_asyncmap
        if accm != self._accm:
            self._accm = accm
            self._escapes = hdlc.escapes(accm)
        return self._escapes


def _is_control(frame: bytes) -> bool:
    """Whether the PPP protocol number is 0x8000 or higher.

    Address and control octets (FF 03) and the first octet of a number below 0x0100 may be compressed away; a
    number's last octet is odd and a first one even (RFC 1661 section 2), which tells them apart.
    """
    first = frame[2] if frame[0] == 0xFF and len(frame) > 2 else frame[0]
    return first & 0x81 == 0x80
