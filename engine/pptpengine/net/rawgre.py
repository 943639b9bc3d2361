"""The raw socket for GRE (IP protocol 47) to one server. Needs CAP_NET_RAW."""

import errno
from contextlib import suppress
from ipaddress import IPv4Address

from pptpengine.causes import Cause
from pptpengine.errors import Refused
from pptpengine.net import sockets
from pptpengine.net.tcp import PORT, connect_cause, set_mark

IP_HEADER = 20
"Octets before the GRE header in what `receive_batch` returns."

_RECEIVE_BUFFER = 1 << 20
_PACKET_LIMIT = 1 << 15
"Octets: more than twice the longest frame. A buffer of 64 KiB makes each receive cost twice as much."
BATCH = 64
"Packets taken in a row."
# Linux values that Python's socket module does not name.
_IP_MTU_DISCOVER = 10
_IP_PMTUDISC_DONT = 0
_SO_RCVBUFFORCE = 33


def open_socket(server: IPv4Address, source: IPv4Address | None, mark: int | None = None) -> sockets.socket:
    """A non-blocking raw GRE socket connected to *server*, its packets marked with *mark* (SO_MARK). Raises
    Refused.

    While it is open the kernel does not answer GRE with ICMP "protocol unreachable", so it must be opened
    before the call. Packets larger than the path's MTU are fragmented: PPTP has no way to tell PPP about a
    smaller one.
    """
    try:
        sock = sockets.socket(sockets.AF_INET, sockets.SOCK_RAW, sockets.IPPROTO_GRE)
    except PermissionError:
        hint = "Run it as root, or give it the capability CAP_NET_RAW."
        raise Refused(Cause("internal", "The raw GRE socket is not permitted", hint)) from None
    try:
        sock.setblocking(False)
        sock.setsockopt(sockets.IPPROTO_IP, _IP_MTU_DISCOVER, _IP_PMTUDISC_DONT)
        enlarge_buffer(sock)
        set_mark(sock, mark)
        if source is not None:
            sock.bind((str(source), 0))
        sock.connect((str(server), 0))
    except OSError as error:
        sock.close()
        raise Refused(connect_cause(error.errno or 0, server, PORT)) from None
    except Refused:
        sock.close()
        raise
    return sock


def enlarge_buffer(sock: sockets.socket) -> None:
    """Let bursts wait in the kernel while we are not scheduled; without CAP_NET_ADMIN it stays as it is."""
    with suppress(OSError):
        sock.setsockopt(sockets.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)


def receive_batch(sock: sockets.socket, limit: int = BATCH) -> tuple[list[bytes], int]:
    """What has come, at most *limit* packets with an IP header of 20 octets each, and how many errors.

    Errors are ICMP messages about what we sent. Anybody can forge those, so they are counted and nothing
    else.
    """
    packets: list[bytes] = []
    errors = 0
    receive = sock.recv
    for _ in range(limit):
        try:
            packet = receive(_PACKET_LIMIT)
        except BlockingIOError:
            break
        except OSError:
            errors += 1
            continue
        if packet[0] != 0x45:
            # IP options: cut them out, so that every packet has the same shape.
            packet = packet[:IP_HEADER] + packet[(packet[0] & 15) * 4 :]
        packets.append(packet)
    return packets, errors


def transient(error: OSError) -> bool:
    """Whether a failed send means that this packet is lost, and nothing more (ICMP, a full queue, a route
    in change).
    """
    return error.errno not in (errno.EBADF, errno.ENOTSOCK, errno.EDESTADDRREQ)
