"""Control sessions: a client and a server joined in memory, and a client against scripted servers."""

import random

import pytest

from pptpengine.causes import Cause
from pptpengine.config import ControlConfig
from pptpengine.errors import LocalError
from pptpengine.events import CallDown, CallRequested, CallUp, ControlDown, ControlUp, Event
from pptpengine.session import ControlSession, Role
from pptpengine.wire import control as wire
from pptpengine.wire.stream import Splitter

NOW = 100.0


def session(role: Role = Role.PNS, seed: int = 1, config: ControlConfig | None = None) -> ControlSession:
    dice = random.Random(seed)  # noqa: S311 - dice of a test
    return ControlSession(config or ControlConfig(), role, random=dice.randbytes)


def sent(of: ControlSession) -> list[wire.Message]:
    splitter = Splitter()
    splitter.feed(of.data_to_send())
    found = []
    while (message := splitter.next_message()) is not None:
        found.append(message)
    return found


def feed(to: ControlSession, *messages: wire.Message, now: float = NOW) -> list[Event]:
    to.receive(b"".join(each.encode() for each in messages), now)
    return to.events()


def established(config: ControlConfig | None = None) -> ControlSession:
    client = session(config=config)
    client.start(NOW)
    feed(client, wire.StartReply(result=1))
    client.data_to_send()
    return client


def with_call(peer_id: int = 0, config: ControlConfig | None = None) -> tuple[ControlSession, int]:
    client = established(config)
    call_id = client.place_call(NOW)
    feed(client, wire.OutgoingCallReply(peer_id, call_id, 1, window=64))
    client.data_to_send()
    return client, call_id


class Pair:
    """A client and a server; `run` carries octets to and fro until both are silent, in pieces of *step*."""

    def __init__(self, step: int) -> None:
        self.client, self.server = session(), session(Role.PAC, seed=2)
        self.step = step
        self.events: dict[str, list[Event]] = {"client": [], "server": []}

    def run(self, now: float = NOW) -> None:
        while True:
            moved = self._carry(self.client, self.server, now) + self._carry(self.server, self.client, now)
            for name, each in (("client", self.client), ("server", self.server)):
                for event in each.events():
                    moved += 1
                    self.events[name].append(event)
                    if isinstance(event, CallRequested):
                        each.accept_call(event.call_id, now)
            if not moved:
                return

    def _carry(self, source: ControlSession, target: ControlSession, now: float) -> int:
        data = source.data_to_send()
        for start in range(0, len(data), self.step):
            target.receive(data[start : start + self.step], now)
        return len(data)


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_a_whole_life_in_memory(step: int) -> None:
    """Start, two calls, one cleared, then everything stopped: what one side sends the other reports."""
    pair = Pair(step)
    pair.client.start(NOW)
    pair.server.start(NOW)
    pair.run()
    first, second = pair.client.place_call(NOW), pair.client.place_call(NOW)
    pair.run()
    server_ids = [event.call_id for event in pair.events["server"] if isinstance(event, CallUp)]
    assert pair.events["client"] == [
        ControlUp(b"local", b"cananian", 1),
        CallUp(first, server_ids[0], 3),
        CallUp(second, server_ids[1], 3),
    ]
    assert first != second
    pair.client.clear_call(first, NOW)
    pair.run()
    assert pair.events["client"][-1] == CallDown(first, None)
    assert pair.events["server"][-1] == CallDown(server_ids[0], None)
    assert pair.client.calls == (second,)
    pair.client.stop(NOW)
    pair.run()
    assert pair.events["client"][-2:] == [CallDown(second, None), ControlDown(None)]
    assert pair.client.finished
    assert pair.server.finished
    assert pair.client.next_timer() is None


def test_what_the_client_sends_is_what_pptp_sends() -> None:
    """Values of pptp(8) 1.10.0, seen on the wire."""
    client = session()
    client.start(NOW)
    assert sent(client) == [wire.StartRequest(0x0100, 0, 0, 3, 3, 65535, 1, b"local", b"cananian")]
    feed(client, wire.StartReply(result=1))
    call_id = client.place_call(NOW)
    again = client.place_call(NOW)
    assert sent(client) == [
        wire.OutgoingCallRequest(call_id, 0, 2400, 10_000_000, 3, 3, 3, 0),
        wire.OutgoingCallRequest(again, 1, 2400, 10_000_000, 3, 3, 3, 0),
    ]


