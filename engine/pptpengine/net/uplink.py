"""The way to the server: the host route, and what may change it: another address, another default route, a
link that came or went (rtnetlink(7), multicast groups).

Which change it was is not read: the table is looked at again, which is cheap, and nobody need trust that no
message was lost.
"""

import errno
import time
from collections.abc import Callable
from ipaddress import IPv4Address

from pptpengine.errors import EngineError
from pptpengine.net import sockets
from pptpengine.net.custody import Custody
from pptpengine.net.log import Log
from pptpengine.net.loop import READ, Loop
from pptpengine.net.options import Options
from pptpengine.net.way import HostRoute, encode_route

_RTMGRP_LINK = 0x1
_RTMGRP_IPV4_IFADDR = 0x10
_RTMGRP_IPV4_ROUTE = 0x40
_CHUNK = 65536

_SETTLE = 0.3
"Seconds from a change until one looks: an uplink goes and comes in several steps."
_LOOK_SHARE = 20
"One looks for at most a twentieth of a processor's time; on a busy machine a look takes long, not much."


class _Changes:
    """A netlink socket that is readable after a change. Raises OSError where there is none to be had."""

    def __init__(self) -> None:
        self._socket = sockets.socket(
            sockets.AF_NETLINK,
            sockets.SOCK_RAW | sockets.SOCK_CLOEXEC | sockets.SOCK_NONBLOCK,
            sockets.NETLINK_ROUTE,
        )
        self._socket.bind((0, _RTMGRP_LINK | _RTMGRP_IPV4_IFADDR | _RTMGRP_IPV4_ROUTE))

    def fileno(self) -> int:
        """For poll(2)."""
        return self._socket.fileno()

    def drain(self) -> None:
        """Throw away what has come; messages that the kernel had to drop (ENOBUFS) are no loss either."""
        while self._more():
            pass

    def _more(self) -> bool:
        try:
            self._socket.recv(_CHUNK)
        except BlockingIOError:
            return False
        except OSError as error:
            return error.errno == errno.ENOBUFS
        return True

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


class Uplink:
    """The way to *server*, which the keeper behind *custody* pins unless the options say no.

    *tell* hands the gateways a line about it. When the uplink may have changed, *look_later* is called with
    the seconds after which `look` is to be called.
    """

    def __init__(
        self,
        options: Options,
        server: IPv4Address,
        log: Log,
        custody: Custody,
        *,
        tell: Callable[..., None],
        look_later: Callable[[float], None],
    ) -> None:
        self._options = options
        self._server = server
        self._log = log
        self._custody = custody
        self._tell = tell
        self._look_later = look_later
        self._route: HostRoute | None = None
        self._changes: _Changes | None = None
        self._settle = _SETTLE

    def pin(self) -> None:
        """Before a connection is made: let the host route be right. Raises Refused."""
        if not self._options.hostroute:
            self._route = self._way()
            return
        self._route = self._custody.pin()
        if self._route is not None:
            self._tell(*encode_route(self._route))

    def watch(self, loop: Loop) -> None:
        """Notice changes from now on."""
        try:
            self._changes = changes = _Changes()
        except (OSError, AttributeError) as error:
            self._log.line(f"changes of the uplink will not be noticed: {error}")
            return
        loop.watch(changes.fileno(), READ, lambda _events: self._changed(changes))

    def look(self, local: IPv4Address) -> IPv4Address | None:
        """Let the host route follow. Returns the address of a new connection if *local*, that of the present
        one, is not the right one any more.
        """
        began = time.process_time()
        way = self._way()
        # A table that is much to read (a router's) is read the less often.
        spent = self._custody.spent if self._options.hostroute else time.process_time() - began
        self._settle = max(_SETTLE, _LOOK_SHARE * spent)
        if way is None:
            return None
        if way != self._route and self._options.hostroute:
            self._log.line(f"the host route to {self._server} now leads through {way.interface}")
            self._tell(*encode_route(way))
        self._route = way
        return None if way.source == local else way.source

    def _changed(self, changes: _Changes) -> None:
        changes.drain()
        self._look_later(self._settle)

    def _way(self) -> HostRoute | None:
        """How the server is reached now; None if it is not: the next change will be looked at as well."""
        try:
            if self._options.hostroute:
                return self._custody.pin()
            from pptpengine.net.hostroute import way_to

            mark = self._options.rtmark or 0
            return way_to(self._server, self._options.localbind, mark=mark, previous=self._route)
        except (EngineError, OSError) as error:
            self._log.detail(f"the uplink changed: {error}")
            return None
