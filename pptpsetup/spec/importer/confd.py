"""Gentoo's /etc/conf.d/net: stanzas of netifrc that run a PPTP client for an interface pppN.

The file is a shell program that netifrc runs as root. It is not run here: only plain assignments of plain
text are read, and a file with anything else in it is refused with its line. What the variables mean is
netifrc's ``net/pppd.sh``.
"""

import re
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.errors import Where
from pptpsetup.spec.importer.finding import LIMIT, Files, Found, Kind, Layout, Note, Places, Verdict
from pptpsetup.spec.importer.meaning import read_meaning
from pptpsetup.spec.importer.peers import last_of
from pptpsetup.spec.importer.ptycommand import is_pptp
from pptpsetup.spec.importer.secretsfile import find_password, secrets_file
from pptpsetup.spec.importer.uses import Reader, Use

_ASSIGNMENT: Final = re.compile(rb"(?P<name>[A-Za-z_][A-Za-z0-9_]*)=(?P<array>\()?")
_SPACE: Final = re.compile(rb"(?:[ \t\r]|\\\n)*")
_PLAIN: Final = re.compile(rb"[A-Za-z0-9_./:,@%+=-]+")
_DYNAMIC: Final = b"$`\\!"


@dataclass(frozen=True, slots=True)
class Variable:
    """An assignment: one value, or the values of an array."""

    values: tuple[bytes, ...]
    start: int


