"""What a peer may do to the calls of a control connection, client and server."""

import random

import pytest

from pptpengine.config import ControlConfig
from pptpengine.errors import LocalError
from pptpengine.events import CallDown, CallRequested, CallUp, Event, LinkInfo, Note
from pptpengine.session import ControlSession, Role
from pptpengine.wire import control as wire
from pptpengine.wire.stream import Splitter

NOW = 100.0


def sent(of: ControlSession) -> list[wire.Message]:
    splitter = Splitter()
    splitter.feed(of.data_to_send())
    found = []
    while (message := splitter.next_message()) is not None:
        found.append(message)
    return found


def feed(to: ControlSession, *messages: wire.Message) -> list[Event]:
    to.receive(b"".join(each.encode() for each in messages), NOW)
    return to.events()


def server(**values: int) -> ControlSession:
    dice = random.Random(1)  # noqa: S311 - dice of a test
    made = ControlSession(ControlConfig(**values), Role.PAC, random=dice.randbytes)  # type: ignore[arg-type]
    made.start(NOW)
    feed(made, wire.StartRequest())
    made.data_to_send()
    return made


def client(config: ControlConfig | None = None, peer_id: int = 700) -> tuple[ControlSession, int]:
    dice = random.Random(1)  # noqa: S311 - dice of a test
    made = ControlSession(config or ControlConfig(), Role.PNS, random=dice.randbytes)
    made.start(NOW)
    feed(made, wire.StartReply(result=1))
    call_id = made.place_call(NOW)
    made.data_to_send()
    feed(made, wire.OutgoingCallReply(peer_id, call_id, 1, window=64))
    return made, call_id


def request(call_id: int) -> wire.OutgoingCallRequest:
    return wire.OutgoingCallRequest(call_id, 0, 2400, 10_000_000, 3, 3, 3)


def test_a_second_answer_does_not_change_where_gre_goes() -> None:
    """Another call ID in a repeated Outgoing-Call-Reply is ignored; the end is still told by the first."""
    made, call_id = client(peer_id=700)
    assert feed(made, wire.OutgoingCallReply(701, call_id, 1)) == []
    assert feed(made, wire.CallDisconnectNotify(701, 1)) == [
        Note("the end of a call that is not there (701)")
    ]
    (event,) = feed(made, wire.CallDisconnectNotify(700, 1))
    assert isinstance(event, CallDown)


def test_an_answer_after_hanging_up_tells_the_peers_call_id() -> None:
    """Two calls cleared before their answers: each Notify ends its own."""
    dice = random.Random(1)  # noqa: S311 - dice of a test
    made = ControlSession(ControlConfig(), Role.PNS, random=dice.randbytes)
    made.start(NOW)
    feed(made, wire.StartReply(result=1))
    first, second = made.place_call(NOW), made.place_call(NOW)
    made.clear_call(first, NOW)
    made.clear_call(second, NOW)
    feed(made, wire.OutgoingCallReply(31, first, 1), wire.OutgoingCallReply(32, second, 1))
    assert feed(made, wire.CallDisconnectNotify(32, 4)) == [CallDown(second, None)]
    assert feed(made, wire.CallDisconnectNotify(31, 4)) == [CallDown(first, None)]


def test_a_server_that_clears_a_call_is_the_reason_for_its_end() -> None:
    """Call-Clear-Request is the client's message; a server that sends it ends the call all the same."""
    made, call_id = client(peer_id=700)
    (event,) = feed(made, wire.CallClearRequest(700))
    assert isinstance(event, CallDown)
    assert event.cause is not None
    assert event.cause.code == "peer-closed"
    assert sent(made) == [wire.CallDisconnectNotify(call_id, 4)]


