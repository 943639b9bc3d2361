"""What a distribution wants, as data: ``profiles/*.yaml`` loaded into frozen values.

A variant names its parent with ``extends:`` and states only what differs; mappings are merged key by key,
lists and plain values replaced. Paths are absolute, as the running system sees them.
"""

import pathlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache

from pptpsetup.distro.schema import Mode, Path, SchemaError, build
from pptpsetup.errors import Diagnostic, InternalError, UnsupportedError, Where
from pptpsetup.resources import data_dir

_ID = re.compile(r"[a-z][a-z0-9-]*")


class InitKind(str, Enum):
    """Who starts a tunnel at boot; the values are those of ``spec.model.Init`` that name a program."""

    SYSTEMD = "systemd"
    IFUPDOWN = "ifupdown"


class HookKind(str, Enum):
    """How the distribution's ip-up finds the scripts of others."""

    RUN_PARTS = "run-parts"
    "run-parts(8) over a directory: executable files whose names have letters, digits, ``_`` and ``-`` only."


class DnsKind(str, Enum):
    """Ways to make name servers known, for the hook script to try in order."""

    RESOLVECTL = "resolvectl"
    RESOLVCONF = "resolvconf"
    PLAIN = "plain"
    "Edit /etc/resolv.conf."


@dataclass(frozen=True, slots=True)
class Permissions:
    """Owner and group by name, and mode."""

    owner: str
    group: str
    mode: Mode


@dataclass(frozen=True, slots=True)
class Match:
    """What os-release and older files say on such systems."""

    ids: tuple[str, ...]
    "Values of ID (as the distro library normalises them) that mean this profile."
    markers: tuple[Path, ...] = ()
    "Files that mean it when nothing gives an ID."


@dataclass(frozen=True, slots=True)
class Packages:
    """Package names by what they provide."""

    ppp: str
    pptp: str
    "The C PPTP client, for ``engine: system``."
    kernel: str
    "A kernel that has PPP and MPPE."
    modules: str
    "Brings ppp_mppe; ``$(uname -r)`` in it is for the shell that the hint is pasted into."


@dataclass(frozen=True, slots=True)
class Peers:
    """Where ``pppd call NAME`` looks."""

    directory: Path
    directory_access: Permissions
    access: Permissions


@dataclass(frozen=True, slots=True)
class SecretFiles:
    """pppd's password files."""

    chap: Path
    pap: Path
    access: Permissions


@dataclass(frozen=True, slots=True)
class Hooks:
    """Scripts run when an IPv4 link is up or went down."""

    kind: HookKind
    up: Path
    "Directory."
    down: Path
    "Directory."
    file_name: str
    access: Permissions
    directory_access: Permissions
    bypassed_by: tuple[Path, ...] = ()
    "Files that, when executable, run instead of the directories."


@dataclass(frozen=True, slots=True)
class Modules:
    """Linux kernel modules by what they are for."""

    ppp: tuple[str, ...]
    "PPP over a pty."
    mppe: tuple[str, ...]
    "Encryption (RFC 3078)."


@dataclass(frozen=True, slots=True)
class Systemd:
    """Where the administrator's units go."""

    unit_directory: Path
    wants_directory: Path
    "Holds the links of units that start at boot."
    access: Permissions
    directory_access: Permissions
    running: Path
    "Exists while systemd is process 1 (sd_booted(3))."


@dataclass(frozen=True, slots=True)
class Ifupdown:
    """ifupdown's stanzas, one file per tunnel."""

    directory: Path
    access: Permissions
    directory_access: Permissions