def test_a_call_id_is_never_zero_and_never_used_twice() -> None:
    """The random source repeats itself; the IDs do not."""
    octets = iter([b"\0\0", b"\0\1", b"\0\1", b"\0\0", b"\0\2"])
    client = ControlSession(ControlConfig(), Role.PNS, random=lambda _: next(octets))
    client.start(NOW)
    feed(client, wire.StartReply(result=1))
    assert [client.place_call(NOW), client.place_call(NOW)] == [1, 2]


@pytest.mark.parametrize("result", [0, 1])
def test_start_results_that_count_as_success(result: int) -> None:
    """0 comes from some ADSL modems."""
    client = session()
    client.start(NOW)
    assert feed(client, wire.StartReply(result=result, vendor=b"v", host_name=b"h", firmware=9)) == [
        ControlUp(b"h", b"v", 9)
    ]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (wire.StartReply(result=2, error=4), "resources"),
        (wire.StartReply(result=3), "exists"),
        (wire.StartReply(result=4), "not allow"),
        (wire.StartReply(result=5), "version"),
        (wire.StartReply(result=99), "99"),
    ],
)
def test_a_refused_start_is_put_into_words(reply: wire.StartReply, words: str) -> None:
    """Code control-refused, and TCP is to be closed."""
    client = session()
    client.start(NOW)
    cause = down(feed(client, reply))
    assert cause.code == "control-refused"
    assert words in cause.message
    assert cause.hint
    assert client.finished


@pytest.mark.parametrize(
    ("result", "error", "words"),
    [
        (2, 4, "resources"),
        (2, 0, "refused"),
        (4, 0, "busy"),
        (7, 0, "accept"),
        (6, 0, "long"),
        (77, 0, "77"),
    ],
)
def test_a_refused_call_is_put_into_words(result: int, error: int, words: str) -> None:
    """Code call-refused; the control connection stays."""
    client = established()
    call_id = client.place_call(NOW)
    (event,) = feed(client, wire.OutgoingCallReply(0, call_id, result, error))
    assert isinstance(event, CallDown)
    assert event.cause is not None
    assert event.cause.code == "call-refused"
    assert words in event.cause.message
    assert not client.finished


def down(events: list[Event]) -> Cause:
    """The cause of the ControlDown that comes last."""
    last = events[-1]
    assert isinstance(last, ControlDown)
    assert last.cause is not None
    return last.cause


def test_no_start_reply_in_time() -> None:
    """Code control-timeout at the deadline, not before."""
    client = session(config=ControlConfig(start_timeout=15))
    client.start(NOW)
    assert client.next_timer() == NOW + 15
    client.handle_timer(NOW + 14.9)
    assert client.events() == []
    client.handle_timer(NOW + 15)
    assert down(client.events()).code == "control-timeout"
    assert client.finished


def test_no_call_reply_in_time() -> None:
    """The call is cleared in case the server thinks that there is one."""
    client = established(config=ControlConfig(call_timeout=15))
    call_id = client.place_call(NOW)
    client.data_to_send()
    client.handle_timer(NOW + 15)
    (event,) = client.events()
    assert isinstance(event, CallDown)
    assert event.cause is not None
    assert event.cause.code == "call-timeout"
    assert sent(client) == [wire.CallClearRequest(call_id)]


def test_hang_up_waits_for_both_answers_in_order() -> None:
    """Call-Clear, then its Notify, then Stop, then its reply, then TCP."""
    client, call_id = with_call(peer_id=0)
    client.stop(NOW)
    assert sent(client) == [wire.CallClearRequest(call_id)]
    assert feed(client, wire.CallDisconnectNotify(0, 4)) == [CallDown(call_id, None)]
    assert sent(client) == [wire.StopRequest(1)]
    assert not client.finished
    assert feed(client, wire.StopReply(1)) == [ControlDown(None)]
    assert client.finished


