"""What is done for many packets at once equals what is done for each of them; and the counters add up."""

from hypothesis import given
from hypothesis import strategies as st

from pptpengine.config import TunnelConfig
from pptpengine.fsm.outgoing import Outgoing
from pptpengine.fsm.statistics import TunnelStatistics
from pptpengine.fsm.tunnel import Tunnel
from pptpengine.wire import gre

OURS, THEIRS = 7, 9
NOW = 50.0
TOP = 2**32

steps = st.sampled_from([1] * 12 + [0, 0, 2, 2, 3, -1, -2, 5, 40, -40, 3000, -3000, 2**31])
acks = st.none() | st.integers(0, 30)


@st.composite
def packets(draw: st.DrawFn) -> list[bytes]:
    """Numbers that mostly go up by one, with acknowledgements, foreign packets and garbage between them."""
    number = draw(st.sampled_from([0, 1, 100, TOP - 5]))
    found = []
    for _ in range(draw(st.integers(0, 40))):
        kind = draw(st.integers(0, 19))
        if kind == 0:
            found.append(draw(st.binary(max_size=20)))
        elif kind == 1:
            found.append(
                gre.pack(draw(st.sampled_from([OURS, THEIRS])), None, draw(st.integers(0, TOP - 1)))
            )
        elif kind == 2:
            found.append(gre.pack(THEIRS, number, None, b"foreign"))
        else:
            payload = draw(st.binary(max_size=3))
            found.append(
                gre.pack(OURS, number, draw(acks), payload) + draw(st.sampled_from([b"", b"", b"pad"]))
            )
            if kind == 3:
                found[-1] = found[-1][: draw(st.integers(0, 20))]
            number = (number + draw(steps)) % TOP
    return found


configs = st.builds(
    TunnelConfig,
    buffer=st.booleans(),
    reorder_limit=st.sampled_from([1, 3, 256]),
    missing_window=st.sampled_from([None, 0, 1, 10, 299, 5000]),
)


def state(tunnel: Tunnel) -> dict[str, object]:
    """Everything a tunnel knows."""
    names = {*Outgoing.__slots__, *Tunnel.__slots__} - {"statistics", "_config", "_early"}
    early = tunnel._early
    found: dict[str, object] = {name: getattr(tunnel, name) for name in names}
    return found | {name: getattr(early, name) for name in early.__slots__} | tunnel.counters()


@given(configs, packets(), st.lists(st.integers(1, 9)), st.booleans())
def test_receiving_a_batch_is_receiving_each(
    config: TunnelConfig, arriving: list[bytes], cuts: list[int], prefix: bool
) -> None:
    """The same deliveries and the same state behind every batch."""
    one, many = Tunnel(config, OURS, THEIRS), Tunnel(config, OURS, THEIRS)
    for each in (one, many):
        each.send_all([b"x"] * 20)
    head = b"I" * 20 if prefix else b""
    left = [head + packet for packet in arriving]
    now = NOW
    while left:
        size = cuts.pop() if cuts else len(left)
        batch, left = left[:size], left[size:]
        slow: list[bytes] = []
        fast: list[bytes] = []
        for packet in batch:
            one.receive(packet, now, slow, len(head))
        many.receive_all(batch, now, fast, len(head))
        assert fast == slow
        assert state(many) == state(one)
        assert one.ack_to_send(now) == many.ack_to_send(now)
        now += 0.1
        for each, out in ((one, slow), (many, fast)):
            each.handle_timer(now, out)
        assert fast == slow


@given(st.lists(st.binary(max_size=5), max_size=12), st.sampled_from([1, TOP - 1, TOP - 4]), st.booleans())
def test_sending_a_batch_is_sending_each(payloads: list[bytes], first: int, owed: bool) -> None:
    """Numbers across the wrap; the first packet takes the acknowledgement with it."""
    one, many = (Tunnel(TunnelConfig(), OURS, THEIRS, first_sequence=first) for _ in range(2))
    if owed:
        for each in (one, many):
            each.receive(gre.pack(OURS, 3, None, b"x"), NOW, [])
    expected = []
    ack = 3 if owed else None
    for number, payload in enumerate(payloads, first):
        expected.append(gre.pack(THEIRS, number % TOP, ack, payload))
        ack = None
    assert many.send_all(payloads) == expected
    assert [one.send(payload) for payload in payloads] == expected
    assert state(one) == state(many)


def adds_up(statistics: TunnelStatistics, held: int) -> bool:
    """The first identity of `pptpengine.fsm.statistics`."""
    it = statistics
    dropped = it.malformed + it.foreign + it.acks_alone + it.late + it.duplicate + it.implausible
    return it.arrived == it.received + dropped + held


@given(configs, packets())
def test_every_packet_is_accounted_for(config: TunnelConfig, arriving: list[bytes]) -> None:
    """Whatever arrives."""
    tunnel = Tunnel(config, OURS, THEIRS)
    for packet in arriving:
        tunnel.receive(packet, NOW, [])
        assert adds_up(tunnel.statistics, tunnel.held)


