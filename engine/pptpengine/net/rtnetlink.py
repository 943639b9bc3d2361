"""IPv4 routes through the kernel's rtnetlink socket (rtnetlink(7), linux/rtnetlink.h), nothing more than is
needed here.

Errors of the kernel come out as OSError with its errno, in words and with what was asked for.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from pptpengine.net import sockets
from pptpengine.record import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

RTN_UNICAST: Final = 1
RTN_LOCAL: Final = 2
RTPROT_KERNEL: Final = 2
RT_TABLE_MAIN: Final = 254
RTNH_F_ONLINK: Final = 4

_NLMSG_ERROR: Final = 2
_NLMSG_DONE: Final = 3
_RTM_NEWROUTE: Final = 24
_RTM_DELROUTE: Final = 25
_RTM_GETROUTE: Final = 26
_NLM_F_REQUEST: Final = 0x1
_NLM_F_ACK: Final = 0x4
_NLM_F_DUMP: Final = 0x300
_NLM_F_REPLACE: Final = 0x100
_NLM_F_EXCL: Final = 0x200
_NLM_F_CREATE: Final = 0x400
_RTM_F_FIB_MATCH: Final = 0x2000
_SOL_NETLINK: Final = 270
_NETLINK_GET_STRICT_CHK: Final = 12
_RTA_DST: Final = 1
_RTA_SRC: Final = 2
_RTA_OIF: Final = 4
_RTA_GATEWAY: Final = 5
_RTA_PRIORITY: Final = 6
_RTA_PREFSRC: Final = 7
_RTA_TABLE: Final = 15
_RTA_MARK: Final = 16
_RTA_VIA: Final = 18
_SCOPE_UNIVERSE: Final = 0
_SCOPE_LINK: Final = 253

_HEADER: Final = struct.Struct("=IHHII")
"nlmsghdr: length, type, flags, sequence number, port."
_ROUTE: Final = struct.Struct("=BBBBBBBBI")
"rtmsg: family, destination and source length, tos, table, protocol, scope, type, flags."
_ATTRIBUTE: Final = struct.Struct("=HH")
_U16: Final = struct.Struct("=H")
_U32: Final = struct.Struct("=I")
_BUFFER: Final = 1 << 17
"Octets: more than the kernel ever puts into one datagram of a dump."


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One IPv4 route with a single next hop."""

    destination: IPv4Network
    interface: int | None
    "Index; None for routes without one, such as unreachable."
    gateway: IPv4Address | IPv6Address | None = None
    "None: the destination is on the link. IPv6 next hops are RFC 5549's."
    source: IPv4Address | None = None
    "Preferred source address."
    priority: int = 0
    "Metric."
    table: int = RT_TABLE_MAIN
    protocol: int = 0
    "Who put it there (rtm_protocol); 0 in the answer to a lookup."
    type: int = RTN_UNICAST
    flags: int = 0


def encode_route(route: Route) -> bytes:
    """The rtmsg with attributes that names *route*, without the message header."""
    network = route.destination
    scope = _SCOPE_LINK if route.gateway is None else _SCOPE_UNIVERSE
    table = route.table if route.table < 256 else 0
    head = _ROUTE.pack(
        sockets.AF_INET,
        network.prefixlen,
        0,
        0,
        table,
        route.protocol,
        scope,
        route.type,
        route.flags & RTNH_F_ONLINK,
    )
    attributes = [
        (_RTA_DST, network.network_address.packed),
        (_RTA_TABLE, _U32.pack(route.table)),
        (_RTA_PRIORITY, _U32.pack(route.priority)),
    ]
    if route.interface is not None:
        attributes.append((_RTA_OIF, _U32.pack(route.interface)))
    if isinstance(route.gateway, IPv4Address):
        attributes.append((_RTA_GATEWAY, route.gateway.packed))
    elif route.gateway is not None:
        attributes.append((_RTA_VIA, _U16.pack(sockets.AF_INET6) + route.gateway.packed))
    if route.source is not None:
        attributes.append((_RTA_PREFSRC, route.source.packed))
    return head + _encode_attributes(attributes)


def decode_route(data: bytes) -> Route:
    """The route that an rtmsg with attributes names; of several next hops, none. OSError if malformed."""
    try:
        _, length, _, _, table, protocol, _, kind, flags = _ROUTE.unpack_from(data)
        found = dict(_decode_attributes(data[_ROUTE.size :]))
        return Route(
            destination=IPv4Network((found.get(_RTA_DST, bytes(4)), length)),
            interface=_unsigned(found.get(_RTA_OIF)),
            gateway=_gateway(found),
            source=IPv4Address(found[_RTA_PREFSRC]) if _RTA_PREFSRC in found else None,
            priority=_unsigned(found.get(_RTA_PRIORITY)) or 0,
            table=_unsigned(found.get(_RTA_TABLE)) or table,
            protocol=protocol,
            type=kind,
            flags=flags,
        )
    except (struct.error, ValueError) as error:
        raise OSError(errno.EBADMSG, f"route in a netlink message does not parse: {error}") from error


