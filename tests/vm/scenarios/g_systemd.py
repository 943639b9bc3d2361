"""systemd as PID 1: boot, restart, sudden death, an orderly stop, a wrong password that is not retried."""

import signal
import time
from pathlib import Path
from subprocess import CompletedProcess

from tests.vm.attempts import gives_up
from tests.vm.client import (
    LOCK,
    PROGRAM,
    create,
    create_to_office,
    nothing_left,
    pptpsetup,
    signal_pppd,
    status,
    wait_until_up,
)
from tests.vm.leaks import Watch
from tests.vm.scenario import scenario
from tests.vm.shell import run, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import CLIENT, OFFICE, Lab, reachable, unreachable

UNIT = "pptp@work.service"
WANTED = Path("/etc/systemd/system/multi-user.target.wants", UNIT)
MADE_BY_SYSTEMD = ("/run/", "cgroup", "dbus", "systemd", "(udev-worker)", "unix ")
"""systemd's own traces of units that ran, which are not the tunnel's to remove."""


def unit(what: str) -> str:
    """A property of the tunnel's unit."""
    return run(["systemctl", "show", UNIT, "--property", what, "--value"], quiet=True).stdout.strip()


def journal() -> str:
    """What the unit's programs have said, all of it."""
    run(["journalctl", "--sync"], check=True)
    return run(["journalctl", "-u", UNIT, "-o", "cat", "--no-pager"]).stdout


@scenario(boot="systemd", limit=600)
def a_tunnel_that_starts_at_boot(lab: Lab) -> None:
    """--on-boot enables the unit; it survives a restart and a killed pppd; stop leaves it inactive."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office("--on-boot")
    assert WANTED.is_symlink()
    assert run(["systemctl", "is-enabled", UNIT]).stdout == "enabled\n"
    assert unit("ActiveState") == "active"
    reachable()
    assert status()["state"] == "up"

    run(["systemctl", "restart", UNIT], check=True, limit=120)
    reachable()

    first = unit("MainPID")
    signal_pppd(signal.SIGKILL)
    wait_for("systemd started it again", lambda: unit("MainPID") not in ("0", first), 60, 1)
    wait_until_up()
    reachable()

    pptpsetup("stop", "work")
    assert unit("ActiveState") == "inactive"
    assert unit("Result") == "success"
    nothing_left()
    unreachable()
    said = journal()
    assert "CHAP authentication succeeded" in said
    assert "secret" not in said
    pptpsetup("delete", "work")
    assert not WANTED.exists()
    lab.server.stop()
    before.assert_restored(*LOCK, *MADE_BY_SYSTEMD)


@scenario(boot="systemd", limit=600)
def the_server_comes_back(lab: Lab) -> None:
    """The server dies and is there again: systemd dials until the tunnel is up."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office()
    reachable()
    lab.server.kill()
    wait_for("the unit waits", lambda: unit("ActiveState") != "active", 60, 1)
    lab.server.start()
    wait_until_up()
    reachable()
    pptpsetup("delete", "work")
    nothing_left()


@scenario(boot="systemd", limit=600)
def so_many_attempts(lab: Lab) -> None:
    """The server does not come back: the unit ends when pppd has tried as often as the spec allows."""
    gives_up(lab, "systemd", is_started=lambda: unit("ActiveState") == "active", log=journal)


@scenario(boot="systemd", limit=600)
def two_tunnels_to_one_server(lab: Lab) -> None:
    """Each has a control connection of its own; stopping one leaves the other and their host route alone."""
    lab.server.set_users({"alice": "secret", "bob": "secret"})
    lab.server.start()
    create_to_office()
    create(name="home", user="bob")
    assert status("home")["processes"]["call_manager"] != status()["processes"]["call_manager"]
    assert status()["up"]
    reachable()
    pptpsetup("stop", "work")
    assert unit("ActiveState") == "inactive"
    home = status("home")
    assert home["up"]
    reachable("192.168.7.1")
    assert "203.0.113.9" in run(["ip", "route"]).stdout
    pptpsetup("stop", "home")
    nothing_left(interface=home["interface"])
    pptpsetup("delete", "work")
    pptpsetup("delete", "home")


