"""The gateways that a call manager serves, at their Unix sockets."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from pptpengine.causes import Cause
from pptpengine.net import dialogue, sockets, unixsock
from pptpengine.net.loop import READ, Loop
from pptpengine.record import dataclass

_RECEIVE = 65536
_PATIENCE = 0.5
"Seconds that a gateway gets to read what is waiting for it."


@dataclass(slots=True, eq=False)
class Client:
    """A gateway."""

    sock: sockets.socket
    input: bytes = b""
    asked: bool = False
    "It has said who it is, and so asked for a call."
    lines: bool = False
    "It is one of ours and understands lines; pptp(8)'s does not."
    call_id: int | None = None
    calls: int = 0
    "How many calls it has had; more than one if the uplink changed."
    over: bool = False
    "It hung up, or was told that its call is over."
    returns: bool = False
    "It hung up because the uplink changed: pppd will call again at once."

    def send(self, data: bytes, descriptors: Sequence[int] = ()) -> None:
        """Lines are few and small: one that does not fit the socket's buffer waits a little for the gateway,
        and is lost with one that is stuck.
        """
        self.sock.settimeout(_PATIENCE)
        with suppress(OSError):
            if descriptors:
                sockets.send_fds(self.sock, [data], descriptors, sockets.MSG_NOSIGNAL)
            else:
                self.sock.sendall(data, sockets.MSG_NOSIGNAL)
        self.sock.setblocking(False)


class Gateways:
    """Accepts at *listener* and reads; *on_ask* and *on_hang_up* are called with the gateway concerned.

    *signal* ends a gateway of pptp(8), given its process ID.
    """

    def __init__(
        self,
        loop: Loop,
        listener: sockets.socket,
        *,
        on_ask: Callable[[Client], None],
        on_hang_up: Callable[[Client], None],
        signal: Callable[[int], None],
    ) -> None:
        self._loop = loop
        self._listener = listener
        self._on_ask = on_ask
        self._on_hang_up = on_hang_up
        self._signal = signal
        self._clients: list[Client] = []
        self._closing = False
        self._news: list[bytes] = []
        "What a gateway that comes later must be told, too."
        loop.watch(listener.fileno(), READ, self._accept)

    @property
    def living(self) -> list[Client]:
        """Those that want a call or have one."""
        return [client for client in self._clients if client.asked and not client.over]

    def of_call(self, call_id: int) -> list[Client]:
        """The gateway of a call, in a list; none once it is over."""
        return [client for client in self._clients if client.call_id == call_id]

    def tell(self, *words: object) -> None:
        """A line for all of ours, also for those that come later."""
        line = dialogue.encode_line(*words)
        self._news.append(line)
        for client in self._clients:
            if client.lines and not client.over:
                client.send(line)

    def forget_news(self) -> None:
        """What was told so far does not hold any more."""
        self._news.clear()

    def dismiss(self, client: Client, cause: Cause | None) -> None:
        """Tell a gateway that its call is over."""
        client.over = True
        client.call_id = None
        if client.lines:
            client.send(dialogue.encode_cause(cause))
        else:
            # pptp(8)'s gateway does not look at its socket any more; it wants SIGTERM.
            self._signal(unixsock.peer_pid(client.sock))

    def drop(self, client: Client) -> None:
        """Close a gateway's socket, which tells it that all is done for it; other calls go on."""
        if client.lines:
            client.send(dialogue.encode_line("staying"))
        self._loop.unwatch(client.sock.fileno())
        self._clients.remove(client)
        client.sock.close()

    def refuse_more(self) -> None:
        """Accept no more; who asks now gets no answer, and asks the next call manager."""
        self._closing = True
        self._loop.unwatch(self._listener.fileno())

    def _accept(self, _events: int) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        sock.setblocking(False)
        client = Client(sock)
        self._clients.append(client)
        self._loop.watch(sock.fileno(), READ, lambda _: self._ready(client))

    def _ready(self, client: Client) -> None:
        try:
            data = client.sock.recv(_RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hung_up(client)
        elif client.asked:
            client.returns = client.returns or dialogue.RETURNING in data
        else:
            client.input += data
            if len(client.input) >= dialogue.PIDS.size and not self._closing:
                self._asked(client)

    def _asked(self, client: Client) -> None:
        _, pppd = dialogue.PIDS.unpack_from(client.input)
        client.asked = True
        client.lines = pppd == dialogue.LINES_WANTED
        if client.lines:
            client.send(dialogue.LINES_FOLLOW + b"".join(self._news))
        self._on_ask(client)

    def _hung_up(self, client: Client) -> None:
        self._loop.unwatch(client.sock.fileno())
        client.over = True
        if not client.asked:
            self._clients.remove(client)
            client.sock.close()
        else:
            self._on_hang_up(client)
