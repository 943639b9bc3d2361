"""Which processes belong to a tunnel, told by what they are and not by numbers in files alone.

pppd writes its pid (and, once it has one, its interface) into the ``linkname`` file; after a crash or a
reboot the file stays and the number may be another program's. A pid is believed only when ``/proc`` shows
a pppd that was started with ``call NAME``. The engine's processes carry ``--report
/run/pptpsetup/NAME.json`` in their arguments. NetworkManager and netifd give their pppd all options on the
command line, ``ipparam`` among them.

Everything is read under *root*, so a target system mounted elsewhere shows its own state and never this
host's.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from pptpengine.record import dataclass, field
from pptpsetup.render.places import linkname
from pptpsetup.rootfs import inside
from pptpsetup.tunnel.places import report_name

# Where pppd writes LINKNAME files: Debian and 2.4.x everywhere; 2.5 upstream; openSUSE; without /run.
PID_DIRECTORIES = ("run", "run/pppd", "run/ppp", "var/run")
_PLUGIN = "nm-pptp-service-"
_ACTIVE = "/org/freedesktop/NetworkManager/ActiveConnection"


@dataclass(frozen=True, slots=True)
class Link:
    """A running pppd of ours."""

    pid: int
    interface: str | None
    "The PPP interface; None until pppd has made one."
    file: Path | None = field(default=None, compare=False)
    "The pid file that named it; written when the interface is made."


def find_link(root: Path, tunnel: str) -> Link | None:
    """The pppd that runs *tunnel*, or None."""
    for file in link_files(root, tunnel):
        link = _read_link_file(file)
        if link is not None and is_pppd(root, link.pid, tunnel):
            return link
    for pid in engine_processes(root, tunnel):
        # Between pppd's start and its pid file the engine is already running under it.
        parent = parent_of(root, pid)
        if parent is not None and _name(root, parent) == "pppd":
            return _unnamed(root, parent)
    return _run_by_others(root, tunnel)


def link_files(root: Path, tunnel: str) -> Iterator[Path]:
    """Every place where a pppd may have put the pid file of *tunnel*; first those that can be no other's.

    An init system that has its own linkname for it (netifrc) names it after the interface.
    """
    for directory in PID_DIRECTORIES:
        yield inside(root, f"/{directory}") / f"ppp-{linkname(tunnel)}.pid"
    for directory in PID_DIRECTORIES:
        yield from sorted(inside(root, f"/{directory}").glob("ppp-ppp[0-9]*.pid"))


def _read_link_file(file: Path) -> Link | None:
    try:
        lines = file.read_text("ascii", "replace").split("\n")
    except OSError:
        return None
    if not lines[0].strip().isdecimal():
        return None
    interface = lines[1].strip() if len(lines) > 1 else ""
    # The name becomes part of a path below /sys.
    return Link(int(lines[0]), interface if interface and "/" not in interface else None, file)


def _unnamed(root: Path, pid: int) -> Link:
    """The link of a pppd without ``linkname``, by the pid file that is called after its interface."""
    for directory in PID_DIRECTORIES:
        for file in (root / directory).glob("*.pid"):
            link = _read_link_file(file)
            if link is not None and link.pid == pid and (root / "sys/class/net" / file.stem).exists():
                return Link(pid, file.stem, file)
    return Link(pid, None)


def _run_by_others(root: Path, tunnel: str) -> Link | None:
    """The pppd that NetworkManager's plugin or netifd runs for *tunnel*, where no engine reports."""
    for pid in _pids(root):
        if _name(root, pid) != "pppd":
            continue
        words = tuple(pairwise(_arguments(root, pid)))
        parameter = next((value for key, value in words if key == "ipparam"), "")
        by_netifd = parameter == tunnel and ("plugin", "pptp.so") in words
        if by_netifd or _is_for(root, parameter, tunnel):
            return _unnamed(root, pid)
    return None


def _is_for(root: Path, ipparam: str, tunnel: str) -> bool:
    """Whether *ipparam* is that of a plugin of NetworkManager which has been started for *tunnel*.

    It has the plugin's pid, and the plugin's name on the bus the number of the active connection.
    """
    service = ipparam.removeprefix(_PLUGIN)
    if service == ipparam or not service.isdecimal() or root != Path("/"):
        return False
    name = dict(pairwise(_arguments(root, int(service)))).get("--bus-name", "")
    from pptpsetup.render.init.networkmanager import connection_uuid
    from pptpsetup.tunnel.supervisors.command import run

    active = run("nmcli", "-g", "UUID,ACTIVE-PATH", "connection", "show", "--active").output.split()
    return f"{connection_uuid(tunnel)}:{_ACTIVE}/{name.rpartition('_')[2]}" in active


def is_pppd(root: Path, pid: int, tunnel: str) -> bool:
    """Whether *pid* is a living pppd started with ``call TUNNEL``."""
    if _name(root, pid) != "pppd":
        return False
    arguments = _arguments(root, pid)
    return ("call", tunnel) in pairwise(arguments)


def engine_processes(root: Path, tunnel: str) -> tuple[int, ...]:
    """The pids of the gateway and the call manager that report for *tunnel*."""
    return tuple(pid for pid in _pids(root) if is_engine(root, pid, tunnel))


def is_engine(root: Path, pid: int, tunnel: str) -> bool:
    """Whether *pid* is an engine that reports for *tunnel*."""
    arguments = _arguments(root, pid)
    return ("--report", report_name(root, tunnel)) in pairwise(arguments)


def alive(root: Path, pid: int) -> bool:
    """Whether *pid* exists and has not ended (a zombie has)."""
    return _stat(root, pid)[:1] not in ([], ["Z"], ["X"])


def parent_of(root: Path, pid: int) -> int | None:
    """The parent of *pid*."""
    fields = _stat(root, pid)
    return int(fields[1]) if len(fields) > 1 and fields[1].isdecimal() else None


def has_children(root: Path, pid: int) -> bool:
    """Whether *pid* has started programs that have not ended."""
    return any(parent_of(root, each) == pid and alive(root, each) for each in _pids(root))


def _pids(root: Path) -> Iterator[int]:
    try:
        entries = sorted(entry.name for entry in (root / "proc").iterdir() if entry.name.isdecimal())
    except OSError:
        return
    yield from map(int, entries)


def _stat(root: Path, pid: int) -> list[str]:
    """State, parent and so on of proc(5)'s stat: what follows the command name in parentheses."""
    try:
        text = (root / "proc" / str(pid) / "stat").read_text("ascii", "replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _name(root: Path, pid: int) -> str:
    try:
        return (root / "proc" / str(pid) / "comm").read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _arguments(root: Path, pid: int) -> list[str]:
    try:
        data = (root / "proc" / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return data.decode("utf-8", "replace").split("\0")
