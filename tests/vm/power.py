"""What the test of power cuts runs in the guest: before one, and after it."""

import json
from pathlib import Path

from tests.vm.client import PROGRAM, create, create_to_office, nothing_left, pptpsetup, status, wait_until_up
from tests.vm.shell import run, wait_for
from tests.vm.topology import Lab, reachable

SPEC = Path("/etc/pptpsetup/tunnels.yaml")
TRIAL = Path("/var/lib/pptpsetup/trial.json")
PEERS = Path("/etc/ppp/peers/work")
WANTS = Path("/etc/systemd/system/multi-user.target.wants")
USUAL = Path("/etc/systemd/system/lab.target.d/usual.conf")
RECOVERY = "pptpsetup-recover.service"
USERS = {"alice": "secret", "bob": "secret"}


def change_on_trial(lab: Lab) -> None:
    """Two tunnels that start at boot; on trial, one gets another MTU, the other does not start any more."""
    # The next boot of this guest shall be a usual one.
    USUAL.parent.mkdir()
    USUAL.write_text("[Unit]\nWants=multi-user.target\n")
    lab.server.set_users(USERS)
    lab.server.start()
    create_to_office("--on-boot")
    create("--on-boot", name="home", user="bob", start=False)
    # All that was there before has long been on the disk; from now on it is for the program to see to it.
    run(["sync"], check=True)
    text = SPEC.read_text()
    work, home = text.index("  work:"), text.index("  home:")
    assert work < home
    changed = text[:home].replace("    routes:", "    mtu: 1200\n    routes:")
    SPEC.write_text(changed + text[home:].replace("    on_boot: true\n", ""))
    run(["sync"], check=True)
    done = run([PROGRAM, "apply", "--try", "1h"], limit=150)
    assert done.returncode == 0
    assert b"mtu 1200" in PEERS.read_bytes()
    assert not (WANTS / "pptp@home.service").is_symlink()
    assert TRIAL.exists()


def _messages(unit: str) -> list[tuple[int, str]]:
    """What systemd and the unit's programs have said in this boot, with microseconds since it began."""
    run(["journalctl", "--sync"], check=True)
    lines = run(["journalctl", "-b", "-u", unit, "-o", "json", "--no-pager"], quiet=True).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    return [(int(each["__MONOTONIC_TIMESTAMP"]), str(each["MESSAGE"])) for each in found]


def everything_is_back(lab: Lab) -> None:
    """The unit has put both tunnels' files back before the first pppd ran, and both are dialled."""
    wait_for("the trial is over", lambda: not TRIAL.exists(), 60)
    assert b"mtu 1200" not in PEERS.read_bytes()
    assert "mtu: 1200" not in SPEC.read_text()
    assert (WANTS / "pptp@home.service").is_symlink()
    recovery = _messages(RECOVERY)
    words = "was taken back: the system was restarted before it was confirmed"
    taken_back = next(when for when, message in recovery if words in message)
    finished = next(when for when, message in recovery if message.startswith("Finished"))
    started = wait_for("it is dialled", lambda: _messages("pptp@work.service"))[0]
    assert taken_back < finished < started[0], (recovery, started)
    lab.server.set_users(USERS)
    lab.server.start()
    wait_until_up()
    wait_until_up("home")
    reachable()
    assert int(Path(f"/sys/class/net/{status()['interface']}/mtu").read_text()) > 1200
    pptpsetup("check")
    assert "take back `apply --try 1h`" in pptpsetup("history").stdout
    pptpsetup("delete", "work")
    pptpsetup("delete", "home")
    nothing_left()
