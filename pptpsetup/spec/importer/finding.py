"""What importing finds: tunnels of others, what their words become, and what happens to the files."""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Protocol

from pptpengine.record import dataclass, field
from pptpsetup.errors import Diagnostic, SpecError, Where
from pptpsetup.spec.options import read_plain
from pptpsetup.spec.secret import Secret, from_text


class Kind(str, Enum):
    """Kinds of sources; the values are the words of ``--from KIND:PATH``."""

    PEERS = "peers"
    NETWORKMANAGER = "networkmanager"
    UCI = "uci"
    CONFD = "confd"


class Verdict(str, Enum):
    """What becomes of one thing that a source says."""

    SETTING = "setting"
    "A setting of the tunnel."
    SAME = "same"
    "pptpsetup does it anyway, or it never had an effect."
    KEPT = "kept"
    "Passed on to pppd as it is."
    CHANGED = "changed"
    "It will be otherwise, and should be."
    REPAIRED = "repaired"
    "A fault of the program that wrote it, put right."
    LOST = "lost"
    "It cannot be kept."
    ADVICE = "advice"
    "Nothing changes, and somebody should look at it."


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a source says, or should have said, and what becomes of it."""

    verdict: Verdict
    text: str
    "What stands there, or what happens: never a password."
    where: Where | None = None
    why: str | None = None
    setting: str | None = None
    "The setting's path, with SETTING and REPAIRED."


@dataclass(frozen=True, slots=True)
class Takeover:
    """A file of others that an import changes."""

    path: str
    expected: bytes
    "Its content as it was read; when it is another one by now, the import must not happen."
    content: bytes | None
    "What stays of it; None: nothing, it goes or one of ours takes its place."
    secret: bool = False
    "Its content has a password in it."


@dataclass(slots=True)
class Found:
    """A tunnel in a source, as far as it could be read."""

    kind: Kind
    path: str
    name: str
    "What it is called there; it need not be a name that we allow."
    ours: bool = False
    "pptpsetup wrote it."
    author: str | None = None
    "The program that wrote it, where that is known."
    values: dict[str, object] = field(default_factory=dict)
    "Settings by path, as plain data."
    password: Secret | None = None
    notes: list[Note] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)
    "Why it cannot be imported at all."
    takeovers: dict[str, Takeover] = field(default_factory=dict)
    "By path."
    cuts: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    "By path: what the takeover leaves out, as offsets."

    @property
    def lost(self) -> tuple[Note, ...]:
        """What an import would lose."""
        return tuple(note for note in self.notes if note.verdict is Verdict.LOST)

    def set(self, path: str, value: object, text: str, where: Where | None, why: str | None = None) -> None:
        """Give the setting *path* a value that *text* at *where* stands for."""
        self.values[path] = value
        self.notes.append(Note(Verdict.SETTING, text, where, why, path))

    def note(self, verdict: Verdict, text: str, where: Where | None = None, why: str | None = None) -> None:
        """Add a note."""
        self.notes.append(Note(verdict, text, where, why))

    def problem(
        self,
        code: str,
        message: str,
        where: Where | None,
        *,
        why: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Add a reason why the tunnel cannot be imported."""
        self.problems.append(Diagnostic(code, message, where, why, hint))

    def refused(self, error: SpecError, where: Where | None) -> None:
        """Add the problems of a value that stands at *where*."""
        self.problems += [
            Diagnostic(each.code, each.message, where, each.why, each.hint) for each in error.diagnostics
        ]

    def set_password(self, text: str, where: Where | None) -> None:
        """The password as somebody typed it; what cannot be one becomes a problem."""
        try:
            self.password = from_text(text)
        except SpecError as error:
            self.refused(error, where)

    def check_values(self) -> None:
        """Judge the settings as the spec will; what it would refuse becomes a problem at its place."""
        places = {note.setting: note.where for note in self.notes if note.setting is not None}
        for path, value in self.values.items():
            where = places.get(path) or Where(self.path)
            try:
                read_plain(path, value)
            except SpecError as error:
                self.refused(error, where)

    def set_login(self, login: str, where: Where | None, why: str | None = None) -> None:
        r"""The login, split into domain and user name at its first backslash."""
        domain, backslash, user = login.partition("\\")
        if backslash:
            self.set("domain", domain, f"login {login}", where, why)
            self.set("username", user, f"login {login}", where, why)
        else:
            self.set("username", login, f"login {login}", where, why)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a system keeps what is looked through."""

    peers: str = "/etc/ppp/peers"
    options: str = "/etc/ppp/options"
    secrets: tuple[str, ...] = ("/etc/ppp/chap-secrets", "/etc/ppp/pap-secrets")
    "The one for CHAP first."
    hooks: tuple[str, ...] = ("/etc/ppp/ip-up.d", "/etc/ppp/ip-down.d")
    interfaces: str = "/etc/network/interfaces"
    networkmanager: str = "/etc/NetworkManager/system-connections"
    uci: str = "/etc/config/network"
    netifd: bool = True
    "It reads that file, so that two sections of one name in it would be one."
    confd: str = "/etc/conf.d/net"
    pptpconfig: str = "/etc/pptpconfig/tunnels"


class Files(Protocol):
    """The files of a system; every path is absolute."""

    def read(self, path: str) -> bytes | None:
        """The content of *path*; None when there is no such file or it cannot be read."""

    def list(self, directory: str) -> tuple[str, ...]:
        """The sorted names in *directory*."""


@dataclass(frozen=True)
class Given:
    """Files that somebody holds in memory."""

    contents: Mapping[str, bytes]

    def read(self, path: str) -> bytes | None:
        """The content of *path*."""
        return self.contents.get(path)

    def list(self, directory: str) -> tuple[str, ...]:
        """The names in *directory*."""
        start = directory.rstrip("/") + "/"
        inside = {path.removeprefix(start) for path in self.contents if path.startswith(start)}
        return tuple(sorted({name.partition("/")[0] for name in inside}))


class Places:
    """Turns offsets in a file into lines and columns that count from 1; bytes count as characters."""

    def __init__(self, file: str, data: bytes) -> None:
        self._file = file
        self._starts = [0, *(each.end() for each in re.finditer(rb"\n", data))]

    def __call__(self, offset: int) -> Where:
        line = bisect_right(self._starts, offset)
        return Where(self._file, line, offset - self._starts[line - 1] + 1)


Importer = Callable[[str, bytes, Files], "list[Found]"]
"""From a file's path and content to the tunnels in it."""
LIMIT = 1 << 20
"Bytes of a source; nobody wrote a longer one by hand."
