"""What stands in for ``socket``, against ``socket`` itself at the other end."""

import os
import socket
from pathlib import Path

import pytest

from pptpengine.net import sockets

pytestmark = pytest.mark.host


def test_a_socket_is_closed_behind_its_block() -> None:
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as sock:
        assert sock.fileno() >= 0
    assert sock.fileno() == -1


def test_a_connection_is_accepted(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(1)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            caller.connect(path)
            accepted, _ = listener.accept()
            with accepted:
                assert isinstance(accepted, sockets.socket)
                assert (accepted.family, accepted.type) == (sockets.AF_UNIX, sockets.SOCK_STREAM)
                assert accepted.gettimeout() is None
                assert not os.get_inheritable(accepted.fileno())
                caller.sendall(b"hello")
                assert accepted.recv(16) == b"hello"


def test_descriptors_go_along_both_ways() -> None:
    """Ours to the standard library's and back; as many as there are."""
    ours, theirs = sockets.socketpair(sockets.AF_UNIX, sockets.SOCK_SEQPACKET)
    with ours, socket.socket(fileno=theirs.detach()) as theirs_again:
        assert isinstance(ours, sockets.socket)
        ends = os.pipe()
        assert sockets.send_fds(ours, [b"ta", b"ke"], list(ends), sockets.MSG_NOSIGNAL) == 4
        data, received, _, _ = socket.recv_fds(theirs_again, 64, 2)
        assert data == b"take"
        os.write(received[1], b"through")
        assert os.read(ends[0], 64) == b"through"
        socket.send_fds(theirs_again, [b"back"], received)
        data, returned, flags, _ = sockets.recv_fds(ours, 64, 2)
        assert (data, len(returned), flags & sockets.MSG_CTRUNC) == (b"back", 2, 0)
        assert os.fstat(returned[0]).st_ino == os.fstat(ends[0]).st_ino
        theirs_again.send(b"alone")
        assert sockets.recv_fds(ours, 64, 1)[:2] == (b"alone", [])
        for each in (*ends, *received, *returned):
            os.close(each)
    assert theirs.fileno() == -1
