"""What a host looks like from outside the tool: files, routes, addresses, processes, sockets."""

import hashlib
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.vm.shell import say

TREES = ("/etc", "/run", "/var/lib/pptpsetup", "/root", "/dev/shm")
_READ = ("/etc/ppp", "/etc/network", "/etc/hosts", "/etc/resolv", "/etc/pptp", "/run")
"Compared by content: what a tunnel may change and put back. Everything else must not even be written."
_SKIPPED = (
    # The history, which grows with every change and is meant to stay.
    "/var/lib/pptpsetup/tx",
    "/var/lib/pptpsetup/key",
    "/run/netns",
    "/run/systemd",
    "/run/udev",
    "/run/user",
    "/var/log/journal",
    "/run/log",
    "/root/.",
)


def _files() -> set[str]:
    """Every entry below the trees: kind, mode, owner, and content or size and time of writing.

    find(1) walks them: on an emulated processor that takes a tenth of what os.walk takes.
    """
    skipped = " -o ".join(f"-path {path}*" for path in _SKIPPED).split()
    fields = r"%p\t%y %#m %U:%G\t%l\t%s %T@\0"
    trees = [tree for tree in TREES if Path(tree).exists()]
    walk = ["find", *trees, "-mindepth", "1", "(", *skipped, ")", "-prune", "-o", "-printf", fields]
    # Status 1: something went while find was looking.
    done = subprocess.run(walk, capture_output=True, check=False)
    found = set()
    for entry in done.stdout.decode(errors="surrogateescape").split("\0")[:-1]:
        path, access, target, written = entry.split("\t")
        found.add(f"{path}: {access} {_content(path, access[0], target, written)}")
    return found


def _content(path: str, kind: str, target: str, written: str) -> str:
    if kind == "l":
        return f"-> {target}"
    if kind != "f":
        return ""
    if not path.startswith(_READ):
        return written
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
    except FileNotFoundError:
        return "gone"


def _settings() -> set[str]:
    """What decides about the forwarding of packets, for the host and each interface."""
    folder = Path("/proc/sys/net/ipv4")
    names = [
        folder / "ip_forward",
        *folder.glob("conf/*/forwarding"),
        *folder.glob("conf/*/accept_redirects"),
    ]
    return {f"{name} {name.read_text().strip()}" for name in names}


def _lines(*command: str) -> set[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {" ".join(line.split()) for line in done.stdout.splitlines()}


def processes() -> dict[int, str]:
    """Command lines of this host's programs (no kernel threads, no zombies, not the lab's other hosts)."""
    found = {}
    network = os.readlink("/proc/self/ns/net")
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            same = os.readlink(entry / "ns/net") == network
        except OSError:
            continue
        if line and same:
            found[int(entry.name)] = line
    return found


def _sockets() -> set[str]:
    """Listening TCP, bound UDP, raw and named Unix sockets of this network namespace."""
    found = set()
    for kind in ("tcp", "udp", "raw"):
        for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]:
            words = line.split()
            # Without an inode it is no process's: the kernel remembers, or still closes, a connection.
            if words[9] != "0":
                found.add(f"{kind} {words[1]} {words[2]} {words[3]}")
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        words = line.split()
        if len(words) > 7:
            found.add(f"unix {words[7]}")
    return found


@dataclass(frozen=True)
class Snapshot:
    """One look; ``difference`` names what another look has more or less."""

    parts: dict[str, frozenset[str]] = field(repr=False)

    @classmethod
    def take(cls) -> "Snapshot":
        say("looking at files, routes, processes and sockets")
        return cls(
            {
                "file": frozenset(_files()),
                "route": frozenset(_lines("ip", "route", "show", "table", "all")),
                "rule": frozenset(_lines("ip", "rule", "show")),
                "address": frozenset(_lines("ip", "-brief", "address", "show")),
                "setting": frozenset(_settings()),
                "process": frozenset(processes().values()),
                "socket": frozenset(_sockets()),
            }
        )

    def difference(self, later: "Snapshot", *ignored: str) -> list[str]:
        """What changed since; entries that contain one of *ignored* do not count."""
        changes = []
        for kind, before in self.parts.items():
            after = later.parts[kind]
            changes += [f"{kind} gone: {item}" for item in sorted(before - after)]
            changes += [f"{kind} new: {item}" for item in sorted(after - before)]
        return [change for change in changes if not any(word in change for word in ignored)]

    def assert_restored(self, *ignored: str, limit: float = 30) -> None:
        """Assert that the host looks like this again, at the latest after *limit* seconds."""
        deadline = time.monotonic() + limit
        while changes := self.difference(Snapshot.take(), *ignored):
            assert time.monotonic() < deadline, "not as before:\n" + "\n".join(changes)
            time.sleep(1)
