"""Side by side with pptp(8): its gateway with our call manager, ours with its."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from pptpengine.arguments import GRAMMAR
from tests.engine.net.lab import Lab, alive, assert_nothing_left, wait_for
from tests.support import need

pytestmark = pytest.mark.host

VALUES = {"quirks": ["BEZEQ_ISRAEL"], "localbind": ["192.0.2.1"]}
"Of options that do not take a 1."
FRAMES = [b"\xff\x03\x00\x21" + bytes(range(256)) * 4 for _ in range(20)]


@pytest.fixture
def pptp() -> str:
    """The program."""
    return need("pptp", package="pptp-linux")


def calls(lab: Lab) -> int:
    return sum(line.startswith("call-up") for line in lab.said())


def test_its_gateway_with_our_manager(lab: Lab, pptp: str) -> None:
    """One control connection for both; hanging up one leaves the other; SIGTERM when its call is over."""
    server = lab.start_server()
    ours = lab.dial()
    manager = ours.wait_up()["pids"]["call_manager"]
    theirs = lab.dial(command=[pptp, lab.address, "--nolaunchpppd", "--nohostroute"])
    wait_for(lambda: calls(lab) == 2)
    assert sum(line.startswith("control-up") for line in lab.said()) == 1
    assert theirs.exchange(FRAMES) == FRAMES
    assert ours.hang_up() == 0
    assert alive(manager)
    assert theirs.exchange(FRAMES) == FRAMES
    # The server goes: pptp(8)'s gateway does not notice, and the manager that could tell has no right to.
    server.terminate()
    theirs.process.wait(20)
    os.close(theirs.slave)
    assert_nothing_left(lab, manager)


def test_our_gateway_with_its_manager(lab: Lab, pptp: str) -> None:
    """Its manager is asked in its own words, and outlives its own gateway for ours."""
    lab.start_server()
    theirs = lab.dial(command=[pptp, lab.address, "--nolaunchpppd", "--nohostroute"])
    wait_for(lambda: calls(lab) == 1)
    ours = lab.dial()
    assert ours.wait_up()["pids"]["call_manager"] is None, "it does not say who it is"
    assert calls(lab) == 2
    running = [
        Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
        for pid in lab.client_pids()
        if Path(f"/proc/{pid}/comm").read_text() == "pptpcm\n"
    ]
    assert running == [pptp.encode()]
    assert ours.exchange(FRAMES) == FRAMES
    os.close(theirs.slave)
    theirs.process.wait(20)
    assert ours.exchange(FRAMES) == FRAMES
    assert ours.hang_up() == 0
    wait_for(lambda: not lab.client_pids())
    wait_for(lambda: lab.said().count("call-down cleared") == 2)


def documented(pptp: str) -> dict[str, bool]:
    """Its options by name, and whether a value goes with each: ``pptp --help`` and its manual page."""
    shown = subprocess.run([pptp, "--help"], capture_output=True, text=True, check=False)
    manual = subprocess.run(
        ["man", "8", "pptp"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"MANPAGER": "cat", "MANWIDTH": "120", "LC_ALL": "C.UTF-8"},
    )
    found: dict[str, bool] = {}
    for line in (shown.stdout + shown.stderr + manual.stdout).splitlines():
        words = line.split()
        if words and re.fullmatch(r"--[a-z-]+", words[0]):
            # "--idle-wait" and "--max-echo-wait" have their <secs> in the manual only.
            value = len(words) > 1 and words[1].startswith("<")
            found[words[0][2:]] = found.get(words[0][2:], False) or value
    assert len(found) > 15
    return found


def test_every_option_it_documents_is_understood(pptp: str) -> None:
    """With or without a value, as it has it; and that of its git head."""
    options = [option for group in GRAMMAR.groups.values() for option in group]
    ours = {option.name: option.metavar is not None for option in options if not option.addition}
    assert ours == documented(pptp) | {"client-hostname": True}


def test_every_beginning_that_stands_for_one_of_its_options_does_here(pptp: str) -> None:
    """The options that it does not have take none of them away. It is asked itself, too."""
    names = documented(pptp)
    for name, value in names.items():
        for length in range(1, len(name) + 1):
            begin = name[:length]
            if begin == name or sum(each.startswith(begin) for each in names) == 1:
                words = [f"--{begin}", *(["1"] if value and name not in VALUES else VALUES.get(name, []))]
                theirs = subprocess.run([pptp, *words, "--version"], capture_output=True, check=False)
                assert theirs.returncode == 0, words
                values, _ = GRAMMAR.parse(words)
                assert values[name] not in {None, False}, words
