"""chap-secrets and pap-secrets of others: finding a tunnel's entry, and the file without it.

pppd takes the entry that names client and server most exactly, and of equally good ones the first
(``scan_authfile()`` in pppd/auth.c).
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.errors import Where
from pptpsetup.grammar.pppword import Word, words
from pptpsetup.spec.importer.finding import Files, Found, Note, Places, Takeover, Verdict

_ANY: Final = b"*"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a secrets file."""

    client: bytes
    server: bytes
    secret: bytes
    where: Where
    start: int
    "Offset of its line."
    end: int
    "Offset after its line."
    raw: bytes
    "Its line or lines as they stand."
    for_callers: bool = False
    "It says from which addresses, or with which options, somebody may log in here."


class SecretsFile:
    """A secrets file as pppd reads it."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.open_quote: Where | None = None
        "Where a quote begins that is never closed: pppd sees no entry after it."
        places = Places(path, data)
        found = list(words(data))
        for word in found:
            if word.unterminated:
                self.open_quote = places(word.start)
        self.entries = tuple(self._entries(found, places))

    def _entries(self, found: list[Word], places: Places) -> Iterable[Entry]:
        lines: list[list[Word]] = []
        for word in found:
            if word.newline or not lines:
                lines.append([])
            lines[-1].append(word)
        for line in lines:
            if len(line) < 3 or any(word.unterminated for word in line):
                continue
            start = self.data.rfind(b"\n", 0, line[0].start) + 1
            end = self.data.find(b"\n", line[-1].end) + 1 or len(self.data)
            client, server, secret = (word.value for word in line[:3])
            for_callers = any(word.value != _ANY for word in line[3:])
            raw, where = self.data[start:end], places(line[0].start)
            yield Entry(client, server, secret, where, start, end, raw, for_callers)

    def of(self, client: bytes, server: bytes) -> list[Entry]:
        """The entries for exactly these names, in the order of the file."""
        return [each for each in self.entries if (each.client, each.server) == (client, server)]

    def best(self, client: bytes, server: bytes | None) -> Entry | None:
        """The entry that pppd takes; *server* is None when the server's own name will decide."""
        scored = [
            (_score(each, client, server), -number, each)
            for number, each in enumerate(self.entries)
            if each.client in {client, _ANY} and (server is None or each.server in {server, _ANY})
        ]
        return max(scored, key=lambda each: each[:2])[2] if scored else None

    def without(self, spans: Iterable[tuple[int, int]]) -> bytes:
        """The file with the bytes of *spans* left out."""
        pieces: list[bytes] = []
        position = 0
        for start, end in sorted(set(spans)):
            if end <= position:
                continue
            pieces.append(self.data[position : max(start, position)])
            position = end
        return b"".join(pieces) + self.data[position:]


def _score(entry: Entry, client: bytes, server: bytes | None) -> int:
    return 2 * (entry.client == client) + (server is not None and entry.server == server)


@lru_cache(maxsize=8)
def secrets_file(path: str, data: bytes) -> SecretsFile:
    """The secrets file *path* with content *data*; each tunnel of a system asks for the same ones."""
    return SecretsFile(path, data)


def find_password(
    found: Found, file: SecretsFile, client: bytes, server: bytes | None, files: Files
) -> None:
    """Give *found* the password that pppd would take from *file*, and take its own lines over.

    A line with a wildcard or with addresses belongs to others, too, and stays. Further lines for the same
    two names never had an effect and go along. What the line says when *found* has a password already does
    not matter.
    """
    entry = file.best(client, server)
    if entry is None:
        if file.open_quote is not None:
            _tell_open_quote(found, file)
        return
    if found.password is None:
        _read_secret(found, entry, files)
        if server is None:
            _tell_choice(found, file, entry)
    own = [] if server is None else file.of(client, server)
    if not own or any(each.for_callers for each in own):
        why = "it is also for those who log in here" if own else "it is not for this tunnel alone"
        found.notes.append(Note(Verdict.ADVICE, "the line with the password stays", entry.where, why))
        return
    cut = found.cuts.get(file.path, set())
    for extra in (each for each in own[1:] if not any(start <= each.start < end for start, end in cut)):
        same = extra.secret == own[0].secret
        why = "pppd takes the first line for two names" + ("" if same else "; this one has another password")
        found.notes.append(Note(Verdict.REPAIRED, "a second line for the same names", extra.where, why))
    take_lines(found, file, [(each.start, each.end) for each in own])


def _tell_choice(found: Found, file: SecretsFile, entry: Entry) -> None:
    """Without ``remotename`` the name that the server gives chooses among the lines; now nothing does."""
    rivals = [each for each in file.entries if each.client == entry.client and each.secret != entry.secret]
    if rivals:
        why = "the server's name decided between them; give the right one with --password-file, too"
        found.note(Verdict.LOST, "the password of another line for the same name", rivals[0].where, why)


def _tell_open_quote(found: Found, file: SecretsFile) -> None:
    found.problem(
        "import-open-quote",
        "a quote is not closed",
        file.open_quote,
        why="pppd sees no entry after it, the tunnel's perhaps among them",
        hint="close the quote",
    )


def _read_secret(found: Found, entry: Entry, files: Files) -> None:
    secret = entry.secret
    if secret.startswith(b"@/"):
        path = secret[1:].decode("utf-8", "surrogateescape")
        content = files.read(path) if path.isprintable() else None
        first = None if content is None else next(words(content), None)
        if first is None:
            message = "the password's own file, which this line names, cannot be read"
            found.problem("import-password", message, entry.where, hint="put the file there")
            return
        secret = first.value
    found.set_password(secret.decode("latin-1"), entry.where)
    found.notes.append(
        Note(Verdict.SETTING, "password (not shown)", entry.where, encoding_remark(secret), "password")
    )


def encoding_remark(secret: bytes) -> str | None:
    """A remark on a password that was typed in UTF-8: pppd hashes its bytes, not its characters."""
    if secret.isascii():
        return None
    try:
        secret.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "its bytes look like UTF-8, which pppd hashes byte by byte; they stay as they are"


def take_lines(found: Found, file: SecretsFile, spans: Iterable[tuple[int, int]]) -> None:
    """Take lines of *file* over, besides those that are taken already."""
    cuts = found.cuts.setdefault(file.path, set())
    cuts.update(spans)
    found.takeovers[file.path] = Takeover(file.path, file.data, file.without(cuts), secret=True)
