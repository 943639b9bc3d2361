"""Every scenario of the lab as one test."""

from collections.abc import Callable

import pytest

from tests.vm.machine import Result
from tests.vm.scenario import Scenario, all_scenarios

pytestmark = pytest.mark.vm


@pytest.mark.parametrize("scenario", all_scenarios(), ids=str)
def test_scenario(scenario: Scenario, outcome: Callable[[Scenario], Result]) -> None:
    """The scenario passes in the guest."""
    result = outcome(scenario)
    print(result.output)
    if result.outcome != "passed":
        pytest.fail(
            f"{scenario}: {result.outcome} after {result.seconds:.0f} s\n{result.report}", pytrace=False
        )
