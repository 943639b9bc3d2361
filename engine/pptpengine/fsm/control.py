"""The control connection (RFC 2637 section 3.1) as a table: for the client (PNS) and for the server (PAC)
alike.

Every input that a peer, the network or a timer can cause is in the table for every state; only inputs of our
own caller may be missing, and those raise LocalError. Messages that make no sense where they come are
ignored: an answer nobody asked for hurts nobody. A broken stream, a peer that never answers and a lost
connection end it.
"""

from enum import Enum, auto

from pptpengine.fsm.machine import Machine


class State(Enum):
    """States of RFC 2637 section 3.1.1 and 3.1.2, in one set."""

    IDLE = auto()
    "Connected by TCP, nothing said yet: the client's side before OPEN, the server's until a request comes."
    WAIT_START_REPLY = auto()
    ESTABLISHED = auto()
    WAIT_STOP_REPLY = auto()
    CLOSED = auto()


class Input(Enum):
    """What can happen to a control connection."""

    OPEN = auto()
    "Our caller wants the connection (client only)."
    CLOSE = auto()
    "Our caller wants it no more."
    RX_START_REQUEST = auto()
    RX_START_VERSION = auto()
    "A Start-Control-Connection-Request of a version that we do not speak."
    RX_START_ACCEPT = auto()
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
    UP = auto()
    REFUSED = auto()
    "The peer refused; close TCP."
    SEND_STOP = auto()
    ANSWER_STOP = auto()
    "Send a Stop-Control-Connection-Reply; the peer closed."
    SEND_ECHO = auto()
    ANSWER_ECHO = auto()
    NOTE_ECHO = auto()
    CALL = auto()
    "Hand the message to its call."
    DROP = auto()
    "Close TCP; we wanted it so."
    FAIL = auto()
    "Close TCP; the connection failed, by the input's reason."


S, I, A = State, Input, Action  # noqa: E741 - one letter each keeps the table readable as a table

