r"""What the Perl pptpsetup of pptp-linux leaves behind, and the faults in it that can be put right.

It writes ``# added by pptpsetup for NAME`` and ``LOGIN NAME "PASSWORD" *`` into chap-secrets, and a peers
file that begins with ``# written by pptpsetup``. Nothing in them is quoted as pppd needs it:

- a domain's backslash stands alone, so pppd reads ``CORP\alice`` as CORP, BEL, lice;
- a blank or ``#`` in a name ends it;
- a password given at the prompt has a line end at its end, ``\x0a``; one given as an option is not escaped;
- creating a tunnel again adds a second line, and pppd takes the first.

Somebody may have mended the files by hand. So what is escaped the way pppd wants it is read as pppd does.
"""

import re
from typing import Final

from pptpsetup.errors import Where
from pptpsetup.grammar.pppword import quote, words
from pptpsetup.spec.importer.finding import Found, Note, Places, Verdict
from pptpsetup.spec.importer.secretsfile import SecretsFile, encoding_remark, take_lines

NAME: Final = "the Perl pptpsetup"
_HEAD: Final = re.compile(rb"# written by pptpsetup[ \t]*$", re.MULTILINE)
_LOGIN: Final = re.compile(rb"^name (?P<login>[^\n]+?)[ \t\r]*$", re.MULTILINE)
_MARK: Final = re.compile(rb"(?P<blank>(?<=\n)\n|\A\n|)# added by pptpsetup for (?P<name>\w+)[ \t\r]*\n")
_LINE: Final = re.compile(rb'(?P<login>[^\n]+) (?P<name>\w+) "(?P<password>[^\n]*)" \*[ \t\r]*(?:\n|\Z)')
_PROMPTED: Final = re.compile(rb"\\x([01][0-9a-f]|22|7f|[89a-f][0-9a-f])")
"What its prompt escapes: everything but printable ASCII, and the double quote."
_MENDED: Final = re.compile(rb'(?:[^\\"]|\\\\|\\")*')
"A password in which every backslash and quote is escaped."


def wrote(data: bytes) -> bool:
    """Whether the peers file *data* is its work."""
    return _HEAD.match(data) is not None


def repair_login(found: Found, data: bytes) -> bytes:
    """*data* with the login as it was meant, where pppd would read another one or stop."""
    match = _LOGIN.search(data)
    if match is None:
        return data
    raw = match["login"]
    if raw[:1] in {b'"', b"'"} or b"\\\\" in raw or not re.search(rb"[\\ \t#\"']", raw):
        return data  # mended, or nothing to mend
    try:
        login = raw.decode()
    except UnicodeDecodeError:
        return data
    why = "it was written without quotes, and pppd reads something else"
    where = Places(found.path, data)(match.start())
    found.notes.append(Note(Verdict.REPAIRED, f"login {login}", where, why))
    return data[: match.start("login")] + quote(raw).encode() + data[match.end("login") :]


def client(data: bytes) -> bytes | None:
    """The login that pppd reads in the peers file, and in the secrets file as well."""
    match = _LOGIN.search(data)
    word = None if match is None else next(words(match["login"] + b"\n"), None)
    return None if word is None else word.value


def repair_secret(found: Found, file: SecretsFile) -> None:
    """Take the tunnel's lines in chap-secrets over, and the password from the first of them."""
    places = Places(file.path, file.data)
    for mark in _MARK.finditer(file.data):
        if mark["name"].decode() != found.name:
            continue
        line = _LINE.match(file.data, mark.end())
        if line is None or line["name"] != mark["name"]:
            found.note(
                Verdict.REPAIRED, f"a comment about {found.name} without its line", places(mark.end("blank"))
            )
            take_lines(found, file, [mark.span()])
            continue
        where = places(line.start())
        if found.password is None:
            _read(found, line["password"], where)
        else:
            why = "pppd took the first; if the login fails, give the newer one with create --ask-password"
            found.note(Verdict.REPAIRED, "a second line for the same tunnel", where, why)
        take_lines(found, file, [(mark.start(), line.end())])


def _read(found: Found, raw: bytes, where: Where) -> None:
    note = Note(Verdict.SETTING, "password (not shown)", where, encoding_remark(raw), "password")
    text, why = raw, None
    if raw.endswith(b"\\x0a"):
        text = _PROMPTED.sub(lambda each: bytes([int(each[1], 16)]), raw)[:-1]
        why = "it had a line end at its end, which no server knows"
    elif not _MENDED.fullmatch(raw):
        why = "it was written without escapes, and pppd reads something else"
    elif b"\\" in raw:
        text = re.sub(rb'\\([\\"])', rb"\1", raw)
    if raw.startswith(b"@/"):
        why = "pppd took it for the name of a file"
    if why is not None:
        note = Note(Verdict.REPAIRED, "password (not shown)", where, why, "password")
    found.set_password(text.decode("latin-1"), where)
    found.notes.append(note)


def orphans(file: SecretsFile, names: frozenset[str]) -> list[Note]:
    """Lines of tunnels that have no peers file any more: its ``--delete`` needs one to remove them."""
    places = Places(file.path, file.data)
    why = "its peers file is gone, and the Perl tool cannot delete it any more; take the line out by hand"
    return [
        Note(Verdict.ADVICE, f"a password of tunnel {mark['name'].decode()}", places(mark.end("blank")), why)
        for mark in _MARK.finditer(file.data)
        if mark["name"].decode() not in names
    ]
