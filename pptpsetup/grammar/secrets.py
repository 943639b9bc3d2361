r"""pppd's chap-secrets and pap-secrets: our lines, and putting them among those of others.

An entry is ``client server secret addresses``, words as in :mod:`~pptpsetup.grammar.pppword`, on one line
(``scan_authfile()`` in pppd/auth.c). Two things have a meaning even when quoted: a client or server that is
exactly ``*``, and a secret that begins with ``@/`` ("the first word of that file"). Of equally good entries
the first wins, and an open quote hides everything after it; so our lines stand before all others.
"""

from pptpsetup.grammar import pppword
from pptpsetup.grammar.filename import peers_name
from pptpsetup.grammar.safe import refuse

SECRET_LIMIT = 256
"Bytes of a CHAP secret (MAXSECRETLEN); pppd cuts longer ones."
PAP_SECRET_LIMIT = 255
"Bytes of a PAP secret: pppd copies it into a C string of MAXSECRETLEN, and the packet has one length byte."

_MARK = b"# managed by pptpsetup: "
_BLANK = b" \t\v\f\r"


def is_wildcard(name: str) -> bool:
    """Whether pppd takes *name* for "any name", which no quoting can prevent."""
    return name == "*"


def needs_indirect(secret: bytes) -> bool:
    """Whether pppd would take *secret* for the name of a file: then it must stand in a file of its own."""
    return secret.startswith(b"@/")


def indirect_content(secret: bytes) -> bytes:
    """What the file named by an ``@/path`` word must hold for pppd to read *secret* from it.

    Raises SpecError: see :func:`entry`.
    """
    return _secret_word(secret, SECRET_LIMIT) + b"\n"


def entry(
    client: str,
    server: str,
    secret: bytes,
    tunnel: str,
    *,
    indirect: str | None = None,
    limit: int = SECRET_LIMIT,
) -> bytes:
    """Our line for *tunnel*, with its line end.

    *secret* is in the bytes that pppd shall hash. *indirect* is the absolute path of the file to use when
    :func:`needs_indirect`; it is ignored otherwise. *limit* is `SECRET_LIMIT` or `PAP_SECRET_LIMIT`.

    Raises SpecError: ``bad-peers-name``, ``wildcard-name``, ``unquotable-ppp``, ``secret-too-long``,
    ``secret-needs-file`` (*indirect* is needed and not given).
    """
    for name in (client, server):
        if is_wildcard(name):
            raise refuse(
                "wildcard-name", "a name is '*'", why="pppd takes '*' for every name, quoted or not"
            )
    word = _secret_word(secret, limit)
    if needs_indirect(secret):
        word = _indirect_word(indirect)
    names = f"{pppword.quote_name(client)} {pppword.quote_name(server)} ".encode()
    return names + word + b" * " + _MARK + peers_name(tunnel).encode() + b"\n"


def _secret_word(secret: bytes, limit: int) -> bytes:
    if len(secret) > limit:
        raise refuse(
            "secret-too-long", f"the password is longer than {limit} bytes", why="pppd cuts it there"
        )
    return pppword.quote(secret).encode("ascii")


def _indirect_word(path: str | None) -> bytes:
    if path is None or not path.startswith("/"):
        raise refuse(
            "secret-needs-file",
            "a password that begins with '@/' must stand in a file of its own",
            why="pppd takes it for the name of a file, quoted or not",
        )
    return pppword.quote("@" + path).encode()


def merge(old: bytes, lines: tuple[bytes, ...]) -> bytes:
    """*old* with exactly *lines* as our lines; every byte of others is kept.

    Our lines stand together before the first line that is neither blank nor a comment with its line end.
    ``merge(merge(old, lines), ()) == old`` when *old* has no line of ours.
    """
    foreign = [line for line in _lines(old) if ours(line) is None]
    place = next((at for at, line in enumerate(foreign) if not _is_skippable(line)), len(foreign))
    return b"".join([*foreign[:place], *lines, *foreign[place:]])


def lines_of(data: bytes) -> tuple[bytes, ...]:
    """What :func:`merge` takes for ours in *data*, each with its line end, in their order."""
    from pptpsetup.grammar.lines import own_lines  # only a rollback asks

    return own_lines(merge, data)


def ours(line: bytes) -> str | None:
    """The tunnel that *line*, one line of a secrets file, belongs to; None when it is not one of ours.

    It is ours by its comment, as pppd finds it, so a word that contains the same text does not count.
    """
    if _MARK not in line:
        return None
    end = 0
    for word in pppword.words(line):
        if word.unterminated:
            return None
        end = word.end
    tail = line[end:].strip(_BLANK + b"\n")
    if end == 0 or not tail.startswith(_MARK):
        return None
    return tail[len(_MARK) :].decode("ascii", "replace")


def secrets_of(data: bytes, tunnel: str) -> tuple[bytes, ...]:
    """The passwords in the lines of *tunnel* in a secrets file, in UTF-8."""
    words = ([word.value for word in pppword.words(line)] for line in _lines(data) if ours(line) == tunnel)
    return tuple(each[2].decode("latin-1").encode() for each in words)


def _lines(data: bytes) -> list[bytes]:
    return [line + b"\n" for line in data.split(b"\n")[:-1]] + [data.rpartition(b"\n")[2]]


def _is_skippable(line: bytes) -> bool:
    """Blank or a comment, and complete: text after it begins a new line."""
    content = line.lstrip(_BLANK)
    return content == b"\n" or (content.startswith(b"#") and line.endswith(b"\n"))
