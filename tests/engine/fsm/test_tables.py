"""The transition tables over the full product of states and inputs."""

from itertools import product

import pytest

from pptpengine.errors import LocalError
from pptpengine.fsm import call, control

CONTROL = list(product(control.State, control.Input))
CALL = list(product(call.State, call.Input))


@pytest.mark.parametrize(("state", "event"), CONTROL, ids=lambda each: each.name)
def test_control_product(state: control.State, event: control.Input) -> None:
    """What the world can do is always allowed; a misuse raises and changes nothing."""
    machine = control.ControlMachine()
    machine.state = state
    if (state, event) in control.TABLE:
        after, action = control.TABLE[state, event]
        assert machine.step(event) is action
        assert machine.state is after
    else:
        assert event in control.INTERNAL
        with pytest.raises(LocalError):
            machine.step(event)
        assert machine.state is state


@pytest.mark.parametrize(("state", "event"), CALL, ids=lambda each: each.name)
def test_call_product(state: call.State, event: call.Input) -> None:
    """The same for calls."""
    machine = call.CallMachine()
    machine.state = state
    if (state, event) in call.TABLE:
        after, action = call.TABLE[state, event]
        assert machine.step(event) is action
        assert machine.state is after
    else:
        assert event in call.INTERNAL
        with pytest.raises(LocalError):
            machine.step(event)
        assert machine.state is state


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
