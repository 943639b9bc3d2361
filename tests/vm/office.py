"""The office host: a TCP service that takes or gives bulk data and says its SHA-256; and its client."""

import hashlib
import os
import signal
import socket
import time

PORT = 7777
_CHUNK = 65536


def data(size: int, seed: int) -> bytes:
    """*size* octets that no layer can compress, the same at both ends for the same *seed*."""
    return hashlib.shake_128(bytes([seed])).digest(size)


def _read_all(stream: socket.socket) -> "hashlib._Hash":
    digest = hashlib.sha256()
    while chunk := stream.recv(_CHUNK):
        digest.update(chunk)
    return digest


def _handle(stream: socket.socket) -> None:
    """``put``: read to the end, answer the digest. ``get SIZE SEED``: send that many octets."""
    words = stream.recv(100).split()
    stream.sendall(b"go\n")
    if words[0] == b"put":
        stream.sendall(_read_all(stream).hexdigest().encode())
    else:
        stream.sendall(data(int(words[1]), int(words[2])))


def _open(host: str, command: str, limit: float) -> socket.socket:
    stream = socket.create_connection((host, PORT), timeout=limit)
    stream.sendall(command.encode())
    assert stream.recv(3) == b"go\n"
    return stream


def transfer(host: str, size: int, limit: float = 120) -> tuple[float, float]:
    """Send *size* octets to the office host and fetch as many; asserts equal checksums; Mbit/s each way."""
    payload = data(size, 1)
    began = time.monotonic()
    with _open(host, "put", limit) as stream:
        stream.sendall(payload)
        stream.shutdown(socket.SHUT_WR)
        told = stream.recv(64).decode()
    up = time.monotonic() - began
    assert told == hashlib.sha256(payload).hexdigest(), "sent data arrived changed"
    began = time.monotonic()
    with _open(host, f"get {size} 2", limit) as stream:
        got = _read_all(stream).hexdigest()
    down = time.monotonic() - began
    assert got == hashlib.sha256(data(size, 2)).hexdigest(), "fetched data arrived changed"
    return size * 8e-6 / up, size * 8e-6 / down


def listen(address: str) -> socket.socket:
    return socket.create_server((address, PORT))


def serve(server: socket.socket) -> None:
    """One process per connection, for ever."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        stream, _ = server.accept()
        if os.fork() == 0:
            with stream:
                _handle(stream)
            os._exit(0)
        stream.close()
