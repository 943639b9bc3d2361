"""Client and server in memory, and a connection that is lost at every single message of a whole life."""

import random
from collections import deque
from collections.abc import Callable

import pytest

from pptpengine.config import ControlConfig
from pptpengine.events import CallDown, CallRequested, CallUp, ControlDown, ControlUp, Event
from pptpengine.session import ControlSession, Role
from pptpengine.wire.header import HEADER, check_header

LIFE = 20
"Messages that the undisturbed life below takes."


class World:
    """A connection that ends after *good* messages: with an end of file, or without a word."""

    def __init__(self, good: int, *, silently: bool) -> None:
        config = ControlConfig(echo_interval=60, echo_timeout=30)
        dice = random.Random(1)  # noqa: S311 - dice of a test
        self.now = 0.0
        self.good = good
        self.silently = silently
        self.carried = 0
        self.client = ControlSession(config, Role.PNS, random=dice.randbytes)
        self.server = ControlSession(config, Role.PAC, random=dice.randbytes)
        self.events: dict[ControlSession, list[Event]] = {self.client: [], self.server: []}
        self.client.start(self.now)
        self.server.start(self.now)
        self.wire: dict[ControlSession, deque[bytes]] = {self.client: deque(), self.server: deque()}
        "What is on its way to each."

    def settle(self) -> None:
        """Carry messages to and fro until nobody has any more."""
        moved = True
        while moved:
            moved = False
            for source, target in ((self.client, self.server), (self.server, self.client)):
                self.wire[target].extend(messages(source.data_to_send()))
                while self.wire[target]:
                    moved = True
                    self.deliver(target, self.wire[target].popleft())
                for event in source.events():
                    moved = True
                    self.events[source].append(event)
                    if isinstance(event, CallRequested):
                        source.accept_call(event.call_id, self.now)

    def deliver(self, target: ControlSession, message: bytes) -> None:
        """One message, or what is left of it on a broken connection: its first half."""
        if self.carried < self.good:
            self.carried += 1
            target.receive(message, self.now)
        elif self.carried == self.good:
            self.carried += 1
            target.receive(message[: len(message) // 2], self.now)
            if not self.silently:
                self.client.receive_eof(self.now)
                self.server.receive_eof(self.now)

    def wait(self) -> bool:
        """Let the next timer of either side fall due; False when nobody waits for anything."""
        due = [when for each in (self.client, self.server) if (when := each.next_timer()) is not None]
        if not due:
            return False
        self.now = max(self.now, min(due))
        self.client.handle_timer(self.now)
        self.server.handle_timer(self.now)
        return True


def messages(data: bytes) -> list[bytes]:
    """The octets of each message."""
    found = []
    while data:
        check_header(data)
        length, *_ = HEADER.unpack_from(data)
        found.append(data[:length])
        data = data[length:]
    return found


def place(world: World) -> None:
    if (
        any(isinstance(event, ControlUp) for event in world.events[world.client])
        and not world.client.finished
    ):
        world.client.place_call(world.now)


def clear(world: World) -> None:
    for call_id in world.client.calls[:1]:
        world.client.clear_call(call_id, world.now)


STORY: tuple[Callable[[World], object], ...] = (
    World.settle,
    place,
    place,
    World.wait,
    clear,
    World.wait,
    lambda world: world.client.stop(world.now),
)
"Start, two calls, echo, one call cleared, echo, the end."


def live(world: World) -> None:
    for step in STORY:
        step(world)
        world.settle()


def check(world: World) -> None:
    for session, events in world.events.items():
        assert session.finished
        assert session.calls == ()
        assert session.next_timer() is None
        assert sum(isinstance(event, ControlDown) for event in events) == 1
        assert isinstance(events[-1], ControlDown)
        up = [event.call_id for event in events if isinstance(event, CallUp)]
        down = [event.call_id for event in events if isinstance(event, CallDown)]
        assert len(set(down)) == len(down)
        assert set(up) <= set(down)


def test_an_undisturbed_life() -> None:
    """What all the others are measured against."""
    world = World(1000, silently=False)
    live(world)
    assert world.carried == LIFE
    check(world)
    assert [type(event).__name__ for event in world.events[world.client]] == [
        "ControlUp",
        "CallUp",
        "CallUp",
        "CallDown",
        "CallDown",
        "ControlDown",
    ]
    assert world.events[world.client][-1] == ControlDown(None)


@pytest.mark.parametrize("good", range(LIFE))
def test_an_end_of_file_at_every_message(good: int) -> None:
    """Both sides close everything at once; the client has a cause unless it wanted the end."""
    world = World(good, silently=False)
    live(world)
    check(world)


@pytest.mark.parametrize("good", range(LIFE))
def test_silence_at_every_message(good: int) -> None:
    """Timers end it on both sides, each within the time that the configuration allows."""
    world = World(good, silently=True)
    live(world)
    begun = world.now
    while not (world.client.finished and world.server.finished):
        assert world.wait()
        world.settle()
    check(world)
    # The server may first have to notice by echo, then wait for the answer to its own Stop.
    assert world.now - begun <= 60 + 30 + 15
