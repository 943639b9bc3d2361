"""The few ways in which systems differ by behaviour; each has code of its own, everything else is data."""

from enum import Enum


class Standing(str, Enum):
    """What pptpsetup does for a system of a profile."""

    SUPPORTED = "supported"
    RENDER_ONLY = "render-only"
    "Files for it can be made below ``--root``; the tool itself cannot run there."
    REFUSED = "refused"
    "It has no pppd that could carry a tunnel of ours; the profile says what would work there."


class InitKind(str, Enum):
    """Who starts a tunnel at boot; the values are those of ``spec.model.Init`` that name a program."""

    SYSTEMD = "systemd"
    IFUPDOWN = "ifupdown"
    OPENRC = "openrc"
    "A script of our own for openrc-run(8)."
    NETIFRC = "netifrc"
    "Gentoo's net.pppN and /etc/conf.d/net."
    SYSV = "sysv"
    RC_D = "rc.d"
    "NetBSD's rc.conf(5) and its rc.d/ppp."
    RUNIT = "runit"
    NETWORKMANAGER = "networkmanager"
    "A keyfile; NetworkManager runs pppd itself."
    UCI = "uci"
    "OpenWrt's netifd, which runs pppd itself."


class HookKind(str, Enum):
    """How a system comes to run our scripts when a link is up or down."""

    RUN_PARTS = "run-parts"
    "run-parts(8) over a directory: executable files whose names have letters, digits, ``_`` and ``-`` only."
    EXEC_ANY = "exec-any"
    "Every executable file of a directory, except backups."
    EXEC_DOT_SH = "exec-dot-sh"
    "Executable files of a directory whose names end in ``.sh``."
    SOURCED_SH = "sourced-sh"
    "Files of a directory whose names end in ``.sh``, read into the dispatcher's own shell."
    LOCAL_ADDITIVE = "local-additive"
    "One file, ``ip-up.local``, run after everything else; it may have others' lines."
    SINGLE_FILE = "single-file"
    "pppd's own ``ip-up``, which no package brings; it may have others' lines."
    IP_UP_SCRIPT = "ip-up-script"
    "pppd's options ``ip-up-script`` and ``ip-down-script`` in the peers file (new in 2.4.9)."


class DnsKind(str, Enum):
    """Ways to make name servers known, for the hook script to try in order."""

    RESOLVECTL = "resolvectl"
    "systemd-resolved."
    RESOLVCONF = "resolvconf"
    "Debian's resolvconf or openresolv."
    NETCONFIG = "netconfig"
    "SUSE's."
    PLAIN = "plain"
    "Edit /etc/resolv.conf."


class Routing(str, Enum):
    """The program that shows and changes routes."""

    IPROUTE2 = "iproute2"
    ROUTE = "route"
    "NetBSD's route(8)."


class Lsm(str, Enum):
    """A mandatory access control system that confines pppd by default."""

    NONE = "none"
    APPARMOR = "apparmor"
    SELINUX = "selinux"


class Firewall(str, Enum):
    """A packet filter's front end."""

    NFTABLES = "nftables"
    UFW = "ufw"
    FIREWALLD = "firewalld"
    IPTABLES = "iptables"
    NPF = "npf"


class PackageFormat(str, Enum):
    """What the system's packages are."""

    DEB = "deb"
    RPM = "rpm"
    EBUILD = "ebuild"
    PKGSRC = "pkgsrc"
    APK = "apk"
    PACMAN = "pacman"
    XBPS = "xbps"
    SLACKWARE = "slackware"
    OPKG = "opkg"
    EOPKG = "eopkg"
    FREEBSD = "freebsd"
