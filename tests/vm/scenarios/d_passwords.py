"""Passwords that other programs' file formats trip over; each really logs in."""

from pathlib import Path

from tests.vm.client import (
    LOCK,
    create,
    nothing_left,
    pptpsetup,
    status,
    wait_until_down,
    wait_until_up,
)
from tests.vm.leaks import Watch, holders
from tests.vm.scenario import scenario
from tests.vm.shell import say
from tests.vm.snapshot import Snapshot
from tests.vm.topology import OFFICE, Lab, reachable

NASTY = {
    "spaces and both quotes": '  say  "friend", it\'s "mine" ',
    "quotes after backslashes, and one at the end": "\"'\\\"' ends with \\",
    "a comment sign and shell words": "#not a comment # $(reboot) `reboot` ${HOME} !! & ; | > <",
    "the name of a file": "@/etc/hostname",
    "255 characters of Latin-1": ("pässwörd-é-ÿ-£" * 20)[:255],
    "separators, tabs and pppd's own words": "a\tb,c:d=e*?[x]{y}%i%% * - ! @ \\n \\061",
}


@scenario(limit=1200)
def nasty_passwords_log_in(lab: Lab) -> None:
    """Six passwords, one tunnel: create with each dials again; the server inside the tunnel answers."""
    before = Snapshot.take()
    lab.server.set_users({})
    lab.server.start()
    for what, password in NASTY.items():
        say(f"password: {what}")
        lab.server.set_users({"alice": password})
        create(password=password)
        reachable("192.168.7.1")
    pptpsetup("delete", "work")
    nothing_left()
    lab.server.stop()
    before.assert_restored(*LOCK)


PASSWORD = "Tr0ub4dor & 3"
FROM_DESCRIPTOR = ("--password-delivery", "passwordfd")


@scenario(limit=600)
def a_password_on_a_descriptor(lab: Lab) -> None:
    """No line in chap-secrets: pppd reads a descriptor once, and dials again with what it has kept."""
    before = Snapshot.take()
    chap = Path("/etc/ppp/chap-secrets")
    untouched = chap.read_bytes()
    lab.server.set_users({"alice": PASSWORD})
    lab.server.start()
    with Watch(PASSWORD) as watch:
        create("--route", OFFICE, *FROM_DESCRIPTOR, password=PASSWORD)
    assert watch.looks > 20, "the start was over before anybody looked"
    assert watch.seen == [], f"a process shows the password: {watch.seen}"
    reachable()
    assert chap.read_bytes() == untouched
    assert holders("/etc/pptpsetup/secrets/work.pppd") == []

    pppd = status()["processes"]["pppd"]
    lab.server.kill()
    wait_until_down()
    lab.server.start()
    wait_until_up()
    reachable()
    assert status()["processes"]["pppd"] == pppd, "it was pppd itself that dialled again"

    pptpsetup("secret", "rotate", "work", "--password-stdin", stdin="not that one\n", status=2)
    reachable()
    _rotate_to_a_program(Path("/etc/pptpsetup/tunnels.yaml"), Path("/root/vpn-password"))
    pptpsetup("delete", "work")
    nothing_left()
    lab.server.stop()
    before.assert_restored(*LOCK)


def _rotate_to_a_program(spec: Path, elsewhere: Path) -> None:
    """Where the password comes from is put back as well if the server refuses it."""
    here = spec.read_bytes()
    wrong = ("--password-from", "command:echo not that one")
    pptpsetup("secret", "rotate", "work", *wrong, status=2)
    assert spec.read_bytes() == here
    reachable()
    elsewhere.write_text(f"{PASSWORD}\n")
    elsewhere.chmod(0o600)
    pptpsetup("secret", "rotate", "work", "--password-from", f"command:cat {elsewhere}")
    assert f"command: [cat, {elsewhere}]" in spec.read_text()
    reachable()
    pptpsetup("check")
    elsewhere.unlink()


@scenario(limit=600)
def a_password_on_a_descriptor_on_demand(lab: Lab) -> None:
    """pppd goes to the background before it has read the password; the first packet dials all the same."""
    lab.server.set_users({"alice": PASSWORD})
    lab.server.start()
    create("--route", OFFICE, "--demand", "10m", *FROM_DESCRIPTOR, password=PASSWORD)
    assert not status()["up"]
    reachable()
    pptpsetup("delete", "work")
    nothing_left()
