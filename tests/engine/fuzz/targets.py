"""What is fuzzed: functions of any octets at all that return, or show a bug by raising.

The same targets are run by hypothesis (test_targets.py) and, guided by coverage, by atheris (run.py). A
target reads its input as a programme: how to cut a stream, which call comes next, how far the clock moves.
"""

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Final

from pptpengine.config import ControlConfig, TunnelConfig
from pptpengine.errors import DecodeError, LocalError
from pptpengine.events import CallDown, CallRequested, CallUp, ControlDown, ControlUp, Event
from pptpengine.fsm.observer import Observer
from pptpengine.net import dialogue
from pptpengine.session import Addresses, ControlSession, DataSession, Role
from pptpengine.wire import control, gre, hdlc, ppp
from pptpengine.wire.header import CONTROL_MESSAGE, HEADER, MAGIC, SIZE, MessageType
from pptpengine.wire.stream import Splitter
from tests.engine.fuzz.measure import held

MAX_CALLS: Final = 4
"Few, so that a short input meets the limit."
SESSION_LIMIT: Final = 16384
"What a control session may hold, in octets and elements, once its owner has fetched everything."
DATA_LIMIT: Final = 1 << 19
"The same for a data session whose reorder buffer holds few packets."


class Programme:
    """Takes the input apart; at its end everything is 0 or empty."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def take(self, size: int) -> bytes:
        """Up to *size* octets."""
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, width: int = 1) -> int:
        """An integer of *width* octets."""
        return int.from_bytes(self.take(width), "big")

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._data))


def control_message(data: bytes) -> None:
    """Decoding raises DecodeError or gives a message that is encoded as it was decoded."""
    try:
        message = control.decode(data)
    except DecodeError:
        return
    assert control.decode(message.encode()) == message


def _split(data: bytes, cuts: list[int]) -> tuple[list[control.Message], str | None]:
    splitter = Splitter()
    found: list[control.Message] = []
    at = 0
    try:
        for cut in [*cuts, len(data)]:
            splitter.feed(data[at : at + cut])
            at += cut
            while (message := splitter.next_message()) is not None:
                found.append(message)
            assert splitter.pending < max(SIZE.values())
    except DecodeError as error:
        return found, str(error)
    return found, None


def control_stream(data: bytes) -> None:
    """However the octets are cut, the messages are the same, and so is the error."""
    programme = Programme(data)
    cuts = [1 + programme.number() % 32 for _ in range(programme.number() % 32)]
    stream = programme.rest()
    assert _split(stream, cuts) == _split(stream, []) == _split(stream, [1] * len(stream))


def _client(stream: bytes, cuts: list[int]) -> tuple[list[Event], bytes]:
    session = ControlSession(ControlConfig(fixed_call_id=1), Role.PNS, random=lambda size: b"\7" * size)
    session.start(0.0)
    session.receive(control.StartReply(result=1).encode(), 0.0)
    session.place_call(0.0)
    events = session.events()
    data = b""
    at = 0
    for cut in [*cuts, len(stream)]:
        session.receive(stream[at : at + cut], 0.0)
        at += cut
        events += session.events()
        data += session.data_to_send()
    return events, data


def control_split(data: bytes) -> None:
    """However the octets are cut, a client with a call tells the same and answers the same."""
    programme = Programme(data)
    cuts = [1 + programme.number() % 32 for _ in range(programme.number() % 32)]
    stream = programme.rest()
    assert _client(stream, cuts) == _client(stream, []) == _client(stream, [1] * len(stream))


def enhanced_gre(data: bytes) -> None:
    """Decoding raises DecodeError, or gives a header that says the same again."""
    try:
        header, payload = gre.Header.decode(data)
    except DecodeError:
        return
    assert gre.Header.decode(header.encode(payload)) == (header, payload)


def hdlc_stream(data: bytes) -> None:
    """Any octets may be cut anywhere; what comes out goes through again unchanged."""
    programme = Programme(data)
    cut = 1 + programme.number()
    accm = programme.number(4)
    stream = programme.rest()
    whole = hdlc.Deframer().feed(stream)
    pieces = hdlc.Deframer()
    found = [frame for at in range(0, len(stream), cut) for frame in pieces.feed(stream[at : at + cut])]
    assert found == whole
    replacements = hdlc.escapes(accm)
    for frame in [*whole, stream[: hdlc.MAX_FRAME - 2]]:
        if len(frame) >= 2:
            assert hdlc.Deframer().feed(hdlc.encode(frame, replacements)) == [frame]


def ppp_frame(data: bytes) -> None:
    """Frame, packet, options: each layer raises DecodeError or is encoded as it was decoded."""
    try:
        frame = ppp.decode_frame(data)
        assert ppp.decode_frame(ppp.encode_frame(frame)) == frame
        packet = ppp.decode_packet(frame.information)
        assert ppp.decode_packet(ppp.encode_packet(packet)) == packet
        options = ppp.decode_options(packet.data)
        assert ppp.encode_options(options) == packet.data
    except DecodeError:
        pass


def observer(data: bytes) -> None:
    """Frames of both sides: nothing is raised, little is kept, and the cause fits on a line."""
    programme = Programme(data)
    seen = Observer()
    now = 0.0
    while programme:
        how = programme.number()
        protocol = (0xC021, 0x8021, 0x80FD, 0xC223, 0xC023, 0x0021)[how % 6]
        size = programme.number()
        body = programme.take(size)
        frame = body if how & 0x40 else b"\xff\x03" + protocol.to_bytes(2, "big") + body
        now += how & 0x0F
        (seen.sent if how & 0x80 else seen.received)(frame, now)
        for cause in (seen.cause, seen.cause_of_end()):
            assert cause is None or cause.message.isprintable()
    assert held(seen) < SESSION_LIMIT


def manager_dialogue(data: bytes) -> None:
    """Lines of the call manager's Unix socket: any octets, any cut."""
    programme = Programme(data)
    cut = 1 + programme.number()
    stream = programme.rest()
    lines = dialogue.Lines()
    found = [line for at in range(0, len(stream), cut) for line in lines.feed(stream[at : at + cut])]
    assert found == dialogue.Lines().feed(stream)
    for words in found:
        cause = dialogue.decode_cause(words)
        if cause is not None:
            assert dialogue.Lines().feed(dialogue.encode_cause(cause))[0][0] == "down"


