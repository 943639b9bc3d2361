"""What pptpconfig, the graphical client, leaves in pppd's files.

Its peers files begin with ``# tunnel NAME, written by pptpconfig``; its lines in both secrets files stand
between two comments, unquoted and in both directions. Routes, name servers and whether to start at login are
in a store of its own, serialised PHP whose keys are documented nowhere; it is not read.
"""

import re
from itertools import islice
from typing import Final

from pptpsetup.errors import Where
from pptpsetup.grammar.pppword import words
from pptpsetup.spec.importer.finding import Files, Found, Layout, Note, Places, Verdict
from pptpsetup.spec.importer.secretsfile import SecretsFile, take_lines

NAME: Final = "pptpconfig"
_HEAD: Final = re.compile(rb"\s*# tunnel (?P<name>[^\n]+), written by pptpconfig\b")
_BLOCK: Final = (
    rb"(?P<blank>(?<=\n)\n|\A\n|)# \+\+\+ pptpconfig added for tunnel %s[ \t\r]*\n"
    rb"(?P<lines>(?:[^#\n][^\n]*\n|\n){0,4})"
    rb"# --- pptpconfig added for tunnel %s[ \t\r]*(?:\n|\Z)"
)


def wrote(data: bytes) -> bool:
    """Whether the peers file *data* is its work."""
    return _HEAD.match(data) is not None


def take_block(found: Found, file: SecretsFile, client: bytes) -> None:
    """Take the tunnel's block in a secrets file over; the password is read from it as it was meant."""
    name = re.escape(found.name.encode())
    match = re.search(_BLOCK.replace(b"%s", name), file.data)
    if match is None:
        return
    lines = [line for line in match["lines"].split(b"\n") if line.strip()]
    own = (found.name.encode(), client)
    if not all(_is_between(line, *own) or _is_between(line, *reversed(own)) for line in lines):
        return
    where = Places(file.path, file.data)(match.start("lines"))
    for line in lines:
        if found.password is None and _is_between(line, client, found.name.encode()):
            _read(found, line, where)
    take_lines(found, file, [match.span()])


def _is_between(line: bytes, client: bytes, server: bytes) -> bool:
    return [word.value for word in islice(words(line), 2)] == [client, server]


def _read(found: Found, line: bytes, where: Where) -> None:
    _, server = islice(words(line), 2)
    raw = line[server.end :].strip(b" \r").removesuffix(b"*").removesuffix(b" ")
    if re.search(rb"[\\\"']", raw) or not re.search(rb"[ #]", raw):
        return  # as pppd reads it
    why = "it was written without quotes, and pppd read only its beginning"
    found.set_password(raw.decode("latin-1"), where)
    found.notes.append(Note(Verdict.REPAIRED, "password (not shown)", where, why, "password"))


def tell_store(found: Found, files: Files, layout: Layout) -> None:
    """Say what is not read."""
    if files.read(layout.pptpconfig) is not None:
        why = "pptpconfig keeps them there in a form of its own; look them up in its window"
        text = "routes, name servers and the start at login are not read"
        found.note(Verdict.ADVICE, text, Where(layout.pptpconfig), why)
