"""The data path without a socket: pppd's octets to GRE and back."""

import random

from pptpengine.config import TunnelConfig
from pptpengine.session import DataSession
from pptpengine.wire import gre, hdlc

NOW = 5.0
IP = bytes.fromhex("ff030021")


def lcp(code: int, identifier: int, options: str = "") -> bytes:
    body = bytes.fromhex(options)
    return bytes.fromhex("ff03c021") + bytes((code, identifier)) + (4 + len(body)).to_bytes(2, "big") + body


def ipcp(code: int, identifier: int, options: str = "") -> bytes:
    body = bytes.fromhex(options)
    return bytes.fromhex("ff038021") + bytes((code, identifier)) + (4 + len(body)).to_bytes(2, "big") + body


def pair() -> tuple[DataSession, DataSession]:
    return DataSession(TunnelConfig(), 1, 2), DataSession(TunnelConfig(), 2, 1, first_sequence=0)


def test_frames_cross_both_ways_unchanged() -> None:
    """Random frames, the stream cut anywhere; behind a prefix that stands for the IP header."""
    near, far = pair()
    dice = random.Random(3)  # noqa: S311 - dice of a test
    frames = [IP + dice.randbytes(dice.randrange(1, 1400)) for _ in range(50)]
    stream = b"".join(hdlc.encode(frame) for frame in frames)
    out = b""
    while stream:
        cut = dice.randrange(1, 4000)
        packets = near.receive_stream(stream[:cut], NOW)
        stream = stream[cut:]
        out += far.receive_packets([b"I" * 20 + packet for packet in packets], NOW, 20)
    assert hdlc.Deframer().feed(out) == frames
    assert near.counters()["sent"] == far.counters()["received"] == 50


def test_damaged_frames_do_not_enter_the_tunnel() -> None:
    """pptp(8) forwards them; here they are counted."""
    near, _ = pair()
    assert near.receive_stream(b"\x7e" + b"garbage!" + b"\x7e", NOW) == []
    assert near.counters()["bad_fcs"] == 1


def test_control_characters_are_escaped_until_pppd_is_known_not_to_need_it() -> None:
    """Asyncmap 0 acknowledged and IPCP open: then only 0x7D and 0x7E, but LCP stays fully escaped."""
    near, _ = pair()
    far = iter(range(1000))

    def from_peer(frame: bytes) -> bytes:
        return near.receive_packets([gre.pack(1, next(far), None, frame)], NOW)

    data = IP + bytes(range(32))
    assert from_peer(data) == hdlc.encode(data, hdlc.FULL_ESCAPES)
    address = "0306c0a807c8"
    for frame in (lcp(1, 1, "020600000000"), ipcp(1, 1, address), lcp(2, 2, ""), ipcp(2, 2, "0306c0a80701")):
        if frame[4] == 2:
            near.receive_stream(hdlc.encode(frame), NOW)
        else:
            near.receive_stream(hdlc.encode(frame), NOW)
            answer = bytes((*frame[:4], 2, *frame[5:]))
            from_peer(answer)
            theirs = (
                bytes((*frame[:4], 1, 2))
                + (lcp(2, 2) if frame[2] == 0xC0 else ipcp(2, 2, "0306c0a80701"))[6:]
            )
            from_peer(theirs)
    assert near.observer.up_since is not None
    assert from_peer(data) == hdlc.encode(data, hdlc.MINIMAL_ESCAPES)
    echo = lcp(9, 3, "00000000")
    assert from_peer(echo) == hdlc.encode(echo, hdlc.FULL_ESCAPES)


def test_held_frames_come_out_on_the_timer() -> None:
    """The session's one timer covers reordering and acknowledgements."""
    near, _ = pair()
    assert near.receive_packets([gre.pack(1, 0, None, IP + b"a")], NOW)
    assert near.receive_packets([gre.pack(1, 2, None, IP + b"c")], NOW) == b""
    due = near.next_timer()
    assert due == NOW + 0.3
    assert near.handle_timer(NOW + 0.3) == hdlc.encode(IP + b"c")
    assert near.ack_to_send(NOW + 0.3) == gre.pack(2, None, 2)