@scenario(boot="systemd", limit=600)
def a_wrong_password_is_not_tried_again(lab: Lab) -> None:
    """start says why; the unit does not dial again, which could lock the account."""
    lab.server.set_users({"alice": "another"})
    lab.server.start()
    create("--route", OFFICE, start=False)
    said = pptpsetup("start", "work", status=2).stderr
    assert "auth-failed" in said
    assert status()["cause"]["code"] == "auth-failed"
    run(["systemctl", "reset-failed", UNIT])
    run(["systemctl", "start", UNIT], limit=120)
    assert unit("ExecMainStatus") == "19"
    tries = unit("NRestarts")
    time.sleep(15)
    assert unit("NRestarts") == tries == "0"
    assert unit("ActiveState") == "failed"
    pptpsetup("delete", "work")
    nothing_left()


SPEC = Path("/etc/pptpsetup/tunnels.yaml")
TRIAL = Path("/var/lib/pptpsetup/trial.json")
RECOVERY = "pptpsetup-recover.service"


def from_afar(port: int, *arguments: str, status: int = 0) -> CompletedProcess[str]:
    """``pptpsetup ARGUMENTS…``, typed in the SSH connection that its client began at *port*."""
    connection = f"203.0.113.50 {port} {CLIENT} 22"
    done = run([PROGRAM, *arguments], env={"SSH_CONNECTION": connection}, limit=150)
    assert done.returncode == status, f"exit status {done.returncode}, not {status}"
    return done


def edit(old: str, new: str) -> None:
    """Somebody with an editor."""
    text = SPEC.read_text()
    assert old in text
    SPEC.write_text(text.replace(old, new))


def mtu() -> int:
    """What the kernel has; pppd takes a few octets off for MPPE."""
    return int(Path(f"/sys/class/net/{status()['interface']}/mtu").read_text())


def timers() -> str:
    """systemd's timers of trials."""
    return run(["systemctl", "list-units", "--all", "--plain", "--no-legend", "pptpsetup-trial-*"]).stdout


@scenario(boot="systemd", limit=600)
def a_change_on_trial(lab: Lab) -> None:
    """Taken back by systemd's timer; confirmed from another login; taken back at the next boot; risks."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    refused = ("work", "--server", "203.0.113.9", "--username", "alice", "--all-to-tunnel", "--start")
    Path("/root/pw").write_text("secret")
    Path("/root/pw").chmod(0o600)
    create = ("create", *refused, "--password-file", "/root/pw")
    assert "error[risk-default-route]" in from_afar(50001, *create, status=2).stderr
    assert not SPEC.exists()
    create_to_office()
    usual = mtu()
    edit("    routes:", "    mtu: 1200\n    routes:")

    # The session that began it has ended; the timer is systemd's.
    from_afar(50001, "apply", "--try", "50s")
    assert "pptpsetup-trial-" in timers()
    assert mtu() <= 1200
    reachable("192.168.7.1")
    from_afar(50002, "apply", status=4)
    wait_for("it is taken back", lambda: not TRIAL.exists(), 60)
    wait_for("the timer and what it has started are gone", lambda: not timers(), 120, 1)
    assert mtu() == usual
    reachable("192.168.7.1")
    assert "mtu: 1200" not in SPEC.read_text()

    # The same connection proves nothing, another one does.
    edit("    routes:", "    on_boot: true\n    routes:")
    from_afar(50003, "apply", "--try", "10m")
    assert "error[same-login]" in from_afar(50003, "confirm", status=1).stderr
    from_afar(50004, "confirm")
    assert not timers()
    assert WANTED.is_symlink()

    # As a power cut leaves it: the boot that the trial belongs to is over, and its timer with it. That the
    # tunnel starts at boot is only known again once the files are back.
    edit("    on_boot: true\n", "")
    from_afar(50005, "apply", "--try", "10m")
    assert not WANTED.exists()
    timer = next(each for each in timers().split() if each.endswith(".timer"))
    run(["systemctl", "stop", timer], check=True)
    pptpsetup("stop", "work")
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    TRIAL.write_text(TRIAL.read_text().replace(boot, "00000000-0000-0000-0000-000000000000"))
    run(["systemctl", "start", RECOVERY], check=True, limit=120)
    assert not TRIAL.exists()
    assert WANTED.is_symlink()
    said = run(["journalctl", "-u", RECOVERY, "-o", "cat", "--no-pager"]).stdout
    assert "was taken back: the system was restarted before it was confirmed" in said
    wait_until_up()
    # A boot that has nothing to undo starts nothing.
    run(["systemctl", "start", RECOVERY], check=True)
    asked = ["systemctl", "show", RECOVERY, "--property=ConditionResult", "--value"]
    assert run(asked).stdout.strip() == "no"

    pptpsetup("delete", "work")
    assert not Path("/etc/systemd/system", RECOVERY).exists()
    nothing_left()
    Path("/root/pw").unlink()
    lab.server.stop()
    before.assert_restored(*LOCK, *MADE_BY_SYSTEMD)


CREDENTIAL = Path("/etc/credstore.encrypted/pptp-work")
PASSWORD = "Tr0ub4dor & 3"


def _share_mounts(how: str) -> None:
    """A child of systemd mounts credentials. That shows only where mounts are shared, as they are on a host
    that systemd has booted; the guest's are private."""
    run(["nsenter", "-t", "1", "-m", "mount", how, "/"], check=True)


