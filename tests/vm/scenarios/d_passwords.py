"""Passwords that other programs' file formats trip over; each really logs in."""

from tests.vm.client import LOCK, create, nothing_left, pptpsetup
from tests.vm.scenario import scenario
from tests.vm.shell import say
from tests.vm.snapshot import Snapshot
from tests.vm.topology import Lab, reachable

NASTY = {
    "spaces": "  two  words ",
    "double quote": 'say "friend" and "',
    "single quote": "it's 'quoted'",
    "both quotes and a backslash": "\"'\\\"'",
    "a backslash at the end": "ends with \\",
    "a comment sign": "#not a comment # at all",
    "the name of a file": "@/etc/hostname",
    "Latin-1": "pässwörd-é-ÿ-£",
    "255 characters": ("0123456789abcdef" * 16)[:255],
    "shell words": "$(reboot) `reboot` ${HOME} !! & ; | > <",
    "separators and tabs": "a\tb,c:d=e*?[x]{y}%i%%",
    "pppd's own words": "* - ! @ \\n \\061",
}


@scenario(limit=1200)
def nasty_passwords_log_in(lab: Lab) -> None:
    """Twelve passwords, one tunnel: create with each dials again; the server inside the tunnel answers."""
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
