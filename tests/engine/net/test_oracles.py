"""Other implementations as judges: C pptp of our server, pptpd of our client, tshark of what both say."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pptpengine.wire.header import CONTROL_MESSAGE, HEADER, MAGIC, SIZE, MessageType
from tests.engine.net.lab import PATIENCE, Lab, assert_nothing_left, wait_for
from tests.support import need

pytestmark = pytest.mark.host

_STUB = """#!/bin/sh
# In pppd's place: what comes over the tunnel goes back. pptpd reads no GRE before pppd has spoken.
stty raw -echo
printf '~'
exec cat
"""


class Pptpd:
    """pptpd in the server's namespace, with a pppd that sends every frame back."""

    def __init__(self, lab: Lab, program: str) -> None:
        stub = lab.directory / "ppp"
        stub.write_text(_STUB)
        stub.chmod(0o755)
        configuration = lab.directory / "pptpd.conf"
        configuration.write_text("localip 10.9.0.1\nremoteip 10.9.0.10-20\nstimeout 10\n")
        self._log = (lab.directory / "pptpd.log").open("wb")
        command = [program, "--fg", "--debug", "--conf", str(configuration), "--listen", lab.address]
        command += ["--ppp", str(stub), "--pidfile", str(lab.directory / "pptpd.pid")]
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", lab.server, *command], stdout=self._log, stderr=self._log
        )

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)
        self._log.close()


@pytest.fixture
def pptpd(lab: Lab) -> Iterator[Pptpd]:
    """Closed after the test."""
    made = Pptpd(lab, need("pptpd", package="pptpd"))
    yield made
    made.close()


FRAMES = [b"\xff\x03\x00\x21" + bytes(range(256)) * (1 + number % 5) for number in range(50)]


@pytest.mark.usefixtures("pptpd")
def test_our_client_calls_pptpd(lab: Lab) -> None:
    """Call, frames there and back, hang-up: natively, with pptpd's own GRE and HDLC."""
    dialled = lab.dial()
    report = dialled.wait_up()
    assert report["peer"]["vendor"] == "linux"
    assert dialled.exchange(FRAMES) == FRAMES
    assert dialled.hang_up() == 0
    assert_nothing_left(lab, report["pids"]["call_manager"])
    assert dialled.report()["gre"]["malformed"] == 0


def test_pptpd_ends_the_call(lab: Lab, pptpd: Pptpd) -> None:
    """Its child for the connection gets SIGTERM: Call-Disconnect-Notify with result 3, then Stop."""
    dialled = lab.dial()
    manager = dialled.wait_up()["pids"]["call_manager"]
    assert dialled.exchange(FRAMES[:1]) == FRAMES[:1]
    children = Path(f"/proc/{pptpd.process.pid}/task/{pptpd.process.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGTERM)
    assert dialled.process.wait(PATIENCE) == 14
    assert dialled.report()["cause"]["message"] == "The server's administrator ended the call"
    assert_nothing_left(lab, manager)


def statistics(lab: Lab) -> dict[str, int]:
    """What our server counted on its last control connection."""
    line = wait_for(lambda: [each for each in lab.said() if each.startswith("control-down")])[-1]
    return {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", line)}


def test_two_calls_of_pptp(lab: Lab) -> None:
    """One control connection of C pptp, two calls, one cleared, echo in both directions, and the end."""
    program = need("pptp", package="pptp-linux")
    lab.start_server("--echo-interval", "0.3")
    command = [program, lab.address, "--nolaunchpppd", "--nohostroute", "--idle-wait", "1"]
    first = lab.dial(command=command)
    wait_for(lambda: sum(line.startswith("call-up") for line in lab.said()) == 1)
    second = lab.dial(command=command)
    wait_for(lambda: sum(line.startswith("call-up") for line in lab.said()) == 2)
    assert sum(line.startswith("control-up") for line in lab.said()) == 1
    assert first.exchange(FRAMES) == FRAMES
    assert second.exchange(FRAMES) == FRAMES
    os.close(first.slave)
    wait_for(lambda: "call-down cleared" in lab.said())
    assert second.exchange(FRAMES) == FRAMES
    os.close(second.slave)
    counted = statistics(lab)
    assert lab.said().count("call-down cleared") == 2
    assert counted["echo_replies"] >= 1
    assert counted["ignored"] == 0


# LCP Configure-Request and Terminate-Request, and an IPv4 packet (UDP from port 1 to the discard port).
LCP = bytes.fromhex("ff03c021 01010014 0206 00000000 0506 12345678 0702 0802")
GOODBYE = bytes.fromhex("ff03c021 05020004")
DATAGRAM = bytes.fromhex("ff030021 4500001d 00010000 40115ac6 0a090001 0a09000a 00010009 00090000 78")


def test_tshark_finds_nothing_malformed(lab: Lab) -> None:
    """Control connection with echoes, GRE with and without acknowledgement, and the hang-up."""
    tshark = need("tshark", package="tshark")
    dumpcap = need("dumpcap", package="tshark")
    capture = lab.directory / "capture.pcapng"
    lab.start_server("--echo-interval", "0.2")
    with (lab.directory / "dumpcap.log").open("wb") as log:
        recorder = subprocess.Popen(
            ["ip", "netns", "exec", lab.client, dumpcap, "-q", "-i", "v0", "-w", str(capture)], stderr=log
        )
    wait_for(lambda: "File:" in (lab.directory / "dumpcap.log").read_text())
    dialled = lab.dial("--idle-wait", "1")
    dialled.wait_up()
    for _ in range(3):
        assert dialled.exchange([LCP, DATAGRAM]) == [LCP, DATAGRAM]
    wait_for(lambda: _recorded(capture, MessageType.ECHO_REPLY) >= 2)
    assert dialled.exchange([GOODBYE]) == [GOODBYE]
    assert dialled.hang_up() == 0
    wait_for(lambda: _recorded(capture, MessageType.STOP_REPLY))
    recorder.send_signal(signal.SIGINT)
    recorder.wait(PATIENCE)
    assert _count(tshark, capture, "_ws.malformed || _ws.unreassembled || pptp && _ws.expert") == 0
    kinds = _read(tshark, capture, "pptp", "pptp.control_message_type")
    assert set(kinds) == {"1", "2", "3", "4", "5", "6", "7", "8", "12", "13"}
    frames = _count(tshark, capture, "gre && lcp || gre && udp")
    assert frames == 2 * 7
    assert _count(tshark, capture, "gre.flags.ack == 1") > 0


def _recorded(capture: Path, kind: MessageType) -> int:
    """How many of them are in the file so far; tshark would take a second each time."""
    return capture.read_bytes().count(HEADER.pack(SIZE[kind], CONTROL_MESSAGE, MAGIC, kind, 0))


def _read(tshark: str, capture: Path, what: str, field: str) -> list[str]:
    """A field of every packet that matches."""
    command = [
        tshark,
        "-n",
        "-r",
        str(capture),
        "-Y",
        what,
        "-T",
        "fields",
        "-E",
        "occurrence=a",
        "-e",
        field,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [value for line in done.stdout.splitlines() for value in line.split(",")]


def _count(tshark: str, capture: Path, what: str) -> int:
    return len(_read(tshark, capture, what, "frame.number"))
