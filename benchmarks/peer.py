"""The server of a measurement: accepts one control connection and call after the other, and does with GRE
packets what it is told on standard input, a JSON object per line; what happens comes on standard output the
same way.

It knows just enough of PPTP to be called, sends prepared packets, and looks at nothing it need not see.
"""

import argparse
import json
import os
import random
import select
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from benchmarks.impair import Conditions, Impairment
from benchmarks.mmsg import Block

_HEAD = struct.Struct(">HHIHH")
_MAGIC = 0x1A2B3C4D
_BATCH = 64
_IN_FLIGHT = 64
"Packets sent and not acknowledged: what fits the receive buffer that pptp(8) leaves as it is."
_ACK_EVERY = 32
"""So many packets get one acknowledgement.

More of them can fill the receive buffer of a busy gateway. The kernel then answers with ICMP protocol
unreachable, which ends pptp(8).
"""
_PAYLOADS = 64
_HEADER = 12
_PATIENCE = 2.0


def _message(kind: int, body: bytes) -> bytes:
    return _HEAD.pack(_HEAD.size + len(body), 1, _MAGIC, kind, 0) + body


class Peer:
    """One listening address."""

    def __init__(self, address: str, client: str) -> None:
        self._tcp = socket.create_server((address, 1723))
        self._gre = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_GRE)
        self._gre.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
        self._gre.setsockopt(socket.IPPROTO_IP, 10, 0)
        self._gre.bind((address, 0))
        self._gre.connect((client, 0))
        self._control: socket.socket | None = None
        self._input = b""
        self._call = 0
        self._next_call = 100
        self._sequence = 0
        self._acked = 0
        self._acked_at = 0.0
        self._first_at: float | None = None
        self._received = Block(_BATCH, 2048)
        self._mode: Callable[[], None] = self._swallow
        self._to_client: Impairment | None = None
        self._from_client: Impairment | None = None
        self._tun: int | None = None
        self.counts = {"sent": 0, "received": 0, "acks": 0}
        self._commands = b""
        self._poll = select.poll()
        self._ended = False

    def run(self) -> None:
        """Serve until standard input is closed."""
        for fd in (0, self._tcp.fileno(), self._gre.fileno()):
            self._poll.register(fd, select.POLLIN)
        os.set_blocking(0, False)
        _say(event="ready")
        while not self._ended:
            for fd, _ in self._poll.poll(self._timeout()):
                if fd == 0:
                    self._command_ready()
                elif fd == self._tcp.fileno():
                    self._accept()
                elif fd == self._gre.fileno():
                    self._mode()
                elif fd == self._tun:
                    self._tun_ready()
                elif self._control is not None and not self._control_ready(self._control):
                    self._forget_control()
            self._run_impairment()

    def _timeout(self) -> float | None:
        due = [each.due() for each in (self._to_client, self._from_client) if each is not None]
        times = [when for when in due if when is not None]
        # Rounded up: a packet that is early by less than a millisecond is late by less than one.
        return max(0.0, (min(times) - time.monotonic()) * 1000 + 0.5) if times else None

    # TCP.

    def _accept(self) -> None:
        self._forget_control()
        self._control, _ = self._tcp.accept()
        self._input = b""
        self._poll.register(self._control, select.POLLIN)

    def _forget_control(self) -> None:
        if self._control is not None:
            self._poll.unregister(self._control)
            self._control.close()
            self._control = None

    def _control_ready(self, control: socket.socket) -> bool:
        try:
            data = control.recv(4096)
        except OSError:
            return False
        if not data:
            return False
        self._input += data
        while len(self._input) >= _HEAD.size:
            length, _, _, kind, _ = _HEAD.unpack_from(self._input)
            if len(self._input) < length:
                break
            message, self._input = self._input[:length], self._input[length:]
            answer = self._answer(kind, message)
            if answer:
                control.sendall(answer)
                if kind == 7:
                    _say(event="call", at=time.monotonic())
        return True

    def _answer(self, kind: int, message: bytes) -> bytes:
        if kind == 1:
            body = struct.pack(">HBBIIHH64s64s", 0x100, 1, 0, 3, 3, 1, 1, b"local", b"peer")
            return _message(2, body)
        if kind == 3:
            return _message(4, b"\x01\x00\x00\x00")
        if kind == 5:
            return _message(6, message[12:16] + b"\x01\x00\x00\x00")
        if kind == 7:
            (self._call,) = struct.unpack_from(">H", message, 12)
            self._next_call += 1
            self._sequence = self._acked = 0
            self._first_at = None
            self._mode = self._swallow
            self.counts = dict.fromkeys(self.counts, 0)
            return _message(
                8, struct.pack(">HHBBHIHHI", self._next_call, self._call, 1, 0, 0, 10_000_000, 3, 0, 0)
            )
        if kind == 12:
            return _message(13, struct.pack(">HBBHH128s", self._next_call, 4, 0, 0, 0, b""))
        return b""

    # Commands.

    def _command_ready(self) -> None:
        try:
            data = os.read(0, 65536)
        except BlockingIOError:
            return
        self._ended = not data
        self._commands += data
        *lines, self._commands = self._commands.split(b"\n")
        for line in lines:
            command: dict[str, Any] = json.loads(line)
            self._do(command.pop("do"), command)

    def _do(self, what: str, how: dict[str, Any]) -> None:
        if what == "frame":
            self._send_frame(bytes.fromhex(how["hex"]))
        elif what == "sink":
            self._sink(how["count"])
        elif what == "source":
            self._source(how["count"], how["size"])
        elif what == "echo":
            self._mode = self._echo
        elif what == "impair":
            both = Conditions(**how["conditions"])
            self._to_client = Impairment(both, how["seed"])
            self._from_client = Impairment(both, how["seed"] + 1)
            self._mode = self._impaired
        elif what == "tun":
            from benchmarks.tun import open_tun

            self._tun = open_tun(how["name"])
            self._poll.register(self._tun, select.POLLIN)
            _say(event="tun")
        elif what == "quiet":
            self._mode = self._swallow
        elif what == "counts":
            extra = {
                f"{name}_{what}": getattr(each, what)
                for name, each in (("to", self._to_client), ("from", self._from_client))
                if each is not None
                for what in ("lost", "duplicated", "dropped")
            }
            _say(event="counts", **self.counts, **extra)

    # GRE.

    def _pack(self, frame: bytes) -> bytes:
        head = struct.pack(">HHHHI", 0x3001, 0x880B, len(frame), self._call, self._sequence)
        self._sequence += 1
        self.counts["sent"] += 1
        return head + frame

    def _send_frame(self, frame: bytes) -> None:
        self._gre.send(self._pack(frame))

    def _acknowledge(self, sequence: int) -> None:
        with suppress(OSError):
            self._gre.send(struct.pack(">HHHHI", 0x2081, 0x880B, 0, self._call, sequence))

    def _swallow(self) -> None:
        count = self._received.receive(self._gre)
        for number in range(count):
            at = number * self._received.size + 20
            self.counts["received" if self._received.memory[at] & 0x10 else "acks"] += 1
        if count and self._first_at is None:
            self._first_at = time.monotonic()
            _say(event="first", at=self._first_at)
        self._acked = self._received.acknowledged(count) or self._acked

    def _echo(self) -> None:
        for number in range(self._received.receive(self._gre)):
            packet = self._received.packet(number)[20:]
            if packet[0] & 0x10:
                # With every echo goes the acknowledgement, as a server's PPP would answer.
                at = 16 if packet[1] & 0x80 else 12
                head = struct.pack(
                    ">HHHHI4s", 0x3081, 0x880B, len(packet) - at, self._call, self._sequence, packet[8:12]
                )
                self._sequence += 1
                self._gre.send(head + packet[at:])

    def _sink(self, count: int) -> None:
        """Take *count* data packets at full speed and acknowledge each batch."""
        block, memory = self._received, self._received.memory
        left, first, last, waiting = count, 0.0, time.monotonic(), 0
        poll = select.poll()
        poll.register(self._gre, select.POLLIN)
        while left > 0 and poll.poll(_PATIENCE * 1000):
            got = block.receive(self._gre)
            if not got:
                # An ICMP error: the client's buffer was full, or it is gone.
                if time.monotonic() > last + _PATIENCE:
                    break
                continue
            last = time.monotonic()
            first = first or last
            left -= got
            at = (got - 1) * block.size + 20
            waiting += got
            if memory[at] & 0x10 and waiting >= _ACK_EVERY:
                waiting = 0
                self._acknowledge(int.from_bytes(memory[at + 8 : at + 12], "big"))
        _say(event="sunk", missing=max(0, left), seconds=last - first)

    def _source(self, count: int, size: int) -> None:
        """Send *count* frames of *size* octets as fast as they are acknowledged."""
        dice = random.Random(size)  # noqa: S311 - dice of a measurement
        block = Block(_PAYLOADS, _HEADER + size)
        for number in range(_PAYLOADS):
            frame = b"\xff\x03\x00\x21" + dice.randbytes(size - 4)
            struct.pack_into(
                ">HHHHI", block.memory, number * block.size, 0x3001, 0x880B, size, self._call, 0
            )
            block.memory[number * block.size + _HEADER : (number + 1) * block.size] = frame
        base = self._sequence
        poll = select.poll()
        poll.register(self._gre, select.POLLIN)
        started = self._acked_at = time.monotonic()
        self._acked = base - 1
        while self._sequence - base < count:
            room = min(_IN_FLIGHT - (self._sequence - 1 - self._acked), count - (self._sequence - base))
            if room >= 1:
                self._burst(block, room, base)
            elif not poll.poll(_PATIENCE * 1000):
                break
            if not self._take_acks() and time.monotonic() > self._acked_at + _PATIENCE:
                break
        sent = self._sequence - base
        while self._acked < self._sequence - 1 and poll.poll(_PATIENCE * 1000) and self._take_acks():
            pass
        _say(event="sourced", sent=sent, missing=self._sequence - 1 - self._acked, started=started)

    def _burst(self, block: Block, room: int, base: int) -> None:
        start = (self._sequence - base) % _PAYLOADS
        number = min(room, _PAYLOADS - start)
        for each in range(number):
            place = (start + each) * block.size + 8
            struct.pack_into(">I", block.memory, place, self._sequence + each)
        self._sequence += block.send(self._gre, number, start)

    def _take_acks(self) -> bool:
        ack = self._received.acknowledged(self._received.receive(self._gre))
        if ack is None or ack <= self._acked:
            return False
        self._acked = ack
        self._acked_at = time.monotonic()
        return True

    # A bad network, with a TUN device or an echo behind it.

    def _impaired(self) -> None:
        now = time.monotonic()
        for number in range(self._received.receive(self._gre)):
            packet = self._received.packet(number)[20:]
            self.counts["received" if packet[0] & 0x10 else "acks"] += 1
            if self._from_client is not None:
                self._from_client.push(packet, now)

    def _run_impairment(self) -> None:
        if self._to_client is None or self._from_client is None:
            return
        now = time.monotonic()
        for packet in self._from_client.pop(now):
            if packet[0] & 0x10:
                self._arrived(packet, now)
        for packet in self._to_client.pop(now):
            self._gre.send(packet)

    def _arrived(self, packet: bytes, now: float) -> None:
        frame = packet[16 if packet[1] & 0x80 else 12 :]
        if self._tun is None and self._to_client is not None:
            # In front, a number in the order of sending, for whoever checks the order of arrival.
            stamped = frame[:4] + self._sequence.to_bytes(4, "big") + frame[8:]
            self._to_client.push(self._pack(stamped), now)
        elif self._tun is not None and frame.startswith(b"\xff\x03\x00\x21"):
            os.write(self._tun, frame[4:])

    def _tun_ready(self) -> None:
        now = time.monotonic()
        if self._tun is not None and self._to_client is not None:
            try:
                for _ in range(_BATCH):
                    self._to_client.push(self._pack(b"\xff\x03\x00\x21" + os.read(self._tun, 2048)), now)
            except BlockingIOError:
                pass


def _say(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    """Serve on an address for a client's address."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("client")
    args = parser.parse_args()
    Peer(args.address, args.client).run()


if __name__ == "__main__":
    main()
