"""Notices that the way to the server may have changed: another address, another default route, a link that
came or went (rtnetlink(7), multicast groups).

Which change it was is not read: whoever listens looks at the table again, which is cheap, and need not trust
that no message was lost.
"""

import errno

from pptpengine.net import sockets

_RTMGRP_LINK = 0x1
_RTMGRP_IPV4_IFADDR = 0x10
_RTMGRP_IPV4_ROUTE = 0x40
_CHUNK = 65536

SETTLE = 0.3
"Seconds from a change until one looks: an uplink goes and comes in several steps."


class Uplink:
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
