"""Stand-ins for NetBSD's route(8), ifconfig(8) and sysctl(8), written from its manual and route.c's output.

They keep a table and are strict: a form that the manual does not have is an error and is noted. This file is
the program, too: it is run by the name it has been given.
"""

import json
import sys
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

Table = dict[str, str]
"Networks and the interfaces that they are reached by."


class World:
    """What the programs share, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, addresses: dict[str, str], routes: Table) -> None:
        state = {"addresses": addresses, "down": [], "routes": routes, "forwarding": "0", "misused": []}
        self.path.write_text(json.dumps(state))

    def read(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.path.read_text())
        return found

    def write(self, **changes: object) -> None:
        self.path.write_text(json.dumps({**self.read(), **changes}))

    @property
    def routes(self) -> Table:
        found = self.read()["routes"]
        assert isinstance(found, dict)
        return found

    @property
    def addresses(self) -> dict[str, str]:
        found = self.read()["addresses"]
        assert isinstance(found, dict)
        return found

    @property
    def down(self) -> list[str]:
        found = self.read()["down"]
        assert isinstance(found, list)
        return found


class MisuseError(Exception):
    """A command line that the manual does not have."""


def look_up(routes: Table, address: str) -> IPv4Network | None:
    """The network that packets for *address* are sent by: the longest that it is in."""
    fitting = [IPv4Network(each) for each in routes if IPv4Address(address) in IPv4Network(each)]
    return max(fitting, key=lambda each: each.prefixlen, default=None)


def _destination(words: list[str]) -> str:
    """``-net N/M`` or ``-host A``, as the key of the table."""
    kind, text = words.pop(0), words.pop(0)
    if kind == "-net" and "/" in text and not text.endswith("/32"):
        return str(IPv4Network(text))
    if kind == "-host" and "/" not in text:
        return str(IPv4Network(text))
    raise MisuseError


def _get(world: World, words: list[str]) -> int:
    (address,) = words
    found = look_up(world.routes, str(IPv4Address(address)))
    if found is None:
        print("route: writing to routing socket: not in table", file=sys.stderr)
        return 1
    print(f"   route to: {address}")
    print(f"destination: {'default' if found.prefixlen == 0 else found.network_address}")
    if found.prefixlen != 32:
        print(f"       mask: {'default' if found.prefixlen == 0 else found.netmask}")
    interface = world.routes[str(found)]
    print(f" local addr: {world.addresses[interface]}")
    print(f"  interface: {interface}")
    print("      flags: <UP,DONE,STATIC>")
    print(" recvpipe  sendpipe  ssthresh  rtt,msec    rttvar  hopcount      mtu     expire")
    print("       0         0         0         0         0         0         0         0")
    return 0


def _add(world: World, words: list[str]) -> int:
    destination = _destination(words)
    modifier, address, option, interface = words
    if (modifier, option) != ("-interface", "-ifp"):
        raise MisuseError
    if world.addresses.get(interface) != address or interface in world.down:
        print("route: writing to routing socket: Network is unreachable", file=sys.stderr)
        return 1
    if destination in world.routes:
        print("route: writing to routing socket: File exists", file=sys.stderr)
        return 1
    world.write(routes={**world.routes, destination: interface})
    print(f"add net {destination}: gateway {address}")
    return 0


def _delete(world: World, words: list[str]) -> int:
    destination = _destination(words)
    if words:
        raise MisuseError
    if destination not in world.routes:
        print("route: writing to routing socket: not in table", file=sys.stderr)
        return 1
    world.write(routes={key: value for key, value in world.routes.items() if key != destination})
    print(f"delete net {destination}")
    return 0


def _route(world: World, words: list[str]) -> int:
    if words.pop(0) != "-n":
        raise MisuseError
    return {"get": _get, "add": _add, "delete": _delete}[words.pop(0)](world, words)


def _ifconfig(world: World, words: list[str]) -> int:
    (name,) = words
    if name not in world.addresses:
        print(f"ifconfig: exec_matches: ioctl(SIOCGIFFLAGS) {name}: Device not configured", file=sys.stderr)
        return 1
    flags = "8050<" if name in world.down else "8051<UP,"
    print(f"{name}: flags=0x{flags}POINTOPOINT,RUNNING,MULTICAST> mtu 1400")
    print(f"\tinet {world.addresses[name]} -> 192.168.7.1 netmask 0xffffff00")
    return 0


def _sysctl(world: World, words: list[str]) -> int:
    option, text = words
    name, _, value = text.partition("=")
    if name != "net.inet.ip.forwarding" or option not in {"-n", "-w"} or (option == "-w") != bool(value):
        raise MisuseError
    if option == "-w":
        world.write(forwarding=value)
    print(world.read()["forwarding"])
    return 0


def main(name: str, words: list[str], world: World) -> int:
    given = f"{name} {' '.join(words)}"
    try:
        return {"route": _route, "ifconfig": _ifconfig, "sysctl": _sysctl}[name](world, words)
    except (MisuseError, ValueError, KeyError, IndexError) as error:
        misused = world.read()["misused"]
        assert isinstance(misused, list)
        world.write(misused=[*misused, f"{given}: {error!r}"])
        return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[0]).name, sys.argv[1:], World(Path(sys.argv[0]).parent / "world.json")))
