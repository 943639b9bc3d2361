"""What the test of power cuts runs in the guest: before one, and after it."""

import json
from pathlib import Path

from tests.vm.client import (
    PROGRAM,
    create,
    create_to_office,
    nothing_left,
    pptpsetup,
    processes_named,
    status,
    wait_until_up,
)
from tests.vm.scenarios.j_inits import become_gentoo
from tests.vm.shell import run, wait_for
from tests.vm.topology import Lab, reachable

SPEC = Path("/etc/pptpsetup/tunnels.yaml")
TRIAL = Path("/var/lib/pptpsetup/trial.json")
PEERS = Path("/etc/ppp/peers/work")
BOOT_LINKS = {
    "systemd": Path("/etc/systemd/system/multi-user.target.wants/pptp@home.service"),
    "openrc": Path("/etc/runlevels/default/pptp.home"),
}
"By init system, what starts the second tunnel at boot."
USUAL = Path("/etc/systemd/system/lab.target.d/usual.conf")
RECOVERY = "pptpsetup-recover.service"
USERS = {"alice": "secret", "bob": "secret"}


def _init() -> str:
    return Path("/proc/1/comm").read_text().strip().removesuffix("-init")


def change_on_trial(lab: Lab) -> None:
    """Two tunnels that start at boot; on trial, one gets another MTU, the other does not start any more."""
    init = _init()
    if init == "systemd":
        # The next boot of this guest shall be a usual one.
        USUAL.parent.mkdir()
        USUAL.write_text("[Unit]\nWants=multi-user.target\n")
    else:
        become_gentoo()
    lab.server.set_users(USERS)
    lab.server.start()
    create_to_office("--on-boot", "--init", init)
    create("--on-boot", "--init", init, name="home", user="bob", start=False)
    assert BOOT_LINKS[init].is_symlink()
    text = SPEC.read_text()
    work, home = text.index("  work:"), text.index("  home:")
    assert work < home
    changed = text[:home].replace("    routes:", "    mtu: 1200\n    routes:")
    SPEC.write_text(changed + text[home:].replace("    on_boot: true\n", ""))
    # All of this has long been on the disk; from now on it is for the program to see to it.
    run(["sync"], check=True)
    done = run([PROGRAM, "apply", "--try", "1h"], limit=150)
    assert done.returncode == 0
    assert b"mtu 1200" in PEERS.read_bytes()
    assert not BOOT_LINKS[init].is_symlink()
    assert TRIAL.exists()


def _messages(unit: str) -> list[tuple[float, str]]:
    """What systemd and the unit's programs have said in this boot, with the seconds since 1970."""
    run(["journalctl", "--sync"], check=True)
    lines = run(["journalctl", "-b", "-u", unit, "-o", "json", "--no-pager"], quiet=True).stdout.splitlines()
    found = [json.loads(line) for line in lines]
    return [(int(each["__REALTIME_TIMESTAMP"]) / 1e6, str(each["MESSAGE"])) for each in found]


def _first_start() -> float:
    """When the first tunnel was started in this boot."""
    if _init() == "systemd":
        recovery = _messages(RECOVERY)
        words = "was taken back: the system was restarted before it was confirmed"
        assert any(words in message for _, message in recovery), recovery
        finished = next(when for when, message in recovery if message.startswith("Finished"))
        started = wait_for("it is dialled", lambda: _messages("pptp@work.service"))[0][0]
        assert finished < started
        return started
    (supervisor,) = wait_for("it is supervised", lambda: processes_named("supervise-daemo"))[:1]
    ticks = int(Path(f"/proc/{supervisor}/stat").read_text().rpartition(")")[2].split()[19])
    booted = next(
        int(line.split()[1]) for line in Path("/proc/stat").read_text().splitlines() if line[:5] == "btime"
    )
    return booted + ticks / 100 + 1  # the boot's time is known in whole seconds


def everything_is_back(lab: Lab) -> None:
    """Both tunnels' files are as before, and were so before the first pppd ran; both are dialled."""
    wait_for("the trial is over", lambda: not TRIAL.exists(), 60)
    assert b"mtu 1200" not in PEERS.read_bytes()
    assert "mtu: 1200" not in SPEC.read_text()
    assert BOOT_LINKS[_init()].is_symlink()
    last = json.loads(pptpsetup("history", "--json").stdout)["generations"][-1]
    assert last["command"] == "take back `apply --try 1h`"
    assert last["time"] < _first_start()
    lab.server.set_users(USERS)
    lab.server.start()
    wait_until_up()
    wait_until_up("home")
    reachable()
    assert int(Path(f"/sys/class/net/{status()['interface']}/mtu").read_text()) > 1200
    pptpsetup("check")
    pptpsetup("delete", "work")
    pptpsetup("delete", "home")
    nothing_left()
