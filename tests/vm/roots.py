"""Root trees of other releases, made by tests/setup from their distribution's own packages."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.vm.boot import CHECKOUT

ROOTS = CHECKOUT / ".cache" / "roots"


@dataclass(frozen=True)
class Root:
    """A system in a directory; guests see it read-only below an overlay."""

    release: str

    @property
    def path(self) -> Path:
        return ROOTS / self.release

    @property
    def missing(self) -> str | None:
        """What to do when it is not there, or None."""
        if (self.path / "etc/os-release").exists():
            return None
        hint = "tests/setup makes it, as root (Debian package mmdebstrap)"
        return f"there is no root of {self.release} in .cache/roots: {hint}"

    def borrow(self, program: Path, copy: Path) -> None:
        """Copy *program* of this root to *copy*; it runs anywhere, with the root's loader and libraries."""
        shutil.copy(program, copy)
        loader = self.path / "usr/lib64/ld-linux-x86-64.so.2"
        libraries = self.path / "usr/lib/x86_64-linux-gnu"
        # An rpath, unlike the runpath of today, holds for the libraries of its libraries, too.
        change = ("patchelf", "--force-rpath", "--set-interpreter", loader, "--set-rpath", libraries)
        subprocess.run([*change, copy], check=True)


TRIXIE = Root("trixie")
"Debian 13: pppd 2.5.2, systemd 257, Python 3.13 with our libraries from its packages."
FORKY = Root("forky")
"Of Debian 14 only User Mode Linux."
