"""The system that a command works on, as the importer reads it."""

from pathlib import PurePosixPath
from shlex import quote

from pptpsetup.change.manifest import load_manifest
from pptpsetup.change.system import FileEntry
from pptpsetup.cli.host import Host
from pptpsetup.errors import Diagnostic, UsageError, Where
from pptpsetup.invocation import command
from pptpsetup.spec.importer.finding import Found, Kind, Layout
from pptpsetup.spec.importer.survey import SHARED, Survey, read_foreign, read_source, survey


class HostFiles:
    """The files of a system; links stay inside it. Only plain files can be read."""

    def __init__(self, host: Host) -> None:
        self._system = host.system

    def read(self, path: str) -> bytes | None:
        """The content of *path*; None when it is no file. Raises PermissionError."""
        try:
            entry = self._system.read(self._system.resolve(path))
        except PermissionError:
            raise
        except (OSError, ValueError):
            return None
        return entry.content if isinstance(entry, FileEntry) else None

    def list(self, directory: str) -> tuple[str, ...]:
        """The sorted names in *directory*. Raises PermissionError."""
        try:
            return self._system.list(self._system.resolve(directory))
        except PermissionError:
            raise
        except (OSError, ValueError):
            return ()


def layout(host: Host) -> Layout:
    """Where this system keeps what the importer reads."""
    profile = host.profile
    keeps = (
        {} if profile.networkmanager is None else {"networkmanager": str(profile.networkmanager.directory)}
    )
    return Layout(
        peers=str(profile.peers.directory),
        options=str(PurePosixPath(profile.peers.directory).parent / "options"),
        secrets=(str(profile.secrets.chap), str(profile.secrets.pap)),
        hooks=(str(profile.hooks.up), str(profile.hooks.down)),
        netifd=profile.uci is not None,
        **keeps,
    )


def look_around(host: Host) -> Survey:
    """Everything on this system that could be imported."""
    return survey(HostFiles(host), layout(host), load_manifest(host.system).entries.keys())


def chosen(host: Host, name: str, source: str | None) -> Found:
    """The tunnel called *name*, in the source that ``--from`` names if it does.

    Raises UsageError: no such tunnel or source, or several of that name.
    """
    known = look_around(host).found if source is None else tuple(_from(host, source, name))
    found = [each for each in known if each.name == name]
    if len(found) == 1:
        return found[0]
    if found:
        sources = " or ".join(f"--from {quote(f'{each.kind.value}:{each.path}')}" for each in found)
        message = f"there are {len(found)} tunnels called {name!r}"
        raise UsageError(Diagnostic("import-ambiguous", message, hint=f"add {sources}"))
    names = ", ".join(each.name for each in known)
    hint = f"there are {names}" if names else f"{command('import')} lists what it finds"
    message = f"there is no tunnel {name!r} to import"
    raise UsageError(Diagnostic("import-unknown", message, hint=hint))


def _from(host: Host, source: str, name: str) -> list[Found]:
    kind, colon, path = source.partition(":")
    kinds = ", ".join(each.value for each in Kind)
    if not colon or kind not in {each.value for each in Kind} or not path.startswith("/"):
        message = f"--from {source} does not name a source"
        hint = f"write KIND:PATH, KIND being one of {kinds}, PATH beginning with /"
        raise UsageError(Diagnostic("import-source", message, hint=hint))
    files = HostFiles(host)
    data = files.read(path)
    if data is None:
        message = f"{path} is not a file that can be read"
        raise UsageError(Diagnostic("import-source", message, Where(path), hint="correct the path"))
    own = path in load_manifest(host.system)
    if own and Kind(kind) not in SHARED:
        message = f"{path} is pptpsetup's own"
        raise UsageError(Diagnostic("import-source", message, Where(path), hint=command("show", name)))
    read = read_foreign if own else read_source
    return read(Kind(kind), path, data, files, layout(host))
