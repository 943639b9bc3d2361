"""What a distribution wants, as values; ``profiles/*.yaml`` hold them and `catalogue` reads them.

Paths are absolute, as the running system sees them.
"""

import re
from typing import Final

from pptpengine.record import dataclass
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

_RUN: Final = Path("/run")


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
    "Files any of which means this profile when nothing gives an ID."

    @property
    def conditions(self) -> int:
        """How many things besides the ID are asked for; the profile that asks for most is meant."""
        return (self.name is not None) + (self.versions is not None) + bool(self.files)

    @property
    def by_release(self) -> bool:
        """Whether only some releases of the IDs are meant, which says nothing of what is merely like
        them."""
        return self.name is not None or self.versions is not None

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
    kernel: str | None = None
    "A kernel that has PPP and MPPE; none: kernels are no packages there."
    modules: str | None = None
    "Brings ppp_mppe; ``$(uname -r)`` in it is for the shell that the hint is pasted into."
    networkmanager: str | None = None
    "NetworkManager's PPTP plugin."
    keyring: str | None = None
    "Python's library for keyrings, which is an extra."
    passwordfd: str | None = None
    "pppd's plugin passwordfd.so, where ``ppp`` does not bring it."
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
    pre_up: Path | None = None
    """Where our script goes that pppd runs, by its ``ip-pre-up``, before it brings an interface up; none:
    there is no such place, so no route can be there before the first call.
    """


@dataclass(frozen=True, slots=True)
class Modules:
    """Kernel modules by what they are for."""

    ppp: tuple[str, ...]
    "PPP over a pty."
    mppe: tuple[str, ...]
    "Encryption (RFC 3078); none: this kernel has no MPPE at all."
    no_mppe_because: str | None = None
    "For kernels without MPPE: why."
    boot_list: Path | None = None
    "Names modules to be loaded at boot: a file, or a directory of such files."


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
    python: Path | None = None
    "The interpreter to run with, where the profile's own is too old for the engine or is called otherwise."
    warnings: tuple[str, ...] = ()
    "What an administrator of this release should know; whole sentences."

    @property
    def title(self) -> str:
        """Its number or numbers, with the code name."""
        numbers_ = self.first if self.first == self.last else f"{self.first} to {self.last}"
        return f"{numbers_} ({self.code_name})" if self.code_name else numbers_

    def covers(self, version: str) -> bool:
        """Whether *version* belongs to it; 12.5 belongs to 12."""
        first, last, wanted = numbers(self.first), numbers(self.last), numbers(version)
        return bool(wanted) and first <= wanted and wanted[: len(last)] <= last


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
    "In the order in which they came; none for a system that has no releases."
    rolling_ppp: str | None = None
    "The pppd of a system without releases."
    systemd: Systemd | None = None
    ifupdown: Ifupdown | None = None
    openrc: Openrc | None = None
    netifrc: Netifrc | None = None
    sysv: Sysv | None = None
    rc_d: RcD | None = None
    runit: Runit | None = None
    networkmanager: NetworkManager | None = None
    uci: Uci | None = None
    run_directory: Path = _RUN
    "Where programs keep what is gone after a reboot."
    standing: Standing = Standing.SUPPORTED
    because: str | None = None
    "Why not ``supported``, and what would work; whole sentences."
    warnings: tuple[str, ...] = ()
    "What an administrator of such a system should know; whole sentences."
    unverified: tuple[str, ...] = ()
    """Paths of what is believed and was not seen, such as ``packages.pptp``; of a release ``releases.`` and
    its first number. Everything else was seen in the system's packages or their sources.
    """

    def install(self, *packages: str) -> str:
        """A command to paste that installs *packages*."""
        return " ".join((*self.install_command, *packages))

    def release(self, version: str) -> Release | None:
        """The release that *version* (of os-release) belongs to; None when the profile does not know it."""
        return next((each for each in self.releases if each.covers(version)), None)

    def nearest_release(self, version: str) -> Release | None:
        """The last release whose number is not above *version*, else the first one; the newest for a version
        without a number. None for a system without releases."""
        wanted = numbers(version)
        if not self.releases:
            return None
        if not wanted:
            return self.releases[-1]
        older = [each for each in self.releases if numbers(each.first) <= wanted]
        return older[-1] if older else self.releases[0]

    def ppp_of(self, release: Release | None) -> str | None:
        """The version of pppd that *release*, or a system without releases, comes with."""
        return self.rolling_ppp if release is None else release.ppp

    def python_of(self, release: Release | None) -> Path:
        """The interpreter to run with on *release*."""
        return self.python if release is None or release.python is None else release.python


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
