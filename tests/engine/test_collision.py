"""Both sides open a control connection to each other at the same time (RFC 2637 section 3.1.3)."""

import random
from ipaddress import IPv4Address

import pytest

from pptpengine.config import ControlConfig
from pptpengine.events import ControlDown, ControlUp
from pptpengine.fsm.control import State
from pptpengine.session import Addresses, ControlSession, Role
from pptpengine.wire import control as wire
from tests.engine.test_calls import feed, sent

NOW = 100.0
LOW, HIGH = IPv4Address("192.33.45.17"), IPv4Address("192.33.45.89")
"The RFC's example: the latter wins."


class Host:
    """A peer that dials and is dialled."""

    def __init__(self, role: Role, local: IPv4Address, remote: IPv4Address, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - dice of a test
        addresses = Addresses(local, remote)
        self.dialling = ControlSession(
            ControlConfig(), role, random=dice.randbytes, originator=True, addresses=addresses
        )
        self.dialled = ControlSession(
            ControlConfig(),
            role,
            random=dice.randbytes,
            originator=False,
            addresses=addresses,
            rival=self.dialling,
        )
        self.dialling.start(NOW)
        self.dialled.start(NOW)


def carry(source: ControlSession, target: ControlSession) -> None:
    """What TCP does, the end included."""
    target.receive(source.data_to_send(), NOW)
    if source.finished:
        target.receive_eof(NOW)


@pytest.mark.parametrize("client_is_low", [True, False])
def test_the_higher_address_wins(client_is_low: bool) -> None:
    """One connection lives, on both sides the same; the winner sends nothing on the other one."""
    ends = (LOW, HIGH) if client_is_low else (HIGH, LOW)
    client, server = Host(Role.PNS, ends[0], ends[1], seed=1), Host(Role.PAC, ends[1], ends[0], seed=2)
    winner, loser = (server, client) if client_is_low else (client, server)
    first, second = winner.dialling.data_to_send(), loser.dialling.data_to_send()
    loser.dialled.receive(first, NOW)
    winner.dialled.receive(second, NOW)
    assert loser.dialling.finished
    assert loser.dialling.data_to_send() == b""
    assert loser.dialling.events()[-1] == ControlDown(None)
    assert winner.dialled.state is State.MUTED
    carry(loser.dialled, winner.dialling)
    assert winner.dialling.state is loser.dialled.state is State.ESTABLISHED
    assert winner.dialled.data_to_send() == b""
    winner.dialled.receive_eof(NOW)
    assert winner.dialled.events()[-1] == ControlDown(None)
    # And the connection that is left carries a call, whoever opened it.
    pns, pac = (client.dialled, server.dialling) if client_is_low else (client.dialling, server.dialled)
    call_id = pns.place_call(NOW)
    carry(pns, pac)
    pac.accept_call(pac.calls[0], NOW)
    carry(pac, pns)
    assert pns.calls == (call_id,)
    assert [type(each).__name__ for each in pns.events()] == ["ControlUp", "CallUp"]


def test_a_muted_connection_says_nothing_and_ends() -> None:
    """Whatever the loser sends there, and also when it never closes it."""
    host = Host(Role.PNS, HIGH, LOW, seed=1)
    feed(host.dialled, wire.StartRequest(), wire.EchoRequest(1), wire.StopRequest(1), wire.StartRequest())
    assert host.dialled.state is State.MUTED
    assert host.dialled.data_to_send() == b""
    host.dialled.handle_timer(NOW + ControlConfig().start_timeout)
    assert host.dialled.finished
    assert host.dialling.state is State.WAIT_START_REPLY


def test_a_request_beside_an_established_connection_is_refused() -> None:
    """Section 3.1.3: one control connection between two peers; result 3."""
    host = Host(Role.PNS, LOW, HIGH, seed=1)
    feed(host.dialling, wire.StartReply(result=1))
    feed(host.dialled, wire.StartRequest())
    (reply,) = sent(host.dialled)
    assert isinstance(reply, wire.StartReply)
    assert reply.result == 3
    assert host.dialled.finished
    assert host.dialling.state is State.ESTABLISHED


def test_without_addresses_the_peer_wins() -> None:
    """Its connection works, which ours has yet to show."""
    dice = random.Random(1)  # noqa: S311 - dice of a test
    dialling = ControlSession(ControlConfig(), Role.PNS, random=dice.randbytes)
    dialled = ControlSession(
        ControlConfig(), Role.PNS, random=dice.randbytes, originator=False, rival=dialling
    )
    dialling.start(NOW)
    events = feed(dialled, wire.StartRequest(host_name=b"h"))
    assert events == [ControlUp(b"h", b"", 0)]
    assert dialling.finished


@pytest.mark.parametrize("known", [True, False])
def test_requests_of_both_sides_on_one_connection(known: bool) -> None:
    """TCP's simultaneous open: with the addresses known, the lower one answers; else each waits."""
    sessions = []
    for seed, (local, remote) in enumerate(((LOW, HIGH), (HIGH, LOW))):
        dice = random.Random(seed)  # noqa: S311 - dice of a test
        addresses = Addresses(local, remote) if known else None
        role = (Role.PNS, Role.PAC)[seed]
        made = ControlSession(
            ControlConfig(), role, random=dice.randbytes, originator=True, addresses=addresses
        )
        made.start(NOW)
        sessions.append(made)
    low, high = sessions
    crossing = low.data_to_send()
    low.receive(high.data_to_send(), NOW)
    high.receive(crossing, NOW)
    carry(low, high)
    state = State.ESTABLISHED if known else State.WAIT_START_REPLY
    assert low.state is high.state is state
