"""A call (RFC 2637 section 3.2) as a table: the client's outgoing call, and the same seen by the server.

As in `pptpengine.fsm.control`, only inputs of our own caller may be missing.
"""

from pptpengine.enumeration import Enum, auto
from pptpengine.errors import LocalError


class State(Enum):
    """States of a call, client (section 3.2.4.1) and server (section 3.2.3.1) in one set."""

    IDLE = auto()
    WAIT_REPLY = auto()
    ESTABLISHED = auto()
    WAIT_DISCONNECT = auto()
    "We sent Call-Clear-Request; the peer's Call-Disconnect-Notify is awaited."
    CLOSED = auto()


class Input(Enum):
    """What can happen to a call."""

    PLACE = auto()
    "Client: make it."
    CLEAR = auto()
    "Client: hang up."
    ACCEPT = auto()
    "Server: answer the peer's request."
    REJECT = auto()
    DISCONNECT = auto()
    "Server: end the call."
    RX_REPLY_CONNECTED = auto()
    RX_REPLY_REFUSED = auto()
    RX_CLEAR = auto()
    RX_NOTIFY = auto()
    TIMEOUT = auto()
    LOST = auto()
    "The control connection is gone."


INTERNAL = frozenset({Input.PLACE, Input.CLEAR, Input.ACCEPT, Input.REJECT, Input.DISCONNECT})
"Inputs that only our own caller can cause."


class Action(Enum):
    """What the owner of the machine does then."""

    NOTHING = auto()
    SEND_REQUEST = auto()
    SEND_ACCEPT = auto()
    SEND_REJECT = auto()
    SEND_CLEAR = auto()
    SEND_NOTIFY = auto()
    "Send Call-Disconnect-Notify; the call is over."
    UP = auto()
    REFUSED = auto()
    ENDED = auto()
    "Over because the peer or the network ended it."
    CLEARED = auto()
    "Over as we wanted it."
    TIMED_OUT = auto()
    """The peer never answered the request: send Call-Clear-Request, in case it thinks there is a call;
    it is over.
    """


S, I, A = State, Input, Action  # noqa: E741 - one letter each keeps the table readable as a table

TABLE: dict[tuple[State, Input], tuple[State, Action]] = {
    (S.IDLE, I.PLACE): (S.WAIT_REPLY, A.SEND_REQUEST),
    (S.IDLE, I.CLEAR): (S.CLOSED, A.CLEARED),
    (S.IDLE, I.ACCEPT): (S.ESTABLISHED, A.SEND_ACCEPT),
    (S.IDLE, I.REJECT): (S.CLOSED, A.SEND_REJECT),
    (S.IDLE, I.RX_REPLY_CONNECTED): (S.IDLE, A.NOTHING),
    (S.IDLE, I.RX_REPLY_REFUSED): (S.IDLE, A.NOTHING),
    (S.IDLE, I.RX_CLEAR): (S.CLOSED, A.SEND_NOTIFY),
    (S.IDLE, I.RX_NOTIFY): (S.IDLE, A.NOTHING),
    (S.IDLE, I.TIMEOUT): (S.IDLE, A.NOTHING),
    (S.IDLE, I.LOST): (S.CLOSED, A.ENDED),
    (S.WAIT_REPLY, I.CLEAR): (S.WAIT_DISCONNECT, A.SEND_CLEAR),
    (S.WAIT_REPLY, I.RX_REPLY_CONNECTED): (S.ESTABLISHED, A.UP),
    (S.WAIT_REPLY, I.RX_REPLY_REFUSED): (S.CLOSED, A.REFUSED),
    (S.WAIT_REPLY, I.RX_CLEAR): (S.WAIT_REPLY, A.NOTHING),
    (S.WAIT_REPLY, I.RX_NOTIFY): (S.CLOSED, A.ENDED),
    (S.WAIT_REPLY, I.TIMEOUT): (S.CLOSED, A.TIMED_OUT),
    (S.WAIT_REPLY, I.LOST): (S.CLOSED, A.ENDED),
    (S.ESTABLISHED, I.CLEAR): (S.WAIT_DISCONNECT, A.SEND_CLEAR),
    (S.ESTABLISHED, I.DISCONNECT): (S.CLOSED, A.SEND_NOTIFY),
    (S.ESTABLISHED, I.RX_REPLY_CONNECTED): (S.ESTABLISHED, A.NOTHING),
    (S.ESTABLISHED, I.RX_REPLY_REFUSED): (S.ESTABLISHED, A.NOTHING),
    (S.ESTABLISHED, I.RX_CLEAR): (S.CLOSED, A.SEND_NOTIFY),
    (S.ESTABLISHED, I.RX_NOTIFY): (S.CLOSED, A.ENDED),
    (S.ESTABLISHED, I.TIMEOUT): (S.ESTABLISHED, A.NOTHING),
    (S.ESTABLISHED, I.LOST): (S.CLOSED, A.ENDED),
    (S.WAIT_DISCONNECT, I.CLEAR): (S.WAIT_DISCONNECT, A.NOTHING),
    (S.WAIT_DISCONNECT, I.RX_REPLY_CONNECTED): (S.WAIT_DISCONNECT, A.NOTHING),
    # The request that we cleared was refused: no Call-Disconnect-Notify will come.
    (S.WAIT_DISCONNECT, I.RX_REPLY_REFUSED): (S.CLOSED, A.CLEARED),
    (S.WAIT_DISCONNECT, I.RX_CLEAR): (S.CLOSED, A.CLEARED),
    (S.WAIT_DISCONNECT, I.RX_NOTIFY): (S.CLOSED, A.CLEARED),
    (S.WAIT_DISCONNECT, I.TIMEOUT): (S.CLOSED, A.CLEARED),
    (S.WAIT_DISCONNECT, I.LOST): (S.CLOSED, A.CLEARED),
    **{(S.CLOSED, each): (S.CLOSED, A.NOTHING) for each in Input if each not in INTERNAL},
    (S.CLOSED, I.CLEAR): (S.CLOSED, A.NOTHING),
    (S.CLOSED, I.DISCONNECT): (S.CLOSED, A.NOTHING),
}
"The whole behaviour."


class CallMachine:
    """A call's state."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        self.state = State.IDLE

    def step(self, event: Input) -> Action:
        """Move on *event* and return what is to be done. Raises LocalError, and then nothing has changed."""
        entry = TABLE.get((self.state, event))
        if entry is None:
            raise LocalError(f"{event.name} is not possible in state {self.state.name}")
        self.state, action = entry
        return action
