"""The call manager: one process per (local address, server) that owns the control connection and the host
route.

It begins when a gateway finds nobody on the Unix socket, connects to the server when the first gateway has
asked for a call, and ends with the last call. At its end everything is put back in this order: calls
cleared, control connection stopped, host route released, socket file removed, and only then the gateways'
sockets closed. A gateway that reads end-of-file from its socket therefore knows that nothing is left.
"""

import os
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.events import CallDown, CallUp, ControlDown, ControlUp, Event, Note
from pptpengine.fsm.control import State
from pptpengine.net import dialogue, tcp, unixsock
from pptpengine.net.hostroute import HostRoute, RouteLoopError, RouteUnsupportedError, pin
from pptpengine.net.log import Log
from pptpengine.net.loop import BROKEN, READ, WRITE, Loop, Signals
from pptpengine.net.options import Options
from pptpengine.net.process import daemonise, set_title
from pptpengine.session import ControlSession, Role

_IDLE_LIMIT = 5.0
"How long a manager waits for the first gateway, which was started together with it."
_READY = b"ready\n"
_RECEIVE = 65536
_UNSENT_LIMIT = 1 << 17
"Octets of answers that may wait for a server that does not read them: to more than one full reception."


def spawn(options: Options, server: IPv4Address, log: Log) -> None:
    """Start a call manager and return when its socket can be connected to, by whoever got there first.

    Raises Refused when it cannot serve.
    """
    log.close()
    read = daemonise(lambda ready: _main(options, server, log, ready), keep_stderr=options.debug)
    with os.fdopen(read, "rb") as pipe:
        answer = pipe.read()
    if answer != _READY:
        lines = dialogue.Lines().feed(answer)
        cause = dialogue.decode_cause(lines[0]) if lines else None
        raise Refused(cause or Cause.of("internal", "The call manager died at its start"))


def _main(options: Options, server: IPv4Address, log: Log, ready: int) -> None:
    set_title("pptpcm")
    log.reopen()
    path = unixsock.path_for(options.localbind, server)
    try:
        listener = unixsock.listen(path)
    except OSError as error:
        cause = Cause(
            "internal", f"No call manager socket can be made at {path}: {error.strerror}", "Run it as root."
        )
        os.write(ready, dialogue.encode_cause(cause))
        return
    os.write(ready, _READY)
    os.close(ready)
    if listener is not None:
        CallManager(options, server, log, listener, path).run()


@dataclass(slots=True, eq=False)
class _Client:
    """A gateway."""

    sock: socket.socket
    input: bytes = b""
    asked: bool = False
    "It has said who it is, and so asked for a call."
    lines: bool = False
    call_id: int | None = None
    over: bool = False
    "It hung up, or was told that its call is over."

    def send(self, data: bytes) -> None:
        """Lines are few and small: what does not fit the socket's buffer is lost with a gateway that is
        stuck.
        """
        with suppress(OSError):
            self.sock.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)


