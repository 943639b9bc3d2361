"""Runs the chosen scenarios in guests side by side; each test waits for its scenario's result."""

from collections.abc import Callable, Iterator
from typing import cast

import pytest

from tests.support import missing, need_root
from tests.vm import platforms
from tests.vm.boot import CHECKOUT
from tests.vm.machine import Result
from tests.vm.platforms import Platform
from tests.vm.pool import Pool
from tests.vm.roots import TRIXIE
from tests.vm.scenario import Scenario

LOGS = CHECKOUT / ".cache" / "lab"


@pytest.fixture(scope="session")
def outcome(request: pytest.FixtureRequest) -> Iterator[Callable[[Scenario], Result]]:
    """``outcome(scenario)`` waits for its result; what the guests say appears in ``.cache/lab``."""
    need_root("the guest reads this machine's root, pppd and secrets included")
    platform = platforms.chosen()
    reason = platforms.unsupported(platform)
    if reason is not None:
        missing(reason)
    LOGS.mkdir(parents=True, exist_ok=True)
    for old in LOGS.glob("*.log"):
        old.unlink()
    chosen = [
        cast("Scenario", item.callspec.params["scenario"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and "outcome" in item.fixturenames
    ]
    pool = Pool(platform, [each for each in chosen if _lacking(platform, each) is None], LOGS)

    def result(scenario: Scenario) -> Result:
        if (reason := _lacking(platform, scenario)) is not None:
            missing(reason)
        return pool.result(scenario)

    yield result
    pool.close()


def _lacking(platform: Platform, scenario: Scenario) -> str | None:
    """What the guest of *scenario* needs and this machine does not have, or None."""
    if scenario.boot == "trixie" and TRIXIE.missing:
        return TRIXIE.missing
    return platforms.unsupported(platforms.fitting(platform, scenario.boot, iptables=scenario.iptables))
