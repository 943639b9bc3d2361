"""The Unix sockets between gateways and call managers, one per (local, server) pair, where pptp(8) has them.

Whoever creates, replaces or removes a socket file holds a lock on the directory meanwhile, so a file that
nobody listens on is stale beyond doubt.
"""

import errno
import fcntl
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address

from pptpengine.net import sockets
from pptpengine.net.process import umask

DIRECTORY = "/var/run/pptp"
ANY_LOCAL = IPv4Address("255.255.255.255")
"Stands for no particular local address in the name of a socket."

_BACKLOG = 16
_LOCK_TRIES = 500
_LOCK_PAUSE = 0.01
"Seconds; it is held for a millisecond or two."
_PEERCRED = struct.Struct("=3i")


def path_for(local: IPv4Address | None, server: IPv4Address, instance: str = "") -> str:
    """The socket file of the call manager for *server*; one with an *instance* serves only calls of that
    name, and is none of pptp(8)'s.
    """
    name = f"{local or ANY_LOCAL}:{server}"
    return f"{DIRECTORY}/{instance}@{name}" if instance else f"{DIRECTORY}/{name}"


def connect(path: str) -> sockets.socket | None:
    """A connection to whoever listens on *path*; None when there is nobody. Raises OSError (permission,
    for one).
    """
    sock = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    try:
        sock.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        sock.close()
        return None
    except OSError:
        sock.close()
        raise
    return sock


def bind(path: str) -> sockets.socket | None:
    """A socket bound to *path* with mode 0600, in place of a stale file, and listening; None when somebody
    listens there already. Raises OSError.
    """
    with locked():
        if alive(path):
            return None
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108 - no pathlib at start
        sock = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        with umask(0o177):
            sock.bind(path)
        listen(sock)
        sock.setblocking(False)
        return sock


def listen(sock: sockets.socket) -> None:
    """Listen on *sock*; done again in another process, it makes that one the `peer_pid` of who connects."""
    sock.listen(_BACKLOG)


def served() -> list[IPv4Address]:
    """The servers for which a call manager is alive."""
    found = []
    with suppress(FileNotFoundError):
        for name in os.listdir(DIRECTORY):  # noqa: PTH208 - no pathlib at start
            _, _, server = name.rpartition(":")
            with suppress(ValueError):
                address = IPv4Address(server)
                if alive(f"{DIRECTORY}/{name}"):
                    found.append(address)
    return found


def peer_pid(sock: sockets.socket) -> int:
    """The process at the other end: the one that connected, or the one that called listen(2)."""
    return int(_PEERCRED.unpack(sock.getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, _PEERCRED.size))[0])


def alive(path: str) -> bool:
    """Whether somebody has a socket at *path*, and not just left one.

    Asked without being noticed, since a gateway that says nothing confuses pptp(8)'s call manager: to a
    datagram socket the kernel says that the type is wrong (EPROTOTYPE), or that nobody is there (unix(7)).
    """
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_DGRAM) as probe:
        try:
            probe.connect(path)
        except OSError as error:
            return error.errno == errno.EPROTOTYPE
    return True


@contextmanager
def locked() -> Iterator[None]:
    """Nobody else creates, replaces or removes a socket file meanwhile. Raises OSError."""
    with umask(0o077):
        os.makedirs(DIRECTORY, 0o700, exist_ok=True)  # noqa: PTH103 - no pathlib at start
    fd = os.open(DIRECTORY, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(fd)
        if found.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, f"{DIRECTORY} belongs to another user")
        if found.st_mode & 0o777 != 0o700:
            # pptp(8) leaves it more open; a call manager obeys whoever reaches its socket.
            os.fchmod(fd, 0o700)
        _lock(fd)
        yield
    finally:
        os.close(fd)


def _lock(fd: int) -> None:
    """Not for ever: whoever could read the directory while it was open to more may hold the lock."""
    for _ in range(_LOCK_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_LOCK_PAUSE)
    raise TimeoutError(errno.ETIMEDOUT, f"{DIRECTORY} is locked by another process")
