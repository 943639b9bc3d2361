"""The programs that provisioning is measured beside: Debian's Perl pptpsetup, and netplan."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.lab import ROOT, FailedError

_NETPLAN = (
    "netplan.io",
    "libnetplan0",
    "python3-netifaces",
    "python3-rich",
    "python3-markdown-it",
    "python3-mdurl",
)
"Unpacked, not installed: its package would become this machine's network configuration."
_PERL = Path("/usr/sbin/pptpsetup")
_NETPLAN_SPEC = "network:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: true}\n"


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, whole, as a process of its own."""

    words: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def perl_help() -> Command:
    """The Perl tool at its least."""
    return Command([str(_perl()), "--help"])


def perl_creates(ppp: Path, count: int) -> Command:
    """*count* real runs of the Perl tool, one for each tunnel, in a mount namespace in which /etc/ppp is
    *ppp*, a new folder."""
    (ppp / "peers").mkdir(parents=True)
    script = f"""\
set -e
mount --bind {ppp} /etc/ppp
i=0
while [ $i -lt {count} ]; do
    {_perl()} --create branch_$i --server vpn$i.example.com --domain CORP --username user$i \\
        --password secret$i --encrypt >/dev/null
    i=$((i+1))
done
[ "$(ls /etc/ppp/peers | wc -l)" = {count} ]
"""
    return Command(["unshare", "--mount", "--propagation", "private", "sh", "-c", script])


def netplan(folder: Path) -> Command:
    """``netplan generate`` for one interface of a system below *folder*."""
    root = folder / "netplan"
    (root / "etc/netplan").mkdir(parents=True, exist_ok=True)
    spec = root / "etc/netplan/01.yaml"
    spec.write_text(_NETPLAN_SPEC)
    spec.chmod(0o600)
    words = ["generate", "--root-dir", str(root)]
    installed = shutil.which("netplan")
    if installed is not None:
        return Command([installed, *words])
    unpacked = {package: _unpacked(package) for package in _NETPLAN}
    script = unpacked["netplan.io"] / "usr/share/netplan/netplan.script"
    library = next(unpacked["libnetplan0"].rglob("libnetplan.so.*"))
    generate = next(each for each in unpacked["netplan.io"].rglob("generate") if each.is_file())
    modules = [str(each / "usr/lib/python3/dist-packages") for each in unpacked.values()]
    environment = {
        "PYTHONPATH": os.pathsep.join(modules),
        "LD_PRELOAD": str(library),
        "NETPLAN_GENERATE_PATH": str(generate),
    }
    return Command(["/usr/bin/python3", str(script), *words], environment)


def _perl() -> Path:
    if not _PERL.is_file():
        raise FailedError("the Perl pptpsetup is not installed (Debian package pptp-linux)")
    return _PERL


def _unpacked(package: str) -> Path:
    """Where the files of a Debian package are, as tests/setup unpacks them."""
    folder = ROOT / ".cache" / "unpacked" / package
    if folder.is_dir():
        return folder
    print(f"unpacking {package}", file=sys.stderr, flush=True)
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    download = ["apt-get", "-o", "APT::Sandbox::User=root", "download", "-q", package]
    done = subprocess.run(download, cwd=fresh, capture_output=True, text=True, check=False)
    archives = list(fresh.glob("*.deb"))
    if done.returncode or not archives:
        raise FailedError(f"{package} cannot be downloaded: {done.stderr.strip()}")
    subprocess.run(["dpkg-deb", "-x", str(archives[0]), str(fresh)], check=True)
    archives[0].unlink()
    fresh.rename(folder)
    return folder
