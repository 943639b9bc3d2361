"""Sequence numbers, order, loss and acknowledgements of a call's data packets, on a clock that the test
moves.
"""

import random

import pytest

from pptpengine.config import TunnelConfig
from pptpengine.fsm.tunnel import PLAUSIBLE, RESTART_RUN, Tunnel
from pptpengine.wire import gre

OURS, THEIRS = 7, 9
NOW = 1000.0


def tunnel(**config: float) -> Tunnel:
    return Tunnel(TunnelConfig(**config), OURS, THEIRS)  # type: ignore[arg-type] # numbers by keyword


def packet(sequence: int, payload: bytes | None = None, ack: int | None = None) -> bytes:
    sequence %= 1 << 32
    return gre.pack(OURS, sequence, ack, str(sequence).encode() if payload is None else payload)


def receive(receiver: Tunnel, *sequences: int, now: float = NOW) -> list[int]:
    out: list[bytes] = []
    for sequence in sequences:
        receiver.receive(packet(sequence), now, out)
    return [int(each) for each in out]


def test_the_first_data_packet_has_number_one() -> None:
    """As pptp(8) and the Linux driver number them; the key is the receiver's call ID."""
    sender = tunnel()
    assert gre.Header.decode(sender.send(b"a")) == (gre.Header(THEIRS, 1), b"a")
    assert gre.Header.decode(sender.send(b"b")) == (gre.Header(THEIRS, 2), b"b")


@pytest.mark.parametrize("first", [0, 1, 77, 2**32 - 1, 2**31])
def test_any_first_number_is_accepted(first: int) -> None:
    """pptpd begins with 0, pptp(8) with 1."""
    assert receive(tunnel(), first, first + 1) == [first, (first + 1) % 2**32]


def test_numbers_wrap() -> None:
    """Both ways across 2**32."""
    start = 2**32 - 3
    assert receive(tunnel(), *range(start, start + 6)) == [n % 2**32 for n in range(start, start + 6)]
    sender = Tunnel(TunnelConfig(), OURS, THEIRS, first_sequence=2**32 - 1)
    assert [gre.Header.decode(sender.send(b"x"))[0].sequence for _ in range(3)] == [2**32 - 1, 0, 1]


def test_early_packets_wait_for_the_missing_one() -> None:
    """Reordering across the wrap, too."""
    receiver = tunnel()
    start = 2**32 - 2
    assert receive(receiver, start) == [start]
    assert receive(receiver, start + 2, start + 3) == []
    assert receive(receiver, start + 1) == [start + 1, 0, 1]
    assert receiver.statistics.reordered == 2
    assert receiver.statistics.lost == 0


def test_a_missing_packet_is_given_up_in_time() -> None:
    """After the configured time, not before; then what was held is delivered, and a late comer is
    dropped.
    """
    receiver = tunnel(reorder_timeout=0.3)
    receive(receiver, 1)
    assert receive(receiver, 4, now=NOW) == []
    assert receive(receiver, 6, now=NOW + 0.2) == []
    out: list[bytes] = []
    due = receiver.next_timer()
    assert due == NOW + 0.3
    receiver.handle_timer(NOW + 0.29, out)
    assert out == []
    receiver.handle_timer(NOW + 0.3, out)
    assert out == [b"4"]
    assert receiver.statistics.lost == 2
    receiver.handle_timer(NOW + 0.5, out)
    assert out == [b"4", b"6"]
    assert receive(receiver, 3, 3) == []
    assert (receiver.statistics.late, receiver.statistics.duplicate) == (1, 1)
    assert receive(receiver, 7) == [7]


def test_duplicates_are_dropped_wherever_they_come() -> None:
    """Delivered already, or still held."""
    receiver = tunnel()
    assert receive(receiver, 1, 1, 2, 2) == [1, 2]
    assert receive(receiver, 4, 4) == []
    assert receive(receiver, 3) == [3, 4]
    assert receiver.statistics.duplicate == 3


def test_the_buffer_is_bounded() -> None:
    """More early packets than the limit: the gap is given up at once."""
    receiver = tunnel(reorder_limit=10)
    receive(receiver, 0)
    assert receive(receiver, *range(2, 12)) == []
    assert receive(receiver, 12) == list(range(2, 13))
    assert receiver.statistics.lost == 1


def test_without_the_buffer_early_packets_pass_and_late_ones_do_not() -> None:
    """pptp(8)'s --nobuffer."""
    receiver = tunnel(buffer=False)
    assert receive(receiver, 1, 3, 2, 4) == [1, 3, 4]
    assert (receiver.statistics.lost, receiver.statistics.late, receiver.statistics.reordered) == (1, 1, 0)


