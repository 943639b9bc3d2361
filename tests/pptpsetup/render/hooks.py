"""The scripts under test, by profile."""

from dataclasses import replace

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.kinds import DnsKind, Routing
from pptpsetup.distro.profile import DnsMethod, Profile
from pptpsetup.distro.schema import Path
from pptpsetup.render.hooks.scripts import scripts as render_scripts
from pptpsetup.spec.model import Tunnel

DEBIAN = load_profile("debian")
NETBSD = replace(
    DEBIAN,
    routing=Routing.ROUTE,
    dns=(DnsMethod(DnsKind.RESOLVCONF, (Path("/sbin/resolvconf"),)), DnsMethod(DnsKind.PLAIN, ())),
)
"What matters of it to the scripts."
SUSE = replace(
    DEBIAN, dns=(DnsMethod(DnsKind.NETCONFIG, (Path("/sbin/netconfig"),)), DnsMethod(DnsKind.PLAIN, ()))
)


def scripts(*tunnels: Tunnel, profile: Profile = DEBIAN) -> tuple[bytes, bytes]:
    """ip-up and ip-down."""
    found = render_scripts(tunnels, profile)
    return found.up, found.down
