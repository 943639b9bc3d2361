"""What the options do on the wire, seen by a server that tells all it is told."""

import os
import struct
from collections.abc import Callable

import pytest

from pptpengine.wire import hdlc
from tests.engine.net.hostile import FRAME
from tests.engine.net.lab import PATIENCE, Dialled, Lab, wait_for

pytestmark = pytest.mark.host

Call = Callable[..., Dialled]


@pytest.fixture
def call(lab: Lab) -> Call:
    """Dials the witness with options; returns when the call is up."""

    def dial(*options: str, habits: str = "") -> Dialled:
        lab.start_witness(*habits.split())
        dialled = lab.dial(*options)
        dialled.wait_up()
        return dialled

    return dial


def order(dialled: Dialled, words: str) -> None:
    """Tell the witness what to do."""
    os.write(dialled.slave, hdlc.encode(FRAME + words.encode()))


def delivered(dialled: Dialled, count: int) -> list[int]:
    """The numbers of the next *count* data packets that reach pppd."""
    deframer = hdlc.Deframer()
    found: list[int] = []
    while len(found) < count:
        wait_for(dialled.readable)
        frames = deframer.feed(os.read(dialled.slave, 65536))
        found += [struct.unpack(">I", frame.removeprefix(FRAME))[0] for frame in frames]
    return found


def numbers(lab: Lab) -> list[int]:
    """Those of the data packets that the witness has seen."""
    return [int(line.split()[1]) for line in lab.said() if line.startswith("data ")]


def test_texts_reach_the_server(lab: Lab, call: Call) -> None:
    """--client-hostname, of pptp(8)'s git head, and --phone."""
    dialled = call("--client-hostname", "branch-7", "--phone", "5551212")
    told = "\n".join(lab.said())
    assert "host_name=b'branch-7', vendor=b'cananian'" in told
    assert "phone_length=7, phone=b'5551212'" in told
    assert dialled.hang_up() == 0


def test_the_orckit_modem_is_called(lab: Lab, call: Call) -> None:
    """--quirks BEZEQ_ISRAEL: a call that pptp(8) never gets up, with call ID 0 at both ends, and traffic."""
    dialled = call("--quirks", "BEZEQ_ISRAEL", habits="modem")
    assert dialled.report()["call"] == {"id": 0, "peer_id": 0}
    wait_for(lambda: any("SetLinkInfo(" in line for line in lab.said()))
    told = "\n".join(lab.said())
    assert "host_name=b'RELAY_PPP1', vendor=b'MS Win NT'" in told
    assert "OutgoingCallRequest(call_id=0, serial=0" in told
    assert "SetLinkInfo(peer_call_id=0, send_accm=4294967295, receive_accm=4294967295)" in told
    assert dialled.exchange([FRAME + b"x"]) == [FRAME + b"x"]
    assert dialled.hang_up() == 0
    wait_for(lambda: "CallClearRequest(call_id=0)" in lab.said())


def test_a_server_that_does_not_answer_echoes_is_lost(lab: Lab, call: Call) -> None:
    """--idle-wait and --max-echo-wait, which pptp(8) takes and ignores."""
    dialled = call("--idle-wait", "0.3", "--max-echo-wait", "0.2", habits="deaf")
    assert dialled.process.wait(PATIENCE) == 15
    assert dialled.report()["cause"]["message"] == "The server did not answer an Echo-Request within 0.2 s"
    assert [line for line in lab.said() if line.startswith(("EchoRequest(", "StopRequest("))] == [
        "EchoRequest(identifier=1)",
        "StopRequest(reason=1)",
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("1", [1, 2, 3, 5, 4, 6, 7, 8, 10, 9]),
        ("2", [1, 2, 3, 14, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]),
        ("3", [1, 2, 3, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4]),
    ],
)
def test_packets_are_put_out_of_order(lab: Lab, call: Call, kind: str, expected: list[int]) -> None:
    """--test-type and --test-rate; nothing is lost, as types 1 and 3 of pptp(8) lose a packet."""
    dialled = call("--test-type", kind, "--test-rate", "3")
    for _ in range(max(expected)):
        order(dialled, "say")
    wait_for(lambda: len(numbers(lab)) >= len(expected))
    assert numbers(lab)[: len(expected)] == expected
    assert dialled.hang_up() == 0


@pytest.mark.parametrize(
    ("options", "sent", "expected", "counted"),
    [
        ("", "1 3 4 2 5", [1, 2, 3, 4, 5], {"reordered": 2, "lost": 0}),
        ("--nobuffer", "1 3 4 2 5", [1, 3, 4, 5], {"late": 1, "lost": 1}),
        ("--timeout 0.01", "1 3", [1, 3], {"reordered": 1, "lost": 1}),
        ("--missing-window 10", "1 13 14 2 3", [1, 2, 3], {"implausible": 2, "lost": 0}),
        ("--missing-window 11 --nobuffer", "1 13 14", [1, 13, 14], {"implausible": 0, "lost": 11}),
        ("", "4294967294 4294967295 1 0 2", [4294967294, 4294967295, 0, 1, 2], {"reordered": 1, "lost": 0}),
    ],
)
def test_packets_that_come_out_of_order(
    call: Call, options: str, sent: str, expected: list[int], counted: dict[str, int]
) -> None:
    """What reaches pppd, and what is counted."""
    dialled = call(*options.split())
    order(dialled, f"say {sent}")
    assert delivered(dialled, len(expected)) == expected
    assert dialled.hang_up() == 0
    counters = dialled.report()["gre"]
    assert {name: counters[name] for name in counted} == counted


# Configure-Requests and -Acks: LCP with asyncmap 0, IPCP with an address; the witness says the same as we.
AGREEMENT = [
    bytes.fromhex(f"ff03 {protocol} 0{code}01000a {option}")
    for protocol, option in (("c021", "0206 00000000"), ("8021", "0306 0a000001"))
    for code in (1, 2)
]
CONTROLS = FRAME + b"\x11\x13"


def test_set_link_info_is_honoured(call: Call) -> None:
    """The server asks for one more character to be escaped towards pppd, and then for another one."""
    dialled = call()
    for frame in AGREEMENT:
        assert dialled.exchange([frame]) == [frame]
    assert b"\x11\x13" in echoed(dialled, CONTROLS)
    order(dialled, "link-info 0 20000")
    wait_for(lambda: b"\x7d\x31\x13" in echoed(dialled, CONTROLS))
    order(dialled, "link-info 80000 0")
    wait_for(lambda: b"\x11\x7d\x33" in echoed(dialled, CONTROLS))
    assert dialled.hang_up() == 0


def echoed(dialled: Dialled, frame: bytes) -> bytes:
    """A frame's way to the witness and back, as it stands on the line."""
    os.write(dialled.slave, hdlc.encode(frame))
    line = b""
    while line.count(b"\x7e") < 2:
        wait_for(dialled.readable)
        line += os.read(dialled.slave, 65536)
    return line
