"""Servers that nobody wants to meet: ``python -m tests.engine.net.hostile MODE ADDRESS``.

One control connection is served and everything is done in order, with blocking sockets. What happens is
printed, a line each; the first line is ``ready``.
"""

import random
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from pptpengine.wire import control, gre
from pptpengine.wire.header import HEADER, SIZE, check_header

CALL_ID: Final = 4711
"Ours."
PACKETS: Final = 100_000
ECHOES: Final = 10_000
FRAME: Final = b"\xff\x03\x00\x21"
"A frame begins so; its sequence number follows."
GARBAGE: Final = random.Random(1).randbytes(1 << 20)  # noqa: S311 - dice of a test
_IP_HEADER: Final = 20
_IP_MTU_DISCOVER: Final = 10


class Server:
    """One connection."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.gre = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_GRE)
        self.gre.bind((address, 0))
        listener = socket.create_server((address, 1723))
        self.say("ready")
        self.tcp, (self.client, _) = listener.accept()
        self.call_id = 0
        "The client's."
        self.acknowledged = 0

    @staticmethod
    def say(*words: object) -> None:
        print(*words, flush=True)

    def receive(self, size: int) -> bytes:
        """Exactly so many octets; the end of the connection ends the server."""
        data = b""
        while len(data) < size:
            try:
                more = self.tcp.recv(size - len(data))
            except ConnectionResetError:
                more = b""
            if not more:
                self.say("eof")
                sys.exit(0)
            data += more
        return data

    def expect(self, kind: type[control.Message]) -> control.Message:
        """The next message, which must be of that kind."""
        head = self.receive(HEADER.size)
        message = control.decode(head + self.receive(SIZE[check_header(head)] - len(head)))
        assert isinstance(message, kind), message
        self.say(type(message).__name__)
        return message

    def send(self, *messages: control.Message) -> None:
        self.tcp.sendall(b"".join(message.encode() for message in messages))

    def until_eof(self) -> None:
        """Say nothing more."""
        while True:
            self.receive(1)

    def start(self) -> None:
        """Let the control connection come up."""
        self.expect(control.StartRequest)
        self.send(control.StartReply(result=1))

    def call(self) -> None:
        """The same, and a call."""
        self.start()
        message = self.expect(control.OutgoingCallRequest)
        assert isinstance(message, control.OutgoingCallRequest)
        self.call_id = message.call_id
        self.send(control.OutgoingCallReply(CALL_ID, self.call_id, 1, window=64))

    def hang_up(self) -> None:
        """Answer what a client says at the end."""
        self.expect(control.CallClearRequest)
        self.send(control.CallDisconnectNotify(CALL_ID, 4))
        self.expect(control.StopRequest)
        self.send(control.StopReply(1))
        self.until_eof()

    # GRE.

    def wait_for_frame(self) -> None:
        """The client's data path is up once it has sent something."""
        self.gre.recv(65536)

    def wait_for_acknowledgement(self, number: int, patience: float = 1.0) -> None:
        """Keep the kernel's buffers from overflowing, which would be another test."""
        self.gre.settimeout(patience)
        with suppress(TimeoutError):
            while self.acknowledged < number:
                header, _ = gre.Header.decode(self.gre.recv(65536)[_IP_HEADER:])
                self.acknowledged = max(self.acknowledged, header.ack or 0)

    def packet(self, sequence: int, call_id: int | None = None) -> None:
        """One frame, which tells its number."""
        number = self.call_id if call_id is None else call_id
        data = gre.pack(
            number, sequence & 0xFFFFFFFF, None, FRAME + struct.pack(">I", sequence & 0xFFFFFFFF)
        )
        self.gre.sendto(data, (self.client, 0))


def silent(server: Server) -> None:
    """Accepts and says nothing."""
    server.until_eof()


def half(server: Server) -> None:
    """Half of a good answer."""
    server.expect(control.StartRequest)
    server.tcp.sendall(control.StartReply(result=1).encode()[:78])
    server.until_eof()


