"""The keeper: what is left of the call manager's privilege, in a process of its own.

The call manager reads what a stranger sends, so it gives up every privilege; but the host route must follow
the uplink and go in the end, the socket file must be removed, and pptp(8)'s gateway wants a signal. The
keeper does such things on request, reads nothing but the few words below, and outlives the manager: so
whatever the manager's end is, nothing stays behind.

The two are joined by a pair of SOCK_SEQPACKET sockets. The manager asks with one message of tab-separated
words and waits for one answer. When its end is closed, the manager is gone.

    pin          answers ``route DESTINATION GATEWAY INTERFACE OWNED SOURCE SPENT``, or ``down …`` with the
                 cause; SPENT are the seconds of CPU time that it took
    tcp          answers ``ok`` and a descriptor, a TCP socket bound and marked as the options say, or
                 ``down …``
    gre          the same for a raw GRE socket, when a gateway's own has the address of a former uplink
    end PID      sends SIGTERM to the gateway PID of pptp(8); answers ``ok``
"""

import os
import time
from contextlib import suppress
from ipaddress import IPv4Address

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.net import dialogue, hostroute, rawgre, signals, sockets, tcp, unixsock
from pptpengine.net.log import Log
from pptpengine.net.options import Options
from pptpengine.net.way import HostRoute, encode_route

_LIMIT = 4096
_GATEWAYS_OF_PPTP = ("pptpgw", "pptp")
"What /proc/PID/comm says of a process that may be sent SIGTERM."


class Keeper:
    """The keeper's side of *channel*."""

    def __init__(self, options: Options, server: IPv4Address, log: Log, channel: sockets.socket) -> None:
        self._options = options
        self._server = server
        self._path = unixsock.path_for(options.localbind, server, options.instance)
        self._log = log
        self._channel = channel
        self._route: HostRoute | None = None

    def serve(self) -> None:
        """Answer until the manager is gone, then take everything back."""
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
        """Remove the route and the socket file, unless they are somebody else's by now.

        A new manager may be there already. Managers for another local address or instance have other
        sockets, but the same host route.
        """
        try:
            with unixsock.locked():
                if unixsock.alive(self._path):
                    return
                if self._route is not None and self._server not in unixsock.served():
                    hostroute.release(self._server)
                with suppress(FileNotFoundError):
                    os.unlink(self._path)  # noqa: PTH108 - no pathlib at start
        except OSError as error:
            self._log.error(f"not everything of {self._server} could be taken back: {error.strerror}")

    def _answer(self, words: list[str]) -> None:
        match words:
            case ["pin"]:
                self._pin()
            case ["tcp"]:
                with tcp.new_socket(self._server, self._options.localbind, self._options.rtmark) as sock:
                    sockets.send_fds(self._channel, [b"ok"], [sock.fileno()])
            case ["gre"]:
                with rawgre.open_socket(self._server, self._options.localbind, self._options.rtmark) as sock:
                    sockets.send_fds(self._channel, [b"ok"], [sock.fileno()])
            case ["end", pid] if pid.isdecimal():
                _terminate(int(pid))
                self._channel.send(b"ok")
            case _:
                self._channel.send(
                    dialogue.encode_cause(Cause.of("internal", "The keeper was asked nonsense"))
                )

    def _pin(self) -> None:
        began = time.process_time()
        try:
            self._route = hostroute.pin(
                self._server, self._options.localbind, previous=self._route, pppd=self._options.parent
            )
        except hostroute.RouteLoopError as error:
            raise Refused(Cause.of("routing-loop", str(error))) from None
        except (hostroute.RouteUnsupportedError, PermissionError) as error:
            self._log.line(f"no host route: {error}")
            self._channel.send(b"ok")
        except OSError as error:
            raise Refused(tcp.connect_cause(error.errno or 0, self._server, self._options.port)) from None
        else:
            words = (*encode_route(self._route), f"{time.process_time() - began:.3f}")
            self._channel.send(dialogue.encode_line(*words).rstrip(b"\n"))


def _terminate(pid: int) -> None:
    """End a gateway of pptp(8), and nothing else."""
    with suppress(OSError):
        with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as comm:  # noqa: PTH123 - no pathlib at start
            if comm.read().strip() not in _GATEWAYS_OF_PPTP:
                return
        os.kill(pid, signals.SIGTERM)
