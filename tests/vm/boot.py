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

_MOUNTS = [
    "mount -t proc proc /proc",
    "mount -t sysfs sys /sys",
    "mountpoint -q /run || mount -t tmpfs -o mode=755 run /run",
    "mkdir -p /run/lock /dev/pts /dev/shm",
    "mount -t devpts devpts /dev/pts",
    "mount -t tmpfs shm /dev/shm",
    # pppd from 2.5.3 on runs its scripts by descriptor, fexecve(3).
    "[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd",
]
_INITTAB = """\
::sysinit:/bin/sh /.lab/share/mounts
::respawn:/usr/bin/runsvdir -P /etc/service
::once:/bin/sh /.lab/share/start
"""


def start_script(python: str, *, mounted: bool) -> str:
    """The script that prepares the guest's userland and becomes the agent, run by *python*; *mounted*: PID 1
    has mounted /proc and others."""
    agent = [python, "-m", "tests.vm.agent"]
    lines = [
        "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "export HOME=/root TERM=dumb LANG=C.UTF-8",
        f"export PYTHONPATH={shlex.quote(f'{CHECKOUT}:{CHECKOUT}/engine')}",
    ]
    if python == "/usr/bin/python3":
        lines.append(f"cat >/usr/bin/pptpsetup <<'END'\n{PROGRAM_TEXT}END\nchmod 755 /usr/bin/pptpsetup")
    if not mounted:
        lines += _MOUNTS
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


_LAB_OPENRC = """\
#!/sbin/openrc-run
depend() { after network; }
start() {
    sh /.lab/share/mounts
    sh /.lab/share/start </dev/null >/dev/null 2>&1 &
}
"""
_NETWORK_OPENRC = """\
#!/sbin/openrc-run
depend() { provide net; }
start() { :; }
"""
_LOCALMOUNT_OPENRC = """\
#!/sbin/openrc-run
start() { :; }
"""


def runit_setup() -> str:
    """As `systemd_setup`: the unpacked runit over the guest's root, and busybox's inittab."""
    lines = [
        *_unpacked_over_root(),
        "$b mkdir -p /root/etc/runit/runsvdir/current",
        f"$b cat >/root/etc/inittab <<'END'\n{_INITTAB}END",
    ]
    return "\n".join(lines) + "\n"


def openrc_setup() -> str:
    """As `systemd_setup`: the unpacked OpenRC over the guest's root, and no services but the lab's."""
    levels = "/root/etc/runlevels"
    lines = [
        *_unpacked_over_root(),
        f"$b rm -rf /root/etc/init.d/* {levels}/*/*",
        f"$b mkdir -p {levels}/sysinit {levels}/boot {levels}/default",
    ]
    for level, name, text in (
        ("boot", "localmount", _LOCALMOUNT_OPENRC),
        ("default", "lab", _LAB_OPENRC),
        ("default", "network", _NETWORK_OPENRC),
    ):
        lines += [
            f"$b cat >/root/etc/init.d/{name} <<'END'\n{text}END",
            f"$b chmod 755 /root/etc/init.d/{name}",
            f"$b ln -s /etc/init.d/{name} {levels}/{level}/{name}",
        ]
    return "\n".join(lines) + "\n"


def mounts_script() -> str:
    """What PID 1 runs first; what it has mounted itself stays."""
    return "\n".join([*(f"{each} 2>/dev/null" for each in _MOUNTS), "mkdir -p /run/runit"]) + "\n"


def _unpacked_over_root() -> list[str]:
    tree = f"/root{CHECKOUT}/.cache/inits/root"
    return [f"$b cp -a {tree}/{folder}/. /root/{folder}/" for folder in ("usr", "etc")]
