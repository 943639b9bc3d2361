"""Everything on a system that could be imported."""

from collections.abc import Callable, Collection
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.errors import Where
from pptpsetup.grammar.block import merge
from pptpsetup.invocation import command
from pptpsetup.spec.importer import perl
from pptpsetup.spec.importer.confd import read_confd
from pptpsetup.spec.importer.finding import Files, Found, Kind, Layout, Note, Verdict
from pptpsetup.spec.importer.interfaces import read_interfaces
from pptpsetup.spec.importer.neighbours import BACKUP, Neighbours
from pptpsetup.spec.importer.networkmanager import read_keyfile
from pptpsetup.spec.importer.peers import read_peers
from pptpsetup.spec.importer.secretsfile import secrets_file
from pptpsetup.spec.importer.uci import read_uci


@dataclass(frozen=True, slots=True)
class Survey:
    """What is there."""

    found: tuple[Found, ...]
    notes: tuple[Note, ...]
    "What belongs to no tunnel: leftovers."


def _peers(path: str, data: bytes, files: Files, layout: Layout, others: Neighbours) -> list[Found]:
    found = read_peers(path, data, files, layout, others)
    if found is None:
        return []
    read_interfaces(found, files, layout)
    found.check_values()
    found.problems = list(dict.fromkeys(found.problems))
    return [found]


def _keyfile(path: str, data: bytes, files: Files, layout: Layout) -> list[Found]:
    found = read_keyfile(path, data, files, layout)
    return [] if found is None else [found]


_READERS: Final[dict[Kind, Callable[[str, bytes, Files, Layout], list[Found]]]] = {
    Kind.NETWORKMANAGER: _keyfile,
    Kind.UCI: read_uci,
    Kind.CONFD: read_confd,
}


def read_source(  # noqa: PLR0917  in the order in which the data flows
    kind: Kind, path: str, data: bytes, files: Files, layout: Layout, others: Neighbours | None = None
) -> list[Found]:
    """The tunnels of one file of the given kind; *others* may know its neighbours already."""
    if kind is Kind.PEERS:
        return _peers(path, data, files, layout, others or Neighbours(files, layout))
    return _READERS[kind](path, data, files, layout)


SHARED: Final = frozenset({Kind.UCI, Kind.CONFD})
"Kinds of files in which tunnels of others stand beside ours."


def read_foreign(  # noqa: PLR0917  in the order in which the data flows
    kind: Kind, path: str, data: bytes, files: Files, layout: Layout, others: Neighbours | None = None
) -> list[Found]:
    """The tunnels of others in a file in which ours stand, too."""
    if kind is Kind.CONFD:
        data = merge(data, ())  # our lines are the last ones, so that places stay as they are
    return [each for each in read_source(kind, path, data, files, layout, others) if not each.ours]


def survey(files: Files, layout: Layout, ours: Collection[str] = frozenset()) -> Survey:
    """All tunnels of others in the places of *layout*; *ours* are the files that we wrote, or wrote to."""
    found: list[Found] = []
    others = Neighbours(files, layout)
    for kind, path in _sources(files, layout):
        own = path in ours
        data = None if own and kind not in SHARED else files.read(path)
        if data is not None:
            read = read_foreign if own else read_source
            found += read(kind, path, data, files, layout, others)
    return Survey(tuple(found), tuple(_leftovers(files, layout)))


def _sources(files: Files, layout: Layout) -> list[tuple[Kind, str]]:
    return [
        *(
            (Kind.PEERS, f"{layout.peers}/{name}")
            for name in files.list(layout.peers)
            if not BACKUP.search(name)  # --from reads them all the same
        ),
        *(
            (Kind.NETWORKMANAGER, f"{layout.networkmanager}/{name}")
            for name in files.list(layout.networkmanager)
        ),
        (Kind.UCI, layout.uci),
        (Kind.CONFD, layout.confd),
    ]


_GCONF: Final = ".gconf/system/networking/connections"
"Where NetworkManager before 0.9 kept the connections of a user, below his home."


def _old_connections(files: Files) -> list[Note]:
    """Connections that nothing has read since 2011, and that somebody may still miss."""
    why = f"NetworkManager before 0.9 kept it in GConf, which is not read: {command('create')} makes it anew"
    try:
        homes = ["/root", *(f"/home/{each}" for each in files.list("/home"))]
        paths = [
            f"{home}/{_GCONF}/{name}/vpn/%gconf.xml"
            for home in homes
            for name in files.list(f"{home}/{_GCONF}")
        ]
        found = [
            path for path in paths if b"org.freedesktop.NetworkManager.pptp" in (files.read(path) or b"")
        ]
    except PermissionError:
        return []
    return [Note(Verdict.ADVICE, "a connection of a user", Where(path), why) for path in found]


def _leftovers(files: Files, layout: Layout) -> list[Note]:
    notes = _old_connections(files)
    names = frozenset(files.list(layout.peers))
    for path in layout.secrets:
        data = files.read(path)
        if data is not None:
            file = secrets_file(path, data)
            notes += perl.orphans(file, names)
            if file.open_quote is not None:
                why = "pppd sees no password after it; close the quote"
                notes.append(Note(Verdict.ADVICE, "a quote is not closed", file.open_quote, why))
        if files.read(f"{path}.bkp") is not None:
            why = "the Perl pptpsetup left it, with all passwords in it, and nothing uses it: remove it"
            notes.append(Note(Verdict.ADVICE, "an old copy of the secrets", Where(f"{path}.bkp"), why))
    return notes
