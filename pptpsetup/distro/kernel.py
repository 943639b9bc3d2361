"""What a Linux kernel can do, from files alone: nothing is loaded, no device is opened.

Evidence, strongest first: the module is loaded or built in (/sys/module); depmod's lists in
/lib/modules/RELEASE; the kernel's configuration (/proc/config.gz or /boot/config-RELEASE).
"""

import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

from pptpsetup.rootfs import inside


class Known(str, Enum):
    """An answer that may be out of reach."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


_OPTIONS = {"ppp_generic": "CONFIG_PPP", "ppp_async": "CONFIG_PPP_ASYNC", "ppp_mppe": "CONFIG_PPP_MPPE"}
"drivers/net/ppp/Makefile: the option that builds each module."


def running_release(root: Path) -> str | None:
    """``uname -r`` as /proc has it, or None."""
    return _text(inside(root, "/proc/sys/kernel/osrelease")).strip() or None


def installed_releases(root: Path) -> tuple[str, ...]:
    """Kernels whose modules lie under *root*, sorted."""
    folder = inside(root, "/lib/modules")
    if not folder.is_dir():
        return ()
    return tuple(sorted(each.name for each in folder.iterdir() if (each / "modules.dep").is_file()))


def running_has(root: Path, modules: Iterable[str], release: str | None) -> Known:
    """Whether the running kernel has all *modules*, loaded, loadable or built in."""
    return _all(_running(root, each, release) for each in modules)


def installed_has(root: Path, modules: Iterable[str]) -> Known:
    """Whether the kernels under *root* have all *modules*; unknown when there is none or they differ."""
    answers = {
        _all(_listed(root, each, release) for each in modules) for release in installed_releases(root)
    }
    return answers.pop() if len(answers) == 1 else Known.UNKNOWN


def in_fips_mode(root: Path) -> bool:
    """Whether the running kernel is in FIPS mode: mppe_alloc() of ppp_mppe.c refuses then."""
    return _text(inside(root, "/proc/sys/crypto/fips_enabled")).strip() == "1"


def set_up_for_fips(root: Path) -> bool:
    """Whether the system under *root* is meant to run in FIPS mode, whatever its kernel does now.

    /etc/system-fips is made by fips-mode-setup(8) and dracut-fips of the Red Hat family; the other file is
    update-crypto-policies(8)'s, whose policy may have modules behind a colon.
    """
    policy = _text(inside(root, "/etc/crypto-policies/config")).strip()
    return policy.partition(":")[0] == "FIPS" or inside(root, "/etc/system-fips").exists()


def _all(answers: Iterable[Known]) -> Known:
    found = set(answers)
    if Known.NO in found:
        return Known.NO
    return Known.UNKNOWN if Known.UNKNOWN in found else Known.YES


def _running(root: Path, module: str, release: str | None) -> Known:
    if inside(root, f"/sys/module/{module}").exists():
        return Known.YES
    listed = Known.UNKNOWN if release is None else _listed(root, module, release)
    if listed is Known.YES:
        return listed
    configured = _configured(_config(root, release), module)
    # Configured as a module but not in depmod's list: its package is missing, or the list is that of another
    # kernel.
    return listed if configured == "m" else {"y": Known.YES, "n": Known.NO}.get(configured, listed)


def _listed(root: Path, module: str, release: str) -> Known:
    """What depmod's lists say; a list that is missing says nothing."""
    folder = f"/lib/modules/{release}"
    lists = [inside(root, f"{folder}/{name}") for name in ("modules.dep", "modules.builtin")]
    if not lists[0].is_file():
        return Known.UNKNOWN
    name = re.escape(module).replace("_", "[_-]")
    pattern = re.compile(rf"^(?:\S*/)?{name}\.ko(?:\.[a-z0-9]+)?(?::|$)", re.MULTILINE)
    return Known.YES if any(pattern.search(_text(each)) for each in lists) else Known.NO


def _configured(config: str, module: str) -> str:
    """``y``, ``m`` or ``n``; empty when there is no configuration to read."""
    if not config:
        return ""
    found = re.search(rf"^{_OPTIONS[module]}=([ym])$", config, re.MULTILINE)
    return found[1] if found else "n"


def _config(root: Path, release: str | None) -> str:
    packed = inside(root, "/proc/config.gz")
    if packed.is_file():
        import gzip

        try:
            return gzip.decompress(packed.read_bytes()).decode("ascii", "replace")
        except (OSError, EOFError):
            return ""
    return _text(inside(root, f"/boot/config-{release}")) if release else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
