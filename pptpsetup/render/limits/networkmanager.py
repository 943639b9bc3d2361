"""What NetworkManager's PPTP plugin has no key for."""

from typing import Final

from pptpsetup.distro.kinds import PackageFormat
from pptpsetup.errors import Diagnostic
from pptpsetup.render.limits.rule import Rule
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Engine, Tunnel
from pptpsetup.spec.settings import BY_PATH


def boot(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """A start at boot."""
    if not tunnel.on_boot:
        return None
    return Diagnostic(
        "networkmanager-boot",
        f"NetworkManager does not start tunnel {tunnel.name} at boot",
        why="autoconnect is not implemented for VPN connections (nm-settings-keyfile(5))",
        hint="set on_boot to false, or init to another system, such as systemd",
    )


def mtu(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """An MTU."""
    if tunnel.mtu == BY_PATH["mtu"].default:
        return None
    return Diagnostic(
        "networkmanager-mtu",
        f"NetworkManager cannot give tunnel {tunnel.name} an MTU",
        why="its PPTP plugin has no key for it, and pppd is left to agree on one with the server",
        hint="leave out mtu, or set init to another system, such as systemd",
    )


def attempts(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """A number of attempts."""
    if not tunnel.reconnect_attempts:
        return None
    return Diagnostic(
        "networkmanager-attempts",
        f"NetworkManager makes one attempt for tunnel {tunnel.name}, not {tunnel.reconnect_attempts}",
        why="a VPN connection that has failed or ended is not made again",
        hint="leave out reconnect_attempts, or set init to another system, such as systemd",
    )


def delay(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """A time before it is dialled again."""
    if tunnel.reconnect_delay == BY_PATH["reconnect_delay"].default:
        return None
    return Diagnostic(
        "networkmanager-delay",
        f"NetworkManager does not dial tunnel {tunnel.name} again, after {tunnel.reconnect_delay} s or ever",
        why="a VPN connection that has failed or ended is not made again",
        hint="leave out reconnect_delay, or set init to another system, such as systemd",
    )


def pppd_options(tunnel: Tunnel, _target: Target) -> Diagnostic | None:
    """Further options of pppd."""
    if not tunnel.pppd_options:
        return None
    return Diagnostic(
        "networkmanager-pppd-options",
        f"NetworkManager cannot give tunnel {tunnel.name} options of pppd",
        why="its PPTP plugin has keys for the common ones only",
        hint="leave out pppd_options, or set init to another system, such as systemd",
    )


def engine(tunnel: Tunnel, target: Target) -> Diagnostic | None:
    """Not refused: another program than the bundled engine, since the plugin chooses."""
    if not target.facts.pptp or tunnel.engine is not Engine.BUNDLED:
        return None
    pptp = target.profile.pptp
    is_deb = target.profile.package_format is PackageFormat.DEB
    divert = f", or: dpkg-divert --local --rename --add {pptp}" if is_deb else ""
    return Diagnostic(
        "networkmanager-engine",
        f"NetworkManager will run {pptp} for tunnel {tunnel.name}, not the bundled engine",
        why="its PPTP plugin takes the first pptp(8) it finds",
        hint=f"set engine to system{divert}",
    )


RULES: Final[tuple[Rule, ...]] = (boot, mtu, attempts, delay, pppd_options)
CAUTIONS: Final[tuple[Rule, ...]] = (engine,)
