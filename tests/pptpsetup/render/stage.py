"""A small world for hook scripts: a network namespace, and a mount namespace with its own /etc and /run.

Programs, shells and routes are real. Where only the call matters, a recorder stands for the program.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support import need, need_root

_SECONDS = 60
SHELLS: Mapping[str, tuple[str, ...]] = {
    "dash": ("dash",),
    "bash": ("bash", "--posix"),
    "busybox": ("busybox", "sh"),
    "mksh": ("mksh",),
    "posh": ("posh",),
    "yash": ("yash", "-o", "posixly-correct"),
}
_RECORDER = """#!/bin/sh
{ printf '%s' "${0##*/}"; printf '|%s' "$@"; echo; cat; } >>{log}
exit {status}
"""


class Stage:
    """up0: 198.51.100.2/24, default route; ppp0: 192.168.7.200, peer 192.168.7.1, as pppd sets it."""

    def __init__(self, folder: Path) -> None:
        for program, package in {
            "unshare": "util-linux",
            "nsenter": "util-linux",
            "ip": "iproute2",
            "busybox": "busybox",
            "dash": "dash",
            "mksh": "mksh",
            "posh": "posh",
            "yash": "yash",
            "nft": "nftables",
            "iptables": "iptables",
        }.items():
            need(program, package=package)
        need_root("hooks run in namespaces of their own")
        self.folder = folder
        self.etc, self.run, self.fakes = (folder / each for each in ("etc", "run", "fakes"))
        for each in (self.etc, self.run, self.fakes):
            each.mkdir()
        (self.etc / "hosts").write_text("203.0.113.9 vpn.example.com\n203.0.113.10 vpn.example.com\n")
        (self.etc / "nsswitch.conf").write_text("hosts: files\n")
        # Debian has two programs of this name, and chooses one of them by a link here.
        if (chosen := Path("/etc/alternatives/iptables")).is_symlink():
            (self.etc / "alternatives").mkdir()
            (self.etc / "alternatives" / "iptables").symlink_to(chosen.readlink())
        self.resolv_conf = self.etc / "resolv.conf"
        self.log = folder / "calls"
        self._process = subprocess.Popen(
            ["unshare", "-m", "-n", "--propagation", "private", "sh", "-c", "echo; exec sleep 3600"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> "Stage":  # noqa: PYI034 - typing.Self is new in Python 3.11
        try:
            self._furnish()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _furnish(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.readline()
        for source, target in ((self.etc, "/etc"), (self.run, "/run")):
            self.do("mount", "--bind", str(source), target)
        self.do("ip", "link", "set", "lo", "up")
        self._interface("up0", "198.51.100.2/24")
        self.do("ip", "route", "add", "default", "via", "198.51.100.1")
        self.ppp("ppp0")

    def close(self) -> None:
        """End the namespaces."""
        self._process.kill()
        self._process.wait(_SECONDS)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def ppp(self, name: str, peer: str = "192.168.7.1") -> None:
        """An interface with a peer's address, and so with the kernel's route to it."""
        self._interface(name, "192.168.7.200", "peer", f"{peer}/32")

    def _interface(self, name: str, *address: str) -> None:
        other = f"{name}-end"
        self.do("ip", "link", "del", name, check=False)
        self.do("ip", "link", "add", name, "type", "veth", "peer", "name", other)
        self.do("ip", "addr", "add", *address, "dev", name)
        for each in (name, other):
            self.do("ip", "link", "set", each, "up")

    def do(
        self, *command: str, check: bool = True, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run *command* in there, by default with this process's environment."""
        enter = ["nsenter", "-t", str(self._process.pid), "-m", "-n"]
        if environment is not None:
            enter += ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
        return subprocess.run(
            [*enter, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=check,
        )

    def hook(
        self,
        shell: Sequence[str],
        script: bytes,
        ipparam: str = "pptpsetup-work",
        *,
        interface: str = "ppp0",
        peer: str = "192.168.7.1",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Run *script* as pppd does: six arguments, no PATH unless given, no standard input."""
        path = self.folder / "hook"
        path.write_bytes(script)
        program = shutil.which(shell[0])
        assert program is not None
        # pppd puts /dev/null there; what would vanish in it must not be written in the first place.
        done = self.do(
            program,
            *shell[1:],
            str(path),
            *(interface, "", "38400", "192.168.7.200", peer, ipparam),
            check=False,
            environment=environment or {},
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done

    def fake(self, name: str, status: int = 0, output: str = "") -> dict[str, str]:
        """Put a recorder called *name* in front of the PATH; the environment to run hooks with."""
        text = _RECORDER.replace("{log}", str(self.log)).replace("{status}", str(status))
        if output:
            text = text.replace("exit", f"echo {output}\nexit")
        path = self.fakes / name
        path.write_text(text)
        path.chmod(0o755)
        return {"PATH": str(self.fakes)}

    def calls(self) -> list[str]:
        """What the recorders have seen: ``name|argument|…`` and the lines of its input."""
        return self.log.read_text().splitlines() if self.log.exists() else []

    def routes(self) -> list[str]:
        """``destination dev`` of the main table, sorted."""
        found = json.loads(self.do("ip", "-j", "-4", "route").stdout)
        return sorted(f"{each['dst']} {each['dev']}" for each in found)

    def goes_through(self, address: str) -> str:
        """The interface that packets for *address* leave by."""
        (found,) = json.loads(self.do("ip", "-j", "-4", "route", "get", address).stdout)
        return str(found["dev"])

    def alias(self, interface: str) -> str | None:
        """What is said about *interface* (ip-link(8))."""
        (found,) = json.loads(self.do("ip", "-j", "link", "show", "dev", interface).stdout)
        alias: str | None = found.get("ifalias")
        return alias

    def left_behind(self) -> list[str]:
        """What is in /run/pptpsetup."""
        folder = self.run / "pptpsetup"
        return sorted(os.listdir(folder)) if folder.is_dir() else []
