"""What a session can be told; times are seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlConfig:
    """A control connection. The values on the wire are those of pptp(8), which every server in the field
    has met.
    """

    start_timeout: float = 15.0
    "How long to wait for Start-Control-Connection-Reply; RFC 2637 section 3.1.4 allows up to 60."
    call_timeout: float = 15.0
    "How long to wait for Outgoing-Call-Reply."
    clear_timeout: float = 1.5
    "How long to wait for Call-Disconnect-Notify after Call-Clear-Request."
    stop_timeout: float = 1.0
    "How long to wait for Stop-Control-Connection-Reply."
    echo_interval: float = 60.0
    "Silence after which Echo-Request is sent, section 3.1.4; 0 = never."
    echo_timeout: float = 60.0
    "How long to wait for its answer before the peer counts as lost."
    host_name: bytes = b"local"
    vendor: bytes = b"cananian"
    firmware: int = 1
    max_channels: int = 65535
    min_bps: int = 2400
    max_bps: int = 10_000_000
    window: int = 3
    "Receive window that we announce, in packets; acknowledgements are sent early enough for it."


@dataclass(frozen=True, slots=True, kw_only=True)
class TunnelConfig:
    """The GRE side of one call."""

    reorder_timeout: float = 0.3
    "How long packets that came early are held for the missing one."
    reorder_limit: int = 256
    "How many such packets are held at most."
    buffer: bool = True
    "False: deliver what comes early at once, and drop what then comes late."
    ack_delay: float = 0.5
    "How long a single acknowledgement waits for data that could carry it; two or more do not wait."
