"""Many packets with one system call: sendmmsg(2) and recvmmsg(2) through ctypes, for the peer of a
measurement.

The peer must cost as little as it can, since it shares the machine with what is measured.
"""

import ctypes
import os
import socket
from struct import Struct

_ACK = Struct(">I")


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(_Vector)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Header(ctypes.Structure):
    _fields_ = (("message", _Message), ("length", ctypes.c_uint32))


_LIBC = ctypes.CDLL(None, use_errno=True)


class Block:
    """Buffers for *count* packets of up to *size* octets, beside each other."""

    def __init__(self, count: int, size: int) -> None:
        self.count = count
        self.size = size
        self.memory = bytearray(count * size)
        place = ctypes.addressof((ctypes.c_char * len(self.memory)).from_buffer(self.memory))
        self._vectors = (_Vector * count)()
        self._headers = (_Header * count)()
        for number in range(count):
            self._vectors[number].base = place + number * size
            self._vectors[number].length = size
            self._headers[number].message.vectors = ctypes.pointer(self._vectors[number])
            self._headers[number].message.vector_count = 1

    def send(self, sock: socket.socket, count: int, start: int = 0) -> int:
        """Send the packets from *start* on; returns how many went, 0 when the socket takes none."""
        at = ctypes.byref(self._headers, start * ctypes.sizeof(_Header))
        sent = int(_LIBC.sendmmsg(sock.fileno(), at, count, socket.MSG_DONTWAIT))
        if sent < 0:
            error = ctypes.get_errno()
            if error in {11, 105}:
                return 0
            raise OSError(error, os.strerror(error))
        return sent

    def receive(self, sock: socket.socket) -> int:
        """Take what is there; returns the number of packets."""
        count = int(
            _LIBC.recvmmsg(sock.fileno(), ctypes.byref(self._headers), self.count, socket.MSG_DONTWAIT, None)
        )
        return max(0, count)

    def packet(self, number: int) -> bytes:
        """What was received into buffer *number*."""
        at = number * self.size
        return bytes(self.memory[at : at + self._headers[number].length])

    def acknowledged(self, count: int) -> int | None:
        """The highest acknowledgement in the first *count* received packets, each behind an IP header."""
        found = None
        for number in range(count):
            at = number * self.size + 20
            if self.memory[at + 1] & 0x80:
                at += 12 if self.memory[at] & 0x10 else 8
                (ack,) = _ACK.unpack_from(self.memory, at)
                found = ack if found is None else max(found, ack)
        return found