class CallManager:
    """The process's only object; `run` returns when all is over."""

    def __init__(
        self, options: Options, server: IPv4Address, log: Log, listener: socket.socket, path: str
    ) -> None:
        self._options = options
        self._server = server
        self._log = log
        self._listener = listener
        self._path = path
        self._loop = Loop()
        self._clients: list[_Client] = []
        self._session = ControlSession(options.control, Role.PNS, random=os.urandom)
        self._tcp: socket.socket | None = None
        self._connected = False
        self._unsent = b""
        self._route: HostRoute | None = None
        self._news: list[bytes] = []
        "What a gateway that comes later must be told, too."
        self._deadline: float | None = time.monotonic() + _IDLE_LIMIT
        self._cause: Cause | None = None
        self._done = False

    def run(self) -> None:
        """Serve until the last call is over."""
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        Signals(self._loop, (signal.SIGTERM, signal.SIGINT), lambda _number: self._stop())
        self._loop.watch(self._listener.fileno(), READ, self._accept)
        try:
            while not self._done:
                self._turn()
        except Refused as refused:
            self._cause = refused.cause
        except Exception:  # noqa: BLE001 - whatever it is, the route and the socket must go
            from traceback import format_exc

            self._log.error(format_exc())
            self._cause = Cause.of("internal", "The call manager failed")
        finally:
            self._clean_up()

    def _turn(self) -> None:
        now = time.monotonic()
        due = [when for when in (self._deadline, self._session.next_timer()) if when is not None]
        self._loop.run_once(min(due) - now if due else None)
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            self._deadline_passed()
        self._session.handle_timer(now)
        self._follow_session(now)

    def _deadline_passed(self) -> None:
        if self._tcp is None:
            self._done = True
        else:
            raise Refused(tcp.timeout_cause(self._server, self._options.port, self._options.connect_timeout))

    def _clean_up(self) -> None:
        if self._cause is not None:
            self._log.line(f"control connection to {self._server} is over: {self._cause.message}")
        for client in self._clients:
            if not client.over:
                self._dismiss(client, self._cause)
        if self._tcp is not None:
            self._tcp.close()
        self._release_route()
        # The gateways' sockets are left to the end of the process, for which they wait.
        unixsock.remove(self._path, self._listener)

    # Gateways.

    def _accept(self, _events: int) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        sock.setblocking(False)
        client = _Client(sock)
        self._clients.append(client)
        self._loop.watch(sock.fileno(), READ, lambda _: self._client_ready(client))

    def _client_ready(self, client: _Client) -> None:
        try:
            data = client.sock.recv(_RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hang_up(client)
        elif not client.asked:
            client.input += data
            if len(client.input) >= dialogue.PIDS.size:
                self._client_asks(client)

    def _client_asks(self, client: _Client) -> None:
        _, pppd = dialogue.PIDS.unpack_from(client.input)
        client.asked = True
        client.lines = pppd == dialogue.LINES_WANTED
        if client.lines:
            client.send(dialogue.LINES_FOLLOW + b"".join(self._news))
        if self._tcp is None:
            self._connect()
        elif self._session.state is State.ESTABLISHED:
            self._place_call(client)

    def _hang_up(self, client: _Client) -> None:
        self._loop.unwatch(client.sock.fileno())
        client.over = True
        if not client.asked:
            self._clients.remove(client)
            client.sock.close()
        elif not self._living():
            self._stop()
        elif client.call_id is not None:
            self._session.clear_call(client.call_id, time.monotonic())

    def _living(self) -> list[_Client]:
        return [client for client in self._clients if client.asked and not client.over]

    def _dismiss(self, client: _Client, cause: Cause | None) -> None:
        """Tell a gateway that its call is over."""
        client.over = True
        client.call_id = None
        if client.lines:
            client.send(dialogue.encode_cause(cause))
        else:
            # pptp(8)'s gateway does not look at its socket any more; it wants SIGTERM.
            pid = unixsock.peer_pid(client.sock)
            if pid > 1:
                with suppress(OSError):
                    os.kill(pid, signal.SIGTERM)

    def _tell(self, *words: object) -> None:
        line = dialogue.encode_line(*words)
        self._news.append(line)
        for client in self._clients:
            if client.lines:
                client.send(line)

    # The control connection.

    def _connect(self) -> None:
        self._tell("state", "connecting")
        if self._options.hostroute:
            self._pin_route()
        self._tcp = tcp.open_connection(self._server, self._options.port, self._options.localbind)
        self._deadline = time.monotonic() + self._options.connect_timeout
        self._loop.watch(self._tcp.fileno(), WRITE, self._tcp_ready)

    def _pin_route(self) -> None:
        try:
            self._route = pin(self._server, self._options.localbind)
        except RouteLoopError as error:
            raise Refused(Cause.of("routing-loop", str(error))) from None
        except RouteUnsupportedError as error:
            self._log.line(f"no host route: {error}")
            return
        except PermissionError:
            self._log.line("no host route to the server: not permitted")
            return
        except OSError as error:
            raise Refused(tcp.connect_cause(error.errno or 0, self._server, self._options.port)) from None
        route = self._route
        self._tell("route", route.destination, route.gateway or "-", route.interface, int(route.owned))

    def _release_route(self) -> None:
        if self._route is not None:
            try:
                self._route.release()
            except OSError as error:
                self._log.error(f"the host route to {self._server} could not be removed: {error.strerror}")

    def _tcp_ready(self, events: int) -> None:
        sock = self._tcp
        if sock is None:
            return
        if not self._connected:
            tcp.finish_connection(sock, self._server, self._options.port)
            self._connected = True
            self._deadline = None
            self._tell("local", sock.getsockname()[0])
            self._tell("state", "control")
            self._session.start(time.monotonic())
        elif events & (READ | BROKEN):
            self._receive(sock)

    def _receive(self, sock: socket.socket) -> None:
        try:
            data = sock.recv(_RECEIVE)
        except BlockingIOError:
            return
        except OSError as error:
            self._log.detail(f"reading from {self._server}: {error.strerror}")
            data = b""
        if data:
            self._session.receive(data, time.monotonic())
        else:
            self._session.receive_eof(time.monotonic())

    def _follow_session(self, now: float) -> None:
        """Act on the session's events and send what it wants sent, until there is nothing left."""
        self._handle_events(now)
        if self._connected and self._tcp is not None:
            self._transmit(self._tcp)
            # A connection that cannot be written to is over, and that is an event, too.
            self._handle_events(now)
        if self._session.finished:
            self._done = True

    def _handle_events(self, now: float) -> None:
        while events := self._session.events():
            for event in events:
                self._on_event(event, now)

    def _transmit(self, sock: socket.socket) -> None:
        self._unsent += self._session.data_to_send()
        lost = False
        try:
            if self._unsent:
                self._unsent = self._unsent[sock.send(self._unsent, socket.MSG_NOSIGNAL) :]
        except BlockingIOError:
            pass
        except OSError as error:
            self._log.detail(f"writing to {self._server}: {error.strerror}")
            lost = True
        if lost or len(self._unsent) > _UNSENT_LIMIT:
            self._session.receive_eof(time.monotonic())
        self._loop.watch(sock.fileno(), READ | (WRITE if self._unsent else 0), self._tcp_ready)

    def _on_event(self, event: Event, now: float) -> None:
        match event:
            case ControlUp():
                self._tell("peer", _text(event.host_name), _text(event.vendor), event.firmware)
                self._tell("state", "call")
                self._log.line(f"control connection to {self._server} is up")
                for client in self._living():
                    self._place_call(client)
                if not self._living():
                    self._session.stop(now)
            case CallUp():
                self._call_up(event)
            case CallDown():
                self._call_down(event, now)
            case ControlDown():
                self._cause = event.cause
            case Note():
                self._log.detail(event.text)
            case _:
                pass

    def _place_call(self, client: _Client) -> None:
        client.call_id = self._session.place_call(time.monotonic())

    def _call_up(self, event: CallUp) -> None:
        for client in self._clients:
            if client.call_id == event.call_id:
                if client.lines:
                    client.send(dialogue.encode_line("call", event.call_id, event.peer_call_id))
                else:
                    client.send(dialogue.IDS.pack(event.call_id, event.peer_call_id))

    def _call_down(self, event: CallDown, now: float) -> None:
        for client in [each for each in self._clients if each.call_id == event.call_id]:
            if not client.over:
                self._dismiss(client, event.cause)
            if self._living():
                self._loop.unwatch(client.sock.fileno())
                self._clients.remove(client)
                client.sock.close()
        if not self._living():
            self._session.stop(now)

    def _stop(self) -> None:
        self._loop.unwatch(self._listener.fileno())
        if self._connected:
            self._session.stop(time.monotonic())
        else:
            self._done = True


def _text(data: bytes) -> str:
    return data.decode("ascii", errors="replace")
