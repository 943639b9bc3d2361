"""The demo: what ``make demo`` shows in the guest, and its native form, with the guest as the machine."""

import sys

from tests.vm import story
from tests.vm.scenario import scenario
from tests.vm.shell import run
from tests.vm.topology import Lab


@scenario(limit=900)
def the_story(lab: Lab) -> None:
    """As ``make demo`` tells it where the machine's own kernel has no PPP."""
    story.tell(lab)


@scenario(limit=900)
def natively(_: Lab) -> None:
    """As ``make demo`` tells it where the kernel has PPP."""
    done = run([sys.executable, "-m", "tests.vm.demo"], limit=500)
    assert done.returncode == 0, done.stderr
    assert "checksums equal" in done.stdout
    assert "this machine is as it was" in done.stdout
