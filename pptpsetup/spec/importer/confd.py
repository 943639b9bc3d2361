"""Gentoo's /etc/conf.d/net: stanzas of netifrc that run a PPTP client for an interface pppN.

The file is a shell program that netifrc runs as root. It is not run here: only plain assignments of plain
text are read, and a file with anything else in it but functions is refused with its line. What the variables
mean is netifrc's ``net/pppd.sh``.
"""

import re
from ipaddress import IPv4Network
from typing import Final

from pptpsetup.errors import Where
from pptpsetup.spec.importer.assignments import Assignments, DynamicError, Variable, assignments
from pptpsetup.spec.importer.finding import LIMIT, Files, Found, Kind, Layout, Note, Places, Verdict
from pptpsetup.spec.importer.meaning import read_meaning
from pptpsetup.spec.importer.peers import last_of
from pptpsetup.spec.importer.ptycommand import is_pptp
from pptpsetup.spec.importer.secretsfile import find_password, secrets_file
from pptpsetup.spec.importer.uses import Reader, Use

_ROUTE: Final = re.compile(
    r"(?:-net |-host )?(?:(?P<default>default)|(?P<cidr>[0-9.]+(?:/[0-9]{1,2})?)"
    r"|(?P<net>[0-9.]+) netmask (?P<mask>[0-9.]+))"
)
_CALLED: Final = frozenset({"preup", "predown", "postup", "postdown", "failup", "faildown"})


def read_confd(path: str, data: bytes, files: Files, layout: Layout) -> list[Found]:
    """The PPTP tunnels of a conf.d/net."""
    says_so = b"pptp" in data
    if len(data) > LIMIT or not (says_so or b"call" in data):
        return []
    places = Places(path, data)
    try:
        read = assignments(data)
    except DynamicError as error:
        if not says_so:
            return []
        refused = Found(Kind.CONFD, path, path.rpartition("/")[2])
        why = "the file is a shell program, and only running it would tell what it sets"
        hint = "move this line into another file for a moment, or write the tunnel's settings with create"
        refused.problem("import-dynamic", error.reason, places(error.offset), why=why, hint=hint)
        return [refused]
    names = [name.removeprefix("config_") for name in read.variables if re.fullmatch(r"config_ppp\d+", name)]
    return [found for name in names if (found := _read(path, name, read, places, files, layout)) is not None]


def _read(  # noqa: PLR0917  in the order in which the data flows
    path: str, name: str, read: Assignments, places: Places, files: Files, layout: Layout
) -> Found | None:
    variables = read.variables
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
    _read_functions(found, name, read, places)
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
    for value in () if routes is None else routes.values:
        for line in value.decode("utf-8", "replace").split("\n"):
            if line.strip():
                _read_route(found, name, " ".join(line.split()), places(routes.start if routes else 0))
    servers = variables.get(f"dns_servers_{name}")
    if servers is not None:
        addresses = b" ".join(servers.values).decode("utf-8", "replace").split()
        found.set("dns.servers", addresses, f"dns_servers {' '.join(addresses)}", places(servers.start))


def _read_route(found: Found, name: str, line: str, where: Where) -> None:
    """A route as netifrc takes it: what ip(8) or route(8) do, with or without the interface."""
    match = _ROUTE.fullmatch(line.removesuffix(f" dev {name}"))
    if match is None:
        why = "only plain networks, such as 192.168.7.0/24, are routes of a tunnel"
        found.note(Verdict.LOST, f"route {line}", where, why)
    elif match["default"]:
        why = "whether it took everything depends on the other routes; --all-to-tunnel does"
        found.note(Verdict.LOST, f"route {line}", where, why)
    else:
        kept = found.values.setdefault("routes", [])
        if isinstance(kept, list):
            kept.append(_network(match["cidr"] or f"{match['net']}/{match['mask']}"))
        found.notes.append(Note(Verdict.SETTING, f"route {line}", where, None, "routes"))


def _network(text: str) -> str:
    """With its length if it is a network; else as it stands, to be judged with its place."""
    try:
        return str(IPv4Network(text))
    except ValueError:
        return text


def _read_functions(found: Found, name: str, read: Assignments, places: Places) -> None:
    """Functions by which netifrc lets others have a say."""
    for key, function in read.functions.items():
        where = places(function.start)
        if key == f"depend_{name}":
            why = "what pptpsetup writes waits for the network"
            found.note(Verdict.CHANGED, f"{key}()", where, why)
        elif key in _CALLED and re.search(rb"(?<![\w])%s(?!\w)" % name.encode(), function.body):
            why = f"netifrc calls it for {name}; put what it does into /etc/ppp/ip-up.d or ip-down.d"
            found.note(Verdict.LOST, f"{key}()", where, why)
