"""Servers that want other values: BEZEQ_ISRAEL octet by octet, and the texts that go on the wire."""

import random
from dataclasses import fields

import pytest

from pptpengine import quirks
from pptpengine.config import ControlConfig
from pptpengine.errors import LocalError
from pptpengine.events import CallDown, CallUp
from pptpengine.session import ControlSession, Role
from pptpengine.wire import control as wire
from tests.engine.test_calls import feed, sent

NOW = 100.0


def client(config: ControlConfig) -> ControlSession:
    dice = random.Random(1)  # noqa: S311 - dice of a test
    made = ControlSession(config, Role.PNS, random=dice.randbytes)
    made.start(NOW)
    return made


def test_the_orckit_modem_gets_what_it_wants() -> None:
    """From the start to the end: call ID 0 on the wire and in the answers, then both maps."""
    made = client(quirks.apply("BEZEQ_ISRAEL", ControlConfig()))
    assert sent(made) == [wire.StartRequest(0x0100, 0, 0, 1, 1, 0, 0x6021, b"RELAY_PPP1", b"MS Win NT")]
    feed(made, wire.StartReply(result=0))
    assert made.place_call(NOW) == 0
    assert sent(made) == [
        wire.OutgoingCallRequest(0, 0, 2400, 10_000_000, 2, 3, 3, phone_length=10, phone=b"RELAY_PPP1")
    ]
    assert feed(made, wire.OutgoingCallReply(0, 0, 1, window=8)) == [CallUp(0, 0, 8)]
    assert sent(made) == [wire.SetLinkInfo(0, 0xFFFFFFFF, 0xFFFFFFFF)]
    made.stop(NOW)
    assert sent(made) == [wire.CallClearRequest(0)]
    assert feed(made, wire.CallDisconnectNotify(0, 4)) == [CallDown(0, None)]
    assert sent(made) == [wire.StopRequest(1)]


def test_a_second_call_to_the_modem_gets_another_id() -> None:
    """0 is taken; the serial number stays."""
    made = client(quirks.apply("BEZEQ_ISRAEL", ControlConfig()))
    feed(made, wire.StartReply(result=1))
    made.data_to_send()
    assert made.place_call(NOW) == 0
    assert made.place_call(NOW) != 0
    assert [each.serial for each in sent(made) if isinstance(each, wire.OutgoingCallRequest)] == [0, 0]


def test_a_phone_number_that_was_asked_for_wins() -> None:
    """As with pptp(8); every other value of the caller's stays."""
    config = quirks.apply("BEZEQ_ISRAEL", ControlConfig(phone=b"123", echo_timeout=7, window=9))
    assert (config.phone, config.echo_timeout, config.window) == (b"123", 7, 9)


def test_names() -> None:
    """Other names are the caller's fault, and the message says which there are."""
    assert quirks.NAMES == ("BEZEQ_ISRAEL",)
    with pytest.raises(LocalError, match="BEZEQ_ISRAEL"):
        quirks.apply("bezeq_israel", ControlConfig())


def test_texts_go_on_the_wire() -> None:
    """Phone number and client's host name, up to the sizes of their fields."""
    made = client(ControlConfig(host_name=b"h" * 64, phone=b"0" * 64))
    (start,) = sent(made)
    assert isinstance(start, wire.StartRequest)
    assert start.host_name == b"h" * 64
    feed(made, wire.StartReply(result=1))
    made.place_call(NOW)
    (call,) = sent(made)
    assert isinstance(call, wire.OutgoingCallRequest)
    assert (call.phone_length, call.phone) == (64, b"0" * 64)


@pytest.mark.parametrize("name", ["host_name", "vendor", "phone"])
def test_texts_that_do_not_fit_are_refused(name: str) -> None:
    """Before anything is sent."""
    assert name in {field.name for field in fields(ControlConfig)}
    with pytest.raises(LocalError, match=name):
        ControlConfig(**{name: b"x" * 65})  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, -1, 0x8000])
def test_a_senseless_limit_of_calls_is_refused(limit: int) -> None:
    """Section 3.2.2 wants twice as many IDs as calls."""
    with pytest.raises(LocalError, match="max_calls"):
        ControlConfig(max_calls=limit)


def test_the_wait_for_an_echo_is_a_time_of_its_own() -> None:
    """pptp(8) waits as long as it was idle, whatever it is told."""
    made = client(ControlConfig(echo_interval=60, echo_timeout=5))
    feed(made, wire.StartReply(result=1))
    made.handle_timer(NOW + 60)
    assert made.next_timer() == NOW + 65
    made.handle_timer(NOW + 65)
    assert made.finished
