"""What does not work is said in words, with the right exit status, and leaves nothing behind."""

import os
import subprocess
import time
from pathlib import Path

from tests.vm.client import LOCK, PROGRAM, create, nothing_left, pptpsetup, status, tunnel_processes
from tests.vm.scenario import scenario
from tests.vm.shell import run, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import OFFICE, SERVER, SERVER_NAME, Lab, reachable

DIFFERENT, ROLLED_BACK, NO_PRIVILEGE, UNSUPPORTED = 2, 5, 7, 8


def start_fails(lab: Lab, code: str, *words: str, running: bool = True, server: str = SERVER_NAME) -> None:
    """``create --start`` ends with status 2, *code* and *words*, and leaves nothing running."""
    if running:
        lab.server.start()
    said = create("--route", OFFICE, server=server, status=DIFFERENT).stderr
    assert f"[{code}]" in said, f"{code} not in: {said}"
    for word in words:
        assert word in said, f"{word!r} not in: {said}"
    nothing_left()


@scenario()
def wrong_password(lab: Lab) -> None:
    """The server refuses the login; after that and a delete the host is as it was."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "another"})
    start_fails(lab, "auth-failed", "alice")
    pptpsetup("delete", "work")
    lab.server.stop()
    before.assert_restored(*LOCK)


@scenario()
def unknown_host(lab: Lab) -> None:
    """The provider's name server does not know the name."""
    start_fails(lab, "host-unknown", "nowhere.example", running=False, server="nowhere.example")


@scenario()
def refused_connection(lab: Lab) -> None:
    """The host is there and runs no PPTP server."""
    start_fails(lab, "connect-refused", "1723", running=False)


@scenario()
def so_many_attempts(lab: Lab) -> None:
    """A tunnel whose server goes away is dialled again by pppd, as often as the spec allows, and no more."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create("--route", OFFICE, start=False)
    tunnels = Path("/etc/pptpsetup/tunnels.yaml")
    tunnels.write_text(tunnels.read_text() + "    reconnect_delay: 5s\n    reconnect_attempts: 2\n")
    pptpsetup("create", "work", "--start")
    reachable()
    lab.server.kill()
    gone = time.monotonic()
    wait_for("an attempt has failed", lambda: (status()["cause"] or {}).get("code") == "connect-refused", 60)
    wait_for("pppd has given up", lambda: not tunnel_processes(), 90, 0.5)
    # One pause before each of them.
    assert time.monotonic() - gone > 8
    nothing_left()


@scenario(limit=600)
def no_answer(lab: Lab) -> None:
    """Nothing answers on TCP port 1723."""
    lab.block_control()
    start_fails(lab, "connect-timeout", "1723")


@scenario()
def no_route(lab: Lab) -> None:
    """This host has no network."""
    run(["ip", "route", "del", "default"], check=True)
    start_fails(lab, "network-unreachable", running=False, server=SERVER)


@scenario(limit=600)
def gre_blocked(lab: Lab) -> None:
    """The classic: the control connection works, GRE does not pass."""
    lab.server.set_users({"alice": "secret"})
    lab.block_gre()
    start_fails(lab, "no-gre", "GRE")


@scenario()
def server_without_encryption(lab: Lab) -> None:
    """The server does not encrypt, the tunnel requires it."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start(mppe=False, options="nomppe\n")
    said = create("--route", OFFICE, status=DIFFERENT).stderr
    assert "[encryption-refused]" in said
    nothing_left()
    create("--route", OFFICE, "--no-encrypt")
    reachable()


def forget_module(name: str) -> None:
    """Unload *name* and make this host look as if it had never been installed."""
    run(["rmmod", name], check=True)
    Path("/proc/sys/kernel/modprobe").write_text("/bin/false")
    folder = Path("/lib/modules", os.uname().release)
    kept = []
    for line in (folder / "modules.dep").read_text().splitlines(keepends=True):
        path = folder / line.partition(":")[0]
        if path.name.startswith(f"{name}.ko"):
            path.unlink()
        elif name not in line:
            kept.append(line)
    (folder / "modules.dep").write_text("".join(kept))


