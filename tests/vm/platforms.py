"""What the guest's kernel runs on: a process of this machine, or an emulated computer.

User Mode Linux is Debian's kernel source built to run as an ordinary process. Programs in the guest run on
the real processor, and only their system calls and page faults take a detour: many times faster than
emulation. Debian 14's is twice as fast as the ones before, since it need not stop a program with ptrace(2)
at each of these, and has no packet filter for IPv4; Debian 13's has iptables. QEMU boots the stock kernel
image itself and needs nothing of this machine but time.
"""

import os
import platform
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.vm import kernel
from tests.vm.kernel import Kernel, NoKernelError
from tests.vm.roots import FORKY, TRIXIE, Root
from tests.vm.scenario import Boot

MEMORY = 1024
"Megabytes of a guest, with what a scenario writes; this machine gives what is used."
CHOICE = "LAB_PLATFORM"
"The environment variable that names a platform; without it the first that works."


class Platform(ABC):
    """One way to run a guest."""

    name: str
    description: str
    guests: int
    "How many keep one processor busy."

    @abstractmethod
    def unsupported(self) -> str | None:
        """Why this machine cannot run such a guest, or None."""

    @abstractmethod
    def kernel(self) -> Kernel:
        """The installed kernel that a guest boots.

        Raises NoKernelError.
        """

    @abstractmethod
    def command(self, found: Kernel, folder: Path, settings: Mapping[str, str]) -> list[str]:
        """The command that boots *found* with ``FOLDER/initramfs`` and gives it ``FOLDER/share`` to write.

        If there is a file ``FOLDER/disk``, it is the guest's disk. *settings* are for the environment of the
        guest's first program.

        Its output is the guest's console; the guest ends when the command's parent does.
        """


def _kernel_missing(each: Platform) -> str | None:
    try:
        each.kernel()
    except NoKernelError as error:
        return str(error)
    return None


def _program_missing(*wanted: tuple[str, str]) -> str | None:
    for program, package in wanted:
        if shutil.which(program) is None:
            return f"{program} is not installed (Debian package {package})"
    return None


