"""What the engine's processes may still do while strangers' octets reach them."""

from pathlib import Path

import pytest

from pptpengine.net import privilege
from tests.engine.net.lab import Lab, parent, wait_for

pytestmark = pytest.mark.host

NOBODY = "\t".join(["65534"] * 4)
NONE = "0000000000000000"


def rights(pid: int) -> dict[str, str]:
    """/proc/PID/status by name."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def assert_humble(pid: int) -> None:
    """An unprivileged user, no group, no capability, and no way back."""
    wait_for(lambda: rights(pid)["NoNewPrivs"] == "1")
    found = rights(pid)
    assert (found["Uid"], found["Gid"], found["Groups"]) == (NOBODY, NOBODY, "")
    assert {found[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {NONE}


def test_gateway_and_manager_give_up_everything(lab: Lab) -> None:
    """The keeper alone stays root, and reads nothing from the network."""
    lab.start_server()
    dialled = lab.dial()
    pids = dialled.wait_up()["pids"]
    assert_humble(pids["gateway"])
    assert_humble(pids["call_manager"])
    keeper = parent(pids["call_manager"])
    assert Path(f"/proc/{keeper}/comm").read_text() == "pptpkeep\n"
    assert rights(keeper)["Uid"].split()[0] == "0"
    assert not [
        link for link in Path(f"/proc/{keeper}/fd").iterdir() if str(link.readlink()) == str(lab.socket)
    ]
    assert dialled.exchange([b"\xff\x03\x00\x21x"]) == [b"\xff\x03\x00\x21x"]
    assert dialled.hang_up() == 0


def test_another_user(lab: Lab) -> None:
    """--user, by name; the tunnel works all the same."""
    lab.start_server()
    dialled = lab.dial("--user", "daemon")
    pids = dialled.wait_up()["pids"]
    wait_for(lambda: rights(pids["gateway"])["NoNewPrivs"] == "1")
    daemon = str(privilege.account("daemon")[0])
    assert rights(pids["gateway"])["Uid"].split() == [daemon] * 4
    assert rights(pids["call_manager"])["Uid"].split() == [daemon] * 4
    assert dialled.hang_up() == 0


def test_what_cannot_be_given_up_is_said(lab: Lab) -> None:
    """No such user: the capabilities go, root stays, and the log says so."""
    lab.start_server()
    dialled = lab.dial("--user", "no-such-user", "--debug")
    pids = dialled.wait_up()["pids"]
    wait_for(lambda: rights(pids["gateway"])["NoNewPrivs"] == "1")
    assert rights(pids["gateway"])["Uid"].split() == ["0"] * 4
    assert rights(pids["gateway"])["CapEff"] == NONE
    assert dialled.hang_up() == 0
    said = (lab.directory / "stderr").read_text()
    assert "the gateway could not give up the user root (there is no user no-such-user)" in said
    assert "the call manager could not give up the user root" in said


def test_the_report_goes_on_without_the_right_to_write_its_directory(lab: Lab) -> None:
    """It is written through the descriptor that was open before."""
    lab.start_server()
    dialled = lab.dial()
    assert_humble(dialled.wait_up()["pids"]["gateway"])
    assert dialled.hang_up() == 0
    final = dialled.report()
    assert (final["state"], final["cause"]) == ("down", None)
