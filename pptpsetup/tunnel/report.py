"""What the engine says about its call: the report file ``/run/pptpsetup/NAME.json``, read with suspicion.

The engine writes it in place, since it has no right left to do more, so it is read until two readings agree.
An older or newer engine, another program or a full disk may have left something else there. A member that is
missing or of the wrong type is treated as unknown; a file that is no report at all is treated as no report.
Text in it comes from the server and is stripped of control characters by whoever prints it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pptpengine.record import dataclass
from pptpsetup.tunnel.places import report_file

VERSION = 1
_LARGEST = 1 << 20
_READINGS = 20


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a call ended."""

    code: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class HostRoute:
    """The route to the server that the engine added."""

    gateway: str | None
    interface: str


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What both ends agreed on, as seen passing through the gateway."""

    mru: int | None = None
    authentication: str | None = None
    encryption_bits: int | None = None
    stateful: bool | None = None
    local: str | None = None
    remote: str | None = None
    dns: tuple[str, ...] = ()


NOTHING_NEGOTIATED = Negotiated()


@dataclass(frozen=True, slots=True)
class Report:
    """One call of one tunnel."""

    state: str
    "resolving, connecting, control, call, negotiating, up or down."
    engine: str | None = None
    server_name: str | None = None
    server_address: str | None = None
    server_port: int | None = None
    local_address: str | None = None
    host_route: HostRoute | None = None
    gateway_pid: int | None = None
    call_manager_pid: int | None = None
    peer_host_name: str | None = None
    peer_vendor: str | None = None
    changed: float | None = None
    "Wall clock, seconds since 1970."
    up_since: float | None = None
    negotiated: Negotiated = NOTHING_NEGOTIATED
    gre: tuple[tuple[str, int], ...] = ()
    "Packet counters by name."
    cause: Cause | None = None


def read_report(root: Path, name: str) -> Report | None:
    """The report of tunnel *name*, or None when there is none that makes sense."""
    return read_report_file(report_file(root, name))


def read_report_file(path: Path) -> Report | None:
    """The report in *path*, or None when there is none that makes sense."""
    try:
        with path.open("rb") as file:
            return parse_report(_read_calmly(file.fileno()))
    except OSError:
        return None


def _read_calmly(descriptor: int) -> bytes:
    """What the file says, and not a mixture of two things that it said one after the other."""
    data = os.pread(descriptor, _LARGEST, 0)
    for _ in range(_READINGS):
        again = os.pread(descriptor, _LARGEST, 0)
        if again == data:
            break
        data = again
    return data


def parse_report(data: bytes) -> Report | None:
    """Decode a report; None when it is not one of a version we know."""
    import json  # most tunnels asked about do not run

    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or document.get("version") != VERSION:
        return None
    state = _text(document, "state")
    if state is None:
        return None
    server, pids, peer = (_object(document, key) for key in ("server", "pids", "peer"))
    return Report(
        state=state,
        engine=_text(document, "engine"),
        server_name=_text(server, "name"),
        server_address=_text(server, "address"),
        server_port=_whole(server, "port"),
        local_address=_text(document, "local_address"),
        host_route=_host_route(_object(document, "host_route")),
        gateway_pid=_whole(pids, "gateway"),
        call_manager_pid=_whole(pids, "call_manager"),
        peer_host_name=_text(peer, "host_name"),
        peer_vendor=_text(peer, "vendor"),
        changed=_number(document, "changed"),
        up_since=_number(document, "up_since"),
        negotiated=_negotiated(_object(document, "negotiated")),
        gre=_counters(_object(document, "gre")),
        cause=_cause(_object(document, "cause")),
    )


def _negotiated(table: Mapping[str, object]) -> Negotiated:
    encryption = _object(table, "encryption")
    stateful = encryption.get("stateful")
    dns = table.get("dns")
    return Negotiated(
        mru=_whole(table, "mru"),
        authentication=_text(table, "authentication"),
        encryption_bits=_whole(encryption, "bits"),
        stateful=stateful if isinstance(stateful, bool) else None,
        local=_text(table, "local"),
        remote=_text(table, "remote"),
        dns=tuple(each for each in dns if isinstance(each, str)) if isinstance(dns, list) else (),
    )


def _host_route(table: Mapping[str, object]) -> HostRoute | None:
    interface = _text(table, "interface")
    return None if interface is None else HostRoute(_text(table, "gateway"), interface)


def _cause(table: Mapping[str, object]) -> Cause | None:
    code = _text(table, "code")
    return None if code is None else Cause(code, _text(table, "message") or code, _text(table, "hint"))


def _counters(table: Mapping[str, object]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (key, value)
        for key, value in table.items()
        if isinstance(value, int) and not isinstance(value, bool)
    )


def _object(table: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def _text(table: Mapping[str, object], key: str) -> str | None:
    value = table.get(key)
    return value if isinstance(value, str) and value else None


def _whole(table: Mapping[str, object], key: str) -> int | None:
    value = table.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _number(table: Mapping[str, object], key: str) -> float | None:
    value = table.get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
