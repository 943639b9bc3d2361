"""What systems say of themselves: the files that detection reads, as they ship (or shipped) them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """A system's files and what is to be made of them."""

    files: Mapping[str, str]
    profile: str
    release: str | None = None
    "The first number of the release it is treated as; None: the profile has none."
    assumed: bool = False
    "It is of no release that the profile knows."
    id: str | None = None
    "What the distro library makes of it, where that is worth a look."


def _os_release(**values: str) -> dict[str, str]:
    return {"/etc/os-release": "".join(f'{key}="{value}"\n' for key, value in values.items())}


def _like(name: str, like: str, version: str = "1") -> dict[str, str]:
    return _os_release(NAME=name.title(), ID=name, ID_LIKE=like, VERSION_ID=version)


def _plain(name: str, version: str, **more: str) -> dict[str, str]:
    return _os_release(NAME=name.title(), ID=name, VERSION_ID=version, **more)


DEBIAN = {
    "Debian 11": System(_plain("debian", "11", VERSION_CODENAME="bullseye"), "debian", "11"),
    "Debian 13": System({**_plain("debian", "13"), "/etc/debian_version": "13.1\n"}, "debian", "13"),
    "Debian 14": System(_plain("debian", "14"), "debian", "14"),
    "Debian testing": System(
        {**_os_release(ID="debian", VERSION_CODENAME="trixie"), "/etc/debian_version": "trixie/sid\n"},
        "debian",
        "13",
    ),
    "Debian unstable": System(
        {**_os_release(ID="debian"), "/etc/debian_version": "x/sid\n"}, "debian", "14"
    ),
    "Debian 15": System(_plain("debian", "15"), "debian", "14", assumed=True),
    "Debian 9": System(_plain("debian", "9"), "debian", "11", assumed=True),
    "Kali": System(_like("kali", "debian", "2017.1"), "debian", "14"),
    "LMDE 6": System(
        {**_os_release(ID="linuxmint", ID_LIKE="debian", VERSION_ID="6", DEBIAN_CODENAME="bookworm")},
        "debian",
        "12",
    ),
    "Raspbian 8": System(_like("raspbian", "debian", "8"), "debian", "14"),
    "Raspberry Pi OS, 32 bit": System(
        _os_release(ID="raspbian", ID_LIKE="debian", VERSION_ID="12", VERSION_CODENAME="bookworm"),
        "debian",
        "12",
    ),
    "Raspberry Pi OS, 64 bit": System(
        {**_plain("debian", "12"), "/etc/rpi-issue": "Raspberry Pi reference\n"}, "debian", "12"
    ),
    "Armbian": System(_plain("debian", "10"), "debian", "11", assumed=True),
    "Devuan 5": System(
        {**_like("devuan", "debian", "5"), "/etc/debian_version": "12.0\n"}, "devuan", "5", id="devuan"
    ),
    "old Knoppix": System({"/etc/debian_version": "3.0\n"}, "debian", "14", id=""),
    "Knoppix without os-release": System(
        {"/etc/debian_version": "5.0\n", "/etc/knoppix-version": "6.7\n"}, "knoppix", id="knoppix"
    ),
    "Knoppix 9": System(
        {
            **_os_release(ID="debian", NAME="Debian GNU/Linux"),
            "/etc/debian_version": "bookworm/sid\n",
            "/etc/knoppix-version": "9.3\n",
        },
        "knoppix",
        id="debian",
    ),
    "Ubuntu 20.04": System(_like("ubuntu", "debian", "20.04"), "ubuntu", "20.04"),
    "Ubuntu 24.04": System(_like("ubuntu", "debian", "24.04"), "ubuntu", "24.04"),
    "Ubuntu 26.04": System(_like("ubuntu", "debian", "26.04"), "ubuntu", "26.04"),
    "Ubuntu 23.10": System(_like("ubuntu", "debian", "23.10"), "ubuntu", "22.04", assumed=True),
    "Linux Mint 22": System(
        {**_like("linuxmint", "ubuntu debian", "22"), "/etc/debian_version": "trixie/sid\n"},
        "ubuntu",
        "26.10",
    ),
    "Linux Mint 22 with code names": System(
        _os_release(
            ID="linuxmint",
            ID_LIKE="ubuntu debian",
            VERSION_ID="22",
            VERSION_CODENAME="wilma",
            UBUNTU_CODENAME="noble",
        ),
        "ubuntu",
        "24.04",
    ),
    "Linux Mint 17": System(_like("ubuntu", "debian", "14.04"), "ubuntu", "20.04", assumed=True),
    "Pop!_OS": System(_like("pop", "ubuntu debian", "22.04"), "ubuntu", "26.10"),
    "Zorin": System(_like("zorin", "ubuntu", "17"), "ubuntu", "26.10"),
    "elementary": System(_like("elementary", "ubuntu", "7"), "ubuntu", "26.10"),
}

