"""Where the files of each init kind go: the sections of a profile, one class per kind."""

from typing import Final

from pptpengine.record import dataclass
from pptpsetup.distro.schema import Mode, Path

_OPENRC_BOOTED: Final = Path("/run/openrc/softlevel")
_OPENRC_BOOT: Final = Path("/etc/runlevels/boot")
_OPENRC_STARTED: Final = Path("/run/openrc/started")
_NETWORKMANAGER_STATE: Final = Path("/run/NetworkManager")
_UBUS_SOCKET: Final = Path("/var/run/ubus/ubus.sock")
_RUNIT_STATE: Final = Path("/run/runit")
_RC_D_SCRIPTS: Final = Path("/etc/rc.d")


@dataclass(frozen=True, slots=True)
class Permissions:
    """Owner and group by name, and mode."""

    owner: str
    group: str
    mode: Mode


_RC_D_ACCESS: Final = Permissions("root", "wheel", Mode(0o555))


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
class Openrc:
    """A script for openrc-run(8), and a link to it for each tunnel."""

    script_directory: Path
    configuration_directory: Path
    runlevel_directory: Path
    "Holds the links of services that start at boot."
    run: Path
    "The interpreter, openrc-run."
    access: Permissions
    "Of the script."
    configuration_access: Permissions
    directory_access: Permissions
    running: Path
    "Exists while OpenRC has booted the system."
    started_directory: Path = _OPENRC_STARTED
    "Holds a link for each service that is started."
    boot_directory: Path = _OPENRC_BOOT
    "Holds the links of services that start before the network."


@dataclass(frozen=True, slots=True)
class Netifrc:
    """Gentoo's net.pppN: a link to net.lo, and variables in one file for all interfaces."""

    configuration: Path
    configuration_access: Permissions
    script_directory: Path
    script: str
    "What the links point to."
    runlevel_directory: Path
    directory_access: Permissions
    running: Path = _OPENRC_BOOTED
    "Exists while OpenRC has booted the system."


@dataclass(frozen=True, slots=True)
class Sysv:
    """An init script with LSB headers, and the links of the runlevels."""

    script_directory: Path
    start_directories: tuple[Path, ...]
    "rc2.d to rc5.d, wherever they are."
    stop_directories: tuple[Path, ...]
    start_number: str
    "Two digits: the place in the order."
    stop_number: str
    access: Permissions
    directory_access: Permissions


@dataclass(frozen=True, slots=True)
class RcD:
    """NetBSD's rc.conf(5): names of peers that rc.d/ppp calls at boot."""

    configuration: Path
    access: Permissions
    variable: str
    "A shell variable that holds a list of names."
    script_directory: Path = _RC_D_SCRIPTS
    "Of rc.d(8)."
    script_access: Permissions = _RC_D_ACCESS


@dataclass(frozen=True, slots=True)
class Runit:
    """A service directory per tunnel, and its link where runsvdir(8) looks."""

    service_directory: Path
    enabled_directory: Path
    access: Permissions
    "Of run and finish."
    directory_access: Permissions
    state_directory: Path = _RUNIT_STATE
    "Where runsv(8) keeps its state, ``supervise.NAME``: it exists after every boot."
    boot_directory: Path | None = None
    "Holds scripts that the first stage reads; none: it runs those of SysV."


@dataclass(frozen=True, slots=True)
class NetworkManager:
    """A keyfile per tunnel (nm-settings-keyfile(5))."""

    directory: Path
    access: Permissions
    "NetworkManager ignores a file that others can read."
    directory_access: Permissions
    client: Path
    "Where the plugin looks for pptp(8) last; our engine answers there."
    state_directory: Path = _NETWORKMANAGER_STATE
    "Exists when NetworkManager has run since the last boot."


@dataclass(frozen=True, slots=True)
class Uci:
    """OpenWrt's network file."""

    configuration: Path
    access: Permissions
    running: Path = _UBUS_SOCKET
    "Exists while netifd can be asked (ubusd)."
