"""What a peer can make us keep and do: bounded in octets and in function calls, not in seconds."""

import random
import tracemalloc

import pytest

from pptpengine.config import ControlConfig, TunnelConfig
from pptpengine.fsm.observer import Observer
from pptpengine.session import ControlSession, DataSession, Role
from pptpengine.wire import control, gre, hdlc
from pptpengine.wire.header import SIZE
from pptpengine.wire.stream import Splitter
from tests.engine.fuzz.measure import calls, held
from tests.engine.fuzz.seeds import MESSAGES

NOW = 1.0
CALLS_PER_MESSAGE = 120
"Function calls that one message of the peer may cost."
CALLS_PER_PACKET = 4000
"The same for one GRE packet: a gap of a whole window costs the most, since each missing number is noted."


A_SENTENCE = 160
"Octets: why a connection was ended."


def client() -> ControlSession:
    dice = random.Random(1)  # noqa: S311 - dice of a test
    made = ControlSession(ControlConfig(), Role.PNS, random=dice.randbytes)
    made.start(NOW)
    made.receive(control.StartReply(result=1).encode(), NOW)
    call_id = made.place_call(NOW)
    made.receive(control.OutgoingCallReply(5, call_id, 1).encode(), NOW)
    made.events()
    made.data_to_send()
    return made


def fetch(session: ControlSession) -> None:
    session.events()
    session.data_to_send()


def test_a_megabyte_of_garbage_is_not_kept() -> None:
    """Neither by a session that it ends, nor by one that has ended."""
    session = client()
    before = held(session)
    for _ in range(16):
        session.receive(b"\xa5" * 65536, NOW)
    fetch(session)
    assert session.finished
    assert held(session) <= before + A_SENTENCE


def test_a_stream_keeps_less_than_a_message() -> None:
    """Octet by octet, whatever the type."""
    splitter = Splitter()
    for octet in b"".join(message.encode() for message in MESSAGES):
        splitter.feed(bytes((octet,)))
        splitter.next_message()
        assert splitter.pending < max(SIZE.values())


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: type(each).__name__)
def test_a_message_a_thousand_times(message: control.Message) -> None:
    """Work is in proportion to the messages, and nothing stays behind once the owner has fetched."""
    session = client()
    before = held(session)
    data = message.encode() * 1000
    assert calls(lambda: session.receive(data, NOW)) < 1000 * CALLS_PER_MESSAGE
    fetch(session)
    assert held(session) <= before + max(SIZE.values())


def test_a_server_with_all_its_calls() -> None:
    """The bound on calls bounds what a message costs and what is kept."""
    dice = random.Random(1)  # noqa: S311 - dice of a test
    server = ControlSession(ControlConfig(max_calls=100), Role.PAC, random=dice.randbytes)
    server.start(NOW)
    server.receive(control.StartRequest().encode(), NOW)
    flood = [control.OutgoingCallRequest(number, 0, 0, 0, 3, 3, 3).encode() for number in range(2000)]
    assert calls(lambda: server.receive(b"".join(flood), NOW)) < 2000 * (CALLS_PER_MESSAGE + 3 * 100)
    fetch(server)
    assert len(server.calls) == 100
    assert held(server) < 8000


def test_the_peak_while_a_storm_is_taken_in() -> None:
    """What 64 KiB of the costliest small message allocate before the owner can fetch: a few MiB at most."""
    session = client()
    storm = control.EchoRequest(1).encode() * 4096
    tracemalloc.start()
    session.receive(storm, NOW)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(session.data_to_send()) == 4096 * 20
    assert peak < 2 << 20


def _numbers(kind: str, count: int) -> list[int]:
    dice = random.Random(kind)  # noqa: S311 - dice of a test
    match kind:
        case "shuffled":
            return dice.sample(range(1, count + 1), count)
        case "backwards":
            return list(range(count, 0, -1))
        case "every other":
            return list(range(1, 2 * count, 2))
        case "jumps of 2^31":
            return [(number * (1 << 31) + number) & 0xFFFFFFFF for number in range(count)]
        case "jumps just in the window":
            return [number * 2000 & 0xFFFFFFFF for number in range(count)]
        case _:
            return [dice.getrandbits(32) for _ in range(count)]


@pytest.mark.parametrize(
    "kind",
    ["shuffled", "backwards", "every other", "jumps of 2^31", "jumps just in the window", "random"],
)
@pytest.mark.parametrize("buffer", [True, False])
def test_sequence_numbers_of_every_kind(kind: str, buffer: bool) -> None:
    """The buffer's limit holds, the counters add up, and a packet costs at most a search of the buffer."""
    count = 300
    config = TunnelConfig(reorder_limit=64, buffer=buffer)
    session = DataSession(config, 1, 2)
    packets = [gre.pack(1, number, None, b"\x21" + bytes(99)) for number in _numbers(kind, count)]
    delivered: list[bytes] = []

    def feed() -> None:
        for at in range(0, count, 50):
            delivered.append(session.receive_packets(packets[at : at + 50], NOW))
            session.ack_to_send(NOW)

    assert calls(feed) < count * CALLS_PER_PACKET
    assert held(session) < 150_000
    delivered.append(session.handle_timer(NOW + 10))
    counters = session.counters()
    frames = hdlc.Deframer().feed(b"".join(delivered))
    assert len(frames) == counters["received"]
    named = ("received", "late", "duplicate", "implausible")
    assert sum(counters[name] for name in named) == count


def test_packets_that_are_not_ours_leave_nothing() -> None:
    """Foreign call IDs and octets that are no GRE are counted, and that is all."""
    session = DataSession(TunnelConfig(), 1, 2)
    before = held(session)
    packets = [gre.pack(call_id, 1, 1, b"x" * 1000) for call_id in range(2, 1002)] + [
        b"",
        b"\0" * 7,
        b"\xff" * 99,
    ]
    assert session.receive_packets(packets, NOW) == b""
    assert session.next_timer() is None
    counters = session.counters()
    assert (counters["foreign"], counters["malformed"]) == (1000, 3)
    assert held(session) <= before + 64


def test_an_observer_keeps_the_newest_of_everything() -> None:
    """Thousands of requests, acknowledgements and texts of the largest size."""
    seen = Observer()
    for number in range(400):
        for protocol in (0xC021, 0x8021, 0x80FD, 0xC223, 0xC023):
            code = 1 + number % 11
            body = bytes((code, number & 0xFF)) + (1400).to_bytes(2, "big") + bytes((9, 4, 1, 1)) * 349
            frame = b"\xff\x03" + protocol.to_bytes(2, "big") + body
            seen.received(frame, NOW)
            seen.sent(frame, NOW)
    assert held(seen) < 40_000


def test_a_line_without_flags_is_not_collected() -> None:
    """pppd's side, too: two megabytes without an end of frame."""
    session = DataSession(TunnelConfig(), 1, 2)
    for _ in range(32):
        session.receive_stream(b"x" * 65536, NOW)
    assert held(session) < 4 * hdlc.MAX_FRAME
    assert session.receive_stream(b"\x7e" + hdlc.encode(b"\xff\x03\x00\x21ok"), NOW)