def test_hang_up_with_a_server_that_says_nothing_is_bounded() -> None:
    """No Notify and no Stop-Reply: all is over within the two time-outs."""
    client, call_id = with_call(config=ControlConfig(clear_timeout=1.5, stop_timeout=1.0))
    client.stop(NOW)
    client.handle_timer(NOW + 1.5)
    assert sent(client) == [wire.CallClearRequest(call_id), wire.StopRequest(1)]
    assert client.next_timer() == NOW + 2.5
    client.handle_timer(NOW + 2.5)
    assert client.events() == [CallDown(call_id, None), ControlDown(None)]
    assert client.finished


def test_hang_up_with_a_server_that_closes_at_once() -> None:
    """pptpd closes TCP right after Call-Clear; that is a normal end."""
    client, call_id = with_call()
    client.stop(NOW)
    client.receive_eof(NOW)
    assert client.events() == [CallDown(call_id, None), ControlDown(None)]


@pytest.mark.parametrize("which", ["peer", "own"])
def test_a_disconnect_notify_may_name_either_call_id(which: str) -> None:
    """accel-ppp used to send the other side's ID."""
    client, call_id = with_call(peer_id=500)
    number = 500 if which == "peer" else call_id
    (event,) = feed(client, wire.CallDisconnectNotify(number, 3))
    assert isinstance(event, CallDown)
    assert event.cause is not None
    assert event.cause.code == "peer-closed"
    assert "administrator" in event.cause.message


def test_a_stop_from_the_server_is_answered_and_ends_the_calls() -> None:
    """Section 2.4: the reply is sent, then TCP is closed."""
    client, call_id = with_call()
    events = feed(client, wire.StopRequest(3))
    assert [type(each) for each in events] == [CallDown, ControlDown]
    assert "shutting down" in down(events).message
    assert sent(client) == [wire.StopReply(1)]
    assert client.finished
    assert client.calls == ()
    assert call_id


def test_echo_requests_are_answered() -> None:
    """With the same identifier and result 1."""
    client = established()
    feed(client, wire.EchoRequest(0xDEADBEEF))
    assert sent(client) == [wire.EchoReply(0xDEADBEEF, 1)]


def test_silence_is_probed_and_then_ends_the_connection() -> None:
    """Section 3.1.4: Echo after the interval; Stop and close if it is not answered."""
    client, _ = with_call(config=ControlConfig(echo_interval=60, echo_timeout=60))
    assert client.next_timer() == NOW + 60
    client.handle_timer(NOW + 60)
    assert sent(client) == [wire.EchoRequest(1)]
    client.handle_timer(NOW + 119)
    assert not client.finished
    client.handle_timer(NOW + 120)
    assert sent(client) == [wire.StopRequest(1)]
    assert down(client.events()).code == "peer-silent"


def test_any_control_message_restarts_the_echo_timer() -> None:
    """Not only an Echo-Reply shows that the peer lives."""
    client = established(config=ControlConfig(echo_interval=60, echo_timeout=60))
    client.handle_timer(NOW + 60)
    feed(client, wire.EchoReply(1, 1), now=NOW + 61)
    assert client.next_timer() == NOW + 121
    feed(client, wire.WanErrorNotify(1), now=NOW + 70)
    assert client.next_timer() == NOW + 130


def test_echo_can_be_switched_off() -> None:
    """Interval 0."""
    assert established(config=ControlConfig(echo_interval=0)).next_timer() is None


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "control-refused"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "control-refused"),
    ],
)
def test_something_else_than_pptp_answers(octets: bytes, code: str) -> None:
    """The hint says to check the server's name."""
    client = session()
    client.start(NOW)
    client.receive(octets, NOW)
    cause = down(client.events())
    assert cause.code == code
    assert "not PPTP" in cause.message
    assert client.finished


