"""Who else relies on what a tunnel uses: a line of a secrets file, a name for hooks, its own peers file.

What others rely on stays where it is, although the tunnel that is imported does not need it any more.
"""

import re
from functools import cached_property
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.spec.importer.finding import Files, Found, Kind, Layout
from pptpsetup.spec.importer.uses import Reader, Use

BACKUP: Final = re.compile(r"(?:~|\.bak|\.old|\.orig|\.rej|\.swp|\.(?:dpkg|ucf|rpm)-?\w+)\Z")
"Endings of files that an editor or a package manager has put aside."
_SERVERS: Final = re.compile(r"options\.|pptpd-options\Z")
"Option files of those who answer calls: options.pptpd, options.xl2tpd, pptpd-options."


@dataclass(frozen=True, slots=True)
class _Neighbour:
    """An option file that somebody may run pppd with."""

    path: str
    client: bytes | None
    "The name it logs in with."
    server: bytes | None
    "The name it knows the other side by; None: whatever that says."
    parameters: frozenset[bytes]
    "What hooks know it by."
    included: frozenset[str]


def needed_by(users: list[str]) -> str:
    """Why something stays that *users*, of which there is at least one, use as well."""
    if len(users) == 1:
        return f"{users[0]} needs it as well"
    others = f"{len(users) - 1} more" if len(users) > 2 else users[1]
    return f"{users[0]} and {others} need it as well"


class Neighbours:
    """The other option files of a system; they are read when somebody first asks."""

    def __init__(self, files: Files, layout: Layout) -> None:
        self._files = files
        self._layout = layout

    def users_of_line(self, path: str, client: bytes, server: bytes | None) -> list[str]:
        """The files besides *path* whose pppd finds its password in the line for *client* and *server*."""
        return [
            each.path
            for each in self._besides(path)
            if each.client == client and (None in {server, each.server} or server == each.server)
        ] + [each for each, name in self._answering if name == server]

    def users_of_name(self, path: str, names: frozenset[bytes]) -> list[str]:
        """The files besides *path* that hooks know by one of *names* as well."""
        return [each.path for each in self._besides(path) if each.parameters & names]

    def includers_of(self, path: str) -> list[str]:
        """The files that include *path*."""
        return [each.path for each in self._all if path in each.included]

    def _besides(self, path: str) -> list[_Neighbour]:
        """All but *path* and what it includes, which no pppd is run with by itself."""
        own = next((each.included for each in self._all if each.path == path), frozenset())
        return [each for each in self._all if each.path != path and each.path not in own]

    @cached_property
    def _all(self) -> list[_Neighbour]:
        directory = self._layout.peers
        shared, _ = self._read(self._layout.options)
        return [
            _neighbour(path, [*shared, *uses], included)
            for name in self._files.list(directory)
            if not BACKUP.search(name)
            for path in [f"{directory}/{name}"]
            for uses, included in [self._read(path)]
        ]

    @cached_property
    def _answering(self) -> list[tuple[str, bytes]]:
        """Option files of those who answer calls, with the name that they answer with."""
        directory = self._layout.options.rpartition("/")[0]
        return [
            (path, use.option.argument)
            for name in self._files.list(directory)
            if _SERVERS.match(name) and not BACKUP.search(name)
            for path in [f"{directory}/{name}"]
            for use in self._read(path)[0]
            if use.name == "name" and use.option.argument
        ]

    def _read(self, path: str) -> tuple[list[Use], list[str]]:
        """The options of a file, and the files it includes; what is wrong with it is told elsewhere."""
        data = self._files.read(path)
        reader = Reader(Found(Kind.PEERS, path, path), self._files, self._layout.peers)
        return ([] if data is None else reader.uses(path, data)), reader.included


def _neighbour(path: str, uses: list[Use], included: list[str]) -> _Neighbour:
    last = {use.name: use.option.argument for use in uses}
    names = (last.get(each) for each in ("ipparam", "linkname"))
    return _Neighbour(
        path,
        last.get("user") or last.get("name"),
        last.get("remotename"),
        frozenset(each for each in names if each),
        frozenset(included),
    )
