"""Whether a tunnel that is down will be dialled again; quick, since ``status`` asks it.

Without a profile: where init systems keep what they are doing is the same everywhere. What only root may
see counts as not there.
"""

from pathlib import Path

_SYSTEMD = Path("/run/systemd/system")
_OPENRC = Path("/run/openrc/started")
_RUNIT = Path("/run/runit")
_NETIFD = Path("/sbin/netifd")


def waits(tunnel: str) -> bool:
    """Whether an init system here is going to start *tunnel* again."""
    if _SYSTEMD.is_dir():
        from pptpsetup.tunnel.supervisors import systemd

        return systemd.read_unit(tunnel).goes_on
    if _NETIFD.exists():
        from pptpsetup.tunnel.supervisors import netifd

        return netifd.read_interface(tunnel).autostart
    return (_OPENRC / f"pptp.{tunnel}").is_symlink() or _runit_wants(tunnel)


def _runit_wants(tunnel: str) -> bool:
    try:
        state = (_RUNIT / f"supervise.pptp-{tunnel}" / "stat").read_text("ascii", "replace").strip()
    except OSError:
        return False
    return state != "down" and "want down" not in state