def test_a_client_that_clears_a_call_is_answered_with_our_id() -> None:
    """Section 2.13: the PAC's own call ID, result 4."""
    made = server()
    (event,) = feed(made, request(9))
    assert isinstance(event, CallRequested)
    made.accept_call(event.call_id, NOW)
    assert made.events() == [CallUp(event.call_id, 9, 3)]
    made.data_to_send()
    assert feed(made, wire.CallClearRequest(9)) == [CallDown(event.call_id, None)]
    assert sent(made) == [wire.CallDisconnectNotify(event.call_id, 4)]


def test_a_call_asked_for_twice_is_refused_once() -> None:
    """Section 3.2.2: a call ID is unique; error 5, and the first call stays."""
    made = server()
    feed(made, request(9))
    (event,) = feed(made, request(9))
    assert isinstance(event, Note)
    assert sent(made) == [wire.OutgoingCallReply(0, 9, 2, 5)]
    assert len(made.calls) == 1


def test_the_number_of_calls_is_bounded() -> None:
    """More are refused for lack of resources, and each one that ends makes room."""
    made = server(max_calls=10)
    feed(made, *(request(number) for number in range(1, 1001)))
    assert len(made.calls) == 10
    refused = [each for each in sent(made) if isinstance(each, wire.OutgoingCallReply)]
    assert {(each.result, each.error) for each in refused} == {(2, 4)}
    assert len(refused) == 990
    feed(made, wire.CallClearRequest(1), request(1001))
    assert len(made.calls) == 10


def test_a_client_has_the_same_bound() -> None:
    """For the owner it is a misuse."""
    made, _ = client(ControlConfig(max_calls=1))
    with pytest.raises(LocalError):
        made.place_call(NOW)


def test_requests_that_nobody_answered_are_refused_when_the_server_stops() -> None:
    """Result 7, then Stop with reason 3; a request that comes later is refused, too."""
    made = server()
    feed(made, request(9))
    made.stop(NOW)
    assert sent(made) == [wire.OutgoingCallReply(0, 9, 7), wire.StopRequest(3)]
    feed(made, request(10))
    assert made.calls == ()


def test_set_link_info_is_told_to_the_owner() -> None:
    """Once per change, with our call ID, and only for a call that is up."""
    made, call_id = client()
    assert feed(made, wire.SetLinkInfo(call_id, 0, 0xA0000)) == [LinkInfo(call_id, 0, 0xA0000)]
    assert feed(made, wire.SetLinkInfo(call_id, 0, 0xA0000)) == []
    assert feed(made, wire.SetLinkInfo(call_id, 0, 0)) == [LinkInfo(call_id, 0, 0)]
    (event,) = feed(made, wire.SetLinkInfo(call_id ^ 1, 5, 5))
    assert isinstance(event, Note)


def test_set_link_info_can_be_sent() -> None:
    """With the peer's call ID; not before the call is up."""
    made, call_id = client(peer_id=700)
    made.set_link_info(call_id, 1, 2)
    assert sent(made) == [wire.SetLinkInfo(700, 1, 2)]
    waiting = made.place_call(NOW)
    with pytest.raises(LocalError):
        made.set_link_info(waiting, 1, 2)
    with pytest.raises(LocalError):
        made.set_link_info(0, 1, 2)


def test_wan_errors_are_counted_and_put_into_words() -> None:
    """Section 2.14."""
    made, call_id = client()
    (event,) = feed(made, wire.WanErrorNotify(call_id, crc=3, timeout=1))
    assert event == Note("the serial line behind the server has errors: 3 CRC, 1 time-out")
    feed(made, wire.WanErrorNotify(call_id ^ 1))
    assert (made.statistics.wan_errors, made.statistics.ignored) == (1, 1)


def test_failed_answers_are_noted() -> None:
    """Echo-Reply and Stop-Control-Connection-Reply with result 2."""
    made, _ = client()
    assert feed(made, wire.EchoReply(1, 2, 6)) == [
        Note("the peer did not like an Echo-Request: it has a vendor-specific error")
    ]
    assert made.statistics.as_dict()["echo_replies"] == 1
