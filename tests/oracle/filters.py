"""Real packet filters, none of which touches this machine.

nft and iptables work in a network namespace of their own, ufw in a dry run, firewalld's offline command on a
copy of its configuration.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.support import need, need_root, unpacked

PYTHON = "/usr/bin/python3"
"What Debian's Python programs are written for."


def inside(script: str, **variables: str) -> str:
    """What shell text prints in an empty network namespace; asserts that all of it works."""
    need_root("a network namespace")
    done = subprocess.run(
        [need("unshare", package="util-linux"), "-n", "sh", "-ec", script],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **variables},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def nft(rules: str, before: str = "", times: int = 1) -> list[dict[str, Any]]:
    """Load *before*, then *rules* that many *times*; the kernel's ruleset as nft's own JSON."""
    need("nft", package="nftables")
    load = "printf '%s' \"$RULES\" | nft -f -\n" * times
    script = f"printf '%s' \"$BEFORE\" | nft -f -\n{load}nft -j list ruleset"
    found: list[dict[str, Any]] = json.loads(inside(script, RULES=rules, BEFORE=before))["nftables"]
    return found


class Ufw:
    """ufw with configuration files of its own."""

    def __init__(self, root: Path) -> None:
        need("iptables", package="iptables")
        self.root = root
        shutil.copytree(unpacked("ufw"), root, symlinks=True, dirs_exist_ok=True)
        (root / "etc/ufw").mkdir(exist_ok=True)
        (root / "lib/ufw").mkdir(parents=True, exist_ok=True)
        for path in (root / "usr/share/ufw/iptables").glob("*.rules"):
            shutil.copy(path, root / "etc/ufw")
        shutil.copy(root / "usr/share/ufw/ufw.conf", root / "etc/ufw")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``ufw --dry-run WORDS``: what it would write."""
        folders = (f"--rootdir={self.root}", f"--datadir={self.root}", "--dry-run")
        return subprocess.run(
            ["unshare", "-n", PYTHON, str(self.root / "usr/sbin/ufw"), *folders, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={
                "PATH": "/usr/sbin:/usr/bin",
                "PYTHONPATH": str(self.root / "usr/lib/python3/dist-packages"),
            },
        )


class Firewalld:
    """firewall-offline-cmd on a copy of the packaged configuration."""

    def __init__(self, folder: Path) -> None:
        self._package = unpacked("firewalld")
        self.folder = folder
        shutil.copytree(self._package / "etc/firewalld", folder)
        modules = ("python3-firewall", "python3-nftables", "python3-dbus", "python3-gi")
        self._environment = {
            "PATH": "/usr/sbin:/usr/bin",
            "PYTHONPATH": os.pathsep.join(
                str(unpacked(each) / "usr/lib/python3/dist-packages") for each in modules
            ),
            "LD_LIBRARY_PATH": str(
                _only(unpacked("libgirepository-1.0-1"), "libgirepository-1.0.so.*").parent
            ),
            "GI_TYPELIB_PATH": str(_only(unpacked("gir1.2-glib-2.0"), "GLib-2.0.typelib").parent),
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``firewall-offline-cmd WORDS``, which writes the permanent configuration."""
        places = (
            f"--system-config={self.folder}",
            f"--default-config={self._package}/usr/lib/firewalld",
        )
        return subprocess.run(
            [PYTHON, str(self._package / "usr/bin/firewall-offline-cmd"), *places, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=self._environment,
        )


def _only(folder: Path, pattern: str) -> Path:
    return next(iter(sorted(folder.rglob(pattern))))
