"""Another Debian release's pppd in the guest, in place of this one's: tests/setup has unpacked it."""

import shutil
from pathlib import Path

from tests.vm.boot import CHECKOUT
from tests.vm.shell import run

_PPPD = Path("/usr/sbin/pppd")


def use_pppd_of(release: str) -> str:
    """Replace pppd, the client's and the server's, by that of Debian *release*; returns what it says it is.

    It brings its own loader and libraries. For scenarios of the plain boot, whose sandbox forgets it.
    """
    root = CHECKOUT / ".cache/roots" / release
    assert (root / "usr/sbin/pppd").is_file(), f"{root} is missing: tests/setup makes it, with mmdebstrap"
    copy = Path("/var/tmp/pppd")
    shutil.copy(root / "usr/sbin/pppd", copy)
    loader = root / "usr/lib64/ld-linux-x86-64.so.2"
    libraries = root / "usr/lib/x86_64-linux-gnu"
    # An rpath, unlike the runpath of today, holds for the libraries of its libraries, too.
    change = ["patchelf", "--force-rpath", "--set-interpreter", str(loader), "--set-rpath", str(libraries)]
    run([*change, str(copy)], check=True)
    copy.replace(_PPPD)
    done = run([str(_PPPD), "--version"], check=True)
    return (done.stdout + done.stderr).strip()
