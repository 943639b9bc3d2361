"""What tunnels need of a host, held against its facts: what it lacks, and what will be in their way."""

from collections.abc import Iterable
from typing import Final, Protocol

from pptpsetup.distro.facts import Facts, Known
from pptpsetup.distro.pppd import loads_plugin
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import Diagnostic, UnsupportedError
from pptpsetup.invocation import shell_path

_DESCRIPTOR: Final = "passwordfd"
_PLUGIN: Final = f"{_DESCRIPTOR}.so"
_KERNEL_PPTP: Final = "pptp.so"


class Wanted(Protocol):
    """The settings of a tunnel that ask something of the host; ``spec.model.Tunnel`` has them."""

    @property
    def name(self) -> str: ...
    @property
    def encryption(self) -> str: ...
    @property
    def engine(self) -> str: ...
    @property
    def init(self) -> str: ...
    @property
    def password_delivery(self) -> str: ...


def shortcomings(tunnels: Iterable[Wanted], facts: Facts, profile: Profile) -> tuple[Diagnostic, ...]:
    """All that *tunnels* need and this host is known to lack; the unknown counts as there."""
    wanted = tuple(tunnels)
    return tuple(
        each
        for each in (
            _pppd_missing(facts, profile) if wanted else None,
            _ppp_missing(facts, profile) if wanted else None,
            _mppe_missing(wanted, facts, profile),
            _pptp_missing(wanted, facts, profile),
            facts.engine.shortage() if wanted and facts.engine and profile.uci is None else None,
            _passwordfd_missing(wanted, facts, profile),
            *(_init_missing(tunnel, facts) for tunnel in wanted),
        )
        if each is not None
    )


def require(tunnels: Iterable[Wanted], facts: Facts, profile: Profile) -> None:
    """Make sure that the running system can carry *tunnels*.

    A system in a directory is not judged: packages and kernels may come later. Show `shortcomings` as
    warnings there.

    Raises UnsupportedError with everything that is missing: ``pppd-missing``, ``kernel-ppp-missing``,
    ``mppe-missing``, ``pptp-missing``, ``passwordfd-missing``, ``init-missing``.
    """
    missing = shortcomings(tunnels, facts, profile) if facts.live else ()
    if missing:
        raise UnsupportedError(missing)


def advice(facts: Facts, profile: Profile, tunnels: Iterable[str] = ()) -> tuple[Diagnostic, ...]:
    """What will not stop *tunnels* (names) from being written, but from working as wanted."""
    found = [
        Diagnostic(
            "hooks-bypassed",
            f"{path} is executable and keeps scripts such as those in {profile.hooks.up} from running",
            why="routes and name servers of tunnels are set by one of them",
            hint=f"chmod a-x {shell_path(path)}",
        )
        for path in facts.hook_bypass
    ]
    found += [
        Diagnostic(
            "hooks-not-executable",
            f"{path} is not executable, so nothing in it is run",
            why="routes and name servers of tunnels are set by a line there; "
            "what else is in the file may have been switched off on purpose",
            hint=f"chmod a+x {shell_path(path)}",
        )
        for path in facts.hook_disabled
    ]
    found += [
        Diagnostic(
            "dialled-twice",
            f"ppp@{name}.service starts at boot and would dial {name} a second time",
            why="the distribution's own unit runs pppd with the peers file of the same name",
            hint=f"systemctl disable --now ppp@{name}.service",
        )
        for name in tunnels
        if name in facts.ppp_units
    ]
    if facts.live and facts.ppp is Known.YES and not facts.ppp_device:
        found.append(
            Diagnostic(
                "ppp-device-missing",
                "/dev/ppp does not exist",
                why="the kernel module is not loaded, or this is a container without the device",
                hint="modprobe ppp_generic",
            )
        )
    return tuple(found)


def _pppd_missing(facts: Facts, profile: Profile) -> Diagnostic | None:
    if facts.pppd:
        return None
    return Diagnostic(
        "pppd-missing",
        "pppd is not installed",
        why=f"there is no {profile.pppd}",
        hint=profile.install(profile.packages.ppp),
    )


