"""The spec edited by hand and applied to running tunnels; a password rotated, and one that is wrong."""

from pathlib import Path

from tests.vm.client import LOCK, PROGRAM, create_to_office, nothing_left, pptpsetup, status
from tests.vm.scenario import scenario
from tests.vm.shell import run
from tests.vm.snapshot import Snapshot
from tests.vm.topology import Lab, reachable

SPEC = Path("/etc/pptpsetup/tunnels.yaml")


def edit(old: str, new: str) -> None:
    """Somebody with an editor."""
    text = SPEC.read_text()
    assert old in text
    SPEC.write_text(text.replace(old, new))


def mtu() -> int:
    """What the kernel has; pppd takes a few octets off for MPPE."""
    return int(Path(f"/sys/class/net/{status()['interface']}/mtu").read_text())


@scenario()
def only_what_changed_is_restarted_and_can_be_taken_back(lab: Lab) -> None:
    """apply, --no-restart, rollback, a tunnel taken out of the file."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office()
    first = status()
    edit("username: alice", "username: alice  # the same, with a comment")
    pptpsetup("apply")
    assert status()["since"] == first["since"]
    pptpsetup("check")
    edit("    routes:", "    mtu: 1234\n    routes:")
    pptpsetup("check", status=2)
    said = pptpsetup("apply", "--no-restart").stderr
    assert "work runs with its old settings" in said
    assert status()["since"] == first["since"]
    edit("mtu: 1234", "mtu: 1200")
    # Whoever reads what it says has gone before the tunnel is stopped, and it is started again all the same.
    run(["sh", "-c", f"{PROGRAM} apply 2>&1 | true"], check=True, limit=120)
    assert mtu() <= 1200
    reachable("192.168.7.1")
    pptpsetup("rollback", "1")
    assert mtu() > 1300
    reachable("192.168.7.1")
    SPEC.write_text("version: 1\ntunnels: {}\n")
    assert "work stopped" in pptpsetup("apply").stderr
    nothing_left()
    lab.server.stop()
    # A spec that the user has written stays, and so does what we know of it.
    before.assert_restored(*LOCK, str(SPEC.parent), "/var/lib/pptpsetup/manifest.json")


@scenario()
def a_rotated_password_is_proved_or_put_back(lab: Lab) -> None:
    """The server has the new one: it is used. It has not: the tunnel is up with the old one again."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office()
    done = pptpsetup("secret", "rotate", "work", "--password-stdin", stdin="wrong\n", status=2)
    assert "the old one is put back" in done.stderr
    assert "auth-failed" in done.stderr
    assert status()["up"]
    reachable("192.168.7.1")
    lab.server.set_users({"alice": "another"})
    pptpsetup("secret", "rotate", "work", "--password-stdin", stdin="another\n")
    assert status()["up"]
    reachable("192.168.7.1")
    assert "work stopped" in pptpsetup("secret", "forget", "work").stderr
    pptpsetup("start", "work", status=2)
    pptpsetup("secret", "set", "work", "--password-stdin", stdin="another\n")
    pptpsetup("start", "work")
    reachable("192.168.7.1")
    pptpsetup("delete", "work")
    nothing_left()
    lab.server.stop()
    before.assert_restored(*LOCK)
