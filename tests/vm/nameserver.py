"""The provider's name server: knows ``vpn.example.com`` and says NXDOMAIN to everything else (RFC 1035)."""

import socket

KNOWN = {b"vpn.example.com": "203.0.113.9"}


def reply(query: bytes) -> bytes:
    """The answer to one query with one question."""
    end = query.index(b"\0", 12) + 5
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]])
        at += 1 + query[at]
    address = KNOWN.get(b".".join(labels).lower())
    is_a = query[end - 4 : end - 2] == b"\0\1"
    flags = b"\x81\x80" if address else b"\x81\x83"
    answers = bytes((0, 1)) if address and is_a else bytes(2)
    head = query[:2] + flags + b"\0\1" + answers + bytes(4)
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address) if address and is_a else b""
    return head + query[12:end] + record


def listen(address: str) -> socket.socket:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    return server


def serve(server: socket.socket) -> None:
    """Answer for ever."""
    while True:
        query, peer = server.recvfrom(512)
        server.sendto(reply(query), peer)
