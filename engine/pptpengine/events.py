"""What a session tells its owner."""

from pptpengine.causes import Cause
from pptpengine.record import dataclass


@dataclass(frozen=True, slots=True)
class ControlUp:
    """The control connection is established; calls can be placed."""

    host_name: bytes
    vendor: bytes
    firmware: int


@dataclass(frozen=True, slots=True)
class ControlDown:
    """The control connection is over; every call got its `CallDown` before."""

    cause: Cause | None
    "None when we closed it."


@dataclass(frozen=True, slots=True)
class CallRequested:
    """Server: the peer wants a call; answer with `accept_call` or `reject_call`."""

    call_id: int
    "Ours."
    peer_call_id: int


@dataclass(frozen=True, slots=True)
class CallUp:
    """A call is established: GRE may flow."""

    call_id: int
    "Ours: the key of the packets we get."
    peer_call_id: int
    "The peer's: the key of the packets we send."
    window: int
    "Receive window that the peer announced."


@dataclass(frozen=True, slots=True)
class CallDown:
    """A call is over, or never came up."""

    call_id: int
    cause: Cause | None
    "None when we cleared it."


@dataclass(frozen=True, slots=True)
class LinkInfo:
    """The peer's Set-Link-Info for a call that is up (RFC 2637 section 2.15); told again when it changes.

    Bit n of a map stands for control character n. Before the first one, both maps are all ones.
    """

    call_id: int
    "Ours."
    send_accm: int
    "Control characters to escape in frames written to the PPP side."
    receive_accm: int
    "Control characters to be dropped where they come unescaped from the PPP side."


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth a line in a log, nothing to act on."""

    text: str


Event = ControlUp | ControlDown | CallRequested | CallUp | CallDown | LinkInfo | Note
