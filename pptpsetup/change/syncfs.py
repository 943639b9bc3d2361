"""syncfs(2), which Python does not have: everything written to one file system, at once."""

import os
import sys
from functools import cache
from typing import Any

_REPORTS_ERRORS = (5, 8)
"From this Linux on; before, it only says that the descriptor was one (syncfs(2), VERSIONS)."


def can_sync_file_systems() -> bool:
    """Whether `sync_file_system` works here and tells when something could not be written."""
    return sys.platform == "linux" and _release() >= _REPORTS_ERRORS and _function() is not None


def sync_file_system(descriptor: int) -> None:
    """Write everything to the file system of *descriptor*.

    Raises OSError, also for what others have failed to write since the descriptor was opened.
    """
    import ctypes

    function = _function()
    assert function is not None  # noqa: S101 - asked before
    if function(descriptor):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@cache
def _function() -> Any:
    """The C library's; None where it has none."""
    try:
        import ctypes

        return ctypes.CDLL(None, use_errno=True).syncfs
    except (ImportError, OSError, AttributeError):
        return None


def _release() -> tuple[int, int]:
    """The kernel's version; (0, 0) when it cannot be told."""
    major, _, rest = os.uname().release.partition(".")
    minor = rest.partition(".")[0]
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)
