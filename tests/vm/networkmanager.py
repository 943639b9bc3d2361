"""NetworkManager with its PPTP plugin, on the scenario's own bus. It has eth0, as on a desktop."""

import subprocess
from contextlib import suppress
from pathlib import Path

from tests.vm.shell import run, say, wait_for
from tests.vm.topology import CLIENT, ISP

CONNECTIONS = Path("/etc/NetworkManager/system-connections")
_LOG = Path("/run/NetworkManager.log")
# No daemon of the host is asked for anything: neither polkit nor a resolver, nor DHCP for other devices.
_SETTINGS = """\
[main]
plugins=keyfile
dns=default
rc-manager=file
auth-polkit=false
no-auto-default=*
[connectivity]
enabled=false
[logging]
level=INFO
domains=ALL,VPN_PLUGIN:DEBUG
"""
_UPLINK = f"""\
[connection]
id=uplink
type=ethernet
interface-name=eth0
[ethernet]
[ipv4]
method=manual
address1={CLIENT}/24,{ISP}
dns={ISP}
[ipv6]
method=disabled
"""


class NetworkManager:
    """``start`` to ``stop``."""

    def __init__(self) -> None:
        self._bus: subprocess.Popen[bytes] | None = None
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Bus and daemon; afterwards eth0 is an active connection."""
        # Without udev NetworkManager takes no device for ready, unless a read-only sysfs tells it so.
        run(["mount", "-o", "remount,ro", "/sys"], check=True)
        Path("/run/dbus").mkdir(exist_ok=True)
        Path("/etc/NetworkManager/NetworkManager.conf").write_text(_SETTINGS)
        uplink = CONNECTIONS / "uplink.nmconnection"
        uplink.write_text(_UPLINK)
        uplink.chmod(0o600)
        run(["dbus-uuidgen", "--ensure"], check=True)
        self._bus = subprocess.Popen(["dbus-daemon", "--system", "--nofork", "--nopidfile"])
        wait_for("the bus", lambda: Path("/run/dbus/system_bus_socket").exists(), 20)
        with _LOG.open("wb") as log:
            self._daemon = subprocess.Popen(["NetworkManager", "--debug"], stdout=log, stderr=log)
        wait_for("NetworkManager has eth0", self._has_uplink, 40)

    @staticmethod
    def _has_uplink() -> bool:
        done = run(["nmcli", "-g", "DEVICE,STATE", "connection", "show", "--active"], quiet=True)
        return "eth0:activated" in done.stdout.split()

    def stop(self) -> None:
        """Both end; what the daemon said is shown when something is wrong with it."""
        for process in (self._daemon, self._bus):
            if process is not None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(20)
        self._daemon = self._bus = None

    def log(self) -> str:
        """What the daemon, the plugin and pppd have said."""
        return _LOG.read_text(errors="replace") if _LOG.exists() else ""

    def tell(self) -> None:
        """Print the end of the log."""
        say("NetworkManager said:")
        print(*self.log().splitlines()[-60:], sep="\n")
