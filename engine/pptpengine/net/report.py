"""The report: one JSON file that says how a tunnel is doing, for `status` and `start` to read (format
version 1).

The file is made anew for each run, while the engine may still write to the directory; afterwards the engine
has nothing but the open file, and writes it in place, in one pwrite(2) of ever the same or a greater length.
A reader that comes at just that moment could see half of the old and half of the new: it reads again until
two readings agree. The file stays when the tunnel ends.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from ipaddress import IPv4Address

from pptpengine import __version__
from pptpengine.causes import Cause
from pptpengine.fsm.negotiated import Negotiated
from pptpengine.net.jsontext import encode
from pptpengine.net.way import HostRoute
from pptpengine.record import dataclass, field, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal

    State = Literal["resolving", "connecting", "control", "call", "negotiating", "up", "down"]

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Server:
    """The server as it was named, and the address that was chosen once it is known."""

    name: str
    address: IPv4Address | None = None
    port: int = 1723


@dataclass(frozen=True, slots=True)
class Call:
    """The two call IDs (RFC 2637 section 2.7)."""

    id: int
    peer_id: int


@dataclass(frozen=True, slots=True)
class Peer:
    """What the server calls itself in Start-Control-Connection-Reply, without control characters."""

    host_name: str
    vendor: str
    firmware: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything a report says. It is changed by `replace`."""

    server: Server
    state: State = "resolving"
    local_address: IPv4Address | None = None
    host_route: HostRoute | None = None
    gateway_pid: int | None = None
    call_manager_pid: int | None = None
    pppd_pid: int | None = None
    "The one that has started the gateway."
    call: Call | None = None
    peer: Peer | None = None
    up_since: float | None = None
    "Wall clock, seconds."
    negotiated: Negotiated = field(default_factory=Negotiated)
    gre: Mapping[str, int] = field(default_factory=dict)
    "Counters of packets by name."
    cause: Cause | None = None

    def to_json(self, changed: float) -> dict[str, object]:
        """The report's content; *changed* is wall clock, seconds."""
        return {
            "version": VERSION,
            "engine": f"pptpengine {__version__}",
            "state": self.state,
            "server": {
                "name": self.server.name,
                "address": _text(self.server.address),
                "port": self.server.port,
            },
            "local_address": _text(self.local_address),
            "host_route": _host_route(self.host_route),
            "pids": {
                "gateway": self.gateway_pid,
                "call_manager": self.call_manager_pid,
                "pppd": self.pppd_pid,
            },
            "call": {"id": self.call.id, "peer_id": self.call.peer_id} if self.call else None,
            "peer": _peer(self.peer),
            "changed": changed,
            "up_since": self.up_since,
            "negotiated": _negotiated(self.negotiated),
            "gre": dict(self.gre),
            "cause": _cause(self.cause),
        }


class Report:
    """Writes one tunnel's report to *path*, or nowhere when that is None. How often is the caller's
    business.

    It serves the data path, so it never raises: the first failure of a row goes to *log*, the last one is
    kept in `failure` until a write succeeds.
    """

    def __init__(self, path: str | None, log: Callable[[str], None]) -> None:
        self.failure: OSError | None = None
        self._path = path
        self._log = log
        self._file: int | None = None
        self._length = 0
        self._last: Status | None = None
        self._changed = 0.0

    def write(self, status: Status, now: float) -> bool:
        """Make the report say *status*; True if that worked.

        *now* (wall clock, seconds) becomes the report's `changed` unless nothing but the counters differs.
        """
        if self._path is None:
            return False
        steady = replace(status, gre={})
        if steady != self._last:
            self._last, self._changed = steady, now
        content = encode(status.to_json(self._changed)) + "\n"
        try:
            self._put(self._path, content.encode())
        except OSError as error:
            if self.failure is None:
                self._log(f"cannot write the report {self._path}: {error.strerror}")
            self.failure = error
            return False
        self.failure = None
        return True

    def _put(self, path: str, content: bytes) -> None:
        if self._file is None:
            self._file = _new_file(path, content)
        else:
            # Blanks behind JSON are nothing; so what is left of a longer report needs no second call.
            content = content.ljust(self._length)
            _write_all(self._file, content)
        self._length = len(content)


def _write_all(descriptor: int, content: bytes) -> None:
    """Raises OSError also when only a part found room."""
    if os.pwrite(descriptor, content, 0) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _new_file(path: str, content: bytes) -> int:
    """Write a file beside *path* and move it there; its descriptor. Makes the directory if need be."""
    folder, _, name = path.rpartition("/")
    with suppress(FileExistsError):
        os.mkdir(folder or ".", 0o755)  # noqa: PTH102 - no pathlib at start
    temporary = f"{folder or '.'}/.{name}.{os.getpid()}"
    with suppress(FileNotFoundError):  # of a process with our number that was killed while writing
        os.unlink(temporary)  # noqa: PTH108
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o644)
    try:
        os.fchmod(descriptor, 0o644)  # whatever the umask
        _write_all(descriptor, content)
        os.rename(temporary, path)  # noqa: PTH104
    except OSError:
        os.close(descriptor)
        os.unlink(temporary)  # noqa: PTH108
        raise
    return descriptor


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)


def _host_route(route: HostRoute | None) -> dict[str, object] | None:
    return None if route is None else {"gateway": _text(route.gateway), "interface": route.interface}


def _peer(peer: Peer | None) -> dict[str, object] | None:
    if peer is None:
        return None
    return {"host_name": peer.host_name, "vendor": peer.vendor, "firmware": peer.firmware}


def _cause(cause: Cause | None) -> dict[str, object] | None:
    return None if cause is None else {"code": cause.code, "message": cause.message, "hint": cause.hint}


def _negotiated(negotiated: Negotiated) -> dict[str, object]:
    encryption = negotiated.encryption
    return {
        "mru": negotiated.mru,
        "authentication": negotiated.authentication,
        "asyncmap": negotiated.asyncmap,
        "encryption": {"bits": encryption.bits, "stateful": encryption.stateful} if encryption else None,
        "local": _text(negotiated.local),
        "remote": _text(negotiated.remote),
        "dns": [str(server) for server in negotiated.dns],
    }
