"""The transition tables over the full product of states and inputs."""

from itertools import product

import pytest

from pptpengine.errors import LocalError
from pptpengine.fsm import call, control

# What RFC 2637 sections 3.1 and 3.2 ask for, written down a second time: the next state and what is done.
# "." ignores the input; "!" is a misuse of our own caller's.
CONTROL = """
                  IDLE                 WAIT_START_REPLY     ESTABLISHED          WAIT_STOP_REPLY MUTED CLOSED
OPEN              WAIT_START_REPLY:SEND_START_REQUEST ! ! ! ! !
CLOSE             CLOSED:DROP          CLOSED:DROP          WAIT_STOP_REPLY:SEND_STOP  .  CLOSED:DROP  .
RX_START_REQUEST  ESTABLISHED:ACCEPT   .                    .                    .               .     .
RX_START_VERSION  CLOSED:REJECT_VERSION .                   .                    .               .     .
RX_START_STRONGER ESTABLISHED:ACCEPT   ESTABLISHED:ACCEPT   .                    .               .     .
RX_START_WEAKER   MUTED:NOTHING        .                    .                    .               .     .
RX_START_EXISTS   CLOSED:REJECT_EXISTS .                    .                    .               .     .
OVERTAKEN         .                    CLOSED:YIELD         .                    .               .     .
RX_START_ACCEPT   .                    ESTABLISHED:UP       .                    .               .     .
RX_START_MISMATCH .                    WAIT_STOP_REPLY:STOP_VERSION .            .               .     .
RX_START_REFUSE   .                    CLOSED:REFUSED       .                    .               .     .
RX_STOP_REQUEST   CLOSED:ANSWER_STOP   CLOSED:ANSWER_STOP   CLOSED:ANSWER_STOP   CLOSED:ANSWER_STOP .  .
RX_STOP_REPLY     .                    .                    .                    CLOSED:DROP     .     .
RX_ECHO_REQUEST   IDLE:ANSWER_ECHO     WAIT_START_REPLY:ANSWER_ECHO ESTABLISHED:ANSWER_ECHO \
                                                                WAIT_STOP_REPLY:ANSWER_ECHO      .     .
RX_ECHO_REPLY     .                    .                    ESTABLISHED:NOTE_ECHO .              .     .
RX_CALL           .                    .                    ESTABLISHED:CALL     .               .     .
BAD_STREAM        CLOSED:FAIL          CLOSED:FAIL          CLOSED:FAIL          CLOSED:DROP CLOSED:DROP .
TIMEOUT           CLOSED:FAIL          CLOSED:FAIL          .                    CLOSED:DROP CLOSED:DROP .
ECHO_DUE          .                    .                    ESTABLISHED:SEND_ECHO .              .     .
SILENT            CLOSED:FAIL          CLOSED:FAIL          CLOSED:FAIL          CLOSED:DROP CLOSED:DROP .
LOST              CLOSED:FAIL          CLOSED:FAIL          CLOSED:FAIL          CLOSED:DROP CLOSED:DROP .
"""
CALL = """
                   IDLE                   WAIT_REPLY            ESTABLISHED            WAIT_DISCONNECT CLOSED
PLACE              WAIT_REPLY:SEND_REQUEST !                    !                      !               !
CLEAR              CLOSED:CLEARED WAIT_DISCONNECT:SEND_CLEAR WAIT_DISCONNECT:SEND_CLEAR .              .
ACCEPT             ESTABLISHED:SEND_ACCEPT !                    !                      !               !
REJECT             CLOSED:SEND_REJECT     !                     !                      !               !
DISCONNECT         !                      !                     CLOSED:SEND_NOTIFY     !               .
RX_REPLY_CONNECTED .                      ESTABLISHED:UP        .                      .               .
RX_REPLY_REFUSED   .                      CLOSED:REFUSED        .                      CLOSED:CLEARED  .
RX_CLEAR           CLOSED:SEND_NOTIFY     .                     CLOSED:SEND_NOTIFY     CLOSED:CLEARED  .
RX_NOTIFY          .                      CLOSED:ENDED          CLOSED:ENDED           CLOSED:CLEARED  .
TIMEOUT            .                      CLOSED:TIMED_OUT      .                      CLOSED:CLEARED  .
LOST               CLOSED:ENDED           CLOSED:ENDED          CLOSED:ENDED           CLOSED:CLEARED  .
"""


def cells(matrix: str) -> dict[tuple[str, str], str]:
    """By the names of state and input."""
    heads, *rows = (line.split() for line in matrix.replace("\\\n", "").strip().splitlines())
    return {(state, event): cell for event, *row in rows for state, cell in zip(heads, row, strict=True)}


@pytest.mark.parametrize(
    ("state", "event"), list(product(control.State, control.Input)), ids=lambda each: each.name
)
def test_control_product(state: control.State, event: control.Input) -> None:
    """What the world can do is always allowed; a misuse raises and changes nothing."""
    machine = control.ControlMachine()
    machine.state = state
    cell = cells(CONTROL)[state.name, event.name]
    if cell == "!":
        assert event in control.INTERNAL
        with pytest.raises(LocalError):
            machine.step(event)
        assert machine.state is state
    else:
        action = machine.step(event)
        assert f"{machine.state.name}:{action.name}" == (f"{state.name}:NOTHING" if cell == "." else cell)


@pytest.mark.parametrize(
    ("state", "event"), list(product(call.State, call.Input)), ids=lambda each: each.name
)
def test_call_product(state: call.State, event: call.Input) -> None:
    """The same for calls."""
    machine = call.CallMachine()
    machine.state = state
    cell = cells(CALL)[state.name, event.name]
    if cell == "!":
        assert event in call.INTERNAL
        with pytest.raises(LocalError):
            machine.step(event)
        assert machine.state is state
    else:
        action = machine.step(event)
        assert f"{machine.state.name}:{action.name}" == (f"{state.name}:NOTHING" if cell == "." else cell)


def test_closed_is_final() -> None:
    """Nothing leaves CLOSED, and nothing is done there."""
    for event in control.Input:
        if (control.State.CLOSED, event) in control.TABLE:
            assert control.TABLE[control.State.CLOSED, event] == (
                control.State.CLOSED,
                control.Action.NOTHING,
            )
    for each in call.Input:
        if (call.State.CLOSED, each) in call.TABLE:
            assert call.TABLE[call.State.CLOSED, each] == (call.State.CLOSED, call.Action.NOTHING)


@pytest.mark.parametrize("state", control.State)
def test_every_control_state_ends(state: control.State) -> None:
    """Losing TCP closes from everywhere, and every state but CLOSED can be reached from IDLE."""
    assert control.TABLE[state, control.Input.LOST][0] is control.State.CLOSED
    reached = {control.State.IDLE}
    while (
        more := {after for (before, _), (after, _) in control.TABLE.items() if before in reached} - reached
    ):
        reached |= more
    assert state in reached


@pytest.mark.parametrize("state", call.State)
def test_every_call_state_ends(state: call.State) -> None:
    """Losing the control connection closes from everywhere."""
    assert call.TABLE[state, call.Input.LOST][0] is call.State.CLOSED
    reached = {call.State.IDLE}
    while more := {after for (before, _), (after, _) in call.TABLE.items() if before in reached} - reached:
        reached |= more
    assert state in reached
