"""What netifd answers, recorded from its sources and from bug reports: OpenWrt does not run here."""

import json
from typing import Any

import pytest

from pptpsetup.errors import DifferentError
from pptpsetup.tunnel.attempt import Failure
from pptpsetup.tunnel.supervisors import command, netifd
from pptpsetup.tunnel.supervisors.netifd import (
    NOT_KNOWN,
    Interface,
    InterfaceAttempt,
    Netifd,
    parse_status,
)

UP = {
    "up": True,
    "pending": False,
    "available": True,
    "autostart": True,
    "dynamic": False,
    "uptime": 91493,
    "l3_device": "pptp-vpn",
    "proto": "pptp",
    "metric": 0,
    "dns_metric": 0,
    "delegation": True,
    "ipv4-address": [{"address": "192.168.7.200", "mask": 32}],
    "data": {},
}
"As in issue 71 of stangri/source.openwrt.melmac.ca, but for the protocol."
SETTING_UP = {
    "up": False,
    "pending": True,
    "available": True,
    "autostart": True,
    "proto": "pptp",
    "data": {},
}
DOWN = {**SETTING_UP, "pending": False, "autostart": False}


def _refused(code: str) -> dict[str, Any]:
    """As ``netifd_add_interface_errors`` in netifd's ubus.c writes it."""
    return {**SETTING_UP, "errors": [{"subsystem": "pptp", "code": code}]}


class Ubus:
    """In the place of ubus, ifup and ifdown: what was run, and what is answered next."""

    def __init__(self) -> None:
        self.answer: dict[str, Any] | None = DOWN
        self.commands: list[tuple[str, ...]] = []

    def run(self, *words: str) -> command.Done:
        self.commands.append(words)
        if words[-1] != "status":
            return command.Done(0, "", "")
        if self.answer is None:
            return command.Done(4, "", "Command failed: Not found")
        return command.Done(0, json.dumps(self.answer, indent="\t"), "")


@pytest.fixture
def ubus(monkeypatch: pytest.MonkeyPatch) -> Ubus:
    made = Ubus()
    monkeypatch.setattr(netifd, "run", made.run)
    monkeypatch.setattr(command, "run", made.run)
    monkeypatch.setattr(InterfaceAttempt, "PAUSE", 0.0)
    return made


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (UP, Interface(known=True, up=True, autostart=True)),
        (SETTING_UP, Interface(known=True, up=False, autostart=True)),
        (_refused("AUTH_FAILED"), Interface(known=True, up=False, autostart=True, errors=("AUTH_FAILED",))),
        ({}, NOT_KNOWN),
        ([], NOT_KNOWN),
        ({"up": "yes"}, NOT_KNOWN),
        ({**UP, "errors": "none"}, Interface(known=True, up=True, autostart=True)),
    ],
)
def test_what_ubus_prints(said: object, expected: Interface) -> None:
    assert parse_status(json.dumps(said)) == expected


@pytest.mark.parametrize("text", ["", "Command failed: Not found", "{", "\x00"])
def test_what_is_not_json(text: str) -> None:
    assert parse_status(text) == NOT_KNOWN


@pytest.mark.parametrize(
    ("code", "status"),
    [("AUTH_FAILED", 19), ("AUTH_TOPEER_FAILED", 19), ("INVALID_OPTIONS", 2), ("HANGUP", 16), ("NEW", None)],
)
def test_a_failure_has_pppds_exit_status(ubus: Ubus, code: str, status: int | None) -> None:
    attempt = InterfaceAttempt("vpn")
    ubus.answer = SETTING_UP
    assert attempt.poll() is None
    ubus.answer = _refused(code)
    assert attempt.poll() == Failure(status, code, said_by="netifd")


def test_an_interface_that_is_up_is_no_failure(ubus: Ubus) -> None:
    attempt = InterfaceAttempt("vpn")
    ubus.answer = {**UP, "errors": [{"subsystem": "pptp", "code": "HANGUP"}]}
    assert attempt.poll() is None


def test_an_interface_that_is_not_there(ubus: Ubus) -> None:
    attempt = InterfaceAttempt("vpn")
    ubus.answer = None
    assert attempt.poll() == Failure(None, "there is no interface vpn", said_by="netifd")


@pytest.mark.parametrize(("answer", "had"), [(UP, True), (SETTING_UP, True), (DOWN, False), (None, False)])
def test_what_is_taken_down(ubus: Ubus, answer: dict[str, Any] | None, had: bool) -> None:
    ubus.answer = answer
    assert Netifd("/etc/config/network").end("vpn") is had
    assert (("ifdown", "vpn") in ubus.commands) is had


def test_only_its_own_file_is_read_again(ubus: Ubus) -> None:
    supervisor = Netifd("/etc/config/network")
    supervisor.files_changed(["/etc/ppp/ip-up.d/50-pptpsetup"])
    assert ubus.commands == []
    supervisor.files_changed(["/etc/config/network"])
    assert ubus.commands == [("ubus", "call", "network", "reload")]


def test_an_ifup_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "run", lambda *_: command.Done(1, "Interface vpn not found\n", ""))
    with pytest.raises(DifferentError) as caught:
        InterfaceAttempt("vpn")
    (found,) = caught.value.diagnostics
    assert (found.code, found.why) == ("ifup-failed", "Interface vpn not found")