RED_HAT = {
    "Fedora 42": System(_plain("fedora", "42"), "fedora", "42"),
    "Fedora 40": System(_plain("fedora", "40"), "fedora", "39"),
    "Fedora 46": System(_plain("fedora", "46"), "fedora", "45", assumed=True),
    **{
        f"Fedora Core {number}": System(
            {
                "/etc/fedora-release": f"Fedora Core release {number} (Name)\n",
                "/etc/redhat-release": "-> fedora-release",
            },
            "fedora-core",
            "1" if number < 5 else str(number),
            id="fedora",
        )
        for number in range(1, 7)
    },
    "RHEL 7": System(
        _os_release(NAME="Red Hat Enterprise Linux Server", ID="rhel", ID_LIKE="fedora", VERSION_ID="7.0"),
        "rhel",
        "8",
        assumed=True,
    ),
    "RHEL 9": System(_like("rhel", "fedora", "9.6"), "rhel", "9"),
    "RHEL 10": System(_like("rhel", "centos fedora", "10.0"), "rhel", "10"),
    **{
        f"Red Hat Linux {number}": System(
            {"/etc/redhat-release": f"Red Hat Linux release {number} (Name)\n"}, "redhat", number, id="rhel"
        )
        for number in ("7.3", "8.0", "9")
    },
    "CentOS 5": System(
        {"/etc/centos-release": "CentOS release 5.11 (Final)\n"}, "rhel", "8", assumed=True, id="centos"
    ),
    "CentOS 7": System(_like("centos", "rhel fedora", "7"), "rhel", "8", assumed=True),
    "CentOS Stream 8": System(_like("centos", "rhel fedora", "8"), "rhel", "8"),
    "CentOS Stream 9": System(_like("centos", "rhel fedora", "9"), "rhel", "9"),
    "CentOS Stream 10": System(_like("centos", "rhel fedora", "10"), "rhel", "10"),
    "AlmaLinux 10": System(_like("almalinux", "rhel centos fedora", "10.0"), "rhel", "10"),
    "Rocky 8": System(_like("rocky", "rhel centos fedora", "8.10"), "rhel", "8"),
    "Rocky 9": System(_like("rocky", "rhel centos fedora", "9.4"), "rhel", "9"),
    "Oracle 9": System(_like("ol", "fedora", "9.5"), "rhel", "9", id="oracle"),
    "Scientific 6": System(
        {"/etc/redhat-release": "Scientific Linux release 6.4 (Carbon)\n"}, "rhel", "8", assumed=True
    ),
    "Scientific 7": System(
        _os_release(NAME="Scientific Linux", ID="rhel", ID_LIKE="fedora", VERSION_ID="7.2"),
        "rhel",
        "8",
        assumed=True,
    ),
    "Amazon 2016": System(_like("amzn", "rhel fedora", "2016.03"), "rhel", "10"),
    "Amazon 2023": System(_like("amzn", "fedora", "2023"), "fedora", "45"),
    **{
        name: System(_like(name, "rhel fedora centos", "9.2"), "rhel", "9")
        for name in ("cloudlinux", "eurolinux", "virtuozzo", "miraclelinux")
    },
    "Navy Linux": System(_like("navylinux", "rhel fedora", "8"), "rhel", "10"),
}

SUSE = {
    "Leap 15.2": System(_like("opensuse-leap", "suse opensuse", "15.2"), "suse", "15", id="opensuse"),
    "Leap 16.0": System(_like("opensuse-leap", "suse opensuse", "16.0"), "suse", "16"),
    "Leap 17.0": System(_like("opensuse-leap", "suse opensuse", "17.0"), "suse", "16", assumed=True),
    "Leap 42.3": System(_like("opensuse", "suse", "42.3"), "suse", "42.1"),
    "Tumbleweed": System(_like("opensuse-tumbleweed", "opensuse suse", "20250917"), "tumbleweed"),
    "Slowroll": System(_like("opensuse-slowroll", "suse opensuse", "20250917"), "tumbleweed"),
    "MicroOS": System(
        _like("opensuse-microos", "suse opensuse opensuse-tumbleweed", "20250917"), "tumbleweed"
    ),
    "SLE Micro": System(_like("sle-micro", "suse", "5.5"), "suse", "16"),
    "SL Micro": System(_like("sl-micro", "suse", "6.0"), "suse", "16"),
    "SLE HPC": System(_like("sle_hpc", "suse", "15.6"), "suse", "15"),
    "SLES 12": System(_plain("sles", "12.1"), "suse", "12"),
    "SLES 15": System(_like("sles", "suse", "15.6"), "suse", "15"),
    "SLED 15": System(_like("sled", "suse", "15.6"), "suse", "15"),
    **{
        f"SuSE Linux {number}": System(
            {"/etc/SuSE-release": f"SuSE Linux {number} (i586)\nVERSION = {number}\n"},
            "suse-linux",
            release,
            id="suse",
        )
        for number, release in (("8.2", "8.2"), ("9.1", "9.0"), ("9.2", "9.0"), ("10.0", "9.3"))
    },
    "SUSE Linux 11": System({"/etc/SuSE-release": "SUSE LINUX 11.4 (i586)\n"}, "suse", "12", assumed=True),
}