def garbage(server: Server) -> None:
    """A megabyte of it at once."""
    _flood(server)


def garbage_late(server: Server) -> None:
    """The same with a call."""
    server.call()
    server.wait_for_frame()
    _flood(server)


def _flood(server: Server) -> None:
    # The client closes the connection, as it should.
    with suppress(OSError):
        server.tcp.sendall(GARBAGE)
    server.until_eof()


def wrong_magic(server: Server) -> None:
    """A good answer but for one bit."""
    server.expect(control.StartRequest)
    answer = bytearray(control.StartReply(result=1).encode())
    answer[4] ^= 1
    server.tcp.sendall(answer)
    server.until_eof()


def wrong_call_ids(server: Server) -> None:
    """Answers about every call but the one that was asked for, good and bad ones; then its own messages."""
    server.start()
    message = server.expect(control.OutgoingCallRequest)
    assert isinstance(message, control.OutgoingCallRequest)
    others = [number for number in range(0, 65536, 64) if number != message.call_id]
    server.send(*(control.OutgoingCallReply(number, number, 1 + number // 64 % 7) for number in others))
    server.send(*(control.CallClearRequest(number) for number in others))
    server.send(*(control.SetLinkInfo(number, 0, 0) for number in others))
    server.until_eof()


def stop_first(server: Server) -> None:
    """Stop before anything."""
    server.send(control.StopRequest(3))
    server.until_eof()


def stop_instead_of_start(server: Server) -> None:
    """Stop in the place of the start's answer."""
    server.expect(control.StartRequest)
    stop_first(server)


def stop_instead_of_call(server: Server) -> None:
    """Stop in the place of the call's answer."""
    server.start()
    server.expect(control.OutgoingCallRequest)
    stop_first(server)


def stop_with_call(server: Server) -> None:
    """Stop while the call is up."""
    server.call()
    server.wait_for_frame()
    stop_first(server)


def stop_instead_of_notify(server: Server) -> None:
    """Stop in the place of Call-Disconnect-Notify."""
    server.call()
    server.expect(control.CallClearRequest)
    stop_first(server)


def stop_instead_of_stop_reply(server: Server) -> None:
    """Stop in the place of its own answer."""
    server.call()
    server.expect(control.CallClearRequest)
    server.send(control.CallDisconnectNotify(CALL_ID, 4))
    server.expect(control.StopRequest)
    stop_first(server)


def deaf_at_the_end(server: Server) -> None:
    """Neither Call-Clear nor Stop is answered."""
    server.call()
    server.until_eof()


def echo_storm(server: Server) -> None:
    """Thousands of Echo-Requests at once, and every answer is looked at."""
    server.call()
    server.wait_for_frame()
    storm = b"".join(control.EchoRequest(number).encode() for number in range(ECHOES))
    size = SIZE[control.EchoReply.TYPE]
    answers = b""
    server.tcp.setblocking(False)
    while len(answers) < ECHOES * size:
        with suppress(BlockingIOError):
            storm = storm[server.tcp.send(storm) :] if storm else storm
        server.tcp.settimeout(0.01 if storm else 10)
        with suppress(TimeoutError):
            answers += server.tcp.recv(65536)
    server.tcp.settimeout(None)
    for number in range(ECHOES):
        answer = control.decode(answers[number * size : (number + 1) * size])
        assert answer == control.EchoReply(number, 1)
    server.say("echoed", ECHOES)
    server.hang_up()


def echo_flood(server: Server) -> None:
    """Echo-Requests for ever, and no answer is ever read."""
    server.call()
    server.wait_for_frame()
    storm = control.EchoRequest(1).encode() * 4096
    try:
        while True:
            server.tcp.sendall(storm)
    except OSError:
        server.say("closed")


def link_info_storm(server: Server) -> None:
    """Another pair of maps each time, thousands of times; then Stop."""
    server.call()
    server.wait_for_frame()
    server.send(*(control.SetLinkInfo(server.call_id, number, number) for number in range(20_000)))
    stop_first(server)


def gre_huge(server: Server) -> None:
    """Packets of the largest size that is read, all of them early; then the one that was missing."""
    server.call()
    server.wait_for_frame()
    # They are larger than any MTU.
    server.gre.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, 0)
    server.packet(1)
    for number in range(3, 303):
        data = gre.pack(server.call_id, number, None, FRAME + struct.pack(">I", number) + bytes(30_000))
        server.gre.sendto(data, (server.client, 0))
        server.wait_for_acknowledgement(number - 4, patience=0.02)
    server.packet(2)
    server.packet(303)
    server.hang_up()


def gre_foreign(server: Server) -> None:
    """Packets of other calls, of no call and of no protocol; then a good one."""
    server.call()
    server.wait_for_frame()
    for number in range(1, 1001):
        server.packet(number, server.call_id ^ number)
    for rubbish in (b"", b"\0" * 3, b"\xff" * 60, gre.pack(server.call_id, 1, None, b"x" * 50)[:20]):
        server.gre.sendto(rubbish, (server.client, 0))
    server.packet(1)
    server.hang_up()


def gre_shuffled(server: Server) -> None:
    """Packets by the thousand, each within 100 places of where it belongs."""
    server.call()
    server.wait_for_frame()
    dice = random.Random(1)  # noqa: S311 - dice of a test
    server.packet(0)
    for count, number in enumerate(sorted(range(1, PACKETS), key=lambda each: each + dice.randrange(100))):
        server.packet(number)
        if count % 200 == 199:
            server.wait_for_acknowledgement(count - 600)
    server.say("sent", PACKETS)
    server.hang_up()


def gre_jumps(server: Server) -> None:
    """The far half of the sequence space in between, twice; and it goes on as if nothing had been."""
    server.call()
    server.wait_for_frame()
    for number in range(1, 101):
        server.packet(number)
        if number % 10 == 0:
            server.packet(number + (1 << 31))
            server.packet(number - (1 << 31))
    server.hang_up()


def gre_elsewhere(server: Server) -> None:
    """Good packets from another address of ours."""
    server.call()
    server.wait_for_frame()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_GRE) as other:
        other.bind(("192.0.2.2", 0))
        for number in range(1, 101):
            other.sendto(gre.pack(server.call_id, number, None, FRAME + b"forged"), (server.client, 0))
    server.packet(1)
    server.hang_up()


def icmp_flood(server: Server) -> None:
    """Every kind of ICMP error about packets that the client may have sent, by the hundred."""
    server.call()
    packet = server.gre.recv(65536)
    head = packet[: _IP_HEADER + 8]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as router:
        router.bind(("192.0.2.2", 0))
        kinds = [(3, code) for code in range(16)] + [(11, 0), (11, 1), (12, 0), (4, 0)]
        for _ in range(100):
            for kind, code in kinds:
                router.sendto(_icmp(kind, code, head), (server.client, 0))
    server.packet(1)
    server.hang_up()


def _icmp(kind: int, code: int, quoted: bytes) -> bytes:
    # The last field of the second word is the next hop's MTU, which code 4 has (RFC 1191).
    data = struct.pack(">BBHHH", kind, code, 0, 0, 600) + quoted
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~(total + (total >> 16)) & 0xFFFF
    return data[:2] + struct.pack(">H", checksum) + data[4:]


MODES: Final[dict[str, Callable[[Server], None]]] = {
    each.__name__: each
    for each in (
        silent,
        half,
        garbage,
        garbage_late,
        wrong_magic,
        wrong_call_ids,
        stop_first,
        stop_instead_of_start,
        stop_instead_of_call,
        stop_with_call,
        stop_instead_of_notify,
        stop_instead_of_stop_reply,
        deaf_at_the_end,
        echo_storm,
        echo_flood,
        link_info_storm,
        gre_huge,
        gre_foreign,
        gre_shuffled,
        gre_jumps,
        gre_elsewhere,
        icmp_flood,
    )
}
"By name."


if __name__ == "__main__":
    MODES[sys.argv[1]](Server(sys.argv[2]))
