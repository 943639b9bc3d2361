"""What the three processes load in a real run, until the call is up and after it."""

import sys

import pytest

from tests.engine.modules import NEVER
from tests.engine.net.lab import ENGINE, Lab

pytestmark = pytest.mark.host


def test_a_run_loads_nothing_heavy(lab: Lab) -> None:
    """With a report and a host route. With --debug all keep standard error, which tells the imports."""
    lab.start_server()
    report = lab.directory / "report1.json"
    words = [sys.executable, "-I", "-S", "-X", "importtime", str(ENGINE / "pptpengine" / "__main__.py")]
    options = [lab.address, "--nolaunchpppd", "--debug", "--json", "--report", str(report)]
    dialled = lab.dial(command=[*words, *options])
    dialled.wait_up()
    assert dialled.exchange([b"\xff\x03\x00\x21x"])
    assert dialled.hang_up() == 0
    said = (lab.directory / "stderr").read_text().splitlines()
    loaded = [line.rpartition("|")[2].strip() for line in said if line.startswith("import time:")]
    for name in ("pptpengine.session.control", "pptpengine.net.keeper", "pptpengine.session.data"):
        assert loaded.count(name) == 1, "by the one process that needs it"
    assert loaded.count("pptpengine.net.spawn") == 1
    assert not NEVER & set(loaded)
