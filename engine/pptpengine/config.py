"""What a session can be told; times are seconds."""

from pptpengine.errors import LocalError
from pptpengine.record import dataclass

TEXT_LIMIT = 64
"Octets in a text field of a control message (RFC 2637 section 2)."


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlConfig:
    """A control connection. The values on the wire are those of pptp(8), which every server in the field
    has met. Raises LocalError for a value that the protocol has no room for.
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
    framing: int = 3
    "Framing that we say we can do, section 2.1: 1 asynchronous, 2 synchronous, 3 both."
    bearer: int = 3
    "Bearer capabilities, section 2.1: 1 analog, 2 digital, 3 both."
    call_framing: int = 3
    "Framing that a call asks for, section 2.7."
    call_bearer: int = 3
    "Bearer type that a call asks for, section 2.7."
    phone: bytes = b""
    "Number that the server is asked to dial, section 2.7."
    min_bps: int = 2400
    max_bps: int = 10_000_000
    window: int = 3
    "Receive window that we announce, in packets; acknowledgements are sent early enough for it."
    fixed_call_id: int | None = None
    "Call ID of the first call, instead of a random one."
    fixed_serial: int | None = None
    "Serial number of every call, instead of counting from 0."
    link_info_accm: int | None = None
    "Async control character map that a call's Set-Link-Info gives, both ways; None: no such message."
    max_calls: int = 1000
    "How many calls are open at once at most; a peer's further ones are refused for lack of resources."

    def __post_init__(self) -> None:
        for name in ("host_name", "vendor", "phone"):
            length = len(getattr(self, name))
            if length > TEXT_LIMIT:
                raise LocalError(f"{name} has {length} octets, and {TEXT_LIMIT} at most fit its field")
        if not 0 < self.max_calls < 0x8000:
            # Section 3.2.2: twice as many IDs as calls, or finding a free one takes ever longer.
            raise LocalError(f"max_calls is {self.max_calls}, not 1 to 32767")


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
    missing_window: int | None = None
    """How many packets ahead of the expected one a packet may be and still be taken, as pptp(8)'s
    --missing-window; None: 2048.
    """
    test_type: int = 0
    "How packets to the peer are put out of order, to test servers: pptp(8)'s --test-type, 1 to 3; 0: not."
    test_rate: int = 100
    "How many packets pass in order between two such events."
