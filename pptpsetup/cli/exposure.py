"""Who else gets to see files with passwords: a group, and etckeeper, which keeps every version of /etc."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

from pptpsetup.change.draft import resolved
from pptpsetup.change.entry import FileEntry
from pptpsetup.change.exposure import is_for_a_group
from pptpsetup.change.system import System, read_bytes
from pptpsetup.cli.host import Host
from pptpsetup.errors import Diagnostic, Where
from pptpsetup.invocation import shell_path
from pptpsetup.render.init.choice import KINDS
from pptpsetup.render.passwordfd import is_used_by
from pptpsetup.render.places import SECRETS_DIRECTORY
from pptpsetup.spec.model import Authentication, Init, Tunnel
from pptpsetup.spec.secret import secret_file

_ETCKEEPER: Final = "/etc/etckeeper/etckeeper.conf"
_REPOSITORY: Final = "/etc/.git"
_IGNORED: Final = "/etc/.gitignore"


def exposures(host: Host, tunnels: Iterable[Tunnel]) -> tuple[Diagnostic, ...]:
    """What is to be told about the files that hold the passwords of *tunnels*."""
    set_up = tuple(each for each in tunnels if each.is_set_up)
    files = _secrets_files(host, set_up)
    group = host.profile.secrets.access.group
    found = [_group(host.system, path, group) for path in files]
    if any(_has_file(each) for each in set_up):
        files = (*files, SECRETS_DIRECTORY)
    return tuple(each for each in (*found, _etckeeper(host.system, files)) if each is not None)


def _secrets_files(host: Host, tunnels: tuple[Tunnel, ...]) -> tuple[str, ...]:
    """pppd's own, as far as they are going to have lines of *tunnels*."""
    writing = [each for each in tunnels if not is_used_by(each) and _runs_pppd(host, each)]
    methods = {method for each in writing for method in each.authentication}
    places = host.profile.secrets
    chap = [places.chap] if methods - {Authentication.PAP} else []
    return (*chap, *([places.pap] if Authentication.PAP in methods else []))


def _runs_pppd(host: Host, tunnel: Tunnel) -> bool:
    return KINDS[Init(host.facts.init_for(tunnel.init.value))].runs_pppd


def _has_file(tunnel: Tunnel) -> bool:
    own = tunnel.password.value == secret_file(tunnel.name)
    return own or (is_used_by(tunnel) and not tunnel.systemd_has_password)


def _group(system: System, path: str, root: str) -> Diagnostic | None:
    place = resolved(system, path, last=True)
    entry = None if place is None else system.read(place)
    if not isinstance(entry, FileEntry) or not is_for_a_group(entry, system.group_id(root)):
        return None
    return Diagnostic(
        "secrets-group-readable",
        f"the group with the number {entry.gid} can use {path} (mode {entry.mode:04o})",
        Where(path),
        "somebody has arranged it so, and it is left alone; pppd warns of it at every start",
        f"if nobody but root needs it: chmod 600 {shell_path(path)}",
    )


def _etckeeper(system: System, paths: tuple[str, ...]) -> Diagnostic | None:
    if system.read(_ETCKEEPER) is None or system.read(_REPOSITORY) is None:
        return None
    patterns = (read_bytes(system, _IGNORED) or b"").decode("utf-8", "replace").splitlines()
    kept = [path for path in paths if not _is_ignored(path.removeprefix("/etc/"), patterns)]
    if not kept:
        return None
    names = [path.removeprefix("/etc/") for path in kept]
    lines = " ".join(f"/{name}" for name in names)
    return Diagnostic(
        "etckeeper-keeps-passwords",
        f"etckeeper commits {' and '.join(kept)} into {_REPOSITORY}, with the passwords",
        why="every version stays in its history, also what is committed already, and goes wherever that is"
        " pushed to",
        hint=f"printf '%s\\n' {lines} >>{_IGNORED} && git -C /etc rm -r -q --cached --ignore-unmatch "
        f"{' '.join(names)}",
    )


def _is_ignored(name: str, patterns: list[str]) -> bool:
    """By gitignore(5), as far as such names go: a pattern for it, for its last part or for what it is in."""
    parts = name.split("/")
    above = {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    wanted = (each.strip().strip("/") for each in patterns if not each.startswith(("#", "!")))
    return any(
        fnmatchcase(candidate, pattern) for pattern in wanted for candidate in (*above, *parts) if pattern
    )
