"""The data path of one call without a socket: pppd's octet stream on one side, GRE packets on the other.

The owner hands over what it read, sends what comes back, and calls `handle_timer` when `next_timer` is due.
Frames of a control protocol (LCP, authentication, NCPs: protocol numbers from 0x8000) also pass before an
`Observer`; network-layer frames do not, beyond a look at one octet.

The call may be made anew, over another network, say (`rebind`): pppd and the framing towards it stay.
"""

from pptpengine.config import TunnelConfig
from pptpengine.fsm.impairment import Impairment
from pptpengine.fsm.observer import Observer
from pptpengine.fsm.tunnel import Tunnel
from pptpengine.wire import hdlc


class DataSession:
    """Joins a pty to a call's GRE packets."""

    __slots__ = (
        "_accm",
        "_config",
        "_escapes",
        "_impairment",
        "_link_map",
        "deframer",
        "observer",
        "tunnel",
    )

    def __init__(
        self, config: TunnelConfig, call_id: int, peer_call_id: int, *, first_sequence: int = 1
    ) -> None:
        self._config = config
        self.tunnel = Tunnel(config, call_id, peer_call_id, first_sequence=first_sequence)
        self.observer = Observer()
        self.deframer = hdlc.Deframer()
        self._accm = hdlc.FULL_MAP
        self._escapes = hdlc.FULL_ESCAPES
        self._link_map = 0
        self._impairment = Impairment(config.test_type, config.test_rate) if config.test_type else None

    def receive_stream(self, data: bytes, now: float) -> list[bytes]:
        """Octets from pppd; returns the GRE packets to be sent."""
        frames = self.deframer.feed(data)
        if not frames:
            return []
        for frame in frames:
            if _is_control(frame):
                self.observer.sent(frame, now)
                self._update_escapes()
        packets = self.tunnel.send_all(frames)
        return packets if self._impairment is None else self._impairment.disturb(packets)

    def receive_packets(self, packets: list[bytes], now: float, offset: int = 0) -> bytes:
        """GRE packets from the peer, each beginning at *offset*; returns octets for pppd. Then ask
        `ack_to_send`.
        """
        frames: list[bytes] = []
        self.tunnel.receive_all(packets, now, frames, offset)
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

    def rebind(self, call_id: int, peer_call_id: int, now: float) -> bytes:
        """Go on with another call: numbers and acknowledgements start anew, counters go on.

        Returns octets for pppd: frames of the old call that had waited for a missing one.
        """
        frames: list[bytes] = []
        self.tunnel.flush(frames)
        statistics = self.tunnel.statistics
        self.tunnel = Tunnel(self._config, call_id, peer_call_id, statistics=statistics)
        if self._config.test_type:
            # Packets that it held belong to the old call.
            self._impairment = Impairment(self._config.test_type, self._config.test_rate)
        return self._encode(frames, now)

    def link_info(self, send_accm: int, receive_accm: int) -> None:
        """Set-Link-Info (RFC 2637 section 2.15): escape the characters of both maps towards pppd, too.

        What pppd and the peer agreed on never leaves a character out. Each call replaces the one before.
        """
        self._link_map = (send_accm | receive_accm) & hdlc.FULL_MAP
        self._update_escapes()

    def counters(self) -> dict[str, int]:
        """All counters by name: the tunnel's, and pppd's bad frames."""
        deframer = self.deframer
        return self.tunnel.counters() | {
            "bad_fcs": deframer.bad_fcs,
            "bad_frames": deframer.short + deframer.aborted + deframer.oversize,
        }

    def _encode(self, frames: list[bytes], now: float) -> bytes:
        start = 0
        pieces = []
        for at, frame in enumerate(frames):
            if _is_control(frame):
                # The map may change here; what came before is framed with the old one.
                pieces.append(hdlc.encode_all(frames[start:at], self._escapes))
                self.observer.received(frame, now)
                self._update_escapes()
                pieces.append(hdlc.encode(frame, hdlc.FULL_ESCAPES))
                start = at + 1
        rest = hdlc.encode_all(frames[start:] if start else frames, self._escapes)
        return b"".join((*pieces, rest)) if pieces else rest

    def _update_escapes(self) -> None:
        accm = self.observer.agreed_asyncmap | self._link_map
        if accm != self._accm:
            self._accm = accm
            self._escapes = hdlc.escapes(accm)


def _is_control(frame: bytes) -> bool:
    """Whether the PPP protocol number is 0x8000 or higher.

    Address and control octets (FF 03) and the first octet of a number below 0x0100 may be compressed away; a
    number's last octet is odd and a first one even (RFC 1661 section 2), which tells them apart.
    """
    first = frame[2] if frame[0] == 0xFF and len(frame) > 2 else frame[0]
    return first & 0x81 == 0x80
