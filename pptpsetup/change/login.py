"""Which login a command was typed in, so that a confirmation from another one can be told.

That another login is possible is what a trial is to prove. An SSH connection is known by the process that
serves it, the nearest sshd above us, or by its four numbers (SSH_CONNECTION, ssh(1)) where that process is
not above us, as in tmux(1). Sessions that share a connection (ControlMaster) have both in common and prove
nothing new. sudo(8) takes the variable away, so the processes above us are asked for it (proc(5)). Logins
that are not over SSH are known by the kernel's audit session (``sessionid``), else by the processes above
us.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from pptpengine.record import asdict, dataclass

_VARIABLE = b"SSH_CONNECTION="
_SERVERS = ("sshd", "sshd-session", "dropbear")
"""What serves a connection. The one that listens has the same name, but never starts a shell itself."""
_NO_SESSION = 0xFFFFFFFF
"What the kernel says of a process that no login began."


@dataclass(frozen=True, slots=True)
class Login:
    """A login as far as it is known."""

    connection: str | None = None
    "SSH's: client, its port, our address, our port."
    session: int | None = None
    "The kernel's audit session."
    terminal: int = 0
    "Number of the controlling terminal's device; 0: none."
    processes: tuple[str, ...] = ()
    """``PID:START`` of this process and those above it, without the first of all and what is above SSH's
    server; the start makes it unique."""
    server: str | None = None
    "The last of them, if it serves an SSH connection."

    @classmethod
    def present(cls, proc: Path = Path("/proc"), environ: Mapping[str, str] | None = None) -> "Login":
        """The login of this very process."""
        above = tuple(_above(proc))
        connection = (os.environ if environ is None else environ).get("SSH_CONNECTION") or next(
            (found for each in above if (found := _connection(proc, each.pid))), None
        )
        return cls(
            connection,
            _session(proc),
            above[0].terminal if above else 0,
            tuple(map(str, above)),
            str(above[-1]) if above and above[-1].serves else None,
        )

    @classmethod
    def load(cls, fields: Mapping[str, object]) -> "Login":
        """What `stated` gave; what is not there, in a file of another version, is not known.

        Raises TypeError or ValueError.
        """
        connection, session, server = (fields.get(each) for each in ("connection", "session", "server"))
        processes = fields.get("processes")
        return cls(
            None if connection is None else str(connection),
            None if session is None else int(str(session)),
            int(str(fields.get("terminal", 0))),
            tuple(map(str, processes)) if isinstance(processes, list) else (),
            None if server is None else str(server),
        )

    def stated(self) -> dict[str, object]:
        """All of it, for JSON."""
        return asdict(self)

    @property
    def peer(self) -> tuple[str, str] | None:
        """The addresses of SSH's client and of this host as that client sees it."""
        words = (self.connection or "").split()
        return (words[0], words[2]) if len(words) == 4 else None


def why_not_new(tried: Login, confirms: Login) -> str | None:
    """Why *confirms* does not show that another login than *tried* is possible; None when it does."""
    shared = "this is the SSH connection that the trial was begun in; sessions that share it count as one"
    for one, other in ((tried.server, confirms.server), (tried.connection, confirms.connection)):
        if one and other:
            return shared if one == other else None
    if tried.session is not None and confirms.session is not None:
        return None if tried.session != confirms.session else "this is the login that the trial was begun in"
    if set(tried.processes[1:]) & set(confirms.processes[1:]):
        return "this command and the trial were begun by the same program, so no login lies between them"
    if not (confirms.server or confirms.connection or confirms.session is not None or confirms.terminal):
        return "this command was begun by a program, not in a login, so it shows no way in"
    return None


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    start: int
    terminal: int
    serves: bool
    "It serves an SSH connection."

    def __str__(self) -> str:
        return f"{self.pid}:{self.start}"


def _above(proc: Path) -> Iterator[_Process]:
    """This process and those above it, as far as SSH's server or without the first of all."""
    pid = os.getpid()
    while pid > 1:
        try:
            head, _, rest = (proc / str(pid) / "stat").read_text("ascii", "replace").rpartition(")")
        except OSError:
            return
        fields = rest.split()
        found = _Process(pid, int(fields[19]), int(fields[4]), head.partition("(")[2] in _SERVERS)
        yield found
        if found.serves:
            return
        pid = int(fields[1])


def _connection(proc: Path, pid: int) -> str | None:
    try:
        variables = (proc / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    found = (each for each in variables if each.startswith(_VARIABLE))
    return next(found, b"").removeprefix(_VARIABLE).decode("utf-8", "replace") or None


def _session(proc: Path) -> int | None:
    try:
        found = int((proc / "self/sessionid").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if found == _NO_SESSION else found
