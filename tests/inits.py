"""Systems of every init kind, made up from Debian's profile: what differs is where the init files go."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.kinds import InitKind
from pptpsetup.distro.places import Netifrc, Openrc, Permissions, RcD, Runit, Sysv, Uci
from pptpsetup.distro.profile import InitChoice, Profile
from pptpsetup.distro.schema import Mode, Path
from pptpsetup.render.artifact import Artifact, FileArtifact, LinkArtifact, SharedArtifact
from pptpsetup.render.programs import Programs
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import Spec, Tunnel
from pptpsetup.spec.secret import Secret
from tests.golden.cases import FACTS, PROGRAMS

SCRIPT = Permissions("root", "root", Mode(0o755))
PLAIN = Permissions("root", "root", Mode(0o644))
PRIVATE = Permissions("root", "root", Mode(0o600))

OPENRC = Openrc(
    script_directory=Path("/etc/init.d"),
    configuration_directory=Path("/etc/conf.d"),
    runlevel_directory=Path("/etc/runlevels/default"),
    run=Path("/sbin/openrc-run"),
    access=SCRIPT,
    configuration_access=PLAIN,
    directory_access=SCRIPT,
    running=Path("/run/openrc/softlevel"),
)
NETIFRC = Netifrc(
    configuration=Path("/etc/conf.d/net"),
    configuration_access=PLAIN,
    script_directory=Path("/etc/init.d"),
    script="net.lo",
    runlevel_directory=Path("/etc/runlevels/default"),
    directory_access=SCRIPT,
)
SYSV = Sysv(
    script_directory=Path("/etc/init.d"),
    start_directories=tuple(Path(f"/etc/rc{level}.d") for level in "2345"),
    stop_directories=tuple(Path(f"/etc/rc{level}.d") for level in "016"),
    start_number="05",
    stop_number="01",
    access=SCRIPT,
    directory_access=SCRIPT,
)
RC_D = RcD(configuration=Path("/etc/rc.conf"), access=PLAIN, variable="ppp_peers")
RUNIT = Runit(
    service_directory=Path("/etc/sv"),
    enabled_directory=Path("/etc/service"),
    access=SCRIPT,
    directory_access=SCRIPT,
)
UCI = Uci(configuration=Path("/etc/config/network"), access=PRIVATE)
_SECTIONS: dict[InitKind, dict[str, Any]] = {
    InitKind.OPENRC: {"openrc": OPENRC},
    InitKind.NETIFRC: {"netifrc": NETIFRC},
    InitKind.SYSV: {"sysv": SYSV},
    InitKind.RC_D: {"rc_d": RC_D},
    InitKind.RUNIT: {"runit": RUNIT},
    InitKind.UCI: {"uci": UCI},
}


def profile(kind: InitKind, **changes: Any) -> Profile:
    """Debian with *kind* for its only init system."""
    choice = InitChoice(kind, (Path("/sbin/init"),))
    return replace(load_profile("debian"), init=(choice,), **_SECTIONS.get(kind, {}), **changes)


def artifacts(
    kind: InitKind,
    tunnels: Sequence[Tunnel],
    *,
    password: str = "secret",  # noqa: S107 - nobody's
    programs: Programs = PROGRAMS,
    **changes: Any,
) -> dict[str, Artifact]:
    """What *tunnels* need on such a system, by path."""
    rendered = render(
        Spec(tuple(tunnels)),
        profile(kind, **changes),
        replace(FACTS, init=(kind,)),
        {each.name: Secret(password) for each in tunnels},
        programs=programs,
    )
    return {each.path: each for each in rendered}


def content(found: dict[str, Artifact], path: str) -> bytes:
    """The bytes of the file at *path*."""
    each = found[path]
    assert isinstance(each, FileArtifact), each
    return each.content


def lines(found: dict[str, Artifact], path: str) -> tuple[bytes, ...]:
    """Our lines in the shared file at *path*."""
    each = found[path]
    assert isinstance(each, SharedArtifact), each
    return each.lines


def links(found: dict[str, Artifact]) -> dict[str, str]:
    """Path and target of every link."""
    return {path: each.target for path, each in found.items() if isinstance(each, LinkArtifact)}
