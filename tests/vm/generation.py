"""Another Debian release's pppd in the guest, in place of this one's: tests/setup has unpacked it."""

from pathlib import Path

from tests.vm.roots import Root
from tests.vm.shell import run

_PPPD = Path("/usr/sbin/pppd")


def use_pppd_of(root: Root) -> str:
    """Replace pppd, the client's and the server's, by that of *root*; returns what it says it is.

    It brings its own loader and libraries. For scenarios of the plain boot, whose sandbox forgets it.
    """
    copy = Path("/var/tmp/pppd")
    root.borrow(root.path / "usr/sbin/pppd", copy)
    copy.replace(_PPPD)
    done = run([str(_PPPD), "--version"], check=True)
    return (done.stdout + done.stderr).strip()
