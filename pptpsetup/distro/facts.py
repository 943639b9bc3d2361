"""What this host has, read without changing anything: pppd, kernel modules, init systems, DNS methods.

On a live host pppd itself is asked for its version and options. A system in a directory (``--root``) is only
looked at, never run: it is taken to have the pppd that the profile has for its release.
"""

from pathlib import Path
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.distro.engine import EnginePlace, engine_place
from pptpsetup.distro.generations import lacking
from pptpsetup.distro.kernel import (
    Known,
    in_fips_mode,
    installed_has,
    running_has,
    running_release,
    set_up_for_fips,
)
from pptpsetup.distro.kinds import DnsKind, HookKind, InitKind
from pptpsetup.distro.profile import Hooks, Profile
from pptpsetup.rootfs import any_exists, inside

__all__ = ["Facts", "Known", "gather"]

LAUNCHER: Final = "/usr/local/libexec/pptpengine"
"A script that is the engine and nothing else; the administrator installs it, see ``pptpsetup policy``."
PROBED_OPTIONS = ("up_sdnotify", "ip-up-script")
"Options that profiles' releases differ in (`generations.FIRST_IN`) and that rendering depends on."
WRITTEN_OPTIONS = (*PROBED_OPTIONS, "child-timeout", "noipv6", "refuse-mschap-v2")
"With those that only pppds lack on which pptpsetup itself cannot run: they need not be asked."


@dataclass(frozen=True, slots=True)
class Facts:
    """What rendering and running depend on."""

    live: bool
    "This is the running system, not a directory that holds another one."
    pppd: bool
    "The profile's pppd is installed."
    pppd_version: tuple[int, ...] | None
    "As pppd says it; None when not live or when we may not run it."
    lacking_options: frozenset[str]
    "Those of `PROBED_OPTIONS` that this pppd refuses; of `WRITTEN_OPTIONS` if it is not asked but too old."
    kernel: str | None
    "Release of the running kernel; None when not live."
    ppp: Known
    "The kernel can do PPP over a pty."
    mppe: Known
    "The kernel can do MPPE (RFC 3078)."
    ppp_device: bool
    "/dev/ppp exists; without it pppd stops with status 4, whatever the kernel can do."
    init: tuple[InitKind, ...]
    "Installed init systems in the profile's order."
    dns: tuple[DnsKind, ...]
    "DNS methods that are installed, in the profile's order."
    hook_bypass: tuple[str, ...]
    "Executable files that run instead of the hook directories."
    pptp: bool
    "The C PPTP client is installed."
    fips: bool = False
    "The running kernel is in FIPS mode, which rules MPPE out."
    fips_set_up: bool = False
    "The system is meant to run in FIPS mode, whatever its kernel does now."
    launcher: bool = False
    "There is a `LAUNCHER`."
    hook_disabled: tuple[str, ...] = ()
    "Files that hooks of ours must be in, and that are not run because they are not executable."
    ppp_units: tuple[str, ...] = ()
    "Peers that the distribution's own unit, ``ppp@NAME.service`` (Debian 13), calls at boot."
    engine: EnginePlace | None = None
    "Where a system that does not run has our engine; None: where it is here."

    def supports(self, option: str) -> bool:
        """Whether *option*, one of `WRITTEN_OPTIONS`, can be written; so it is when nothing is known."""
        return option not in self.lacking_options

    def init_for(self, wanted: str) -> str:
        """*wanted* (a value of spec.model.Init); for ``auto`` the first installed kind, else ``manual``."""
        if wanted != "auto":
            return wanted
        return self.init[0].value if self.init else "manual"


def gather(
    root: Path, profile: Profile, live: bool, ppp: str | None = None, python: str | None = None
) -> Facts:
    """The facts of the system under *root*; *live* when it is the running one.

    *ppp* is the version of pppd that it should have; it counts where pppd cannot be asked. *python* is the
    interpreter that its release has; by default the profile's.
    """
    pppd = inside(root, profile.pppd)
    found, lacks = _pppd(str(pppd) if live and pppd.is_file() else None, ppp)
    release = running_release(root) if live else None
    return Facts(
        live=live,
        pppd=pppd.is_file(),
        pppd_version=found,
        lacking_options=lacks,
        kernel=release,
        ppp=_kernel_has(root, profile.modules.ppp, release, live=live),
        mppe=_kernel_has(root, profile.modules.mppe, release, live=live)
        if profile.modules.mppe
        else Known.NO,
        fips=live and in_fips_mode(root),
        fips_set_up=set_up_for_fips(root),
        ppp_device=inside(root, "/dev/ppp").exists(),
        init=tuple(each.kind for each in profile.init if any_exists(root, each.installed_by)),
        dns=tuple(
            each.kind for each in profile.dns if not each.installed_by or any_exists(root, each.installed_by)
        ),
        hook_bypass=tuple(each for each in profile.hooks.bypassed_by if _executable(inside(root, each))),
        hook_disabled=_disabled_hooks(root, profile.hooks),
        pptp=inside(root, profile.pptp).is_file(),
        launcher=_executable(inside(root, LAUNCHER)),
        ppp_units=_ppp_units(root, profile),
        engine=None if live else engine_place(root, python or profile.python),
    )


def _disabled_hooks(root: Path, hooks: Hooks) -> tuple[str, ...]:
    if hooks.kind not in {HookKind.LOCAL_ADDITIVE, HookKind.SINGLE_FILE}:
        return ()
    found = [(each, inside(root, each)) for each in (hooks.up, hooks.down)]
    return tuple(each for each, path in found if path.is_file() and not _executable(path))


def _pppd(program: str | None, expected: str | None) -> tuple[tuple[int, ...] | None, frozenset[str]]:
    """What *program* says its version is, and the probed options that it lacks or one *expected* would."""
    if program is None:
        return None, lacking(expected, WRITTEN_OPTIONS)
    from pptpsetup.distro.pppd import lacking_options, version

    found = version(program)
    if found is None:
        return None, lacking(expected, WRITTEN_OPTIONS)
    return found, lacking_options(program, PROBED_OPTIONS)


def _ppp_units(root: Path, profile: Profile) -> tuple[str, ...]:
    """By the links of ``systemctl enable``; what they lead to need not be there."""
    if profile.systemd is None:
        return ()
    wants = inside(root, profile.systemd.unit_directory).glob("*.wants/ppp@*.service")
    return tuple(sorted({each.name.removeprefix("ppp@").removesuffix(".service") for each in wants}))


def _kernel_has(root: Path, modules: tuple[str, ...], release: str | None, *, live: bool) -> Known:
    return running_has(root, modules, release) if live else installed_has(root, modules)


def _executable(path: Path) -> bool:
    # The mode, not access(2): root passes access(X_OK) when anybody may execute, and --root may be on a
    # noexec mount.
    return path.is_file() and bool(path.stat().st_mode & 0o111)