@scenario()
def mppe_module_missing(_: Lab) -> None:
    """Encryption that this kernel cannot do is noticed before anything is written."""
    before = Snapshot.take()
    forget_module("ppp_mppe")
    said = create("--route", OFFICE, start=False, status=UNSUPPORTED).stderr
    assert "mppe-missing" in said
    assert "linux-image" in said
    before.assert_restored(*LOCK)


@scenario()
def pppd_missing(_: Lab) -> None:
    """The message names the package."""
    Path("/usr/sbin/pppd").unlink()
    before = Snapshot.take()
    said = create("--route", OFFICE, status=UNSUPPORTED).stderr
    assert "pppd-missing" in said
    assert "apt-get install ppp" in said
    before.assert_restored(*LOCK)


@scenario()
def not_root(_: Lab) -> None:
    """An ordinary user may read but not change."""
    before = Snapshot.take()
    words = ["create", "work", "--server", "vpn.example.com", "--username", "alice", "--password-stdin"]
    prefix = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    done = run([*prefix, PROGRAM, *words], stdin="secret\n")
    assert done.returncode == NO_PRIVILEGE, done.stderr
    assert run([*prefix, PROGRAM, "list"]).returncode == 0
    before.assert_restored(*LOCK)


@scenario()
def two_creates_at_once(_: Lab) -> None:
    """One waits or is told who holds the lock; both tunnels, or the one that was made, are whole."""
    before = Snapshot.take()
    words = ["--server", "vpn.example.com", "--username", "alice", "--password-stdin"]
    both = [
        subprocess.Popen(
            [PROGRAM, "create", name, *words], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    ended = [each.communicate("secret\n")[1] for each in both]
    for name, process, said in zip(("one", "two"), both, ended, strict=True):
        assert process.returncode in (0, 4), said
        assert Path("/etc/ppp/peers", name).exists() == (process.returncode == 0)
    assert any(each.returncode == 0 for each in both)
    for name in ("one", "two"):
        pptpsetup("delete", name, status=None)
    before.assert_restored(*LOCK)


@scenario(limit=600)
def a_full_disk_changes_nothing(_: Lab) -> None:
    """ENOSPC at several points of an apply: exit status 5, and every file as it was."""
    run(["cp", "-a", "/etc", "/mnt/etc"], check=True)
    run(["mount", "-t", "tmpfs", "etc", "/etc"], check=True)
    run(["cp", "-aT", "/mnt/etc", "/etc"], check=True)
    used = os.statvfs("/etc").f_files - os.statvfs("/etc").f_ffree
    before = Snapshot.take()
    outcomes = []
    for free in (2, 5, 8, 12):
        run(["mount", "-o", f"remount,nr_inodes={used + free}", "/etc"], check=True)
        command = [PROGRAM, "create", "work", "--server", "vpn.example.com", "--username", "alice"]
        done = run([*command, "--password-stdin"], stdin="secret\n")
        outcomes.append(done.returncode)
        if done.returncode == 0:
            break
        assert "No space left" in done.stderr or "disk" in done.stderr
        before.assert_restored(*LOCK)
    assert outcomes[0] == ROLLED_BACK, outcomes


@scenario()
def a_read_only_file_system_changes_nothing(_: Lab) -> None:
    """/etc cannot be written: exit status 5, the reason in words."""
    before = Snapshot.take()
    run(["mount", "--bind", "/etc", "/etc"], check=True)
    run(["mount", "-o", "remount,bind,ro", "/etc"], check=True)
    said = create("--route", OFFICE, start=False, status=ROLLED_BACK).stderr
    assert "ead-only" in said
    run(["umount", "/etc"], check=True)
    before.assert_restored(*LOCK)