class RouteSocket:
    """A blocking rtnetlink socket in the network namespace of its making."""

    def __init__(self) -> None:
        self._socket = sockets.socket(
            sockets.AF_NETLINK, sockets.SOCK_RAW | sockets.SOCK_CLOEXEC, sockets.NETLINK_ROUTE
        )
        self._socket.bind((0, 0))
        self._socket.settimeout(5.0)
        with contextlib.suppress(OSError):  # before Linux 4.20: dumps come unfiltered, which only costs time
            self._socket.setsockopt(_SOL_NETLINK, _NETLINK_GET_STRICT_CHK, 1)
        self._sequence = 0

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def lookup(self, destination: IPv4Address, source: IPv4Address | None = None, mark: int = 0) -> Route:
        """The way of a packet to *destination*, as `ip route get` shows it; OSError if there is none."""
        return self._get(destination, source, 0, mark)

    def match(self, destination: IPv4Address, source: IPv4Address | None = None) -> Route:
        """The table entry behind `lookup`, with its prefix, protocol and flags (Linux 4.13 and newer)."""
        return self._get(destination, source, _RTM_F_FIB_MATCH)

    def routes(self, protocol: int = 0) -> list[Route]:
        """The unicast routes of the main table that have one next hop; with *protocol*, only its own."""
        request = _ROUTE.pack(sockets.AF_INET, 0, 0, 0, RT_TABLE_MAIN, protocol, 0, 0, 0)
        answers = self._request(_RTM_GETROUTE, _NLM_F_DUMP, request, "list the routes")
        routes = [decode_route(answer) for answer in answers]
        return [
            route
            for route in routes
            if (route.table, route.type) == (RT_TABLE_MAIN, RTN_UNICAST)
            and route.interface is not None
            and protocol in {0, route.protocol}
        ]

    def add(self, route: Route, *, replace: bool = False) -> None:
        """Add *route*; one with the same destination and metric is replaced, or an OSError with EEXIST."""
        flags = _NLM_F_ACK | _NLM_F_CREATE | (_NLM_F_REPLACE if replace else _NLM_F_EXCL)
        self._request(_RTM_NEWROUTE, flags, encode_route(route), f"add a route to {route.destination}")

    def delete(self, route: Route) -> None:
        """Remove *route*; OSError with ESRCH when there is none that equals it in every respect."""
        what = f"remove the route to {route.destination}"
        self._request(_RTM_DELROUTE, _NLM_F_ACK, encode_route(route), what)

    def _get(self, destination: IPv4Address, source: IPv4Address | None, flags: int, mark: int = 0) -> Route:
        head = _ROUTE.pack(sockets.AF_INET, 32, 32 if source else 0, 0, 0, 0, 0, 0, flags)
        attributes = [(_RTA_DST, destination.packed)]
        if source is not None:
            attributes.append((_RTA_SRC, source.packed))
        if mark:
            attributes.append((_RTA_MARK, _U32.pack(mark)))
        what = f"find the way to {destination}"
        answers = self._request(_RTM_GETROUTE, 0, head + _encode_attributes(attributes), what)
        return decode_route(answers[0])

    def _request(self, kind: int, flags: int, body: bytes, what: str) -> list[bytes]:
        """Send one request and collect the bodies of its answers; an acknowledgement has none."""
        self._sequence += 1
        flags |= _NLM_F_REQUEST
        header = _HEADER.pack(_HEADER.size + len(body), kind, flags, self._sequence, 0)
        self._socket.send(header + body)
        answers: list[bytes] = []
        while True:
            for answer, content in self._receive():
                if answer == _NLMSG_DONE:
                    return answers
                if answer == _NLMSG_ERROR:
                    number = -struct.unpack_from("=i", content)[0]
                    if number:
                        raise OSError(number, f"cannot {what}: {os.strerror(number)}")
                    return answers
                answers.append(content)
                if not flags & _NLM_F_DUMP:
                    return answers

    def _receive(self) -> Iterator[tuple[int, bytes]]:
        """Type and body of each message of one datagram that answers the present request."""
        data, _, flags, sender = self._socket.recvmsg(_BUFFER)
        if flags & sockets.MSG_TRUNC:
            raise OSError(errno.EMSGSIZE, "netlink answer is too long")
        while len(data) >= _HEADER.size:
            length, kind, _, sequence, _ = _HEADER.unpack_from(data)
            if not _HEADER.size <= length <= len(data):
                raise OSError(errno.EBADMSG, "netlink answer is cut short")
            if sequence == self._sequence and sender[0] == 0:
                yield kind, data[_HEADER.size : length]
            data = data[_aligned(length) :]


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _encode_attributes(attributes: list[tuple[int, bytes]]) -> bytes:
    return b"".join(
        _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)
        for kind, value in attributes
    )


def _decode_attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        if not _ATTRIBUTE.size <= length <= len(data):
            raise ValueError(f"attribute {kind} has length {length}")
        yield kind, data[_ATTRIBUTE.size : length]
        data = data[_aligned(length) :]


def _unsigned(value: bytes | None) -> int | None:
    return None if value is None else int(_U32.unpack(value)[0])


def _gateway(found: dict[int, bytes]) -> IPv4Address | IPv6Address | None:
    if _RTA_GATEWAY in found:
        return IPv4Address(found[_RTA_GATEWAY])
    via = found.get(_RTA_VIA)
    if via is None:
        return None
    family = _U16.unpack_from(via)[0]
    return IPv6Address(via[2:]) if family == sockets.AF_INET6 else IPv4Address(via[2:])
