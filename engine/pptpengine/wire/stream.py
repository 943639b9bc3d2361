"""Cutting the octets that TCP delivers into RFC 2637 control messages."""

from pptpengine.errors import DecodeError
from pptpengine.wire.control import Message, decode
from pptpengine.wire.header import HEADER, SIZE, check_header


class Splitter:
    """Cuts the TCP stream into messages.

    The header is checked as soon as it is there, so that nothing but a message is ever buffered. After a
    `DecodeError` the stream is out of step for good: RFC 2637 section 1.4 forbids to look for the next
    cookie, the connection has to be closed. Every later call raises the same error.
    """

    __slots__ = ("_broken", "_buffer")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._broken: str | None = None

    def feed(self, data: bytes) -> None:
        """Take in what was received; once the stream is out of step, nothing is kept any more."""
        if self._broken is None:
            self._buffer += data

    def next_message(self) -> Message | None:
        """The next whole message, None if more octets are needed. Raises DecodeError."""
        if self._broken is not None:
            raise DecodeError(self._broken)
        if len(self._buffer) < HEADER.size:
            return None
        try:
            size = SIZE[check_header(self._buffer)]
        except DecodeError as error:
            self._broken = str(error)
            self._buffer.clear()
            raise
        if len(self._buffer) < size:
            return None
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return decode(data)

    def clear(self) -> None:
        """Forget what is kept: the connection is over."""
        self._buffer.clear()

    @property
    def pending(self) -> int:
        """Octets kept of what was fed."""
        return len(self._buffer)
