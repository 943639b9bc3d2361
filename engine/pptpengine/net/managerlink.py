"""A gateway's side of the dialogue with its call manager."""

import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.net import dialogue, sockets, spawn, unixsock
from pptpengine.net.log import Log
from pptpengine.net.loop import READ, Loop
from pptpengine.net.options import Options

_ATTEMPTS = 3
_MOST_DESCRIPTORS = 4


class ManagerLink:
    """An open socket to a call manager; *on_words* gets what it says, a manager of pptp(8)'s call IDs too.

    The words are those of `pptpengine.net.dialogue`.
    """

    def __init__(self, sock: sockets.socket, on_words: Callable[[list[str]], None]) -> None:
        listened = unixsock.peer_pid(sock)
        self.answered = False
        "It has said something."
        self.gone = False
        "It closed the socket: it is done, or dead."
        self.lines: dialogue.Lines | None = None
        "Set when the manager is one of ours."
        self._descriptors: list[int] = []
        self._stays = False
        "The manager and its keeper go on for other calls."
        self._sock = sock
        self._on_words = on_words
        self._head = b""
        self._last = _open_process(listened)
        "The process that ends last: the manager, or its keeper once that is known."
        self.pid = None if self._last is None else listened
        "The manager; None for pptp(8)'s, which goes to the background after it began to listen."

    def ask(self, loop: Loop) -> bool:
        """Ask for a call; False if the manager has just ended."""
        try:
            self._sock.sendall(dialogue.PIDS.pack(os.getpid(), dialogue.LINES_WANTED))
        except OSError:
            return False
        self._sock.setblocking(False)
        loop.watch(self._sock.fileno(), READ, lambda _events: self._ready(loop))
        return True

    def hang_up(self, loop: Loop, limit: float, *, returning: bool) -> bool:
        """End the call and wait, for *limit* seconds at most, until nothing is left of it; True if so.

        *returning*: pppd is going to call again at once, so the control connection may stay.
        """
        with suppress(OSError):
            if returning and self.lines is not None:
                self._sock.send(dialogue.RETURNING)
            self._sock.shutdown(sockets.SHUT_WR)
        deadline = time.monotonic() + limit
        while not self.gone and (left := deadline - time.monotonic()) > 0:
            loop.run_once(left)
        return self.gone and (returning or self.wait_for_keeper(deadline))

    def wait_for_keeper(self, deadline: float) -> bool:
        """Wait until the manager's keeper is gone and with it the route, unless other calls keep them."""
        if self.lines is None or self._last is None or self._stays:
            return True
        left = max(0.0, deadline - time.monotonic())
        return bool(select.select([self._last], [], [], left)[0])

    def take_socket(self) -> sockets.socket | None:
        """The newest socket that came along, if any; older ones are closed."""
        sock = sockets.socket(fileno=self._descriptors.pop()) if self._descriptors else None
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        return sock

    def close(self, loop: Loop) -> None:
        """Give the descriptors back."""
        loop.unwatch(self._sock.fileno())
        self._sock.close()
        if (left := self.take_socket()) is not None:
            left.close()
        if self._last is not None:
            os.close(self._last)

    def _ready(self, loop: Loop) -> None:
        try:
            data, descriptors, _, _ = sockets.recv_fds(self._sock, 65536, _MOST_DESCRIPTORS)
            self._descriptors += descriptors
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            loop.unwatch(self._sock.fileno())
            self.gone = True
        elif self.lines is not None:
            self._hear(self.lines, data)
        elif not self.answered:
            self._head += data
            if len(self._head) >= dialogue.IDS.size:
                self._on_head()

    def _on_head(self) -> None:
        self.answered = True
        head, rest = self._head[: dialogue.IDS.size], self._head[dialogue.IDS.size :]
        if head == dialogue.LINES_FOLLOW:
            self.lines = dialogue.Lines()
            self._hear(self.lines, rest)
        else:
            own, peer = dialogue.IDS.unpack(head)
            self._on_words(["call", str(own), str(peer)])

    def _hear(self, lines: dialogue.Lines, data: bytes) -> None:
        for words in lines.feed(data):
            match words:
                case ["processes", manager, keeper]:
                    self.pid = int(manager)
                    self._follow(int(keeper))
                case ["staying"]:
                    self._stays = True
            self._on_words(words)

    def _follow(self, keeper: int) -> None:
        if self._last is not None:
            os.close(self._last)
        self._last = _open_process(keeper)


def reach(
    options: Options,
    address: IPv4Address,
    log: Log,
    on_words: Callable[[list[str]], None],
) -> ManagerLink:
    """A link to the call manager for *address*, which is started if there is none. Raises Refused."""
    path = unixsock.path_for(options.localbind, address, options.instance)
    for _ in range(_ATTEMPTS):
        try:
            sock = unixsock.connect(path)
        except OSError as error:
            text = f"The call manager at {path} cannot be reached: {error.strerror}"
            raise Refused(Cause("internal", text, None)) from None
        if sock is not None:
            return ManagerLink(sock, on_words)
        spawn.spawn(options, address, log)
    raise Refused(Cause.of("internal", "No call manager stayed alive long enough to be asked for a call"))


def _open_process(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
