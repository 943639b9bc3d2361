"""The demo in its native form: the guest is a machine whose kernel has PPP."""

import sys

from tests.vm.scenario import scenario
from tests.vm.shell import run
from tests.vm.topology import Lab


@scenario(limit=900)
def make_demo(_: Lab) -> None:
    """What ``make demo`` runs."""
    done = run([sys.executable, "-m", "tests.vm.demo"], limit=800)
    assert done.returncode == 0, done.stderr
    assert "checksums equal" in done.stdout
    assert "this machine is as it was" in done.stdout
