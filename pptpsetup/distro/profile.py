"""What a distribution wants, as values; ``profiles/*.yaml`` hold them and `catalogue` reads them.

Paths are absolute, as the running system sees them.
"""

import re
from dataclasses import dataclass

from pptpsetup.distro.kinds import (
    DnsKind,
    Firewall,
    HookKind,
    InitKind,
    Lsm,
    PackageFormat,
    Routing,
    Standing,
)
from pptpsetup.distro.places import (
    Ifupdown,
    Netifrc,
    NetworkManager,
    Openrc,
    Permissions,
    RcD,
    Runit,
    Systemd,
    Sysv,
    Uci,
)
from pptpsetup.distro.schema import Path


@dataclass(frozen=True, slots=True)
class Match:
    """What os-release and older files say on such systems; every condition given must hold."""

    ids: tuple[str, ...]
    "Values of ID (as the distro library normalises them) that mean this profile."
    name: str | None = None
    "The system's NAME must be this: old releases share their ID with newer ones."
    versions: str | None = None
    "``FIRST-LAST``, of VERSION_ID: the profile is for these releases only."
    files: tuple[Path, ...] = ()
    "Must all exist: a derivative that calls itself like its parent."
    markers: tuple[Path, ...] = ()
    "Files that mean this profile when nothing gives an ID."

    def covers(self, version: str) -> bool:
        """Whether *version* is among those that the profile is for."""
        if self.versions is None:
            return True
        first, _, last = self.versions.partition("-")
        found = numbers(version)
        return bool(found) and numbers(first) <= found and found[: len(numbers(last))] <= numbers(last)


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
    networkmanager: str | None = None
    "NetworkManager's PPTP plugin."
    python: str | None = None
    "An interpreter new enough for the engine, where ``python`` is not the system's own."


@dataclass(frozen=True, slots=True)
class Peers:
    """Where ``pppd call NAME`` looks."""

    directory: Path
    directory_access: Permissions
    access: Permissions
    reserved: tuple[str, ...] = ()
    "Names that the distribution's packages use there."


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
    "A directory or, for the kinds of one file, that file."
    down: Path
    access: Permissions
    "Of our scripts, or of the one file when it is not there yet."
    file_name: str | None = None
    "Of our scripts in the directories."
    directory_access: Permissions | None = None
    bypassed_by: tuple[Path, ...] = ()
    "Files that, when executable, run instead of the directories."


@dataclass(frozen=True, slots=True)
class Modules:
    """Kernel modules by what they are for."""

    ppp: tuple[str, ...]
    "PPP over a pty."
    mppe: tuple[str, ...]
    "Encryption (RFC 3078); none: this kernel has no MPPE at all."
    no_mppe_because: str | None = None
    "For kernels without MPPE: why."


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
    ppp: str
    "Version of pppd it came with."
    code_name: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that differs between distributions."""

    id: str
    name: str
    match: Match
    packages: Packages
    install_command: tuple[str, ...]
    "Program and arguments to which package names are appended."
    package_format: PackageFormat
    python: Path
    "The interpreter that packages are run with."
    pppd: Path
    pptp: Path
    "The C PPTP client."
    options: tuple[str, ...]
    "Lines of /etc/ppp/options as packaged, which pppd reads first; none: it is not packaged."
    peers: Peers
    secrets: SecretFiles
    hooks: Hooks
    routing: Routing
    init: tuple[InitChoice, ...]
    "In order of preference."
    pid_directories: tuple[Path, ...]
    "Where pppd's ``linkname`` files may be: ``ppp-LINKNAME.pid``."
    dns: tuple[DnsMethod, ...]
    "In the order to be tried."
    modules: Modules
    firewall: tuple[Firewall, ...]
    "Usual ones, the most usual first."
    lsm: Lsm
    log_query: tuple[str, ...]
    "Command that shows pppd's log."
    releases: tuple[Release, ...]
    "In order; none for a system that has no releases."
    rolling_ppp: str | None = None
    "The pppd of a system without releases, or of a version that ``releases`` does not know."
    systemd: Systemd | None = None
    ifupdown: Ifupdown | None = None
    openrc: Openrc | None = None
    netifrc: Netifrc | None = None
    sysv: Sysv | None = None
    rc_d: RcD | None = None
    runit: Runit | None = None
    networkmanager: NetworkManager | None = None
    uci: Uci | None = None
    standing: Standing = Standing.SUPPORTED
    because: str | None = None
    "Why not ``supported``, and what would work; whole sentences."
    warnings: tuple[str, ...] = ()
    "What an administrator of such a system should know; whole sentences."

    def install(self, *packages: str) -> str:
        """A command to paste that installs *packages*."""
        return " ".join((*self.install_command, *packages))

    def release(self, version: str) -> Release | None:
        """The release that *version* (of os-release) belongs to; None when the profile does not know it."""
        wanted = numbers(version)
        for each in self.releases:
            first, last = numbers(each.first), numbers(each.last)
            if wanted and first <= wanted and wanted[: len(last)] <= last:
                return each
        return None


INIT_SECTIONS = {
    InitKind.SYSTEMD: "systemd",
    InitKind.IFUPDOWN: "ifupdown",
    InitKind.OPENRC: "openrc",
    InitKind.NETIFRC: "netifrc",
    InitKind.SYSV: "sysv",
    InitKind.RC_D: "rc_d",
    InitKind.RUNIT: "runit",
    InitKind.NETWORKMANAGER: "networkmanager",
    InitKind.UCI: "uci",
}
"The field of `Profile` that says where the files of an init kind go."


def numbers(version: str) -> tuple[int, ...]:
    """The numbers in *version*, to be compared; ``13 (trixie)`` gives (13,)."""
    return tuple(int(part) for part in re.findall(r"\d+", version))
