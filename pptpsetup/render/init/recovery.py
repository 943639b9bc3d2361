"""What runs ``pptpsetup recover`` at boot, before tunnels start: a change that a power cut has cut short is
undone, and one that was on trial is taken back.

It is there as long as there is a tunnel. The program is started only if there is something to do, which at
nearly every boot there is not. OpenWrt has none: what could be undone is in /var, which is in memory there.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pptpsetup.distro.facts import Facts
from pptpsetup.distro.profile import Profile
from pptpsetup.render.access import access, directory
from pptpsetup.render.artifact import Access, Artifact, FileArtifact, LinkArtifact
from pptpsetup.render.places import SPEC_FILE, STATE_DIRECTORY, TRIAL_FILE
from pptpsetup.render.target import Target
from pptpsetup.render.template import rendered
from pptpsetup.spec.model import Init

NAME: Final = "pptpsetup-recover"
"Of the unit, the service and the script."
_WAIT: Final = "60"
"Seconds for another pptpsetup to end; at boot there is hardly one."
_FIRST: Final = "01"
"Before the network's and the tunnels' scripts."


def files(inits: Sequence[Init], target: Target) -> tuple[Artifact, ...]:
    """The script of the init system that boots the host; *inits* are those that start its tunnels."""
    found: dict[str, Artifact] = {}
    for kind in _kinds(inits, target.facts, target.profile):
        for artifact in _KINDS[kind](target):
            found[artifact.path] = artifact
    return tuple(found.values())


def covered(facts: Facts, profile: Profile, inits: Sequence[Init] = ()) -> bool:
    """Whether the host has something that does so."""
    return bool(_kinds(inits, facts, profile))


def _kinds(inits: Sequence[Init], facts: Facts, profile: Profile) -> tuple[Init, ...]:
    """The kinds among *inits* that boot a host; else, for example with ifupdown, the first that is
    installed."""
    able = [each for each in _KINDS if _SECTIONS[each](profile) is not None]
    chosen = [each for each in inits if each in able]
    installed = [each for each in (Init(kind.value) for kind in facts.init) if each in able]
    return tuple(dict.fromkeys(chosen or installed[:1]))


def _script(template: str, target: Target, **context: object) -> bytes:
    return rendered(
        template,
        spec_file=SPEC_FILE,
        trial=TRIAL_FILE,
        journals=f"{STATE_DIRECTORY}/tx",
        recover=(*target.programs.application_command, "recover", "--wait", _WAIT),
        **context,
    )


def _systemd(target: Target) -> list[Artifact]:
    places = target.profile.systemd
    assert places is not None  # noqa: S101  asked by `_kinds`, here and below
    unit = f"{places.unit_directory}/{NAME}.service"
    return [
        directory(places.unit_directory, places.directory_access),
        directory(places.wants_directory, places.directory_access),
        FileArtifact(unit, _script("init/recover.service.j2", target), access(places.access)),
        LinkArtifact(f"{places.wants_directory}/{NAME}.service", unit),
    ]


def _openrc(target: Target) -> list[Artifact]:
    places = target.profile.openrc
    assert places is not None  # noqa: S101
    script = f"{places.script_directory}/{NAME}"
    content = _script("init/recover.openrc.j2", target, openrc_run=places.run)
    return [
        directory(places.script_directory, places.directory_access),
        directory(places.boot_directory, places.directory_access),
        FileArtifact(script, content, access(places.access)),
        LinkArtifact(f"{places.boot_directory}/{NAME}", script),
    ]


def _sysv(target: Target) -> list[Artifact]:
    places = target.profile.sysv
    assert places is not None  # noqa: S101
    script = f"{places.script_directory}/{NAME}"
    found: list[Artifact] = [
        directory(places.script_directory, places.directory_access),
        FileArtifact(script, _script("init/recover.sysv.j2", target), access(places.access)),
    ]
    for folder in places.start_directories:
        found.append(directory(folder, places.directory_access))
        found.append(LinkArtifact(f"{folder}/S{_FIRST}{NAME}", script))
    return found


def _runit(target: Target) -> list[Artifact]:
    """Void's first stage reads a folder of scripts; where runit runs SysV scripts instead, one of those."""
    places = target.profile.runit
    if places is None or places.boot_directory is None:
        return _sysv(target)
    path = f"{places.boot_directory}/95-{NAME}.sh"
    content = _script("init/recover.sourced.j2", target)
    return [
        directory(places.boot_directory, places.directory_access),
        FileArtifact(path, content, Access("root", "root", 0o644)),
    ]


def _rc_d(target: Target) -> list[Artifact]:
    places = target.profile.rc_d
    assert places is not None  # noqa: S101
    path = f"{places.script_directory}/pptpsetup_recover"
    return [FileArtifact(path, _script("init/recover.rc.j2", target), access(places.script_access))]


_KINDS: Final[Mapping[Init, Callable[[Target], list[Artifact]]]] = {
    Init.SYSTEMD: _systemd,
    Init.OPENRC: _openrc,
    Init.NETIFRC: _openrc,
    Init.RUNIT: _runit,
    Init.SYSV: _sysv,
    Init.RC_D: _rc_d,
}

_SECTIONS: Final[Mapping[Init, Callable[[Profile], object]]] = {
    Init.SYSTEMD: lambda profile: profile.systemd,
    Init.OPENRC: lambda profile: profile.openrc,
    Init.NETIFRC: lambda profile: profile.openrc,
    Init.RUNIT: lambda profile: profile.runit and (profile.runit.boot_directory or profile.sysv),
    Init.SYSV: lambda profile: profile.sysv,
    Init.RC_D: lambda profile: profile.rc_d,
}
"What each needs of the profile."