@dataclass(frozen=True, slots=True)
class InitChoice:
    """An init kind and what proves that it is installed: any one of the files."""

    kind: InitKind
    installed_by: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class DnsMethod:
    """A DNS method and what proves that it can be used: any one of the files; none: it always can."""

    kind: DnsKind
    installed_by: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """One release, or several in a row that carry the same pppd."""

    first: str
    "Version number as os-release has it."
    last: str
    code_name: str
    ppp: str
    "Version of pppd it came with."


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that differs between distributions."""

    id: str
    name: str
    match: Match
    packages: Packages
    install_command: tuple[str, ...]
    "Program and arguments to which package names are appended."
    pppd: Path
    pptp: Path
    "The C PPTP client."
    peers: Peers
    secrets: SecretFiles
    hooks: Hooks
    systemd: Systemd
    ifupdown: Ifupdown
    init: tuple[InitChoice, ...]
    "In order of preference."
    pid_directories: tuple[Path, ...]
    "Where pppd's ``linkname`` files may be: ``ppp-LINKNAME.pid``."
    dns: tuple[DnsMethod, ...]
    "In the order to be tried."
    modules: Modules
    log_query: tuple[str, ...]
    "Command that shows pppd's log."
    releases: tuple[Release, ...]
    warnings: tuple[str, ...] = ()
    "What an administrator of such a system should know; whole sentences."

    def install(self, *packages: str) -> str:
        """A command to paste that installs *packages*."""
        return " ".join((*self.install_command, *packages))

    def release(self, version: str) -> Release | None:
        """The release that *version* (of os-release) belongs to; None when the profile does not know it."""
        wanted = _numbers(version)
        for each in self.releases:
            first, last = _numbers(each.first), _numbers(each.last)
            if wanted and first <= wanted and wanted[: len(last)] <= last:
                return each
        return None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def profile_ids(directory: pathlib.Path | None = None) -> tuple[str, ...]:
    """The ids of all profiles, sorted."""
    return tuple(sorted(path.stem for path in (directory or data_dir("profiles")).glob("*.yaml")))


@cache
def load_profile(profile_id: str, directory: pathlib.Path | None = None) -> Profile:
    """The profile called *profile_id*.

    Raises UnsupportedError ``profile-unknown``; InternalError ``profile-invalid`` with all that is wrong in
    the file.
    """
    folder = directory or data_dir("profiles")
    known = profile_ids(folder)
    if profile_id not in known:
        from difflib import get_close_matches

        close = get_close_matches(profile_id, known, n=1)
        message = f"there is no profile {profile_id!r}" + (f"; did you mean {close[0]}?" if close else "")
        raise UnsupportedError(
            Diagnostic("profile-unknown", message, hint=f"choose one of {', '.join(known)}")
        )
    try:
        return build(Profile, read_merged(profile_id, folder))
    except SchemaError as error:
        where = Where(f"profiles/{profile_id}.yaml")
        raise InternalError(
            Diagnostic("profile-invalid", f"{path}: {what}", where=where) for path, what in error.problems
        ) from error


def read_merged(profile_id: str, folder: pathlib.Path, below: tuple[str, ...] = ()) -> dict[str, object]:
    """The plain data of a profile with its parents' merged in; ``id`` is set, ``extends`` is gone.

    Raises InternalError ``profile-invalid``: not YAML, not a mapping, or a parent that is missing or one of
    its own descendants.
    """
    data = read(profile_id, folder)
    parent = data.pop("extends", None)
    if parent is None:
        return {**data, "id": profile_id}
    if not isinstance(parent, str) or parent in (profile_id, *below) or parent not in profile_ids(folder):
        raise _invalid(profile_id, f"extends: {parent!r} is not another profile")
    return {**merge(read_merged(parent, folder, (profile_id, *below)), data), "id": profile_id}


def read(profile_id: str, folder: pathlib.Path) -> dict[str, object]:
    """The plain data of one file, ``extends`` and all.

    Raises InternalError ``profile-invalid``: not YAML, not a mapping, a bad file name, or a file that says
    its own id.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if not _ID.fullmatch(profile_id):
        raise _invalid(profile_id, "a profile's file name is lower-case letters, digits and -")
    try:
        data = YAML(typ="safe", pure=True).load((folder / f"{profile_id}.yaml").read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise _invalid(profile_id, f"is not YAML: {error}") from error
    if not isinstance(data, dict) or "id" in data:
        raise _invalid(profile_id, "must be a mapping without 'id' (the file's name is the id)")
    return data


def merge(parent: Mapping[str, object], own: Mapping[str, object]) -> dict[str, object]:
    """*parent* with the values of *own*: mappings merged, everything else replaced."""
    result = dict(parent)
    for key, value in own.items():
        inherited = result.get(key)
        if isinstance(value, Mapping) and isinstance(inherited, Mapping):
            result[key] = merge(inherited, value)
        else:
            result[key] = value
    return result


def _invalid(profile_id: str, what: str) -> InternalError:
    return InternalError(Diagnostic("profile-invalid", what, where=Where(f"profiles/{profile_id}.yaml")))