class _Session:
    """A control session with its owner, who checks what it is told."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.now = 0.0
        flags = programme.number()
        client = bool(flags & 1)
        config = ControlConfig(
            max_calls=MAX_CALLS,
            fixed_call_id=0 if flags & 2 else None,
            link_info_accm=0 if flags & 4 else None,
            echo_interval=60 if flags & 8 else 0,
        )
        ends = (IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"))
        addresses = Addresses(ends[flags >> 4 & 1], ends[~flags >> 4 & 1]) if flags & 32 else None
        self.session = ControlSession(
            config,
            Role.PNS if client else Role.PAC,
            random=self._random,
            originator=None if flags & 64 else client,
            addresses=addresses,
            rival=self._rival(config, addresses) if flags & 128 else None,
        )
        self._dice = 0
        self.up: bool | None = None
        self.requested: set[int] = set()
        self.calls: set[int] = set()
        self.session.start(self.now)

    def _random(self, size: int) -> bytes:
        # Every value once: a source that repeats itself would be searched for a free ID forever.
        self._dice += 1
        return (self._dice * 40503 & 0xFFFF).to_bytes(size, "big")

    @staticmethod
    def _rival(config: ControlConfig, addresses: Addresses | None) -> ControlSession:
        """Our own connection to the same peer, which waits for its answer."""
        rival = ControlSession(config, Role.PNS, random=lambda size: b"\1" * size, addresses=addresses)
        rival.start(0.0)
        return rival

    def message(self) -> bytes:
        """A message with a good header, which random octets hardly ever have."""
        kind = MessageType(1 + self.programme.number() % len(MessageType))
        size = SIZE[kind] - HEADER.size
        body = self.programme.take(self.programme.number() % (size + 1))
        if self.session.calls and kind > MessageType.ECHO_REPLY:
            # An ID that is known, every other time.
            known = self.session.calls[0] if len(body) % 2 else None
            body = body if known is None else body[:2] + known.to_bytes(2, "big") + body[4:]
        return HEADER.pack(SIZE[kind], CONTROL_MESSAGE, MAGIC, kind, 0) + body.ljust(size, b"\0")[:size]

    def step(self) -> None:
        """One thing that may happen, and what must hold afterwards."""
        operation = self.programme.number() % 12
        try:
            if operation < 5:
                self.session.receive(self.message(), self.now)
            elif operation == 5:
                self.session.receive(self.programme.take(self.programme.number()), self.now)
            elif operation == 6:
                due = self.session.next_timer()
                self.now = max(self.now, due if due is not None else self.now)
                self.session.handle_timer(self.now)
            else:
                self._own(operation)
        except LocalError:
            # Only a call that may be asked for too early, or that is not there, is the owner's fault.
            assert operation in {7, 9, 10}
        self.check()

    def _own(self, operation: int) -> None:
        call_id = next(iter(self.session.calls), 0)
        if operation == 7:
            self.session.place_call(self.now)
        elif operation == 8:
            self.session.clear_call(call_id, self.now)
        elif operation == 9:
            self.session.accept_call(call_id, self.now)
        elif operation == 10:
            self.session.reject_call(call_id, self.now)
        elif self.programme.number() & 1:
            self.session.stop(self.now)
        else:
            self.session.receive_eof(self.now)

    def check(self) -> None:
        """The order of events, well-formed output, and bounds."""
        for event in self.session.events():
            self.on_event(event)
        output = Splitter()
        output.feed(self.session.data_to_send())
        while output.next_message() is not None:
            pass
        assert output.pending == 0
        assert len(self.session.calls) <= MAX_CALLS
        if self.session.finished:
            assert self.session.next_timer() is None
            assert self.session.calls == ()
            assert self.up is False

    def on_event(self, event: Event) -> None:
        """Up before calls, calls up before down, nothing after the end."""
        assert self.up is not False
        match event:
            case ControlUp():
                assert self.up is None
                self.up = True
            case ControlDown():
                assert not self.calls
                self.up = False
            case CallRequested():
                assert self.up
                self.requested.add(event.call_id)
            case CallUp():
                assert self.up
                assert event.call_id not in self.calls
                self.calls.add(event.call_id)
            case CallDown():
                self.calls.discard(event.call_id)
                self.requested.discard(event.call_id)


def control_session(data: bytes) -> None:
    """A whole life of a control session, either role, whatever peer, owner, clock and network do."""
    programme = Programme(data)
    session = _Session(programme)
    while programme:
        session.step()
    assert held(session.session) < SESSION_LIMIT


def data_session(data: bytes) -> None:
    """A whole life of a data session: octets of pppd, packets of the peer and of anybody, timers."""
    programme = Programme(data)
    flags = programme.number()
    config = TunnelConfig(reorder_limit=8, buffer=not flags & 1)
    session = DataSession(config, 1, 2)
    now = 0.0
    sequence = 0
    deframer = hdlc.Deframer()
    while programme:
        operation = programme.number()
        body = programme.take(programme.number())
        if operation < 64:
            for packet in session.receive_stream(body, now):
                gre.unpack(packet)
        elif operation < 96:
            for packet in session.receive_stream(hdlc.encode(b"\xff\x03" + body), now):
                gre.unpack(packet)
        elif operation < 128:
            out = session.receive_packets([body], now)
            deframer.feed(out)
        elif operation < 224:
            sequence = sequence + (programme.number(4) if operation & 1 else operation & 7) & 0xFFFFFFFF
            ack = programme.number(4) if operation & 2 else None
            out = session.receive_packets([gre.pack(1, sequence, ack, body)], now)
            deframer.feed(out)
        else:
            now += (operation & 31) / 10
            deframer.feed(session.handle_timer(now))
        session.ack_to_send(now)
        session.next_timer()
    assert deframer.bad_fcs == 0
    assert all(count >= 0 for count in session.counters().values())
    assert held(session) < DATA_LIMIT


def _packets(programme: Programme) -> list[bytes]:
    found = []
    sequence = 0
    while programme:
        how = programme.number()
        sequence = (sequence + (programme.number(4) if how & 1 else 1 + (how >> 1 & 3))) & 0xFFFFFFFF
        ack = programme.number(4) if how & 8 else None
        body = programme.take(how >> 4)
        if how & 0xC0 == 0xC0:
            found.append(body)
        else:
            found.append(gre.pack(1 + (how >> 4 & how >> 5 & 1), sequence, ack, b"\xff\x03\x00\x21" + body))
    return found


def data_batch(data: bytes) -> None:
    """Packets that are read together give the same frames and counters as one by one."""
    programme = Programme(data)
    config = TunnelConfig(reorder_limit=4, buffer=not programme.number() & 1)
    prefix = b"I" * programme.number()
    packets = [prefix + packet for packet in _packets(programme)]
    together, single = DataSession(config, 1, 2), DataSession(config, 1, 2)
    out = together.receive_packets(packets, 0.0, len(prefix)) + together.handle_timer(9.0)
    other = b"".join(single.receive_packets([packet], 0.0, len(prefix)) for packet in packets)
    other += single.handle_timer(9.0)
    assert hdlc.Deframer().feed(out) == hdlc.Deframer().feed(other)
    assert together.counters() == single.counters()
    assert together.ack_to_send(9.0) == single.ack_to_send(9.0)


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    each.__name__: each
    for each in (
        control_message,
        control_stream,
        control_split,
        enhanced_gre,
        hdlc_stream,
        ppp_frame,
        observer,
        manager_dialogue,
        control_session,
        data_session,
        data_batch,
    )
}
"By name."


def everything(data: bytes) -> None:
    """The first octet chooses the target, for a run of all of them in one process."""
    choice = data[0] if data else 0
    list(TARGETS.values())[choice % len(TARGETS)](data[1:])
