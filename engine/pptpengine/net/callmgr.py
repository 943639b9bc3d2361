"""The call manager: one process per (local address, server) that owns the control connection.

It begins when a gateway finds nobody on the Unix socket, connects to the server when the first gateway has
asked for a call, gives up its privileges, and ends with the last call: calls cleared, control connection
stopped, gateways told. Its parent, the keeper, then takes back the host route and the socket file. A
gateway waits for the keeper's end, and so knows that nothing is left.

When the uplink changes (another address, another default route), the host route follows. If the local
address of the control connection is gone with the old uplink, the connection is made again, and the calls on
it.
"""

import os
import time
from contextlib import suppress
from ipaddress import IPv4Address

from pptpengine.causes import Cause
from pptpengine.errors import LocalError, Refused
from pptpengine.events import CallDown, CallUp, ControlDown, ControlUp, Event, LinkInfo, Note
from pptpengine.net import dialogue, privilege, signals, sockets
from pptpengine.net.connection import Connection
from pptpengine.net.custody import Custody
from pptpengine.net.gateways import Client, Gateways
from pptpengine.net.log import Log
from pptpengine.net.loop import Loop, Signals
from pptpengine.net.options import Options
from pptpengine.net.uplink import Uplink
from pptpengine.timers import Timers

_IDLE_LIMIT = 2.0
"How long a manager waits for the first gateway, which was started together with it."
_RETURN_LIMIT = 20.0
"""How long one waits for a gateway that said it comes back: pppd's holdoff or a service manager's pause lies
between.
"""


