"""When the way to the server is looked at again."""

import time
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import Any

import pytest

from pptpengine import arguments, cli
from pptpengine.net.log import Log
from pptpengine.net.uplink import Uplink
from pptpengine.net.way import HostRoute

pytestmark = pytest.mark.host

SERVER, HERE, THERE = map(IPv4Address, ("203.0.113.9", "192.0.2.1", "198.51.100.1"))


class Keeper:
    """What stands behind the custody."""

    def __init__(self) -> None:
        self.spent = 0.0
        self.waits = 0.0
        self.source = HERE

    def pin(self) -> HostRoute:
        time.sleep(self.waits)
        return HostRoute(SERVER, None, "eth0", owned=True, source=self.source)


class Scene:
    """An `Uplink`, what it told the gateways, and how long it wants to wait."""

    def __init__(self) -> None:
        self.keeper = Keeper()
        self.told: list[tuple[object, ...]] = []
        self.pauses: list[float] = []
        custody: Any = self.keeper
        self.uplink = Uplink(
            cli.options_from(arguments.parse([str(SERVER), "--nolaunchpppd"])),
            SERVER,
            Log("test", 0),
            custody,
            tell=lambda *words: self.told.append(words),
            look_later=self.pauses.append,
        )
        self.uplink.pin()

    def change(self) -> float:
        """A message of the kernel's; the pause until the next look."""
        changes: Any = SimpleNamespace(drain=lambda: None)
        self.uplink._changed(changes)
        return self.pauses[-1]


def test_a_look_that_takes_long_on_a_busy_machine_does_not_delay_the_next() -> None:
    """What counts is the work, not the time that went by."""
    scene = Scene()
    assert scene.change() == 0.3
    scene.keeper.waits = 0.05
    scene.uplink.look(HERE)
    assert scene.change() == 0.3


def test_a_large_table_is_read_the_less_often() -> None:
    """A twentieth of the time, at most."""
    scene = Scene()
    scene.keeper.spent = 0.5
    scene.uplink.look(HERE)
    assert scene.change() == 10


def test_gateways_hear_of_another_way_and_callers_of_another_address() -> None:
    """Once each."""
    scene = Scene()
    assert scene.uplink.look(HERE) is None
    assert len(scene.told) == 1
    scene.keeper.source = THERE
    assert scene.uplink.look(HERE) == THERE
    assert scene.uplink.look(THERE) is None
    assert [words[-1] for words in scene.told] == [HERE, THERE]
