"""Root trees of other releases, made by tests/setup from their distribution's own packages."""

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


TRIXIE = Root("trixie")
"Debian 13: pppd 2.5.2, systemd 257, Python 3.13 with our libraries from its packages."
