"""One control connection: a TCP socket with a `ControlSession` on it."""

import os
import time
from collections.abc import Callable
from ipaddress import IPv4Address

from pptpengine.errors import Refused
from pptpengine.net import sockets, tcp
from pptpengine.net.loop import BROKEN, READ, WRITE, Loop
from pptpengine.net.options import Options

_RECEIVE = 65536
_UNSENT_LIMIT = 1 << 17
"Octets of answers that may wait for a server that does not read them: to more than one full reception."


class Connection:
    """Connects *sock* to *server* and moves octets; *on_connected* is called once.

    Making it, and every call of it, may raise Refused.
    """

    def __init__(
        self,
        options: Options,
        server: IPv4Address,
        sock: sockets.socket,
        loop: Loop,
        on_connected: Callable[[], None],
    ) -> None:
        self.connected = False
        self._unsent = b""
        self._waiting = False
        "For the server to take what is unsent."
        self._options = options
        self._server = server
        self._sock = sock
        self._loop = loop
        self._on_connected = on_connected
        self._deadline = time.monotonic() + options.connect_timeout
        tcp.begin_connection(sock, server, options.port)
        loop.watch(sock.fileno(), WRITE, self._ready)
        # Loaded while the server's answer is on its way.
        from pptpengine.session.call import Role
        from pptpengine.session.control import ControlSession

        self.session = ControlSession(options.control, Role.PNS, random=os.urandom)

    @property
    def established(self) -> bool:
        """Calls can be placed."""
        return self.session.established

    @property
    def local_address(self) -> IPv4Address:
        """The address of this end."""
        return IPv4Address(self._sock.getsockname()[0])

    def next_timer(self) -> float | None:
        """When `handle_timer` is due."""
        return self.session.next_timer() if self.connected else self._deadline

    def handle_timer(self, now: float) -> None:
        """Do what is due."""
        if self.connected:
            self.session.handle_timer(now)
        elif now >= self._deadline:
            seconds = self._options.connect_timeout
            raise Refused(tcp.timeout_cause(self._server, self._options.port, seconds))

    def transmit(self) -> None:
        """Send what the session wants sent; what the server does not take yet waits, to a limit."""
        if not self.connected:
            return
        self._unsent += self.session.data_to_send()
        lost = False
        try:
            if self._unsent:
                self._unsent = self._unsent[self._sock.send(self._unsent, sockets.MSG_NOSIGNAL) :]
        except BlockingIOError:
            pass
        except OSError:
            lost = True
        if lost or len(self._unsent) > _UNSENT_LIMIT:
            self.session.receive_eof(time.monotonic())
        if self._waiting != bool(self._unsent):
            self._waiting = bool(self._unsent)
            self._loop.watch(self._sock.fileno(), READ | (WRITE if self._waiting else 0), self._ready)

    def close(self) -> None:
        """Give the socket back."""
        self._loop.unwatch(self._sock.fileno())
        self._sock.close()

    def _ready(self, events: int) -> None:
        if not self.connected:
            tcp.finish_connection(self._sock, self._server, self._options.port)
            self.connected = True
            self._on_connected()
            self._loop.watch(self._sock.fileno(), READ, self._ready)
            self.session.start(time.monotonic())
        elif events & (READ | BROKEN):
            self._receive()

    def _receive(self) -> None:
        try:
            data = self._sock.recv(_RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            # Reset, unreachable, timed out: for the session it is the end, as an orderly one is.
            data = b""
        if data:
            self.session.receive(data, time.monotonic())
        else:
            self.session.receive_eof(time.monotonic())