def _ppp_missing(facts: Facts, profile: Profile) -> Diagnostic | None:
    if facts.ppp is not Known.NO:
        return None
    return Diagnostic(
        "kernel-ppp-missing",
        f"{_kernel(facts)} has no PPP ({', '.join(profile.modules.ppp)})",
        hint=_install(profile, profile.packages.kernel, "install a kernel that has it and boot it: "),
    )


def _mppe_missing(wanted: tuple[Wanted, ...], facts: Facts, profile: Profile) -> Diagnostic | None:
    names = [each.name for each in wanted if each.encryption != "none"]
    # One message is enough: without PPP there is no MPPE either, and a system that never has MPPE is refused
    # as such.
    if not names or facts.ppp is Known.NO or not profile.modules.mppe:
        return None
    if not facts.fips and facts.mppe is not Known.NO:
        return None
    unsafe = "--no-encrypt, which is unsafe: everything crosses the network in clear"
    if facts.fips:
        return Diagnostic(
            "mppe-missing",
            f"{_kernel(facts)} is in FIPS mode and refuses MPPE",
            why=f"MPPE is RC4, and encryption is required for {', '.join(names)}",
            hint=f"boot without fips=1 (or {unsafe})",
        )
    return Diagnostic(
        "mppe-missing",
        f"{_kernel(facts)} has no MPPE ({', '.join(profile.modules.mppe)})",
        why=f"encryption is required for {', '.join(names)}",
        hint=f"{_install(profile, profile.packages.modules) or 'boot a kernel that has it'} (or {unsafe})",
    )


def _pptp_missing(wanted: tuple[Wanted, ...], facts: Facts, profile: Profile) -> Diagnostic | None:
    names = [each.name for each in wanted if each.engine == "system"]
    if names and profile.uci is not None:
        return _plugin_missing(facts, profile)
    if not names or facts.pptp:
        return None
    return Diagnostic(
        "pptp-missing",
        "the system's PPTP client is not installed",
        why=f"'engine: system' is set for {', '.join(names)} and there is no {profile.pptp}",
        hint=profile.install(profile.packages.pptp),
    )


def _plugin_missing(facts: Facts, profile: Profile) -> Diagnostic | None:
    """netifd's pppd speaks PPTP by a plug-in."""
    if not facts.live or not facts.pppd or loads_plugin(profile.pppd, _KERNEL_PPTP):
        return None
    return Diagnostic(
        "pptp-missing",
        f"pppd's plugin {_KERNEL_PPTP} is not installed",
        why="netifd has pppd speak PPTP with it",
        hint=profile.install(profile.packages.pptp),
    )


def _passwordfd_missing(wanted: tuple[Wanted, ...], facts: Facts, profile: Profile) -> Diagnostic | None:
    names = [each.name for each in wanted if each.password_delivery == _DESCRIPTOR]
    # Asked only when it matters. Only the running system's pppd can be asked.
    if not names or not facts.live or not facts.pppd or loads_plugin(profile.pppd, _PLUGIN):
        return None
    package = profile.packages.passwordfd or profile.packages.ppp
    return Diagnostic(
        "passwordfd-missing",
        f"pppd's plugin {_PLUGIN} is not installed",
        why=f"it gives pppd the password of {', '.join(names)}",
        hint=f"{profile.install(package)}; or password_delivery: chap-secrets",
    )


def _init_missing(tunnel: Wanted, facts: Facts) -> Diagnostic | None:
    if tunnel.init in ("auto", "manual", *(each.value for each in facts.init)):
        return None
    return Diagnostic(
        "init-missing",
        f"tunnel {tunnel.name} is to be started by {str.__str__(tunnel.init)}, which is not installed",
        hint="set 'init: auto'",
    )


def _install(profile: Profile, package: str | None, before: str = "") -> str | None:
    return None if package is None else f"{before}{profile.install(package)}"


def _kernel(facts: Facts) -> str:
    return f"this kernel ({facts.kernel})" if facts.kernel else "the installed kernel"