class DynamicError(ValueError):
    """Something that only a shell could tell."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason


def assignments(data: bytes) -> dict[str, Variable]:
    """The variables that *data* sets, of several assignments the last.

    Raises DynamicError.
    """
    found: dict[str, Variable] = {}
    position = 0
    while (position := _skip(data, position)) < len(data):
        match = _ASSIGNMENT.match(data, position)
        if match is None:
            raise DynamicError(position, "it is more than assignments and comments")
        values, end = _array(data, match.end()) if match["array"] else _single(data, match.end())
        rest = _SPACE.match(data, end)
        end = rest.end() if rest else end
        if data[end : end + 1] not in {b"", b"\n", b";", b"#"}:
            raise DynamicError(end, "something follows the assignment in its line")
        found[match["name"].decode()] = Variable(values, position)
        position = end
    return found


def _skip(data: bytes, position: int) -> int:
    """The position of the next thing that is neither blank nor comment."""
    match = re.compile(rb"(?:[ \t\r\n;]|\\\n|#[^\n]*)*").match(data, position)
    return match.end() if match else position


def _single(data: bytes, position: int) -> tuple[tuple[bytes, ...], int]:
    value, end = _word(data, position)
    return (value,), end


def _array(data: bytes, position: int) -> tuple[tuple[bytes, ...], int]:
    values: list[bytes] = []
    while True:
        position = _skip(data, position)
        if position >= len(data):
            raise DynamicError(len(data), "an array is not closed")
        if data[position : position + 1] == b")":
            return tuple(values), position + 1
        value, end = _word(data, position)
        if end == position:
            raise DynamicError(position, "it is more than plain text")
        values.append(value)
        position = end


def _word(data: bytes, position: int) -> tuple[bytes, int]:
    """The plain text that begins at *position*, quotes taken off; empty where none is."""
    value = bytearray()
    while position < len(data) and data[position] not in b" \t\r\n;#)":
        quote = data[position : position + 1]
        if quote in {b"'", b'"'}:
            end = data.find(quote, position + 1)
            if end < 0:
                raise DynamicError(position, "a quote is not closed")
            text = data[position + 1 : end]
            if quote == b'"' and any(byte in _DYNAMIC for byte in text):
                raise DynamicError(position, "it is text that the shell would change")
            value += text
            position = end + 1
            continue
        plain = _PLAIN.match(data, position)
        if plain is None:
            raise DynamicError(position, "it is text that the shell would change")
        value += plain.group()
        position = plain.end()
    return bytes(value), position


def read_confd(path: str, data: bytes, files: Files, layout: Layout) -> list[Found]:
    """The PPTP tunnels of a conf.d/net."""
    says_so = b"pptp" in data
    if len(data) > LIMIT or not (says_so or b"call" in data):
        return []
    places = Places(path, data)
    try:
        variables = assignments(data)
    except DynamicError as error:
        if not says_so:
            return []
        refused = Found(Kind.CONFD, path, path.rpartition("/")[2])
        why = "the file is a shell program, and only running it would tell what it sets"
        hint = "move this line into another file for a moment, or write the tunnel's settings with create"
        refused.problem("import-dynamic", error.reason, places(error.offset), why=why, hint=hint)
        return [refused]
    names = [name.removeprefix("config_") for name in variables if re.fullmatch(r"config_ppp\d+", name)]
    return [
        found for name in names if (found := _read(path, name, variables, places, files, layout)) is not None
    ]


def _read(  # noqa: PLR0917  in the order in which the data flows
    path: str, name: str, variables: dict[str, Variable], places: Places, files: Files, layout: Layout
) -> Found | None:
    found = Found(Kind.CONFD, path, name)
    uses = _uses(name, variables, places, Reader(found, files, layout.peers), layout.options)
    pty = last_of(uses, "pty")
    if pty is None or not is_pptp(pty.option.argument or b""):
        return None
    client = _read_login(found, name, variables, places)
    if client is None:
        login = last_of(uses, "user") or last_of(uses, "name")
        client = None if login is None else login.option.argument
    found.set("on_boot", False, "the runlevel, rc-update, decides whether it starts at boot", Where(path))
    read_meaning(found, uses)
    if client is not None and found.password is None:
        remote = last_of(uses, "remotename")
        server = remote.option.argument if remote is not None else name.encode()
        for secrets in layout.secrets:
            content = files.read(secrets)
            if content is not None:
                find_password(found, secrets_file(secrets, content), client, server, files)
                _leave(found, secrets)
    _read_names(found, name, variables, places)
    why = (
        f"take the variables of {name} out, remove /etc/init.d/net.{name}, and rc-update del net.{name}, "
        "once the tunnel works"
    )
    found.note(Verdict.ADVICE, "nothing is taken out of the file", Where(path), why)
    found.check_values()
    return found


def _leave(found: Found, secrets: str) -> None:
    """The interface stays in its file, and so does its password."""
    if found.takeovers.pop(secrets, None) is not None:
        why = f"the interface {found.name} needs it until it is taken out"
        found.note(Verdict.ADVICE, "the line with the password stays", Where(secrets), why)


def _uses(
    name: str, variables: dict[str, Variable], places: Places, reader: Reader, options: str
) -> list[Use]:
    """The options that netifrc gives pppd, its own among them."""
    uses: list[Use] = []
    shared = reader.files.read(options)
    if shared is not None:
        uses += reader.uses(options, shared, shared=True)
    for key in (f"link_{name}", f"pppd_{name}"):
        variable = variables.get(key)
        if variable is None:
            continue
        where = places(variable.start)
        if any(b"\\" in value for value in variable.values):
            why = "netifrc evaluates the variable twice"
            reader.found.problem(
                "import-dynamic", f"{key} has a backslash", where, why=why, hint="take it out"
            )
        # As many lines and columns before it as there are in the file, so that places come out right.
        lead = b"\n" * ((where.line or 1) - 1) + b" " * ((where.column or 1) - 1)
        uses += reader.uses(reader.found.path, lead + b" ".join(variable.values) + b"\n")
    own = f"unit {int(name.removeprefix('ppp'))} persist maxfail 0\n".encode()
    return [*uses, *reader.uses(reader.found.path, own)]


def _read_login(found: Found, name: str, variables: dict[str, Variable], places: Places) -> bytes | None:
    username, password = variables.get(f"username_{name}"), variables.get(f"password_{name}")
    if username is None:
        return None
    value = b" ".join(username.values)
    found.set_login(value.decode("utf-8", "replace"), places(username.start))
    if password is not None:
        where = places(password.start)
        found.set_password(b" ".join(password.values).decode("latin-1"), where)
        found.notes.append(Note(Verdict.SETTING, "password (not shown)", where, None, "password"))
    return value


def _read_names(found: Found, name: str, variables: dict[str, Variable], places: Places) -> None:
    routes = variables.get(f"routes_{name}")
    if routes is not None:
        where = places(routes.start)
        networks = [
            line.strip().decode("utf-8", "replace") for value in routes.values for line in value.split(b"\n")
        ]
        for line in filter(None, networks):
            if re.fullmatch(r"[0-9.]+/[0-9]{1,2}", line):
                kept = found.values.setdefault("routes", [])
                if isinstance(kept, list):
                    kept.append(line)
                found.note(Verdict.SETTING, f"routes {line}", where)
            else:
                why = "only plain networks, such as 192.168.7.0/24, are routes of a tunnel"
                found.note(Verdict.LOST, f"route {line}", where, why)
    servers = variables.get(f"dns_servers_{name}")
    if servers is not None:
        addresses = b" ".join(servers.values).decode("utf-8", "replace").split()
        found.set("dns.servers", addresses, f"dns_servers {' '.join(addresses)}", places(servers.start))