def _seal(password: str) -> None:
    """As the guide says: what systemd alone can read, with the line end that echo leaves."""
    CREDENTIAL.parent.mkdir(mode=0o700, exist_ok=True)
    run(
        ["systemd-creds", "encrypt", "--with-key=host", f"--name={CREDENTIAL.name}", "-", str(CREDENTIAL)],
        stdin=f"{password}\n",
        check=True,
    )


@scenario(boot="systemd", limit=600)
def a_password_that_only_systemd_can_read(lab: Lab) -> None:
    """An encrypted credential: pptpsetup never sees it, pppd gets it, again after a restart."""
    before = Snapshot.take()
    chap = Path("/etc/ppp/chap-secrets")
    untouched = chap.read_bytes()
    _share_mounts("--make-rshared")
    lab.server.set_users({"alice": PASSWORD})
    lab.server.start()
    create_to_office("--on-boot", "--password-delivery", "passwordfd", start=False)
    assert unit("LoadState") == "loaded"
    spec = Path("/etc/pptpsetup/tunnels.yaml")
    text = spec.read_text()
    spec.write_text(
        text.replace("{file: /etc/pptpsetup/secrets/work}", f"{{encrypted_credential: {CREDENTIAL.name}}}")
    )
    assert text != spec.read_text()
    pptpsetup("apply")
    pptpsetup("check")
    assert not Path("/etc/pptpsetup/secrets").exists()

    said = pptpsetup("start", "work", status=2).stderr
    assert "there was no password to give to pppd" in said

    _seal(PASSWORD)
    with Watch(PASSWORD) as watch:
        pptpsetup("start", "work")
    assert watch.seen == [], f"a process shows the password: {watch.seen}"
    reachable()
    assert status()["state"] == "up"
    run(["systemctl", "restart", UNIT], check=True, limit=120)
    reachable()
    first = unit("MainPID")
    signal_pppd(signal.SIGKILL)
    wait_for("systemd started it again", lambda: unit("MainPID") not in ("0", first), 60, 1)
    wait_until_up()
    reachable()
    assert chap.read_bytes() == untouched
    assert PASSWORD not in journal()
    assert (
        "password-elsewhere"
        in pptpsetup("secret", "rotate", "work", "--password-stdin", stdin="x", status=1).stderr
    )
    pptpsetup("secret", "forget", "work")
    assert unit("ActiveState") == "inactive"
    nothing_left()
    pptpsetup("delete", "work")
    lab.server.stop()
    CREDENTIAL.unlink()
    CREDENTIAL.parent.rmdir()
    _share_mounts("--make-rprivate")
    before.assert_restored(*LOCK, *MADE_BY_SYSTEMD)
