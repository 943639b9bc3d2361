"""What is said last on a control connection, and why it is over (RFC 2637 sections 2.2, 2.4, 3.1)."""

from pptpengine import reasons
from pptpengine.causes import Cause
from pptpengine.config import ControlConfig
from pptpengine.fsm.control import Action
from pptpengine.session import start
from pptpengine.wire import control as wire

_EXISTS = 3
_VERSION = 5


def answer(action: Action, message: wire.Message | None, config: ControlConfig) -> wire.Message | None:
    """The answer to the *message* that ends the connection, if there is one."""
    match message:
        case wire.StopRequest():
            return wire.StopReply(1)
        case wire.StartRequest():
            return start.identify(
                wire.StartReply, config, _EXISTS if action is Action.REJECT_EXISTS else _VERSION
            )
        case _:
            return None


def cause(action: Action, message: wire.Message | None, peer: str) -> Cause | None:
    """Why the *message* ends the connection; None if we wanted it. *peer* is "server" or "client"."""
    match message:
        case wire.StopRequest():
            return reasons.stopped(message.reason, peer)
        case wire.StartReply():
            return reasons.start_refused(message.result, message.error)
        case wire.StartRequest():
            return reasons.exists() if action is Action.REJECT_EXISTS else reasons.old_version(peer)
        case _:
            return None
