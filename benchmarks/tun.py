"""A TUN device: IP packets in and out of the kernel."""

import fcntl
import os
import struct

_TUNSETIFF = 0x400454CA
_IFF_TUN = 1
_IFF_NO_PI = 0x1000


def open_tun(name: str) -> int:
    """A non-blocking descriptor of the TUN device *name*, which is made here. Needs CAP_NET_ADMIN."""
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return fd
