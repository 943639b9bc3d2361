"""Which packet filter's front end a system uses."""

from pathlib import Path

from pptpsetup.distro.kinds import Firewall
from pptpsetup.distro.profile import Profile
from pptpsetup.rootfs import any_exists, inside

PROGRAMS: dict[Firewall, tuple[str, ...]] = {
    Firewall.NFTABLES: ("/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"),
    Firewall.UFW: ("/usr/sbin/ufw", "/usr/bin/ufw"),
    Firewall.FIREWALLD: ("/usr/sbin/firewalld", "/usr/bin/firewalld"),
    Firewall.IPTABLES: ("/usr/sbin/iptables", "/sbin/iptables", "/usr/bin/iptables"),
    Firewall.NPF: ("/usr/sbin/npfctl", "/sbin/npfctl"),
}
"Any one of the files proves that it is installed."

_FIREWALLD_ENABLED = (
    "/etc/systemd/system/multi-user.target.wants/firewalld.service",
    "/etc/systemd/system/dbus-org.fedoraproject.FirewallD1.service",
)
"What ``systemctl enable firewalld`` makes ([Install] of firewalld.service)."
_UFW_SETTINGS = "/etc/ufw/ufw.conf"


def tool(root: Path, profile: Profile) -> Firewall | None:
    """The front end in use on the system under *root*; None: the profile names none.

    One that is switched on and would undo what others do comes first; then the first that is installed, in
    the profile's order; then the profile's first.
    """
    installed = [each for each in profile.firewall if any_exists(root, PROGRAMS[each])]
    ruling = [each for each in installed if _rules(root, each)]
    return next(iter((*ruling, *installed, *profile.firewall)), None)


def _rules(root: Path, each: Firewall) -> bool:
    """Whether *each* is switched on; nobody can tell of tools that only change what the kernel has."""
    if each is Firewall.FIREWALLD:
        # The link's target is a unit that a system in a directory may lack.
        return any(
            inside(root, str(Path(path).parent)).joinpath(Path(path).name).is_symlink()
            for path in _FIREWALLD_ENABLED
        )
    if each is Firewall.UFW:
        return "ENABLED=yes" in _lines(inside(root, _UFW_SETTINGS))
    return False


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
