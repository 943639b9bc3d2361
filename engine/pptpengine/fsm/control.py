"""The control connection (RFC 2637 section 3.1) as a table: for who opens it and who accepts it alike.

Every input that a peer, the network or a timer can cause is in the table for every state; only inputs of our
own caller may be missing, and those raise LocalError. Messages that make no sense where they come are
ignored: an answer nobody asked for hurts nobody. A broken stream, a peer that never answers and a lost
connection end it.
"""

from pptpengine.enumeration import Enum, auto
from pptpengine.errors import LocalError


class State(Enum):
    """States of RFC 2637 section 3.1.1 and 3.1.2, in one set."""

    IDLE = auto()
    "Connected by TCP, nothing said yet: the originator's side before OPEN, the receiver's before a request."
    WAIT_START_REPLY = auto()
    ESTABLISHED = auto()
    WAIT_STOP_REPLY = auto()
    MUTED = auto()
    "The peer opened this connection while we opened one that counts: nothing may be sent, section 3.1.3."
    CLOSED = auto()


class Input(Enum):
    """What can happen to a control connection."""

    OPEN = auto()
    "Our caller wants the connection (originator only)."
    CLOSE = auto()
    "Our caller wants it no more."
    RX_START_REQUEST = auto()
    RX_START_VERSION = auto()
    "A Start-Control-Connection-Request of a version that we do not speak."
    RX_START_STRONGER = auto()
    "Both sides sent a request on this one connection, and the peer's counts."
    RX_START_WEAKER = auto()
    "A request while our own connection to this peer waits for its reply, and ours counts."
    RX_START_EXISTS = auto()
    "A request while our own connection to this peer is established."
    OVERTAKEN = auto()
    "The peer opened another connection, which counts."
    RX_START_ACCEPT = auto()
    RX_START_MISMATCH = auto()
    "A Start-Control-Connection-Reply that accepts, but in a version that we do not speak."
    RX_START_REFUSE = auto()
    RX_STOP_REQUEST = auto()
    RX_STOP_REPLY = auto()
    RX_ECHO_REQUEST = auto()
    RX_ECHO_REPLY = auto()
    RX_CALL = auto()
    "Any message that belongs to a call."
    BAD_STREAM = auto()
    "The stream is out of step: the connection must be closed at once, section 1.4."
    TIMEOUT = auto()
    "The answer that this state waits for did not come."
    ECHO_DUE = auto()
    "No control message for so long that the peer has to be probed, section 3.1.4."
    SILENT = auto()
    "The probe was not answered."
    LOST = auto()
    "TCP ended."


INTERNAL = frozenset({Input.OPEN, Input.CLOSE})
"Inputs that only our own caller can cause."


class Action(Enum):
    """What the owner of the machine does then."""

    NOTHING = auto()
    SEND_START_REQUEST = auto()
    ACCEPT = auto()
    "Send a good Start-Control-Connection-Reply; the connection is up."
    REJECT_VERSION = auto()
    "Send a Start-Control-Connection-Reply with result 5, then close TCP."
    REJECT_EXISTS = auto()
    "The same with result 3."
    UP = auto()
    REFUSED = auto()
    "The peer refused; close TCP."
    SEND_STOP = auto()
    STOP_VERSION = auto()
    "Send a Stop-Control-Connection-Request with reason 2."
    ANSWER_STOP = auto()
    "Send a Stop-Control-Connection-Reply; the peer closed."
    SEND_ECHO = auto()
    ANSWER_ECHO = auto()
    NOTE_ECHO = auto()
    CALL = auto()
    "Hand the message to its call."
    YIELD = auto()
    "Close TCP without a word; another connection takes its place."
    DROP = auto()
    "Close TCP; we wanted it so."
    FAIL = auto()
    "Close TCP; the connection failed, by the input's reason."


S, I, A = State, Input, Action  # noqa: E741 - one letter each keeps the table readable as a table
_Table = dict[tuple[State, Input], tuple[State, Action]]

_STARTS = (I.RX_START_REQUEST, I.RX_START_VERSION, I.RX_START_STRONGER, I.RX_START_WEAKER, I.RX_START_EXISTS)
_START_REPLIES = (I.RX_START_ACCEPT, I.RX_START_MISMATCH, I.RX_START_REFUSE)


def _ignored(state: State, *inputs: Input) -> _Table:
    return {(state, each): (state, A.NOTHING) for each in inputs}


def _closing(state: State, action: Action, *inputs: Input) -> _Table:
    return {(state, each): (S.CLOSED, action) for each in inputs}