def test_a_stream_out_of_step_ends_an_established_connection() -> None:
    """Messages before the rubbish are handled, then all is over; later octets are ignored."""
    client, _ = with_call()
    client.receive(wire.EchoRequest(1).encode() + b"x" * 20, NOW)
    assert down(client.events()).code == "peer-closed"
    client.receive(wire.EchoRequest(2).encode(), NOW)
    assert sent(client) == [wire.EchoReply(1, 1)]


def test_eof_before_the_answer_is_a_refusal_and_later_a_loss() -> None:
    """The codes differ since the remedies do."""
    client = session()
    client.start(NOW)
    client.receive_eof(NOW)
    assert down(client.events()).code == "control-refused"
    client = established()
    client.receive_eof(NOW)
    assert down(client.events()).code == "peer-closed"
    client.receive_eof(NOW)
    assert client.events() == []


def test_incoming_calls_are_refused() -> None:
    """Result 3, do not accept, with the caller's ID."""
    client = established()
    feed(client, wire.IncomingCallRequest(77))
    assert sent(client) == [wire.IncomingCallReply(0, 77, 3)]


def test_answers_that_nobody_asked_for_hurt_nobody() -> None:
    """Every message type at an established client with a call leaves both up, except those that end
    something.
    """
    client, call_id = with_call(peer_id=5)
    stray = [
        wire.StartRequest(),
        wire.StartReply(result=4),
        wire.StopReply(1),
        wire.EchoReply(9, 2),
        wire.OutgoingCallRequest(1, 0, 0, 0, 3, 3, 3),
        wire.OutgoingCallReply(1, call_id ^ 1, 1),
        wire.OutgoingCallReply(1, call_id, 4),
        wire.IncomingCallReply(1, 2, 1),
        wire.IncomingCallConnected(1),
        wire.CallClearRequest(1),
        wire.CallDisconnectNotify(call_id ^ 1 or 6, 1),
        wire.SetLinkInfo(call_id),
    ]
    events = feed(client, *stray)
    assert not [event for event in events if isinstance(event, CallDown | ControlDown | CallUp)]
    assert client.calls == (call_id,)


def test_misuse_is_a_local_error() -> None:
    """Starting twice, calling too early, answering a call that is not there."""
    client = session()
    with pytest.raises(LocalError):
        client.place_call(NOW)
    client.start(NOW)
    with pytest.raises(LocalError):
        client.start(NOW)
    with pytest.raises(LocalError):
        client.accept_call(1, NOW)
    client.stop(NOW)
    client.stop(NOW)
    with pytest.raises(LocalError):
        client.place_call(NOW)


def test_a_reply_in_another_version_is_stopped() -> None:
    """Section 3.1.1: Stop-Control-Connection-Request, reason 2, and its answer is waited for."""
    client = session()
    client.start(NOW)
    client.data_to_send()
    assert feed(client, wire.StartReply(result=1, version=0x0200)) == []
    assert sent(client) == [wire.StopRequest(2)]
    cause = down(feed(client, wire.StopReply(1)))
    assert cause.code == "control-refused"
    assert "version" in cause.message


@pytest.mark.parametrize(("version", "result"), [(0x0100, 1), (0x0200, 1), (0x00FF, 5), (0, 5)])
def test_a_server_answers_each_version(version: int, result: int) -> None:
    """Section 3.1.2: with its own version to a later one, with result 5 to an earlier one."""
    server = session(Role.PAC)
    server.start(NOW)
    feed(server, wire.StartRequest(version=version))
    (reply,) = sent(server)
    assert isinstance(reply, wire.StartReply)
    assert (reply.version, reply.result) == (wire.VERSION, result)
    assert server.finished == (result == 5)


def test_a_server_can_reject_calls() -> None:
    """Result 4 for a call."""
    server = session(Role.PAC)
    feed(server, wire.StartRequest())
    (event,) = feed(server, wire.OutgoingCallRequest(3, 0, 0, 0, 3, 3, 3))
    assert event == CallRequested(server.calls[0], 3)
    server.reject_call(server.calls[0], NOW, result=4)
    assert sent(server)[-1] == wire.OutgoingCallReply(0, 3, 4)
    assert server.calls == ()
    with pytest.raises(LocalError):
        server.reject_call(1, NOW)
