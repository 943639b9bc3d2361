"""The keeper: what is left of the call manager's privilege, in a process of its own.

The call manager reads what a stranger sends, so it gives up every privilege; but the host route must follow
the uplink and go in the end, the socket file must be removed, and pptp(8)'s gateway wants a signal. The
keeper does such things on request, reads nothing but the few words below, and outlives the manager: so
whatever the manager's end is, nothing stays behind.

The two are joined by a pair of SOCK_SEQPACKET sockets. The manager asks with one message of tab-separated
words and waits for one answer. When its end is closed, the manager is gone.

    pin          answers ``route DESTINATION GATEWAY INTERFACE OWNED SOURCE``, or ``down …`` with the cause
    tcp          answers ``ok`` and a descriptor, a TCP socket bound and marked as the options say, or
                 ``down …``
    gre          the same for a raw GRE socket, when a gateway's own has the address of a former uplink
    end PID      sends SIGTERM to the gateway PID of pptp(8); answers ``ok``
"""

import os
import signal
import socket
from contextlib import suppress
from ipaddress import IPv4Address, ip_address

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.net import dialogue, hostroute, rawgre, tcp, unixsock
from pptpengine.net.hostroute import HostRoute
from pptpengine.net.log import Log
from pptpengine.net.options import Options

_LIMIT = 4096
_GATEWAYS_OF_PPTP = ("pptpgw", "pptp")
"What /proc/PID/comm says of a process that may be sent SIGTERM."


def encode_route(route: HostRoute) -> tuple[object, ...]:
    """The words for *route*."""
    return (
        "route",
        route.destination,
        route.gateway or "-",
        route.interface,
        int(route.owned),
        route.source or "-",
    )


def decode_route(words: list[str]) -> HostRoute:
    """The route in the words of `encode_route`. Raises ValueError."""
    _, destination, gateway, interface, owned, source = words
    return HostRoute(
        IPv4Address(destination),
        None if gateway == "-" else ip_address(gateway),
        interface,
        owned == "1",
        None if source == "-" else IPv4Address(source),
    )


class Keeper:
    """The keeper's side of *channel*."""

    def __init__(
        self, options: Options, server: IPv4Address, path: str, log: Log, channel: socket.socket
    ) -> None:
        self._options = options
        self._server = server
        self._path = path
        self._log = log
        self._channel = channel
        self._route: HostRoute | None = None

    def serve(self) -> None:
        """Answer until the manager is gone, then take everything back."""
        # A terminal's Ctrl-C and a service manager's SIGTERM are for the manager, whose end is ours.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(number, signal.SIG_IGN)
        while request := self._channel.recv(_LIMIT):
            words = request.decode("ascii", errors="replace").split("\t")
            try:
                self._answer(words)
            except Refused as refused:
                self._channel.send(dialogue.encode_cause(refused.cause))
            except OSError as error:
                self._log.error(f"keeper: {words[0]}: {error.strerror}")
                break
        self._channel.close()

    def take_back(self) -> None:
        """Remove the route and the socket file; both belong to a new manager if there is one already."""
        with unixsock.locked():
            if unixsock.alive(self._path):
                return
            if self._route is not None:
                try:
                    self._route.release()
                except OSError as error:
                    self._log.error(
                        f"the host route to {self._server} could not be removed: {error.strerror}"
                    )
            with suppress(FileNotFoundError):
                os.unlink(self._path)  # noqa: PTH108 - no pathlib at start

    def _answer(self, words: list[str]) -> None:
        match words:
            case ["pin"]:
                self._pin()
            case ["tcp"]:
                with tcp.new_socket(self._server, self._options.localbind, self._options.rtmark) as sock:
                    socket.send_fds(self._channel, [b"ok"], [sock.fileno()])
            case ["gre"]:
                with rawgre.open_socket(self._server, self._options.localbind, self._options.rtmark) as sock:
                    socket.send_fds(self._channel, [b"ok"], [sock.fileno()])
            case ["end", pid] if pid.isdecimal():
                _terminate(int(pid))
                self._channel.send(b"ok")
            case _:
                self._channel.send(
                    dialogue.encode_cause(Cause.of("internal", "The keeper was asked nonsense"))
                )

    def _pin(self) -> None:
        try:
            self._route = hostroute.pin(self._server, self._options.localbind)
        except hostroute.RouteLoopError as error:
            raise Refused(Cause.of("routing-loop", str(error))) from None
        except (hostroute.RouteUnsupportedError, PermissionError) as error:
            self._log.line(f"no host route: {error}")
            self._channel.send(b"ok")
        except OSError as error:
            raise Refused(tcp.connect_cause(error.errno or 0, self._server, self._options.port)) from None
        else:
            self._channel.send(dialogue.encode_line(*encode_route(self._route)).rstrip(b"\n"))


def _terminate(pid: int) -> None:
    """End a gateway of pptp(8), and nothing else."""
    with suppress(OSError):
        with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as comm:  # noqa: PTH123 - no pathlib at start
            if comm.read().strip() not in _GATEWAYS_OF_PPTP:
                return
        os.kill(pid, signal.SIGTERM)


class Custody:
    """The manager's side of *channel*. Every call waits for the answer."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def pin(self) -> HostRoute | None:
        """Let the server's host route be as the uplink wants it now; None where there can be none.

        Raises Refused.
        """
        words, _ = self._ask("pin")
        return decode_route(words) if words[0] == "route" else None

    def tcp_socket(self) -> socket.socket:
        """A TCP socket for the control connection. Raises Refused."""
        _, descriptors = self._ask("tcp")
        return socket.socket(fileno=descriptors[0])

    def gre_socket(self) -> socket.socket:
        """A raw GRE socket, connected to the server. Raises Refused."""
        _, descriptors = self._ask("gre")
        return socket.socket(fileno=descriptors[0])

    def end(self, pid: int) -> None:
        """SIGTERM for a gateway of pptp(8). Raises Refused."""
        self._ask("end", str(pid))

    def _ask(self, *words: str) -> tuple[list[str], list[int]]:
        try:
            self._channel.send("\t".join(words).encode())
            answer, descriptors, _, _ = socket.recv_fds(self._channel, _LIMIT, 1)
        except OSError:
            answer, descriptors = b"", []
        if not answer:
            raise Refused(Cause.of("internal", "The keeper of the host route died"))
        found = answer.decode("ascii", errors="replace").rstrip("\n").split("\t")
        if found[0] == "down":
            raise Refused(dialogue.decode_cause(found) or Cause.of("internal", "The keeper gives no reason"))
        return found, descriptors