TABLE: _Table = {
    (S.IDLE, I.OPEN): (S.WAIT_START_REPLY, A.SEND_START_REQUEST),
    (S.IDLE, I.CLOSE): (S.CLOSED, A.DROP),
    (S.IDLE, I.RX_START_REQUEST): (S.ESTABLISHED, A.ACCEPT),
    (S.IDLE, I.RX_START_STRONGER): (S.ESTABLISHED, A.ACCEPT),
    (S.IDLE, I.RX_START_VERSION): (S.CLOSED, A.REJECT_VERSION),
    (S.IDLE, I.RX_START_EXISTS): (S.CLOSED, A.REJECT_EXISTS),
    (S.IDLE, I.RX_START_WEAKER): (S.MUTED, A.NOTHING),
    (S.IDLE, I.RX_STOP_REQUEST): (S.CLOSED, A.ANSWER_STOP),
    (S.IDLE, I.RX_ECHO_REQUEST): (S.IDLE, A.ANSWER_ECHO),
    **_ignored(
        S.IDLE, *_START_REPLIES, I.RX_STOP_REPLY, I.RX_ECHO_REPLY, I.RX_CALL, I.ECHO_DUE, I.OVERTAKEN
    ),
    **_closing(S.IDLE, A.FAIL, I.BAD_STREAM, I.TIMEOUT, I.SILENT, I.LOST),
    (S.WAIT_START_REPLY, I.CLOSE): (S.CLOSED, A.DROP),
    (S.WAIT_START_REPLY, I.RX_START_STRONGER): (S.ESTABLISHED, A.ACCEPT),
    (S.WAIT_START_REPLY, I.OVERTAKEN): (S.CLOSED, A.YIELD),
    (S.WAIT_START_REPLY, I.RX_START_ACCEPT): (S.ESTABLISHED, A.UP),
    (S.WAIT_START_REPLY, I.RX_START_MISMATCH): (S.WAIT_STOP_REPLY, A.STOP_VERSION),
    (S.WAIT_START_REPLY, I.RX_START_REFUSE): (S.CLOSED, A.REFUSED),
    (S.WAIT_START_REPLY, I.RX_STOP_REQUEST): (S.CLOSED, A.ANSWER_STOP),
    (S.WAIT_START_REPLY, I.RX_ECHO_REQUEST): (S.WAIT_START_REPLY, A.ANSWER_ECHO),
    **_ignored(S.WAIT_START_REPLY, *(each for each in _STARTS if each is not I.RX_START_STRONGER)),
    **_ignored(S.WAIT_START_REPLY, I.RX_STOP_REPLY, I.RX_ECHO_REPLY, I.RX_CALL, I.ECHO_DUE),
    **_closing(S.WAIT_START_REPLY, A.FAIL, I.BAD_STREAM, I.TIMEOUT, I.SILENT, I.LOST),
    (S.ESTABLISHED, I.CLOSE): (S.WAIT_STOP_REPLY, A.SEND_STOP),
    (S.ESTABLISHED, I.RX_STOP_REQUEST): (S.CLOSED, A.ANSWER_STOP),
    (S.ESTABLISHED, I.RX_ECHO_REQUEST): (S.ESTABLISHED, A.ANSWER_ECHO),
    (S.ESTABLISHED, I.RX_ECHO_REPLY): (S.ESTABLISHED, A.NOTE_ECHO),
    (S.ESTABLISHED, I.RX_CALL): (S.ESTABLISHED, A.CALL),
    (S.ESTABLISHED, I.ECHO_DUE): (S.ESTABLISHED, A.SEND_ECHO),
    **_ignored(S.ESTABLISHED, *_STARTS, *_START_REPLIES, I.RX_STOP_REPLY, I.TIMEOUT, I.OVERTAKEN),
    # Section 3.1.4: no answer to an Echo-Request for 60 s: stop with reason 1, and wait for nothing any
    # more.
    **_closing(S.ESTABLISHED, A.FAIL, I.BAD_STREAM, I.SILENT, I.LOST),
    (S.WAIT_STOP_REPLY, I.RX_STOP_REQUEST): (S.CLOSED, A.ANSWER_STOP),
    (S.WAIT_STOP_REPLY, I.RX_ECHO_REQUEST): (S.WAIT_STOP_REPLY, A.ANSWER_ECHO),
    **_ignored(S.WAIT_STOP_REPLY, I.CLOSE, *_STARTS, *_START_REPLIES, I.RX_ECHO_REPLY, I.RX_CALL),
    **_ignored(S.WAIT_STOP_REPLY, I.ECHO_DUE, I.OVERTAKEN),
    **_closing(S.WAIT_STOP_REPLY, A.DROP, I.RX_STOP_REPLY, I.BAD_STREAM, I.TIMEOUT, I.SILENT, I.LOST),
    **_ignored(S.MUTED, *_STARTS, *_START_REPLIES, I.RX_STOP_REQUEST, I.RX_STOP_REPLY, I.RX_ECHO_REQUEST),
    **_ignored(S.MUTED, I.RX_ECHO_REPLY, I.RX_CALL, I.ECHO_DUE, I.OVERTAKEN),
    **_closing(S.MUTED, A.DROP, I.CLOSE, I.BAD_STREAM, I.TIMEOUT, I.SILENT, I.LOST),
    **_ignored(S.CLOSED, *(each for each in Input if each is not I.OPEN)),
}
"The whole behaviour. OPEN is missing where the connection was opened or closed before."


class ControlMachine:
    """A control connection's state."""

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