@given(
    st.lists(st.tuples(st.sampled_from("....l..d"), st.integers(0, 30)), min_size=1, max_size=120),
    st.sampled_from([1, TOP - 20]),
)
def test_the_counters_of_two_tunnels_agree(fates: list[tuple[str, int]], first: int) -> None:
    """Loss, duplication and delay between a sender and a receiver, on a clock that the test moves.

    What was sent is what arrived, less what was lost, plus what came twice; every number is delivered or
    lost; and what is delivered is what was sent, in order.
    """
    sender = Tunnel(TunnelConfig(), THEIRS, OURS, first_sequence=first)
    receiver = Tunnel(TunnelConfig(), OURS, THEIRS)
    flight = []
    for number, (fate, delay) in enumerate(fates):
        packet = sender.send(number.to_bytes(2, "big"))
        copies = 1 if number == 0 else {".": 1, "l": 0, "d": 2}[fate]
        arrival = number * 0.02 + delay * 0.02 * bool(number)
        flight += [(arrival + 0.01 * copy, number, packet) for copy in range(copies)]
    out: list[bytes] = []
    for arrival, _, packet in sorted(flight):
        while (due := receiver.next_timer()) is not None and due <= arrival:
            receiver.handle_timer(due, out)
            if (ack := receiver.ack_to_send(due)) is not None:
                sender.receive(ack, due, [])
        receiver.receive_all([packet], arrival, out)
        assert adds_up(receiver.statistics, receiver.held)
    receiver.flush(out)
    it = receiver.statistics
    assert sender.statistics.sent == len(fates)
    assert it.arrived == len(flight)
    assert it.received == len(out)
    assert it.received + it.lost == (receiver.passed - first) % TOP
    came = {number for _, number, _ in flight}
    assert it.lost - it.late == max(came) + 1 - len(came)
    assert [int.from_bytes(each, "big") for each in out] == sorted(
        {int.from_bytes(each, "big") for each in out}
    )
    assert sender.statistics.acks_received == it.acks_sent


def test_counters_survive_a_new_call() -> None:
    """A second tunnel goes on with the statistics of the first."""
    old = Tunnel(TunnelConfig(), OURS, THEIRS)
    old.send_all([b"a", b"b"])
    new = Tunnel(TunnelConfig(), 20, 21, statistics=old.statistics)
    assert gre.Header.decode(new.send(b"c"))[0] == gre.Header(21, 1)
    assert new.counters()["sent"] == 3


def window(size: int | None, *sequences: int) -> tuple[list[int], int]:
    """Which of *sequences* are delivered without a buffer, and how many were not believed."""
    tunnel = Tunnel(TunnelConfig(buffer=False, missing_window=size), OURS, THEIRS)
    out: list[bytes] = []
    tunnel.receive_all(
        [gre.pack(OURS, each % TOP, None, str(each).encode()) for each in sequences], NOW, out
    )
    return [int(each) for each in out], tunnel.statistics.implausible


def test_the_missing_window_applies_whatever_its_size() -> None:
    """As many packets ahead of the expected one as it says are taken, one more is not."""
    for size in (0, 1, 2, 10, 299, 300, 301, 5000, 100_000):
        assert window(size, 0, 1 + size) == ([0, 1 + size], 0)
        assert window(size, 0, 2 + size, 1) == ([0, 1], 1)
    assert window(None, 0, 2049) == ([0, 2049], 0)
    assert window(None, 0, 2050) == ([0], 1)


def test_late_packets_are_late_whatever_the_window() -> None:
    """A burst that comes late does not look like a peer that counts anew, although the window is small."""
    late = range(100, 110)
    tunnel = Tunnel(TunnelConfig(buffer=False, missing_window=50), OURS, THEIRS)
    out: list[bytes] = []
    order = [99, *range(110, 400), *late]
    tunnel.receive_all([gre.pack(OURS, each, None, b"x") for each in order], NOW, out)
    assert (tunnel.statistics.late, tunnel.statistics.lost, tunnel.statistics.restarts) == (10, 10, 0)


def test_a_gap_wider_than_the_window_is_crossed_after_a_run() -> None:
    """Otherwise one long outage would end the call for good."""
    delivered, implausible = window(5, 0, *range(100, 120))
    assert delivered == [0, *range(107, 120)]
    assert implausible == 7


def test_wide_jumps_and_floods_stay_bounded() -> None:
    """A hundred thousand packets out of order: never more held than configured, and all accounted for."""
    tunnel = Tunnel(TunnelConfig(reorder_limit=64, missing_window=1 << 20), OURS, THEIRS)
    out: list[bytes] = []
    for start in range(0, 100_000, 1000):
        batch = [gre.pack(OURS, number, None, b"x") for number in range(start + 999, start - 1, -1)]
        tunnel.receive_all(batch, NOW, out)
        assert tunnel.held <= 64
    assert adds_up(tunnel.statistics, tunnel.held)
    assert tunnel.statistics.arrived == 100_000
