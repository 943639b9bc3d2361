"""What the guest runs after ``init``: shell text for the two kinds of boot, written to the shared folder."""

import shlex
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent

GUEST_MODULES = ("ipv6", "ppp_generic", "ppp_async", "ppp_synctty", "ppp_mppe", "pptp", "tun", "veth")

# Nothing the host may have enabled should start in the guest: it has no disk, no network card and no user.
# Nor what only finds and prepares hardware: the kernel makes the few devices itself.
_MASKED = (
    "NetworkManager.service",
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "cron.service",
    "dev-hugepages.mount",
    "dpkg-db-backup.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty.target",
    "kmod-static-nodes.service",
    "man-db.timer",
    "modprobe@.service",
    "networking.service",
    "pptpd.service",
    "serial-getty@ttyS0.service",
    "ssh.service",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "systemd-firstboot.service",
    "systemd-modules-load.service",
    "systemd-networkd.service",
    "systemd-resolved.service",
    "systemd-sysusers.service",
    "systemd-timesyncd.service",
    "systemd-tmpfiles-clean.timer",
    "systemd-tmpfiles-setup.service",
    "systemd-udev-trigger.service",
    "systemd-update-utmp.service",
    "tmp.mount",
)

_LAB_SERVICE = """\
[Unit]
Description=lab agent
After=basic.target network.target
[Service]
Type=exec
ExecStart=/bin/sh /.lab/share/start
StandardOutput=null
KillMode=process
"""
_LAB_TARGET = """\
[Unit]
Requires=basic.target lab.service
After=basic.target
AllowIsolate=yes
"""

PROGRAM_TEXT = f"""\
#!/usr/bin/python3
import sys
sys.path[:0] = [{str(CHECKOUT)!r}, {str(CHECKOUT / "engine")!r}]
from pptpsetup.cli.main import main
sys.exit(main())
"""
"What an installation leaves in /usr/bin, on a system that has the libraries as packages."


def start_script(python: str, *, systemd: bool) -> str:
    """The script that prepares the guest's userland and becomes the agent, run by *python*."""
    agent = [python, "-m", "tests.vm.agent"]
    lines = [
        "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "export HOME=/root TERM=dumb LANG=C.UTF-8",
        f"export PYTHONPATH={shlex.quote(str(CHECKOUT))}",
    ]
    if python == "/usr/bin/python3":
        lines.append(f"cat >/usr/bin/pptpsetup <<'END'\n{PROGRAM_TEXT}END\nchmod 755 /usr/bin/pptpsetup")
    if not systemd:
        lines += [
            "mount -t proc proc /proc",
            "mount -t sysfs sys /sys",
            "mount -t tmpfs -o mode=755 run /run",
            "mkdir -p /run/lock /dev/pts /dev/shm",
            "mount -t devpts devpts /dev/pts",
            "mount -t tmpfs shm /dev/shm",
            # pppd from 2.5.3 on runs its scripts by descriptor, fexecve(3).
            "ln -s /proc/self/fd /dev/fd",
        ]
    lines += [
        "ip link set lo up",
        f"modprobe -a {' '.join(GUEST_MODULES)}",
        "cd /",
        f"{shlex.join(agent)} >/.lab/share/agent.log 2>&1",
        "sync",
        "echo o >/proc/sysrq-trigger",
        "sleep 60",
    ]
    return "\n".join(lines) + "\n"


def systemd_setup() -> str:
    """Shell text that ``init`` sources: the guest's own units, and no unit of the host."""
    units = "/root/etc/systemd/system"
    lines = [f"$b mkdir -p {units}", f"$b rm -rf {units}/*.wants {units}/pptp@*", ": >/root/etc/fstab"]
    lines += [f"$b ln -sf /dev/null {units}/{name}" for name in _MASKED]
    # Every daemon-reload runs the generators, a dozen programs that make units of hardware and old settings.
    lines += [
        "$b mkdir -p /root/etc/systemd/system-generators",
        "for generator in /root/usr/lib/systemd/system-generators/*; do",
        "    $b ln -sf /dev/null /root/etc/systemd/system-generators/${generator##*/}",
        "done",
    ]
    for name, text in (("lab.service", _LAB_SERVICE), ("lab.target", _LAB_TARGET)):
        lines.append(f"$b cat >{units}/{name} <<'END'\n{text}END")
    lines.append("echo lab >/root/etc/hostname")
    return "\n".join(lines) + "\n"
