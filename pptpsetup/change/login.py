"""Which login a command was typed in, so that a confirmation from another one can be told.

That another login is possible is what a trial is to prove. An SSH connection is known by its four numbers
(SSH_CONNECTION, ssh(1)): sessions that share a connection (ControlMaster) prove nothing new. sudo(8) takes
that variable away, so the processes above us are asked as well (proc(5)). Logins that are not over SSH are
known by the kernel's audit session (``sessionid``), else by the processes above us.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

_VARIABLE = b"SSH_CONNECTION="
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
    "``PID:START`` of this process and those above it but the first; the start makes it unique."

    @classmethod
    def present(cls, proc: Path = Path("/proc"), environ: Mapping[str, str] | None = None) -> "Login":
        """The login of this very process."""
        own = (os.environ if environ is None else environ).get("SSH_CONNECTION")
        above = tuple(_above(proc))
        connection = own or next((found for pid, _, _ in above if (found := _connection(proc, pid))), None)
        terminal = above[0][2] if above else 0
        processes = tuple(f"{pid}:{start}" for pid, start, _ in above)
        return cls(connection, _session(proc), terminal, processes)

    @classmethod
    def load(cls, fields: Mapping[str, object]) -> "Login":
        """What `stated` gave. Raises TypeError, KeyError or ValueError."""
        connection, session, processes = fields["connection"], fields["session"], fields["processes"]
        if not isinstance(processes, list):
            raise TypeError("processes")
        return cls(
            None if connection is None else str(connection),
            None if session is None else int(str(session)),
            int(str(fields["terminal"])),
            tuple(map(str, processes)),
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
    if tried.connection and confirms.connection:
        if tried.connection != confirms.connection:
            return None
        return "this is the SSH connection that the trial was begun in; sessions that share it count as one"
    if tried.session is not None and confirms.session is not None:
        return None if tried.session != confirms.session else "this is the login that the trial was begun in"
    if set(tried.processes[1:]) & set(confirms.processes[1:]):
        return "this command and the trial were begun by the same program, so no login lies between them"
    if not (confirms.connection or confirms.session is not None or confirms.terminal):
        return "this command was begun by a program, not in a login, so it shows no way in"
    return None


def _above(proc: Path) -> Iterator[tuple[int, int, int]]:
    """Number, start and terminal of this process and of those above it, without the first of all."""
    pid = os.getpid()
    while pid > 1:
        try:
            fields = (proc / str(pid) / "stat").read_text("ascii", "replace").rpartition(")")[2].split()
        except OSError:
            return
        yield pid, int(fields[19]), int(fields[4])
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
