"""The server's addresses, and the TCP connection to one of them."""

import errno
import os
from ipaddress import IPv4Address

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.net import sockets

PORT = 1723
"What IANA and RFC 2637 section 1.3 have for PPTP."
_SO_MARK = 36
"Linux; Python's socket module has no name for it."


def resolve(host: str) -> list[IPv4Address]:
    """The IPv4 addresses of *host*, in the resolver's order. Raises Refused (host-unknown)."""
    try:
        return [IPv4Address(host)]
    except ValueError:
        pass
    try:
        found = sockets.getaddrinfo(host, None, sockets.AF_INET, sockets.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a host name"
        raise Refused(
            Cause.of("host-unknown", f"The server's name {host!r} was not found: {reason}")
        ) from None
    return list(dict.fromkeys(IPv4Address(entry[4][0]) for entry in found))


def new_socket(server: IPv4Address, source: IPv4Address | None, mark: int | None) -> sockets.socket:
    """A non-blocking TCP socket for a connection to *server*, from *source*, its packets marked with *mark*
    (SO_MARK, socket(7)). Raises Refused.
    """
    sock = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM | sockets.SOCK_NONBLOCK)
    try:
        # Control messages are small and each is waited for.
        sock.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        set_mark(sock, mark)
        if source is not None:
            sock.bind((str(source), 0))
    except OSError as error:
        sock.close()
        raise Refused(connect_cause(error.errno or errno.EIO, server, PORT)) from None
    except Refused:
        sock.close()
        raise
    return sock


def set_mark(sock: sockets.socket, mark: int | None) -> None:
    """Mark the packets of *sock* for policy routing, if there is a *mark*. Raises Refused, OSError."""
    if mark is None:
        return
    try:
        sock.setsockopt(sockets.SOL_SOCKET, _SO_MARK, mark)
    except PermissionError:
        hint = "Run it as root, or give it the capability CAP_NET_ADMIN."
        raise Refused(Cause("internal", "Marking packets (--rtmark) is not permitted", hint)) from None


def begin_connection(sock: sockets.socket, server: IPv4Address, port: int) -> None:
    """Begin to connect; *sock* is ready to be written to when that is decided. Raises Refused."""
    result = sock.connect_ex((str(server), port))
    if result not in {0, errno.EINPROGRESS}:
        raise Refused(connect_cause(result, server, port))


def finish_connection(sock: sockets.socket, server: IPv4Address, port: int) -> None:
    """To be called when the socket of `begin_connection` can be written to. Raises Refused if it did not
    connect.
    """
    result = sock.getsockopt(sockets.SOL_SOCKET, sockets.SO_ERROR)
    if result:
        raise Refused(connect_cause(result, server, port))


def timeout_cause(server: IPv4Address, port: int, seconds: float) -> Cause:
    """No answer to the TCP connect."""
    return Cause.of("connect-timeout", f"{server} did not answer on TCP port {port} within {seconds:g} s")


def connect_cause(number: int, server: IPv4Address, port: int) -> Cause:
    """What errno *number* from connect(2) or bind(2) means."""
    if number == errno.ECONNREFUSED:
        return Cause.of("connect-refused", f"{server} refuses connections on TCP port {port}")
    if number == errno.ETIMEDOUT:
        return Cause.of("connect-timeout", f"{server} does not answer on TCP port {port}")
    if number == errno.EADDRNOTAVAIL:
        hint = "Give an address that this machine has (ip -4 address)."
        return Cause("network-unreachable", "The local address to bind to does not exist here", hint)
    return Cause.of("network-unreachable", f"{server} cannot be reached: {os.strerror(number)}")
