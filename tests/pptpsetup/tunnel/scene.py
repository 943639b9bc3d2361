"""A running system in a directory: /proc, /sys and /run as far as tunnels are looked up there."""

import json
from pathlib import Path

REPORT: dict[str, object] = {
    "version": 1,
    "engine": "pptpengine 0.1.0",
    "state": "up",
    "server": {"name": "vpn.example.com", "address": "203.0.113.9", "port": 1723},
    "local_address": "198.51.100.2",
    "host_route": {"gateway": "198.51.100.1", "interface": "eth0"},
    "pids": {"gateway": 201, "call_manager": 202},
    "call": {"id": 1, "peer_id": 2},
    "peer": {"host_name": "local", "vendor": "linux", "firmware": 1},
    "changed": 1732300010.0,
    "up_since": 1732300000.0,
    "negotiated": {
        "mru": 1400,
        "authentication": "mschap-v2",
        "asyncmap": 0,
        "encryption": {"bits": 128, "stateful": False},
        "local": "192.168.7.200",
        "remote": "192.168.7.1",
        "dns": ["192.168.7.1"],
    },
    "gre": {"sent": 10, "received": 9, "lost": 1},
    "cause": None,
}


class Scene:
    """Builds the directory step by step."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for directory in ("run/pptpsetup", "proc", "sys/class/net"):
            (root / directory).mkdir(parents=True)

    def process(
        self, pid: int, *arguments: str, name: str | None = None, parent: int = 1, state: str = "S"
    ) -> None:
        """A process with these arguments."""
        directory = self.root / "proc" / str(pid)
        directory.mkdir()
        comm = name or arguments[0].rpartition("/")[2]
        (directory / "comm").write_text(f"{comm}\n")
        (directory / "cmdline").write_bytes(b"".join(each.encode() + b"\0" for each in arguments))
        (directory / "stat").write_text(f"{pid} ({comm}) {state} {parent} 1 1 0 -1 4194560\n")

    def pppd(self, pid: int = 200, tunnel: str = "work") -> None:
        """A pppd for *tunnel*."""
        self.process(pid, "/usr/sbin/pppd", "call", tunnel, "nodetach")

    def engine(self, pid: int, tunnel: str = "work", parent: int = 200) -> None:
        """A gateway or call manager of *tunnel*."""
        arguments = (
            "python3",
            "-I",
            "-S",
            "/x/__main__.py",
            "vpn",
            "--report",
            f"/run/pptpsetup/{tunnel}.json",
        )
        self.process(pid, *arguments, parent=parent)

    def link_file(self, text: str, *, directory: str = "run", tunnel: str = "work") -> None:
        """pppd's linkname file."""
        path = self.root / directory / f"ppp-pptp-{tunnel}.pid"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def interface(self, name: str = "ppp0", *, flags: int = 0x10D1, alias: str | None = None) -> None:
        """A network interface with counters."""
        statistics = self.root / "sys/class/net" / name / "statistics"
        statistics.mkdir(parents=True)
        (statistics.parent / "flags").write_text(f"{flags:#x}\n")
        if alias is not None:
            (statistics.parent / "ifalias").write_text(f"{alias}\n")
        for counter, value in (
            ("rx_bytes", 1000),
            ("tx_bytes", 2000),
            ("rx_packets", 10),
            ("tx_packets", 20),
        ):
            (statistics / counter).write_text(f"{value}\n")

    def report(self, tunnel: str = "work", **changes: object) -> None:
        """The engine's report."""
        path = self.root / "run/pptpsetup" / f"{tunnel}.json"
        path.write_text(json.dumps({**REPORT, **changes}))

    def up(self) -> None:
        """Everything of a tunnel that is up."""
        self.pppd()
        self.engine(201)
        self.engine(202, parent=1)
        self.link_file("200\nppp0\n")
        self.interface()
        self.report()