class Uml(Platform):
    """User Mode Linux (Debian package user-mode-linux), run with its own release's libraries."""

    description = "User Mode Linux"
    guests = 2

    def __init__(self, name: str, root: Root, *options: str) -> None:
        self.name = name
        self._root, self._options = root, options

    def unsupported(self) -> str | None:
        return (
            _program_missing(("unshare", "util-linux"), ("patchelf", "patchelf"))
            or _kernel_missing(self)
            or self._refused()
        )

    def kernel(self) -> Kernel:
        return kernel.find_uml(self._root)

    def command(self, found: Kernel, folder: Path, settings: Mapping[str, str]) -> list[str]:
        # The guest's root could mount this machine's root again and write to it. So it gets a view of this
        # machine in which only its own folder can be written. Its PID namespace ends with its first process.
        prepare = 'mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,bind,ro /'
        start = f'{prepare} && shift && exec "$@"'
        disk = folder / "disk"
        program = folder / "linux"
        if not program.exists():
            self._root.borrow(found.image, program)
        return [
            *("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"),
            *("env", f"TMPDIR={_memory_folder(folder)}", "sh", "-c", start, "sh", str(folder)),
            *(str(program), f"mem={MEMORY}M", f"initrd={folder / 'initramfs'}", f"uml_dir={folder}/"),
            *("con=null", "ssl=null", "con0=null,fd:1", "console=tty0"),
            *(*self._options, "quiet", "panic=-1", "noreboot", "pty.legacy_count=0"),
            *(f"lab_share={folder / 'share'}", f"lab_modules={found.modules}"),
            *((f"ubd0={disk}", "lab_disk=/dev/ubda") if disk.exists() else ()),
            *(f"{name}={value}" for name, value in settings.items()),
        ]

    def _refused(self) -> str | None:
        """Boot a guest that ends at once: containers may forbid namespaces, seccomp(2), ptrace(2)."""
        with tempfile.TemporaryDirectory(prefix="pptpsetup-lab.") as name:
            folder = Path(name)
            script = b"#!/bin/busybox sh\n/bin/busybox echo it boots\n/bin/busybox poweroff -f\n"
            (folder / "initramfs").write_bytes(kernel.initramfs((), script))
            try:
                done = subprocess.run(
                    self.command(self.kernel(), folder, {}),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=60,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return "User Mode Linux hangs on this machine"
        if b"it boots" in done.stdout:
            return None
        last = done.stdout.decode(errors="replace").strip().rpartition("\n")[2]
        return f"User Mode Linux does not run on this machine: {last}"


def _memory_folder(otherwise: Path) -> Path:
    """Where the file that is a guest's memory goes: a container's /dev/shm may be tiny or not executable."""
    shared = Path("/dev/shm")
    try:
        found = os.statvfs(shared)
    except OSError:
        return otherwise
    roomy = found.f_bavail * found.f_frsize > 4 * MEMORY << 20
    return otherwise if found.f_flag & os.ST_NOEXEC or not roomy else shared


class Qemu(Platform):
    """QEMU with its software emulation of a computer."""

    name = "qemu"
    description = "QEMU's emulation, about 15 times slower than this machine"
    guests = 1

    def unsupported(self) -> str | None:
        wanted = (("qemu-system-x86_64", "qemu-system-x86"), ("setpriv", "util-linux"))
        return _program_missing(*wanted) or _kernel_missing(self)

    def kernel(self) -> Kernel:
        return kernel.find_stock()

    def command(self, found: Kernel, folder: Path, settings: Mapping[str, str]) -> list[str]:
        words = " ".join(f"{name}={value}" for name, value in settings.items())
        export = "security_model=none"
        disk = folder / "disk"
        drive = ("-drive", f"file={disk},format=raw,if=virtio") if disk.exists() else ()
        words += " lab_disk=/dev/vda" if drive else ""
        return [
            *("setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64"),
            # Not KVM: where it is nested or broken the guest hangs, and the lab must not depend on it.
            *("-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "1", "-m", str(MEMORY)),
            *("-display", "none", "-monitor", "none", "-nic", "none", "-no-reboot", "-serial", "stdio"),
            *("-kernel", str(found.image), "-initrd", str(folder / "initramfs")),
            *("-append", f"console=ttyS0 quiet panic=-1 mitigations=off no_timer_check {words}"),
            *("-virtfs", f"local,path=/,mount_tag=hostroot,{export},readonly=on,multidevs=remap"),
            *("-virtfs", f"local,path={folder / 'share'},mount_tag=share,{export}"),
            *drive,
        ]


UML, UML_BY_PTRACE, QEMU = Uml("uml", FORKY, "seccomp=on"), Uml("uml-ptrace", TRIXIE), Qemu()
ALL: tuple[Platform, ...] = (UML, UML_BY_PTRACE, QEMU)
"The quickest first."


def fitting(each: Platform, boot: Boot, *, iptables: bool) -> Platform:
    """*each*, or what runs those guests instead of it."""
    if boot == "stock":
        return QEMU
    return UML_BY_PTRACE if iptables and each is UML else each


def chosen() -> Platform:
    """The platform that LAB_PLATFORM names, or the first that works here; it may be unsupported.

    Raises ValueError for a name that no platform has.
    """
    name = os.environ.get(CHOICE)
    if name:
        known = {each.name: each for each in ALL}
        if name not in known:
            raise ValueError(f"{CHOICE}={name}: it must be one of {', '.join(known)}")
        return known[name]
    return next((each for each in ALL if unsupported(each) is None), ALL[-1])


@cache
def unsupported(each: Platform) -> str | None:
    """Why the lab cannot run on *each* here, or None; asked once, since one answer costs a boot."""
    if platform.machine() != "x86_64":
        return f"the lab boots x86-64 guests, this machine is {platform.machine()}"
    return _program_missing(("busybox", "busybox-static")) or each.unsupported()
