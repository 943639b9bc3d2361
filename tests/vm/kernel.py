"""The guest's kernel and its initramfs, both made from what Debian's kernel packages install."""

import gzip
import lzma
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.vm.roots import Root

BOOT = Path("/boot")
MODULES = Path("/lib/modules")


class NoKernelError(Exception):
    """No installed kernel can run the lab."""


@dataclass(frozen=True)
class Kernel:
    """An installed kernel: its image and its modules."""

    release: str
    image: Path
    modules: Path
    root_modules: tuple[str, ...]
    "What the initramfs needs before it can see the host's root."

    @property
    def usable(self) -> bool:
        """Whether its modules are there and can do what the lab does."""
        wanted = ("ppp_mppe", "pptp", *self.root_modules)
        return (self.modules / "modules.dep").is_file() and all(_has(self, name) for name in wanted)


def _age(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.replace("-", ".").split(".") if part.isdigit())


def find_stock() -> Kernel:
    """The newest kernel in /boot that comes with the PPP, PPTP and 9p modules.

    Raises NoKernelError.
    """
    needed = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
    releases = [image.name.removeprefix("vmlinuz-") for image in BOOT.glob("vmlinuz-*")]
    found = [Kernel(each, BOOT / f"vmlinuz-{each}", MODULES / each, needed) for each in releases]
    usable = [each for each in found if each.usable]
    if not usable:
        raise NoKernelError("no kernel with PPP and 9p modules in /boot (Debian package linux-image-amd64)")
    return max(usable, key=lambda each: _age(each.release))


def find_uml(root: Root) -> Kernel:
    """User Mode Linux in *root*.

    Raises NoKernelError.
    """
    for folder in (root.path / "usr/lib/uml/modules").glob("*"):
        found = Kernel(folder.name, root.path / "usr/bin/linux.uml", folder, ("overlay", "hostfs"))
        if found.usable:
            return found
    raise NoKernelError(root.missing or f"no User Mode Linux with PPP modules in {root.path}")


def _has(kernel: Kernel, name: str) -> bool:
    return _module_name(name) in _dependencies(kernel) or _module_name(name) in _builtin(kernel)


def _module_name(path: str) -> str:
    return path.rsplit("/", 1)[-1].partition(".ko")[0].replace("-", "_")


def _dependencies(kernel: Kernel) -> dict[str, list[str]]:
    """Module name -> its file followed by the files it needs, nearest first (modules.dep(5))."""
    table = {}
    for line in (kernel.modules / "modules.dep").read_text().splitlines():
        path, _, needs = line.partition(":")
        table[_module_name(path)] = [path, *needs.split()]
    return table


def _builtin(kernel: Kernel) -> set[str]:
    return {_module_name(line) for line in (kernel.modules / "modules.builtin").read_text().splitlines()}


def load_order(kernel: Kernel, names: Iterable[str]) -> list[Path]:
    """The module files to insert, in order, so that *names* are there."""
    table, ordered = _dependencies(kernel), dict[str, None]()
    for name in map(_module_name, names):
        # modules.dep lists what a module needs from the nearest to the farthest: insert from the end.
        ordered.update(dict.fromkeys(reversed(table.get(name, []))))
    return [kernel.modules / path for path in ordered]


def _module_bytes(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    return data


def cpio(entries: Iterable[tuple[str, int, bytes]]) -> bytes:
    """A "newc" cpio archive of (name, mode, content), as the kernel unpacks it (initramfs buffer format)."""
    return b"".join(_records([*entries, ("TRAILER!!!", 0, b"")]))


def _records(entries: Iterable[tuple[str, int, bytes]]) -> Iterator[bytes]:
    for inode, (name, mode, content) in enumerate(entries, start=1):
        raw = name.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(raw), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + raw
        yield head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


def initramfs(modules: Iterable[Path], init: bytes) -> bytes:
    """A compressed initramfs: busybox, *modules* in the order they are to be inserted, and *init*."""
    busybox = shutil.which("busybox")
    if busybox is None:
        raise NoKernelError("busybox is not installed (Debian package busybox-static)")
    entries = [
        (name, stat.S_IFDIR | 0o755, b"")
        for name in ("bin", "modules", "proc", "dev", "lower", "extra", "upper", "root")
    ]
    entries.append(("bin/busybox", stat.S_IFREG | 0o755, Path(busybox).read_bytes()))
    entries.append(("init", stat.S_IFREG | 0o755, init))
    for number, path in enumerate(modules):
        entries.append((f"modules/{number:03}.ko", stat.S_IFREG | 0o644, _module_bytes(path)))
    return gzip.compress(cpio(entries), compresslevel=1)
