"""A second network, behind the client: what is joined with the office by mode lan-to-lan.

home 10.20.30.5 --- 10.20.30.1 client
"""

import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.vm.office import PORT, transfer
from tests.vm.shell import run
from tests.vm.topology import OFFICE_HOST, fork_inside, kill_inside

HOME, HOME_HOST, NAMESPACE = "10.20.30.0/24", "10.20.30.5", "home"
_LINKS = """\
link add home0 type veth peer name eth0 netns home
addr add 10.20.30.1/24 dev home0
"""
_HOST = """\
addr add 10.20.30.5/24 dev eth0
link set eth0 up
route add default via 10.20.30.1
"""
_ETHERTYPE_IPV4, _TCP, _SYN, _ACK, _MSS = 0x0800, 6, 0x02, 0x10, 2


@contextmanager
def home() -> Iterator[None]:
    """The network and its one host, with a cable of the usual 1500 octets."""
    run(["ip", "netns", "add", NAMESPACE], check=True)
    try:
        run(["ip", "-batch", "-"], stdin=_LINKS, check=True)
        run(["ip", "-n", NAMESPACE, "-batch", "-"], stdin=_HOST, check=True)
        if Path("/proc/sys/net/ipv6").exists():
            # See topology.py: an address that comes later looks like a change.
            run(["ip", "link", "set", "home0", "addrgenmode", "none"], check=True)
        run(["ip", "link", "set", "home0", "up"], check=True)
        yield
    finally:
        kill_inside(NAMESPACE)
        run(["ip", "netns", "del", NAMESPACE])


def _inside(host: str, function: Callable[[], object]) -> bool:
    """Whether *function* came to its end on *host*."""
    return os.waitstatus_to_exitcode(os.waitpid(fork_inside(host, function), 0)[1]) == 0


def reaches_office(size: int = 200_000) -> None:
    """Assert that the home host and the office's exchange *size* octets each way, unchanged."""
    assert _inside(NAMESPACE, lambda: transfer(OFFICE_HOST, size)), "home does not reach the office"


def is_cut_off() -> bool:
    """Whether the home host does not reach the office."""
    done = run(
        ["ip", "netns", "exec", NAMESPACE, "ping", "-n", "-c", "1", "-W", "2", OFFICE_HOST], quiet=True
    )
    return done.returncode != 0


@dataclass(frozen=True)
class Opening:
    """What the first segment of a TCP connection says on its way."""

    source: str
    segment: int
    "Octets: the largest segment that this end wants (RFC 9293 section 3.7.1)."


def _opening(frame: bytes, wanted: int) -> Opening | None:
    """From an Ethernet frame; *wanted* are the flags it must have of SYN and ACK."""
    packet = frame[14:]
    header = (packet[0] & 15) * 4
    segment = packet[header:]
    if (
        packet[9] != _TCP
        or segment[13] & (_SYN | _ACK) != wanted
        or PORT not in struct.unpack_from("!HH", segment)
    ):
        return None
    options = segment[20 : (segment[12] >> 4) * 4]
    while options and options[0] != 0:
        if options[0] == _MSS:
            return Opening(socket.inet_ntoa(packet[12:16]), int.from_bytes(options[2:4], "big"))
        options = options[1:] if options[0] == 1 else options[options[1] :]
    raise AssertionError("a connection was opened without saying the segment's size")


def openings() -> tuple[Opening, Opening]:
    """What the office sees of a connection from home, and what home sees of the office's answer."""
    found: list[Opening] = []
    watched = (("lan", _SYN), (NAMESPACE, _SYN | _ACK))
    watchers = [_watch(host, flags) for host, flags in watched]
    reaches_office()
    for pid, reading in watchers:
        source, size = os.read(reading, 100).decode().split()
        os.close(reading)
        os.waitpid(pid, 0)
        found.append(Opening(source, int(size)))
    return found[0], found[1]


def _watch(host: str, flags: int) -> tuple[int, int]:
    """Begin to watch eth0 of *host*; the pid, and where the first opening with *flags* will be told."""
    reading, writing = os.pipe()

    def child() -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETHERTYPE_IPV4)) as wire:
            wire.bind(("eth0", _ETHERTYPE_IPV4))
            wire.settimeout(60)
            os.write(writing, b"+")
            while (found := _opening(wire.recv(2000), flags)) is None:
                pass
        os.write(writing, f"{found.source} {found.segment}".encode())

    pid = fork_inside(host, child)
    os.close(writing)
    assert os.read(reading, 1) == b"+", f"eth0 of {host} cannot be watched"
    return pid, reading
