"""The kinds of `distro.kinds` in sentences, for the pages about distributions."""

from collections.abc import Mapping
from typing import Final

from pptpsetup.distro.kinds import DnsKind, Firewall, HookKind, InitKind, Lsm, Routing, Standing

STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.SUPPORTED: "pptpsetup runs there, and makes files for it below `--root`.",
    Standing.RENDER_ONLY: "files for it can be made below `--root`; pptpsetup cannot run there, and nobody "
    "has tried the files.",
    Standing.REFUSED: "it has no pppd that could carry a tunnel.",
}

HOOKS: Final[Mapping[HookKind, str]] = {
    HookKind.RUN_PARTS: "Our scripts lie in directories that run-parts(8) goes through: names with letters, "
    "digits, `_` and `-` only.",
    HookKind.EXEC_ANY: "Our scripts lie in directories of which every executable file is run, but for "
    "backups.",
    HookKind.EXEC_DOT_SH: "Our scripts lie in directories of which the executable files are run whose names "
    "end in `.sh`.",
    HookKind.SOURCED_SH: "Our files lie in directories of which the files ending in `.sh` are read into the "
    "dispatcher's own shell; so they are not executable, and call a program of ours.",
    HookKind.LOCAL_ADDITIVE: "A line of ours in one file, which is run after everything else, calls our "
    "scripts; what others have in it stays.",
    HookKind.SINGLE_FILE: "A line of ours in pppd's own script calls our scripts; what others have in it "
    "stays.",
    HookKind.IP_UP_SCRIPT: "Each tunnel names our scripts with pppd's options `ip-up-script` and "
    "`ip-down-script` (new in 2.4.9); they run the system's own afterwards.",
}

ROUTING: Final[Mapping[Routing, str]] = {
    Routing.IPROUTE2: "Routes are set with ip(8).",
    Routing.ROUTE: "Routes are set with route(8).",
}

BOOT: Final[Mapping[InitKind, str]] = {
    InitKind.SYSTEMD: "the unit `pptp@NAME.service`",
    InitKind.IFUPDOWN: "a stanza for ifup(8)",
    InitKind.OPENRC: "a script for openrc-run(8), with a link for each tunnel",
    InitKind.NETIFRC: "`net.pppN`, Gentoo's way to name interfaces",
    InitKind.SYSV: "an init script with LSB headers, and its links",
    InitKind.RC_D: "the tunnel's name in a variable that rc.d/ppp reads",
    InitKind.RUNIT: "a service directory for runsv(8), and its link",
    InitKind.NETWORKMANAGER: "a keyfile; NetworkManager runs pppd itself",
    InitKind.UCI: "an interface for netifd, which runs pppd itself",
}

DNS: Final[Mapping[DnsKind, str]] = {
    DnsKind.RESOLVECTL: "systemd-resolved, told by resolvectl(1)",
    DnsKind.RESOLVCONF: "resolvconf(8)",
    DnsKind.NETCONFIG: "netconfig(8)",
    DnsKind.PLAIN: "`/etc/resolv.conf` itself",
}

FIREWALLS: Final[Mapping[Firewall, str]] = {
    Firewall.NFTABLES: "nftables",
    Firewall.UFW: "ufw",
    Firewall.FIREWALLD: "firewalld",
    Firewall.IPTABLES: "iptables",
    Firewall.NPF: "npf",
}

LSMS: Final[Mapping[Lsm, str]] = {
    Lsm.NONE: "none by default.",
    Lsm.APPARMOR: "AppArmor, without a profile for pppd.",
    Lsm.SELINUX: "SELinux confines a pppd that a unit starts.",
}