def test_only_control_frames_reach_the_observer() -> None:
    """Address and control octets present or compressed away."""
    near, _ = pair()
    seen: list[bytes] = []

    class Spy:
        agreed_asyncmap = 0

        def sent(self, frame: bytes, _now: float) -> None:
            seen.append(frame)

        received = sent

    near.observer = Spy()  # type: ignore[assignment] # stands in for the observer
    control = [
        bytes.fromhex(each)
        for each in ("ff03c02101010004", "c02101010004", "802101010004", "ff0380fd01010004")
    ]
    data = [
        bytes.fromhex(each)
        for each in ("ff0300210000", "210000", "00fd9000", "fd9000", "ff03fd9000", "ff03")
    ]
    near.receive_stream(b"".join(hdlc.encode(frame) for frame in control + data), NOW)
    assert seen == control
    near.receive_packets([gre.pack(1, n, None, frame) for n, frame in enumerate(data + control)], NOW)
    assert seen == control * 2


def test_frames_go_out_of_order_when_asked_for() -> None:
    """pptp(8)'s --test-type 1: after the rate, two change places; the numbers stay with their frames."""
    session = DataSession(TunnelConfig(test_type=1, test_rate=2), 1, 2)
    stream = b"".join(hdlc.encode(IP + bytes((number,))) for number in range(4))
    headers = [gre.Header.decode(packet) for packet in session.receive_stream(stream, NOW)]
    assert [header.sequence for header, _ in headers] == [1, 2, 4, 3]
    assert [payload[-1] for _, payload in headers] == [0, 1, 3, 2]


def test_set_link_info_adds_characters_to_those_escaped() -> None:
    """Both maps, and never fewer than pppd asked for."""
    near, _ = pair()

    class Agreed:
        agreed_asyncmap = 0x1

        def received(self, frame: bytes, now: float) -> None:
            """Nothing changes."""

    near.observer = Agreed()  # type: ignore[assignment] # stands in for the observer
    near.link_info(0x00020000, 0x000C0000)
    data = IP + bytes(range(32))
    assert near.receive_packets([gre.pack(1, 0, None, data)], NOW) == hdlc.encode(
        data, hdlc.escapes(0xE0001)
    )
    near.link_info(0, 0)
    assert near.receive_packets([gre.pack(1, 1, None, data)], NOW) == hdlc.encode(data, hdlc.escapes(1))


def test_a_new_call_goes_on_where_the_old_one_ended() -> None:
    """Numbers anew, counters carried on, what was held delivered, half a frame from pppd not lost."""
    near, _ = pair()
    whole = hdlc.encode(IP + b"across")
    near.receive_stream(hdlc.encode(IP + b"before") + whole[:5], NOW)
    near.receive_packets([gre.pack(1, 70, None, IP + b"a"), gre.pack(1, 72, None, IP + b"c")], NOW)
    assert near.rebind(11, 12, NOW) == hdlc.encode(IP + b"c")
    assert near.next_timer() is None
    (packet,) = near.receive_stream(whole[5:], NOW)
    assert gre.Header.decode(packet) == (gre.Header(12, 1), IP + b"across")
    assert near.receive_packets([gre.pack(1, 73, None, IP + b"old")], NOW) == b""
    assert near.receive_packets([gre.pack(11, 5, None, IP + b"new")], NOW) == hdlc.encode(IP + b"new")
    counters = near.counters()
    assert (counters["sent"], counters["received"], counters["foreign"], counters["lost"]) == (2, 3, 1, 1)


def test_frames_before_a_change_of_the_map_keep_the_old_one() -> None:
    """One batch: data, the last Configure-Ack of IPCP, data."""
    near, _ = pair()

    class Agreeing:
        agreed_asyncmap = hdlc.FULL_MAP

        def received(self, _frame: bytes, _now: float) -> None:
            self.agreed_asyncmap = 0

    near.observer = Agreeing()  # type: ignore[assignment] # stands in for the observer
    data, control = IP + b"\x00\x01\x02", ipcp(2, 1)
    batch = [gre.pack(1, number, None, frame) for number, frame in enumerate((data, control, data, data))]
    assert near.receive_packets(batch, NOW) == (
        hdlc.encode(data) + hdlc.encode(control) + hdlc.encode(data, hdlc.MINIMAL_ESCAPES) * 2
    )
