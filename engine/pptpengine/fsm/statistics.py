"""The counters of a call's data packets, and what must add up.

At any time, with `held` the packets that wait for a missing one:

- ``arrived == malformed + foreign + acks_alone + received + late + duplicate + implausible + held``
- ``received + lost`` is the number of sequence numbers that were passed, as long as ``restarts`` is 0;
- ``sent`` is the number of frames that pppd wrote whole, and of sequence numbers used;
- ``lost - late`` is what never came.
"""


class TunnelStatistics:
    """Counters of one call, or of one tunnel whose calls were re-made; packets unless said otherwise."""

    __slots__ = NAMES = (
        "sent",
        "received",
        "sent_bytes",
        "received_bytes",
        "arrived",
        "lost",
        "reordered",
        "late",
        "duplicate",
        "implausible",
        "restarts",
        "malformed",
        "foreign",
        "acks_alone",
        "acks_sent",
        "acks_received",
        "unacknowledged",
    )

    def __init__(self) -> None:
        self.sent = 0
        "Data packets sent."
        self.received = 0
        "Data packets received, in order, and so delivered."
        self.sent_bytes = 0
        self.received_bytes = 0
        self.arrived = 0
        "Packets of all kinds that were taken in."
        self.lost = 0
        "Numbers that never came, or came too late."
        self.reordered = 0
        "Came early and were held."
        self.late = 0
        "Came after they had been given up, and were dropped."
        self.duplicate = 0
        self.implausible = 0
        "Dropped for a number far outside the window."
        self.restarts = 0
        "Times the peer started to count anew."
        self.malformed = 0
        self.foreign = 0
        "Packets for another call."
        self.acks_alone = 0
        "Packets received that carry no data."
        self.acks_sent = 0
        "Acknowledgements sent alone."
        self.acks_received = 0
        "Acknowledgements received, alone or with data."
        self.unacknowledged = 0
        "Data packets that the peer has not acknowledged yet."

    def as_dict(self) -> dict[str, int]:
        """All counters by name."""
        return {name: getattr(self, name) for name in self.NAMES}