TABLE: dict[tuple[State, Input], tuple[State, Action]] = {
    (S.IDLE, I.OPEN): (S.WAIT_START_REPLY, A.SEND_START_REQUEST),
    (S.IDLE, I.CLOSE): (S.CLOSED, A.DROP),
    (S.IDLE, I.RX_START_REQUEST): (S.ESTABLISHED, A.ACCEPT),
    (S.IDLE, I.RX_START_VERSION): (S.CLOSED, A.REJECT_VERSION),
    (S.IDLE, I.RX_START_ACCEPT): (S.IDLE, A.NOTHING),
    (S.IDLE, I.RX_START_REFUSE): (S.IDLE, A.NOTHING),
    (S.IDLE, I.RX_STOP_REQUEST): (S.CLOSED, A.ANSWER_STOP),
    (S.IDLE, I.RX_STOP_REPLY): (S.IDLE, A.NOTHING),
    (S.IDLE, I.RX_ECHO_REQUEST): (S.IDLE, A.ANSWER_ECHO),
    (S.IDLE, I.RX_ECHO_REPLY): (S.IDLE, A.NOTHING),
    (S.IDLE, I.RX_CALL): (S.IDLE, A.NOTHING),
    (S.IDLE, I.BAD_STREAM): (S.CLOSED, A.FAIL),
    (S.IDLE, I.TIMEOUT): (S.CLOSED, A.FAIL),
    (S.IDLE, I.ECHO_DUE): (S.IDLE, A.NOTHING),
    (S.IDLE, I.SILENT): (S.CLOSED, A.FAIL),
    (S.IDLE, I.LOST): (S.CLOSED, A.FAIL),
    (S.WAIT_START_REPLY, I.CLOSE): (S.CLOSED, A.DROP),
    # Colliding starts (section 3.1.3) need two machines that each dial the other; a client is never dialled.
    (S.WAIT_START_REPLY, I.RX_START_REQUEST): (S.WAIT_START_REPLY, A.NOTHING),
    (S.WAIT_START_REPLY, I.RX_START_VERSION): (S.WAIT_START_REPLY, A.NOTHING),
    (S.WAIT_START_REPLY, I.RX_START_ACCEPT): (S.ESTABLISHED, A.UP),
    (S.WAIT_START_REPLY, I.RX_START_REFUSE): (S.CLOSED, A.REFUSED),
    (S.WAIT_START_REPLY, I.RX_STOP_REQUEST): (S.CLOSED, A.ANSWER_STOP),
    (S.WAIT_START_REPLY, I.RX_STOP_REPLY): (S.WAIT_START_REPLY, A.NOTHING),
    (S.WAIT_START_REPLY, I.RX_ECHO_REQUEST): (S.WAIT_START_REPLY, A.ANSWER_ECHO),
    (S.WAIT_START_REPLY, I.RX_ECHO_REPLY): (S.WAIT_START_REPLY, A.NOTHING),
    (S.WAIT_START_REPLY, I.RX_CALL): (S.WAIT_START_REPLY, A.NOTHING),
    (S.WAIT_START_REPLY, I.BAD_STREAM): (S.CLOSED, A.FAIL),
    (S.WAIT_START_REPLY, I.TIMEOUT): (S.CLOSED, A.FAIL),
    (S.WAIT_START_REPLY, I.ECHO_DUE): (S.WAIT_START_REPLY, A.NOTHING),
    (S.WAIT_START_REPLY, I.SILENT): (S.CLOSED, A.FAIL),
    (S.WAIT_START_REPLY, I.LOST): (S.CLOSED, A.FAIL),
    (S.ESTABLISHED, I.CLOSE): (S.WAIT_STOP_REPLY, A.SEND_STOP),
    (S.ESTABLISHED, I.RX_START_REQUEST): (S.ESTABLISHED, A.NOTHING),
    (S.ESTABLISHED, I.RX_START_VERSION): (S.ESTABLISHED, A.NOTHING),
    (S.ESTABLISHED, I.RX_START_ACCEPT): (S.ESTABLISHED, A.NOTHING),
    (S.ESTABLISHED, I.RX_START_REFUSE): (S.ESTABLISHED, A.NOTHING),
    (S.ESTABLISHED, I.RX_STOP_REQUEST): (S.CLOSED, A.ANSWER_STOP),
    (S.ESTABLISHED, I.RX_STOP_REPLY): (S.ESTABLISHED, A.NOTHING),
    (S.ESTABLISHED, I.RX_ECHO_REQUEST): (S.ESTABLISHED, A.ANSWER_ECHO),
    (S.ESTABLISHED, I.RX_ECHO_REPLY): (S.ESTABLISHED, A.NOTE_ECHO),
    (S.ESTABLISHED, I.RX_CALL): (S.ESTABLISHED, A.CALL),
    (S.ESTABLISHED, I.BAD_STREAM): (S.CLOSED, A.FAIL),
    (S.ESTABLISHED, I.TIMEOUT): (S.ESTABLISHED, A.NOTHING),
    (S.ESTABLISHED, I.ECHO_DUE): (S.ESTABLISHED, A.SEND_ECHO),
    # Section 3.1.4: no answer to an Echo-Request for 60 s: stop with reason 1, and wait for nothing any
    # more.
    (S.ESTABLISHED, I.SILENT): (S.CLOSED, A.FAIL),
    (S.ESTABLISHED, I.LOST): (S.CLOSED, A.FAIL),
    (S.WAIT_STOP_REPLY, I.CLOSE): (S.WAIT_STOP_REPLY, A.NOTHING),
    (S.WAIT_STOP_REPLY, I.RX_START_REQUEST): (S.WAIT_STOP_REPLY, A.NOTHING),
    (S.WAIT_STOP_REPLY, I.RX_START_VERSION): (S.WAIT_STOP_REPLY, A.NOTHING),
    (S.WAIT_STOP_REPLY, I.RX_START_ACCEPT): (S.WAIT_STOP_REPLY, A.NOTHING),
    (S.WAIT_STOP_REPLY, I.RX_START_REFUSE): (S.WAIT_STOP_REPLY, A.NOTHING),
    (S.WAIT_STOP_REPLY, I.RX_STOP_REQUEST): (S.CLOSED, A.ANSWER_STOP),
    (S.WAIT_STOP_REPLY, I.RX_STOP_REPLY): (S.CLOSED, A.DROP),
    (S.WAIT_STOP_REPLY, I.RX_ECHO_REQUEST): (S.WAIT_STOP_REPLY, A.ANSWER_ECHO),
    (S.WAIT_STOP_REPLY, I.RX_ECHO_REPLY): (S.WAIT_STOP_REPLY, A.NOTHING),
    (S.WAIT_STOP_REPLY, I.RX_CALL): (S.WAIT_STOP_REPLY, A.NOTHING),
    (S.WAIT_STOP_REPLY, I.BAD_STREAM): (S.CLOSED, A.DROP),
    (S.WAIT_STOP_REPLY, I.TIMEOUT): (S.CLOSED, A.DROP),
    (S.WAIT_STOP_REPLY, I.ECHO_DUE): (S.WAIT_STOP_REPLY, A.NOTHING),
    (S.WAIT_STOP_REPLY, I.SILENT): (S.CLOSED, A.DROP),
    (S.WAIT_STOP_REPLY, I.LOST): (S.CLOSED, A.DROP),
    **{(S.CLOSED, each): (S.CLOSED, A.NOTHING) for each in Input if each is not I.OPEN},
}
"The whole behaviour. OPEN is missing where the connection was opened or closed before."


class ControlMachine(Machine[State, Input, Action]):
    """A control connection's state."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(TABLE, State.IDLE)
