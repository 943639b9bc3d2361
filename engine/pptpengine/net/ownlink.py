"""The PPP interface of the pppd that has started this engine, when it is there before the call is.

A pppd that dials on demand has its interface, and routes through it, from its start: the way to the server
may seem to lead into the very tunnel that the call is for. pppd(8) says in files which interface is whose:
in ``pppN.pid`` its process id, in ``ppp-LINKNAME.pid`` also the interface's name.
"""

import os

from pptpengine.net import sockets

_DIRECTORIES = ("/run", "/run/pppd", "/run/ppp", "/var/run")
"Of pppd 2.4 and Debian's builds; of 2.5; of SUSE's; of systems without /run."
_LIMIT = 256


def interface_of(pppd: int) -> str | None:
    """The interface of process *pppd*, or of its parent: a shell may stand between it and us."""
    owners = {pppd, _parent(pppd)} - {0, 1}
    for directory in _DIRECTORIES:
        for name in _pid_files(directory):
            lines = _read(f"{directory}/{name}").split("\n")
            if lines[0].isdecimal() and int(lines[0]) in owners:
                interface = (lines[1:2] or [""])[0] or name.removesuffix(".pid")
                if _exists(interface):
                    return interface
    return None


def _pid_files(directory: str) -> list[str]:
    try:
        names = os.listdir(directory)  # noqa: PTH208 - no pathlib at start
    except OSError:
        return []
    return sorted(name for name in names if name.endswith(".pid"))


def _parent(pid: int) -> int:
    """0 when it is gone, or proc(5) is not to be had."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return int(fields[1]) if len(fields) > 1 else 0


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - no pathlib at start
            return file.read(_LIMIT).decode("ascii", "replace")
    except OSError:
        return ""


def _exists(interface: str) -> bool:
    try:
        sockets.if_nametoindex(interface)
    except (OSError, ValueError):
        return False
    return True
