"""Whether a tunnel is up, and what can be said about it, without privileges and without starting a program.

Three sources, each checked against the next: pppd's link file and ``/proc`` say whether a pppd of ours
lives, ``/sys`` says whether its interface is up and what crossed it, the engine's report says what was
negotiated. A report or pid file left behind by a crash never makes a tunnel "up".
"""

from enum import Enum
from pathlib import Path

from pptpengine.record import dataclass
from pptpsetup.render.places import ON_DEMAND
from pptpsetup.tunnel.processes import (
    Link,
    alive,
    engine_processes,
    find_link,
    is_engine,
    parent_of,
)
from pptpsetup.tunnel.report import NOTHING_NEGOTIATED, Cause, Negotiated, Report, read_report

_IFF_UP = 0x1
_SIOCGIFADDR = 0x8915
_SIOCGIFDSTADDR = 0x8917


class TunnelState(str, Enum):
    """What a tunnel is doing."""

    UP = "up"
    STANDBY = "standby"
    "Ready: the first packet dials."
    CONNECTING = "connecting"
    WAITING = "waiting"
    "Down now; its supervisor will try again."
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What crossed the interface since it came up."""

    received_bytes: int
    sent_bytes: int
    received_packets: int
    sent_packets: int


@dataclass(frozen=True, slots=True)
class TunnelStatus:
    """One tunnel at one moment; what nobody knows is None."""

    name: str
    state: TunnelState
    phase: str | None = None
    "While connecting: how far the engine is (connecting, control, call, negotiating)."
    since: float | None = None
    "When it came up: wall clock, seconds since 1970."
    interface: str | None = None
    local: str | None = None
    remote: str | None = None
    server_name: str | None = None
    server_address: str | None = None
    negotiated: Negotiated = NOTHING_NEGOTIATED
    peer_host_name: str | None = None
    peer_vendor: str | None = None
    traffic: Traffic | None = None
    pppd_pid: int | None = None
    gateway_pid: int | None = None
    call_manager_pid: int | None = None
    cause: Cause | None = None
    "Why it is down, when that is known."

    @property
    def is_up(self) -> bool:
        return self.state is TunnelState.UP

    @property
    def stands_by(self) -> bool:
        return self.state is TunnelState.STANDBY


def read_status(root: Path, name: str) -> TunnelStatus:
    """The state of tunnel *name* on the system under *root*."""
    report = read_report(root, name)
    link = find_link(root, name)
    if link is None:
        return TunnelStatus(
            name,
            TunnelState.DOWN,
            server_name=report.server_name if report else None,
            server_address=report.server_address if report else None,
            cause=_cause_of_end(report),
        )
    current = report if report is not None and _is_current(root, name, report) else Report("unknown")
    state = _state(root, name, link, current)
    if state is TunnelState.STANDBY:
        # The last call, which is still being ended, is no news.
        current = Report("unknown")
    up = state is TunnelState.UP
    negotiated = current.negotiated
    return TunnelStatus(
        name,
        state,
        phase=current.state if state is TunnelState.CONNECTING and current.state != "unknown" else None,
        since=(current.up_since or _link_file_time(link)) if up else None,
        interface=link.interface,
        local=negotiated.local or (_address(root, link.interface, _SIOCGIFADDR) if up else None),
        remote=negotiated.remote or (_address(root, link.interface, _SIOCGIFDSTADDR) if up else None),
        server_name=current.server_name,
        server_address=current.server_address,
        negotiated=negotiated,
        peer_host_name=current.peer_host_name,
        peer_vendor=current.peer_vendor,
        traffic=_traffic(root, link),
        pppd_pid=link.pid,
        gateway_pid=current.gateway_pid,
        call_manager_pid=current.call_manager_pid,
        cause=None if up or report is None else report.cause,
    )


def _state(root: Path, name: str, link: Link, current: Report) -> TunnelState:
    if link.interface is None or not _interface_is_up(root, link.interface):
        return TunnelState.CONNECTING
    if not _dials_on_demand(root, link.interface):
        return TunnelState.UP
    # This interface is up in all states.
    pid = current.gateway_pid
    if pid is not None and alive(root, pid) and current.state != "down":
        return TunnelState.UP if current.state == "up" else TunnelState.CONNECTING
    starting = any(parent_of(root, each) == link.pid for each in engine_processes(root, name) if each != pid)
    return TunnelState.CONNECTING if starting else TunnelState.STANDBY


def _dials_on_demand(root: Path, interface: str) -> bool:
    try:
        alias = (root / "sys/class/net" / interface / "ifalias").read_text("utf-8", "replace")
    except OSError:
        return False
    return alias.strip() == ON_DEMAND


def _is_current(root: Path, name: str, report: Report) -> bool:
    """Whether the engine that wrote *report* still runs."""
    pids = (report.gateway_pid, report.call_manager_pid)
    return any(pid is not None and alive(root, pid) and is_engine(root, pid, name) for pid in pids)


def _cause_of_end(report: Report | None) -> Cause | None:
    if report is None or report.state == "down":
        return report.cause if report else None
    return Cause(
        "ended-unexpectedly",
        "the tunnel ended without a goodbye: its processes are gone and left a report that says "
        f"“{report.state}”",
    )


def _interface_is_up(root: Path, interface: str) -> bool:
    try:
        flags = int((root / "sys/class/net" / interface / "flags").read_text("ascii"), 16)
    except (OSError, ValueError):
        return False
    return bool(flags & _IFF_UP)


def _traffic(root: Path, link: Link) -> Traffic | None:
    if link.interface is None:
        return None
    directory = root / "sys/class/net" / link.interface / "statistics"
    try:
        counters = [
            int((directory / name).read_text("ascii"))
            for name in ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets")
        ]
    except (OSError, ValueError):
        return None
    return Traffic(*counters)


def _link_file_time(link: Link) -> float | None:
    """When pppd last wrote its link file, which it does when it makes the interface."""
    try:
        return None if link.file is None else link.file.stat().st_mtime
    except OSError:
        return None


def _address(root: Path, interface: str | None, request: int) -> str | None:
    """An address of *interface* from the kernel (netdevice(7)), for when no engine of ours reports it."""
    if interface is None or root != Path("/"):
        return None
    import fcntl
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            answer = fcntl.ioctl(probe, request, interface.encode()[:15].ljust(40, b"\0"))
        except OSError:
            return None
    return socket.inet_ntoa(answer[20:24])