class CallManager:
    """The process's only object; `run` returns when all is over."""

    def __init__(
        self, options: Options, server: IPv4Address, log: Log, listener: sockets.socket, custody: Custody
    ) -> None:
        self._options = options
        self._server = server
        self._log = log
        self._custody = custody
        self._loop = Loop()
        self._gateways = Gateways(
            self._loop, listener, on_ask=self._asked, on_hang_up=self._hung_up, signal=self._end_gateway
        )
        self._connection: Connection | None = None
        self._uplink = Uplink(
            options,
            server,
            log,
            custody,
            tell=self._gateways.tell,
            look_later=self._look_later,
        )
        self._humble = False
        "The privileges are gone."
        self._timers = Timers()
        self._timers.set("idle", time.monotonic() + _IDLE_LIMIT)
        self._link_info: dict[int, LinkInfo] = {}
        "What the gateways have not been told yet, by call."
        self._cause: Cause | None = None
        self._stopping = False
        self._done = False
        self._introduce()

    def run(self) -> None:
        """Serve until the last call is over."""
        signals.signal(signals.SIGHUP, signals.SIG_IGN)
        signals.signal(signals.SIGUSR1, signals.SIG_IGN)
        Signals(self._loop, (signals.SIGTERM, signals.SIGINT), lambda _number: self._stop())
        try:
            while not self._done:
                self._turn()
        except Refused as refused:
            self._cause = refused.cause
        except Exception as error:  # noqa: BLE001 - whatever it is, the gateways must be told
            self._log.fault(error)
            self._cause = Cause.of("internal", "The call manager failed")
        finally:
            self._say_goodbye()

    def _turn(self) -> None:
        now = time.monotonic()
        due = [self._timers.next(), self._connection.next_timer() if self._connection else None]
        earliest = min((when for when in due if when is not None), default=None)
        self._loop.run_once(None if earliest is None else earliest - now)
        now = time.monotonic()
        for name in self._timers.due(now):
            if name == "idle":
                self._stop()
            else:
                self._look_at_uplink()
        if self._connection is not None:
            self._connection.handle_timer(now)
            self._follow_session(self._connection)

    def _say_goodbye(self) -> None:
        if self._cause is not None:
            self._log.line(f"control connection to {self._server} is over: {self._cause.message}")
        for client in self._gateways.living:
            self._gateways.dismiss(client, self._cause)
        if self._connection is not None:
            self._connection.close()

    # Gateways.

    def _introduce(self) -> None:
        """Begin the news anew."""
        self._gateways.forget_news()
        self._gateways.tell("processes", os.getpid(), os.getppid())

    def _asked(self, client: Client) -> None:
        self._timers.cancel("idle")
        if self._connection is None:
            self._connect()
        elif self._connection.established:
            self._place_call(self._connection, client)

    def _hung_up(self, client: Client) -> None:
        call_id = client.call_id
        if not self._gateways.living and client.returns:
            self._timers.set("idle", time.monotonic() + _RETURN_LIMIT)
        elif not self._gateways.living:
            self._stop()
        if call_id is not None and self._connection is not None:
            self._connection.session.clear_call(call_id, time.monotonic())
        elif not self._stopping:
            self._gateways.drop(client)

    def _end_gateway(self, pid: int) -> None:
        with suppress(Refused):
            self._custody.end(pid)

    # The control connection.

    def _connect(self) -> None:
        self._gateways.tell("state", "connecting")
        self._uplink.pin()
        sock = self._custody.tcp_socket()
        self._connection = Connection(self._options, self._server, sock, self._loop, self._connected)
        if not self._humble:
            self._humble = True
            self._uplink.watch(self._loop)
            # The server's first octet is read by a process that may do nothing any more.
            for what in privilege.drop(self._options.user):
                self._log.line(f"the call manager could not give up {what}")

    def _connected(self) -> None:
        if self._connection is not None:
            self._gateways.tell("local", self._connection.local_address)
            self._gateways.tell("state", "control")

    def _follow_session(self, connection: Connection) -> None:
        """Act on the session's events and send what it wants sent, until there is nothing left."""
        self._handle_events(connection)
        connection.transmit()
        # A connection that cannot be written to is over, and that is an event, too.
        self._handle_events(connection)
        if connection.session.finished:
            self._done = True

    def _handle_events(self, connection: Connection) -> None:
        while events := connection.session.events():
            for event in events:
                self._on_event(connection, event)
        # Only the newest counts, and a server may send thousands.
        for call_id, info in self._link_info.items():
            line = dialogue.encode_line("link-info", info.send_accm, info.receive_accm)
            for client in self._gateways.of_call(call_id):
                if client.lines:
                    client.send(line)
        self._link_info.clear()

    def _on_event(self, connection: Connection, event: Event) -> None:
        match event:
            case ControlUp():
                self._control_up(connection, event)
            case CallUp():
                self._call_up(event)
            case CallDown():
                self._call_down(event)
            case LinkInfo():
                self._link_info[event.call_id] = event
            case ControlDown():
                self._cause = event.cause
            case Note():
                self._log.detail(event.text)
            case _:
                pass

    def _control_up(self, connection: Connection, event: ControlUp) -> None:
        self._gateways.tell("peer", _text(event.host_name), _text(event.vendor), event.firmware)
        self._gateways.tell("state", "call")
        self._log.line(f"control connection to {self._server} is up")
        for client in self._gateways.living:
            # One that asked in this very moment has got its call already.
            if client.call_id is None:
                self._place_call(connection, client)
        if not self._gateways.living and not self._timers.running("idle"):
            self._stop()

    def _place_call(self, connection: Connection, client: Client) -> None:
        try:
            client.call_id = connection.session.place_call(time.monotonic())
        except LocalError as error:
            self._gateways.dismiss(client, Cause("call-refused", f"No further call is possible: {error}"))

    def _call_up(self, event: CallUp) -> None:
        for client in self._gateways.of_call(event.call_id):
            client.calls += 1
            line = dialogue.encode_line("call", event.call_id, event.peer_call_id)
            if not client.lines:
                client.send(dialogue.IDS.pack(event.call_id, event.peer_call_id))
            elif client.calls == 1:
                client.send(line)
            else:
                # A connected raw socket keeps its address for ever, and the gateway may not open another.
                with self._custody.gre_socket() as sock:
                    client.send(line, [sock.fileno()])

    def _call_down(self, event: CallDown) -> None:
        for client in self._gateways.of_call(event.call_id):
            client.call_id = None
            if not client.over:
                self._gateways.dismiss(client, event.cause)
            if self._gateways.living or self._timers.running("idle"):
                self._gateways.drop(client)
        if not self._gateways.living and not self._timers.running("idle"):
            self._stop()

    def _stop(self) -> None:
        if self._stopping:
            return
        self._stopping = True
        self._timers.clear()
        self._gateways.refuse_more()
        if self._connection is not None and self._connection.connected:
            self._connection.session.stop(time.monotonic())
        else:
            self._done = True

    # The uplink.

    def _look_later(self, seconds: float) -> None:
        if not self._timers.running("uplink"):
            self._timers.set("uplink", time.monotonic() + seconds)

    def _look_at_uplink(self) -> None:
        """Let the route follow; call again if the connection's own address is not the right one any more."""
        if self._stopping or self._connection is None:
            return
        address = self._uplink.look(self._connection.local_address)
        if address is not None:
            self._connect_again(self._connection, address)

    def _connect_again(self, connection: Connection, address: IPv4Address) -> None:
        self._log.line(
            f"this machine's address towards {self._server} changed from {connection.local_address}"
            f" to {address}: calling again"
        )
        connection.close()
        self._connection = None
        self._introduce()
        cause = Cause.of("uplink-changed", "This machine's way to the server changed")
        for client in self._gateways.living:
            client.call_id = None
            if not client.lines:
                self._gateways.dismiss(client, cause)
        self._connect()


def _text(data: bytes) -> str:
    return data.decode("ascii", errors="replace")
