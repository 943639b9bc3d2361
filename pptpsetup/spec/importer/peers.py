"""Peers files of pppd whose line is a PPTP client, with what belongs to them: secrets, hooks, includes."""

from pptpsetup.errors import Where
from pptpsetup.invocation import shell_path
from pptpsetup.spec.importer import perl, pptpcommand, pptpconfig, pptpplugin
from pptpsetup.spec.importer.finding import Files, Found, Kind, Layout, Takeover, Verdict
from pptpsetup.spec.importer.hookscripts import read_hooks
from pptpsetup.spec.importer.meaning import read_meaning
from pptpsetup.spec.importer.neighbours import Neighbours, needed_by
from pptpsetup.spec.importer.ptycommand import is_pptp
from pptpsetup.spec.importer.secretsfile import find_password, secrets_file
from pptpsetup.spec.importer.uses import Reader, Use


def read_peers(path: str, data: bytes, files: Files, layout: Layout, others: Neighbours) -> Found | None:
    """The tunnel of the peers file *path*; None when it is about something else than PPTP."""
    found = Found(Kind.PEERS, path, path.rpartition("/")[2])
    client = None
    content = data
    if perl.wrote(data):
        found.author = perl.NAME
        client = perl.client(data)
        content = perl.repair_login(found, data)
    uses = pptpplugin.take(found, all_uses(found, path, content, files, layout))
    pty = last_of(uses, "pty")
    if pty is None and pptpcommand.wrote(data):
        pptpcommand.take(found, data)
    if "server" not in found.values and (pty is None or not is_pptp(pty.option.argument or b"")):
        return found if found.problems and b"pptp" in data else None
    if pptpconfig.wrote(data):
        found.author = pptpconfig.NAME
        pptpconfig.tell_store(found, files, layout)
    read_meaning(found, uses)
    login = last_of(uses, "user") or last_of(uses, "name")
    if login is not None:
        _read_secrets(found, uses, client or login.option.argument or b"", files, layout, others)
    read_hooks(found, uses, files, layout, others)
    if path.rpartition("/")[0] == layout.peers:
        secret = last_of(uses, "password") is not None
        found.takeovers[path] = Takeover(path, data, None, secret=secret)
        _tell_includers(found, others)
    found.check_values()
    return found


def all_uses(found: Found, path: str, data: bytes, files: Files, layout: Layout) -> list[Use]:
    """Every option that ``pppd call`` would see for this file."""
    reader = Reader(found, files, layout.peers)
    shared = files.read(layout.options)
    before = [] if shared is None else reader.uses(layout.options, shared, shared=True)
    if data.startswith(b"\xef\xbb\xbf"):
        hint = f"sed -i '1s/^\\xEF\\xBB\\xBF//' {shell_path(path)}"
        message = "the file begins with a byte order mark"
        found.problem("import-bom", message, Where(path, 1, 1), why="pppd takes it for an option", hint=hint)
        data = b"   " + data[3:]
    return [*before, *reader.uses(path, data)]


def last_of(uses: list[Use], name: str) -> Use | None:
    """The option *name* that counts."""
    return next((use for use in reversed(uses) if use.name == name), None)


def _tell_includers(found: Found, others: Neighbours) -> None:
    """Whoever includes the peers file would get all of ours in its place."""
    for each in others.includers_of(found.path):
        why = f"{each} includes this file, and would read pptpsetup's in its place; import that one first"
        found.note(Verdict.LOST, "what others take from this file", Where(found.path), why)


def _read_secrets(  # noqa: PLR0917  in the order in which the data flows
    found: Found, uses: list[Use], client: bytes, files: Files, layout: Layout, others: Neighbours
) -> None:
    remote = last_of(uses, "remotename")
    server = None if remote is None else remote.option.argument
    for path in layout.secrets:
        data = files.read(path)
        if data is None:
            continue
        file = secrets_file(path, data)
        if found.author == perl.NAME:
            perl.repair_secret(found, file)
        elif found.author == pptpconfig.NAME:
            pptpconfig.take_block(found, file, client)
        before = len(found.problems)
        find_password(found, file, client, server, files)
        if found.password is not None:
            # What an open quote hides from pppd has been read by lines.
            del found.problems[before:]
    users = others.users_of_line(found.path, client, server)
    for path in layout.secrets if users else ():
        if found.takeovers.pop(path, None) is not None:
            del found.cuts[path]
            found.note(Verdict.ADVICE, "the line with the password stays", Where(path), needed_by(users))
