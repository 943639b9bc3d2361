"""Sockets and their constants as the C module beneath ``socket`` has them.

``socket`` makes enumerations of some two hundred constants and loads ``selectors`` and ``array``: a call
would wait for that. What it adds and the engine uses is here: a socket that can stand in a ``with``,
`accept`, and descriptors that go along (unix(7)). Type checkers see ``socket``.
"""

import _socket
from struct import calcsize, pack, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from socket import *  # noqa: F403 - this module in its place
else:
    from _socket import *  # noqa: F403 - as socket does it

    class socket(_socket.socket):  # noqa: N801 - the standard library's name
        """One socket."""

        __slots__ = ()

        def __enter__(self):
            return self

        def __exit__(self, *_error):
            self.close()

        def accept(self):
            """The next connection, and who connected. Raises OSError."""
            fd, address = self._accept()
            return socket(fileno=fd), address

    def socketpair(family, kind):
        """Two sockets that are connected to each other."""
        return tuple(socket(fileno=end.detach()) for end in _socket.socketpair(family, kind))

    def send_fds(sock, buffers, fds, flags=0):
        """Send *buffers* with copies of the descriptors *fds*; how many octets went. Raises OSError."""
        rights = pack(f"{len(fds)}i", *fds)
        return sock.sendmsg(buffers, [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, rights)], flags)

    def recv_fds(sock, size, most):
        """Receive up to *size* octets and *most* descriptors; then flags and sender. Raises OSError."""
        width = calcsize("i")
        data, ancillary, flags, sender = sock.recvmsg(size, _socket.CMSG_LEN(most * width))
        fds = []
        for level, kind, rights in ancillary:
            if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS):
                count = len(rights) // width
                fds += unpack(f"{count}i", rights[: count * width])
        return data, fds, flags, sender
