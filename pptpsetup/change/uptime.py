"""How long this boot has lasted, for deadlines.

The wall clock is set by NTP and by hand, and the usual monotonic clock stands still while a laptop sleeps.
Linux' CLOCK_BOOTTIME (clock_gettime(2)) does neither; it begins anew with every boot, whose identity the
kernel draws (random(4), ``boot_id``). On a kernel that does not name its boots, the two clocks together tell
one from another: after a boot, the wall clock has gone on for longer than the other.
"""

import time
from pathlib import Path

from pptpengine.record import dataclass

_APART = 10.0
"""Seconds between what the clocks say of the same span. If somebody has set the wall clock by more, the boot
is taken for another one: a trial then ends early, and not never."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Uptime:
    """A moment of one boot."""

    boot: str
    "Empty on a kernel that does not name its boots."
    seconds: float
    "Since the boot, sleep included where the kernel counts it."
    wall: float = 0.0
    "Seconds since 1970, where the boot has no name."

    def since(self, earlier: "Uptime") -> float | None:
        """The seconds from *earlier* until now; None: the system was booted in between."""
        if self.boot != earlier.boot or self.seconds < earlier.seconds:
            return None
        passed = self.seconds - earlier.seconds
        if not self.boot and abs(self.wall - earlier.wall - passed) > _APART:
            return None
        return passed


def now() -> Uptime:
    """This moment."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    try:
        boot = _BOOT_ID.read_text("ascii").strip()
    except OSError:
        boot = ""
    return Uptime(boot, time.clock_gettime(clock), 0.0 if boot else time.time())
