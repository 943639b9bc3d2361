"""The server's addresses, and the TCP connection to one of them."""

import errno
import os
import socket
from ipaddress import IPv4Address

from pptpengine.causes import Cause
from pptpengine.errors import Refused


def resolve(host: str) -> list[IPv4Address]:
    """The IPv4 addresses of *host*, in the resolver's order. Raises Refused (host-unknown)."""
    try:
        return [IPv4Address(host)]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a host name"
        raise Refused(
            Cause.of("host-unknown", f"The server's name {host!r} was not found: {reason}")
        ) from None
    return list(dict.fromkeys(IPv4Address(entry[4][0]) for entry in found))


def open_connection(server: IPv4Address, port: int, source: IPv4Address | None) -> socket.socket:
    """Begin to connect; the socket is ready to be written to when that is decided. Raises Refused."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        # Control messages are small and each is waited for.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source is not None:
            sock.bind((str(source), 0))
        result = sock.connect_ex((str(server), port))
    except OSError as error:
        result = error.errno or errno.EIO
    if result not in {0, errno.EINPROGRESS}:
        sock.close()
        raise Refused(connect_cause(result, server, port))
    return sock


def finish_connection(sock: socket.socket, server: IPv4Address, port: int) -> None:
    """To be called when the socket of `open_connection` can be written to. Raises Refused if it did not
    connect.
    """
    result = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
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
