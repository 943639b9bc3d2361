"""The start of a control connection: what we say of ourselves, what the peer's messages mean, and which of
two connections counts when both sides open one at once (RFC 2637 sections 2.1, 2.2, 3.1).
"""

from __future__ import annotations

from ipaddress import IPv4Address

from pptpengine.config import ControlConfig
from pptpengine.fsm.control import Input, State
from pptpengine.record import dataclass
from pptpengine.wire import control as wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    _Start = TypeVar("_Start", wire.StartRequest, wire.StartReply)
_ACCEPTED = (0, 1)
"Results that accept; 0 comes from some ADSL modems, and pptp(8) takes it, too."


def identify(kind: type[_Start], config: ControlConfig, result: int = 0) -> _Start:
    """Our Start-Control-Connection-Request or -Reply."""
    return kind(
        result=result,
        framing=config.framing,
        bearer=config.bearer,
        max_channels=config.max_channels,
        firmware=config.firmware,
        host_name=config.host_name,
        vendor=config.vendor,
    )


def replied(message: wire.StartReply) -> Input:
    """What a Start-Control-Connection-Reply means."""
    if message.result not in _ACCEPTED:
        return Input.RX_START_REFUSE
    return Input.RX_START_ACCEPT if message.version == wire.VERSION else Input.RX_START_MISMATCH


@dataclass(frozen=True, slots=True)
class Addresses:
    """Both ends of a TCP connection, which decide a collision (section 3.1.3)."""

    local: IPv4Address
    remote: IPv4Address

    @property
    def local_wins(self) -> bool:
        """Whether our connection is the one that counts when both sides open one."""
        return self.local > self.remote


def accepted(rival: State, addresses: Addresses | None) -> Input:
    """What a start request means on a connection that the peer opened, while our own to the same peer is in
    state *rival*. Without addresses the peer wins, since it has a connection that works.
    """
    if rival is State.ESTABLISHED:
        return Input.RX_START_EXISTS
    if rival is State.WAIT_START_REPLY and addresses is not None and addresses.local_wins:
        return Input.RX_START_WEAKER
    return Input.RX_START_REQUEST


def originated(addresses: Addresses | None) -> Input:
    """What a start request means on a connection that we opened.

    The RFC does not say; TCP's simultaneous open makes one connection of two. Whoever would win a collision
    stays the originator, and the other one answers. Without addresses a request is ignored.
    """
    if addresses is not None and not addresses.local_wins:
        return Input.RX_START_STRONGER
    return Input.RX_START_REQUEST
