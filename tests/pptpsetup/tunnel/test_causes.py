"""Every way to fail ends in words, with a remedy, and never in pppd's number."""

import re

import pytest

from pptpengine.causes import HINTS
from pptpsetup.tunnel import causes
from pptpsetup.tunnel.causes import Subject, explain
from pptpsetup.tunnel.report import Cause

_SUBJECT = Subject("work", "vpn.example.com", "CORP\\tom", "journalctl -t pppd")

_LCP_TIMEOUT = "Using interface ppp0\nLCP: timeout sending Config-Requests\nConnection terminated.\n"
_CHAP_FAILED = "Using interface ppp0\nCHAP authentication failed\nConnection terminated.\n"
_MPPE = "MPPE required but peer negotiation failed\nConnection terminated.\n"


def test_the_engine_has_no_cause_without_words() -> None:
    assert set(HINTS) <= set(causes._ENGINE)


@pytest.mark.parametrize("code", sorted(causes._ENGINE))
def test_every_cause_of_the_engine_has_words(code: str) -> None:
    found = explain(
        _SUBJECT, cause=Cause(code, "what the engine says", "what the engine advises"), exit_status=16
    )
    assert found.code == code
    assert "{" not in found.message + (found.why or "") + (found.hint or "")
    assert found.hint
    assert found.why


@pytest.mark.parametrize("status", range(1, 25))
def test_every_exit_status_of_pppd_has_words(status: int) -> None:
    found = explain(_SUBJECT, exit_status=status)
    assert not re.search(rf"\b{status}\b", found.message)
    assert "{" not in found.message + (found.why or "") + (found.hint or "")


@pytest.mark.parametrize(
    ("cause", "exit_status", "log", "code"),
    [
        (None, 19, _CHAP_FAILED, "auth-failed"),
        (None, None, _CHAP_FAILED, "auth-failed"),
        (None, 10, _MPPE, "encryption-refused"),
        (None, 10, "", "negotiation-failed"),
        (None, 16, _LCP_TIMEOUT, "no-gre"),
        (None, 16, "Modem hangup\n", "hangup"),
        (None, 4, "", "kernel-ppp-missing"),
        (None, 2, "", "pppd-options"),
        (None, None, "", "not-up"),
        ("connect-refused", 16, "", "connect-refused"),
        ("host-unknown", 16, "", "host-unknown"),
        ("auth-failed", 19, "", "auth-failed"),
        # The server hangs up after it has refused a login: pppd knows better than the last message.
        ("peer-closed", 19, _CHAP_FAILED, "auth-failed"),
        ("peer-closed", 10, _MPPE, "encryption-refused"),
        ("peer-closed", 16, "", "peer-closed"),
        ("something-new", 16, "", "something-new"),
    ],
)
def test_the_witness_who_can_know_is_believed(
    cause: str | None, exit_status: int | None, log: str, code: str
) -> None:
    told = Cause(cause, "the engine's sentence") if cause else None
    assert explain(_SUBJECT, cause=told, exit_status=exit_status, log=log).code == code


def test_the_server_and_the_login_are_named() -> None:
    found = explain(_SUBJECT, exit_status=19)
    assert found.message == "vpn.example.com refused the login CORP\\tom"
    assert "pptpsetup create work --ask-password" in (found.hint or "")


def test_braces_in_a_login_are_text() -> None:
    found = explain(Subject("work", "h", "{tunnel}"), exit_status=19)
    assert found.message == "h refused the login {tunnel}"


def test_pppds_last_word_is_quoted_not_its_farewell() -> None:
    found = explain(_SUBJECT, exit_status=1, log="No such thing\nExit.\n")
    assert found.why == "pppd said: No such thing"


def test_the_engines_special_advice_is_kept() -> None:
    found = explain(_SUBJECT, cause=Cause("call-refused", "The server is busy", "Wait a minute."))
    assert found.hint == "Wait a minute."


def test_the_line_that_tells_is_quoted() -> None:
    log = "MS-CHAP authentication failed: Access denied\nConnection terminated.\nwork: closed\nExit.\n"
    found = explain(_SUBJECT, cause=Cause("peer-closed", "closed"), exit_status=19, log=log)
    assert found.why == "pppd said: MS-CHAP authentication failed: Access denied"
