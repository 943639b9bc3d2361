"""A small PPTP server (PAC) without PPP behind it: a peer for tests and demonstrations.

It accepts control connections and calls, and does one of three things with the frames that come over GRE:
send them back (echo), swallow them (sink), or stay mute, as if GRE were blocked. What happens is printed, a
line each.
"""

import argparse
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from pptpengine.config import ControlConfig, TunnelConfig
from pptpengine.errors import DecodeError, LocalError
from pptpengine.events import CallDown, CallRequested, CallUp, ControlDown, ControlUp, Event
from pptpengine.fsm.tunnel import Tunnel
from pptpengine.net.loop import BROKEN, READ, Loop, Signals
from pptpengine.net.rawgre import enlarge_buffer
from pptpengine.record import dataclass, field
from pptpengine.session import ControlSession, Role
from pptpengine.wire import gre

_IP_HEADER_MIN = 20


class Mode(Enum):
    """What becomes of frames."""

    ECHO = "echo"
    SINK = "sink"
    MUTE = "mute"


@dataclass(slots=True, eq=False)
class _Connection:
    sock: socket.socket
    address: str
    session: ControlSession
    tunnels: dict[int, Tunnel] = field(default_factory=dict)


class PacServer:
    """Serves until `stop` is called or SIGTERM comes."""

    def __init__(
        self,
        listen: str,
        port: int = 1723,
        *,
        mode: Mode = Mode.ECHO,
        call_result: int = 1,
        config: ControlConfig | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self._loop = Loop()
        self._mode = mode
        self._call_result = call_result
        self._config = config or ControlConfig(vendor=b"pptpengine")
        self._say = say
        self._connections: list[_Connection] = []
        self._running = True
        self._gre = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_GRE)
        enlarge_buffer(self._gre)
        self._gre.bind((listen, 0))
        self._gre.setblocking(False)
        self._tcp = socket.create_server((listen, port))
        self._tcp.setblocking(False)

    def run(self) -> None:
        """Serve; on SIGTERM or SIGINT stop every control connection and return."""
        Signals(self._loop, (signal.SIGTERM, signal.SIGINT), lambda _number: self.stop())
        self._loop.watch(self._tcp.fileno(), READ, self._accept)
        self._loop.watch(self._gre.fileno(), READ, self._gre_ready)
        self._say("ready")
        while self._running or self._connections:
            self._turn()

    def stop(self) -> None:
        """End all calls and connections."""
        self._running = False
        for connection in self._connections:
            connection.session.stop(time.monotonic())

    def _turn(self) -> None:
        now = time.monotonic()
        due = [when for each in self._connections for when in self._timers(each) if when is not None]
        self._loop.run_once(min(due) - now if due else None)
        now = time.monotonic()
        for connection in list(self._connections):
            connection.session.handle_timer(now)
            for tunnel in connection.tunnels.values():
                frames: list[bytes] = []
                tunnel.handle_timer(now, frames)
                self._on_frames(connection, tunnel, frames, now)
            self._follow(connection, now)

    @staticmethod
    def _timers(connection: _Connection) -> list[float | None]:
        return [
            connection.session.next_timer(),
            *(each.next_timer() for each in connection.tunnels.values()),
        ]

    # Control connections.

    def _accept(self, _events: int) -> None:
        try:
            sock, (address, _) = self._tcp.accept()
        except OSError:
            return
        sock.setblocking(False)
        connection = _Connection(sock, address, ControlSession(self._config, Role.PAC, random=os.urandom))
        connection.session.start(time.monotonic())
        self._connections.append(connection)
        self._loop.watch(sock.fileno(), READ, lambda events: self._tcp_ready(connection, events))

    def _tcp_ready(self, connection: _Connection, events: int) -> None:
        now = time.monotonic()
        if events & (READ | BROKEN):
            try:
                data = connection.sock.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                connection.session.receive(data, now)
            else:
                connection.session.receive_eof(now)

    def _follow(self, connection: _Connection, now: float) -> None:
        while events := connection.session.events():
            for event in events:
                self._on_event(connection, event, now)
        data = connection.session.data_to_send()
        if data:
            try:
                connection.sock.sendall(data)
            except OSError:
                connection.session.receive_eof(now)
        if connection.session.finished:
            self._loop.unwatch(connection.sock.fileno())
            connection.sock.close()
            self._connections.remove(connection)

    def _on_event(self, connection: _Connection, event: Event, now: float) -> None:
        match event:
            case ControlUp():
                self._say(f"control-up {connection.address} {event.host_name.decode(errors='replace')}")
            case CallRequested():
                with suppress(LocalError):  # cleared in the same breath
                    self._answer(connection, event.call_id, now)
            case CallUp():
                self._say(f"call-up {event.call_id} {event.peer_call_id}")
                connection.tunnels[event.call_id] = Tunnel(TunnelConfig(), event.call_id, event.peer_call_id)
            case CallDown():
                connection.tunnels.pop(event.call_id, None)
                self._say(f"call-down {event.cause.message if event.cause else 'cleared'}")
            case ControlDown():
                counts = " ".join(
                    f"{name}={n}" for name, n in connection.session.statistics.as_dict().items()
                )
                self._say(f"control-down {event.cause.message if event.cause else 'stopped here'}: {counts}")
            case _:
                pass

    def _answer(self, connection: _Connection, call_id: int, now: float) -> None:
        if self._call_result == 1:
            connection.session.accept_call(call_id, now)
        else:
            connection.session.reject_call(call_id, now, result=self._call_result)

    # GRE.

    def _gre_ready(self, _events: int) -> None:
        now = time.monotonic()
        while True:
            try:
                packet, (address, _) = self._gre.recvfrom(65536)
            except OSError:
                break
            if self._mode is not Mode.MUTE and len(packet) >= _IP_HEADER_MIN:
                self._receive(address, packet, (packet[0] & 15) * 4, now)
        for connection in self._connections:
            for tunnel in connection.tunnels.values():
                if (ack := tunnel.ack_to_send(now)) is not None:
                    self._send(connection, ack)

    def _receive(self, address: str, packet: bytes, offset: int, now: float) -> None:
        try:
            call_id, *_ = gre.unpack(packet, offset)
        except DecodeError:
            return
        for connection in self._connections:
            tunnel = connection.tunnels.get(call_id) if connection.address == address else None
            if tunnel is not None:
                frames: list[bytes] = []
                tunnel.receive(packet, now, frames, offset)
                self._on_frames(connection, tunnel, frames, now)

    def _on_frames(self, connection: _Connection, tunnel: Tunnel, frames: list[bytes], now: float) -> None:
        if self._mode is Mode.ECHO:
            for frame in frames:
                self._send(connection, tunnel.send(frame))
        if (ack := tunnel.ack_to_send(now)) is not None:
            self._send(connection, ack)

    def _send(self, connection: _Connection, packet: bytes) -> None:
        try:
            self._gre.sendto(packet, (connection.address, 0))
        except OSError as error:
            self._say(f"send-failed {error.strerror}")


def main() -> None:
    """``python -m pptpengine.net.server --listen ADDRESS``."""
    parser = argparse.ArgumentParser(
        prog="pptpengine.net.server", description="a PPTP server that echoes frames"
    )
    parser.add_argument("--listen", required=True, metavar="ADDRESS")
    parser.add_argument("--port", type=int, default=1723)
    parser.add_argument(
        "--mode", type=Mode, choices=tuple(Mode), default=Mode.ECHO, help="echo, sink or mute"
    )
    parser.add_argument("--call-result", type=int, default=1, help="answer to calls; 1 accepts")
    parser.add_argument("--echo-interval", type=float, default=60.0, metavar="SECONDS", help="0 = never")
    args = parser.parse_args()
    config = ControlConfig(vendor=b"pptpengine", echo_interval=args.echo_interval)

    def say(line: str) -> None:
        print(line, flush=True)  # noqa: T201 - the program's output

    PacServer(
        args.listen, args.port, mode=args.mode, call_result=args.call_result, config=config, say=say
    ).run()


if __name__ == "__main__":
    main()
