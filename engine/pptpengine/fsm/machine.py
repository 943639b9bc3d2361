"""What the transition tables share: one typed error for an input that a state does not allow."""

from collections.abc import Mapping
from enum import Enum
from typing import Generic, TypeVar

from pptpengine.errors import LocalError

StateT = TypeVar("StateT", bound=Enum)
InputT = TypeVar("InputT", bound=Enum)
ActionT = TypeVar("ActionT", bound=Enum)


class Machine(Generic[StateT, InputT, ActionT]):
    """A state and the table that moves it."""

    __slots__ = ("_table", "state")

    def __init__(self, table: Mapping[tuple[StateT, InputT], tuple[StateT, ActionT]], state: StateT) -> None:
        self._table = table
        self.state = state

    def step(self, event: InputT) -> ActionT:
        """Move on *event* and return what is to be done. Raises LocalError, and then nothing has changed."""
        entry = self._table.get((self.state, event))
        if entry is None:
            raise LocalError(f"{event.name} is not possible in state {self.state.name}")
        self.state, action = entry
        return action