MANDRIVA = {
    **{
        f"Mandrake {number}": System(
            {
                "/etc/mandrake-release": f"{name} release {number} (Official) for i586\n",
                "/etc/redhat-release": "-> mandrake-release",
            },
            "mandrake",
            release,
            id="mandrake",
        )
        for number, name, release in (
            ("9.0", "Mandrake Linux", "9.0"),
            ("10.0", "Mandrake Linux", "10.0"),
            ("10.1", "Mandrakelinux", "10.0"),
        )
    },
    "Mandriva 2011": System(
        {"/etc/mandrake-release": "Mandriva Linux release 2011.0 (Official) for x86_64\n"},
        "mandriva",
        "2010",
        id="mandrake",
    ),
    "Mageia 5": System(_like("mageia", "mandriva fedora", "5"), "mageia", "8", assumed=True),
    "Mageia 9": System(_like("mageia", "mandriva fedora", "9"), "mageia", "9"),
    "OpenMandriva": System(_plain("openmandriva", "4.90"), "openmandriva"),
}

OTHERS = {
    "Gentoo": System(_plain("gentoo", "2.2"), "gentoo"),
    "Gentoo without os-release": System(
        {"/etc/gentoo-release": "Gentoo Base System release 2.18\n"}, "gentoo", id="gentoo"
    ),
    "Calculate": System(_like("calculate", "gentoo", "23"), "gentoo"),
    "Funtoo": System(_like("funtoo", "gentoo"), "gentoo"),
    "Arch": System({**_os_release(NAME="Arch Linux", ID="arch"), "/etc/arch-release": ""}, "arch"),
    "Manjaro 15": System(_os_release(NAME="Manjaro Linux", ID="manjaro"), "arch"),
    "EndeavourOS": System(_os_release(ID="endeavouros", ID_LIKE="arch"), "arch"),
    "CachyOS": System(_os_release(ID="cachyos", ID_LIKE="arch"), "arch"),
    "Alpine": System({**_plain("alpine", "3.23.2"), "/etc/alpine-release": "3.23.2\n"}, "alpine", "3.22"),
    "postmarketOS": System(_like("postmarketos", "alpine", "24.06"), "alpine", "3.24"),
    "Void": System(_os_release(NAME="Void", ID="void"), "void"),
    "Slackware 15": System(_plain("slackware", "15.0"), "slackware", "15.0"),
    "Slackware 14.1": System(
        {"/etc/slackware-version": "Slackware 14.1\n"}, "slackware", "14.2", assumed=True, id="slackware"
    ),
    "Solus": System(_plain("solus", "4.7", VERSION_CODENAME="endurance"), "solus"),
    "OpenWrt": System(_like("openwrt", "lede openwrt", "23.05.3"), "openwrt", "22.03"),
    "NetBSD with os-release": System(_plain("netbsd", "10.1"), "netbsd", "10"),
    "NetBSD current": System(_plain("netbsd", "11.99.2"), "netbsd", "10.99"),
    "NetBSD in a directory": System({"/etc/mtree/NetBSD.dist": ""}, "netbsd", "10.99", id=""),
    "FreeBSD": System(_plain("freebsd", "14.1"), "freebsd", "10.99", assumed=True),
    "MidnightBSD": System(_plain("midnightbsd", "3.1"), "freebsd", "9", assumed=True),
    "OpenBSD": System(_plain("openbsd", "7.6"), "openbsd", "9", assumed=True),
}

SYSTEMS: Mapping[str, System] = {**DEBIAN, **RED_HAT, **SUSE, **MANDRIVA, **OTHERS}

UNKNOWN: Mapping[str, Mapping[str, str]] = {
    "ALT": _plain("altlinux", "10.1"),
    "Guix": _os_release(NAME="Guix System", ID="guix"),
    "Exherbo": _os_release(NAME="Exherbo", ID="exherbo"),
    "unlike anything known": _like("mystery", "riddle enigma"),
    "nothing at all": {},
}
