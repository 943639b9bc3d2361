"""What others rely on stays, although the imported tunnel does not need it any more."""

import pytest

from pptpsetup.spec.importer.finding import Found, Verdict
from tests.pptpsetup.spec.importer.bench import CHAP, PEERS, PTY, look, only, told

OTHER = "/etc/ppp/peers/other"
_OFFICE = f"{PTY}name alice\nremotename PPTP\nipparam vpn\n"
_STAYS = "the line with the password stays"
_HOOK = "/etc/ppp/ip-up.d/x"


def _office(files: dict[str, str]) -> Found:
    (found,) = (each for each in look({PEERS: _OFFICE, **files}).found if each.name == "office")
    return found


@pytest.mark.parametrize(
    "other",
    [
        f"{PTY}name alice\nremotename PPTP\n",
        "plugin rp-pppoe.so eth0\nuser alice\nremotename PPTP\n",
        f"{PTY}name bob\ncall more\n",
        f"{PTY}name alice\n",
    ],
)
def test_a_line_that_others_need_stays(other: str) -> None:
    more = {"/etc/ppp/peers/more": "user alice remotename PPTP\n"}
    found = _office({OTHER: other, CHAP: "alice PPTP pw *\n", **(more if "more" in other else {})})
    assert found.password is not None
    assert CHAP not in found.takeovers
    assert _STAYS in told(found, Verdict.ADVICE)


@pytest.mark.parametrize(
    "other",
    [
        f"{PTY}name bob\nremotename PPTP\n",
        f"{PTY}name alice\nremotename home\n",
        "/dev/ttyS0 115200\n",
    ],
)
def test_one_that_only_looks_alike_goes(other: str) -> None:
    found = _office({OTHER: other, f"{PEERS}~": _OFFICE, CHAP: "alice PPTP pw *\n"})
    assert found.takeovers[CHAP].content == b""


def test_once_the_other_is_imported_the_line_goes() -> None:
    first = f"{PTY}name alice\nremotename office\nipparam pptpsetup-office\n"
    found = only({OTHER: f"{PTY}name alice\nremotename PPTP\n", CHAP: "alice PPTP pw *\n"})
    assert found.takeovers[CHAP].content == b""
    both = look({PEERS: first, OTHER: f"{PTY}name alice\nremotename PPTP\n", CHAP: "alice PPTP pw *\n"})
    (other,) = (each for each in both.found if each.name == "other")
    assert other.takeovers[CHAP].content == b""


@pytest.mark.parametrize("path", ["/etc/ppp/pptpd-options", "/etc/ppp/options.pptpd"])
def test_the_line_of_a_server_here_stays(path: str) -> None:
    found = _office({path: "name PPTP\nrequire-mppe-128\n", CHAP: "alice PPTP pw *\n"})
    assert CHAP not in found.takeovers
    assert _STAYS in told(found, Verdict.ADVICE)


@pytest.mark.parametrize("rest", ["10.0.0.5", "* 10.0.0.5", "-- mtu 1400", "10.0.0.0/8 -- debug"])
def test_a_line_that_says_who_may_log_in_stays(rest: str) -> None:
    found = _office({CHAP: f"alice PPTP pw {rest}\n"})
    assert found.password is not None
    assert CHAP not in found.takeovers
    assert _STAYS in told(found, Verdict.ADVICE)


def test_a_script_that_others_need_stays() -> None:
    script = "[ $6 = vpn ] && ip route add 10.0.0.0/8 dev $1\n"
    found = _office({OTHER: f"{PTY}name bob\nlinkname vpn\n", _HOOK: script})
    assert found.values["routes"] == ["10.0.0.0/8"]
    assert _HOOK not in found.takeovers
    assert "the script stays" in told(found, Verdict.ADVICE)
    assert _HOOK in _office({OTHER: f"{PTY}name bob\n", _HOOK: script}).takeovers


def test_a_file_that_others_include_is_lost_to_them() -> None:
    found = _office({OTHER: "call office\n"})
    assert told(found, Verdict.LOST) == ["what others take from this file"]
    other = next(
        each for each in look({PEERS: _OFFICE, OTHER: "call office\n"}).found if each.name == "other"
    )
    assert told(other, Verdict.LOST) == []