@pytest.mark.parametrize("far", [PLAUSIBLE + 2, 2**31, -(PLAUSIBLE + 1)])
def test_a_forged_number_does_not_stop_the_tunnel(far: int) -> None:
    """One packet far outside the window is dropped, and the flow goes on."""
    receiver = tunnel()
    assert receive(receiver, 100, 100 + far, 101, 102) == [100, 101, 102]
    assert receiver.statistics.implausible == 1


def test_a_peer_that_counts_anew_is_followed() -> None:
    """After a run of consecutive numbers."""
    receiver = tunnel()
    receive(receiver, 10_000_000)
    assert receive(receiver, *range(RESTART_RUN + 2)) == list(range(RESTART_RUN - 1, RESTART_RUN + 2))
    assert receiver.statistics.restarts == 1


def test_packets_of_other_calls_and_garbage_are_counted() -> None:
    """A raw socket sees everything that the server sends."""
    receiver = tunnel()
    out: list[bytes] = []
    receiver.receive(gre.pack(OURS + 1, 1, None, b"x"), NOW, out)
    receiver.receive(b"\x30\x01", NOW, out)
    assert out == []
    assert (receiver.statistics.foreign, receiver.statistics.malformed) == (1, 1)


def test_acknowledgement_rides_on_data() -> None:
    """A waiting acknowledgement goes with the next data packet, once."""
    both = tunnel()
    receive(both, 0)
    assert both.ack_to_send(NOW) is None
    assert gre.Header.decode(both.send(b"x"))[0].ack == 0
    assert gre.Header.decode(both.send(b"y"))[0].ack is None
    assert both.next_timer() is None


def test_a_single_acknowledgement_waits_and_then_goes_alone() -> None:
    """Also for packet 0, which pptp(8) forgets."""
    receiver = tunnel(ack_delay=0.5)
    receive(receiver, 0)
    assert receiver.next_timer() == NOW + 0.5
    assert receiver.ack_to_send(NOW + 0.4) is None
    assert receiver.ack_to_send(NOW + 0.5) == gre.pack(THEIRS, None, 0)
    assert receiver.ack_to_send(NOW + 0.5) is None
    assert receiver.next_timer() is None


def test_two_packets_are_acknowledged_at_once() -> None:
    """A peer that honours our window of three must not wait half a second."""
    receiver = tunnel()
    receive(receiver, 5, 6)
    assert receiver.ack_to_send(NOW) == gre.pack(THEIRS, None, 6)


def test_sending_never_waits_for_acknowledgements() -> None:
    """Outstanding packets are counted, not held back; acknowledgements of what was not sent are not
    believed.
    """
    sender = tunnel()
    for _ in range(1000):
        sender.send(b"x")
    assert sender.counters()["unacknowledged"] == 1000
    out: list[bytes] = []
    sender.receive(gre.pack(OURS, None, 400), NOW, out)
    assert sender.counters()["unacknowledged"] == 600
    for wrong in (399, 1001, 2**32 - 1):
        sender.receive(gre.pack(OURS, None, wrong), NOW, out)
    assert sender.counters()["unacknowledged"] == 600


def test_a_bare_header_with_a_number_is_received_but_not_delivered() -> None:
    """An empty payload is not a PPP frame."""
    receiver = tunnel()
    out: list[bytes] = []
    receiver.receive(packet(1, b""), NOW, out)
    receiver.receive(packet(2, b"x"), NOW, out)
    assert out == [b"x"]


@pytest.mark.parametrize("seed", range(20))
def test_a_bad_network(seed: int) -> None:
    """Loss, duplication and reordering: what is delivered is in order, at most once, and nothing is lost
    needlessly.
    """
    dice = random.Random(seed)  # noqa: S311 - dice of a test
    sender, receiver = Tunnel(TunnelConfig(), THEIRS, OURS, first_sequence=2**32 - 500), tunnel()
    now = NOW
    flight: list[tuple[float, int, bytes]] = []
    lost = set()
    for number in range(1500):
        data = sender.send(number.to_bytes(4, "big"))
        sent = now + number * 0.01
        if number and dice.random() < 0.05:
            lost.add(number)
            continue
        delay = dice.random() * 0.2 if number else 0
        flight.append((sent + delay, number, data))
        if dice.random() < 0.05:
            flight.append((sent + dice.random() * 0.2, number, data))
    out: list[bytes] = []
    for arrival, _, data in sorted(flight):
        while (due := receiver.next_timer()) is not None and due <= arrival:
            receiver.handle_timer(due, out)
            receiver.ack_to_send(due)
        receiver.receive(data, arrival, out)
    receiver.handle_timer(now + 1e6, out)
    numbers = [int.from_bytes(each, "big") for each in out]
    assert numbers == sorted(set(numbers))
    # Delays stay below the reorder time-out, so only what the network lost is missing.
    assert set(range(1500)) - set(numbers) == lost
    statistics = receiver.statistics
    assert statistics.lost >= len(lost) - 1
    assert statistics.received == len(numbers)
