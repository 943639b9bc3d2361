"""Versions of files that somebody else wrote and we replaced on request, or found replaced after a crash."""

from collections.abc import Container

from pptpsetup.change.system import System


def kept_directory(state_dir: str) -> str:
    """Where kept versions are; 0700."""
    return f"{state_dir}/kept"


def kept_path(system: System, state_dir: str, path: str, taken: Container[str] = ()) -> str:
    """A free name for a version of *path*.

    ``/etc/ppp/peers/work`` is kept as ``etc-ppp-peers-work.1``, its next version as number 2.
    *taken* are names that are free on *system* but already spoken for.
    """
    # 200 leaves room for the number below the 255 bytes that a name may have.
    stem = path.strip("/").replace("/", "-").encode("utf-8", "surrogateescape")[-200:]
    base = f"{kept_directory(state_dir)}/{stem.decode('utf-8', 'replace').lstrip('.')}"
    number = 1
    while (candidate := f"{base}.{number}") in taken or system.read(candidate) is not None:
        number += 1
    return candidate
