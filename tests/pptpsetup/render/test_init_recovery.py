"""What runs ``recover`` at boot: which init systems have it, and that it runs only when it must."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.kinds import InitKind
from pptpsetup.render.artifact import FileArtifact, LinkArtifact
from pptpsetup.render.init.recovery import covered
from pptpsetup.render.matrix import system_of
from pptpsetup.render.programs import Programs
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import Engine, Init, Spec
from pptpsetup.spec.secret import Secret
from tests import inits
from tests.golden.cases import FACTS, WORK
from tests.oracle.shell import shells
from tests.oracle.systemd import verify

STATE = b"/var/lib/pptpsetup"
SCRIPTS = {
    InitKind.SYSV: "/etc/init.d/pptpsetup-recover",
    InitKind.RC_D: "/etc/rc.d/pptpsetup_recover",
    InitKind.OPENRC: "/etc/init.d/pptpsetup-recover",
}
ECHO = Programs("/bin/echo", "/engine", application="/application")


def recoveries(
    profile: str, init: Init = Init.AUTO, installed: tuple[InitKind, ...] | None = None
) -> set[str]:
    """Paths of what recovers at boot on a system with everything, or with *installed* only."""
    target = system_of(load_profile(profile))
    facts = target.facts if installed is None else replace(target.facts, init=installed)
    tunnel = replace(WORK, init=init, engine=Engine.SYSTEM if profile == "openwrt" else WORK.engine)
    if not target.profile.modules.mppe:
        tunnel = replace(tunnel, encryption=type(WORK.encryption).NONE)
    found = render(Spec((tunnel,)), target.profile, facts, {"work": Secret("pw")})
    assert covered(facts, target.profile, () if init is Init.AUTO else (init,)) == any(
        "recover" in each.path for each in found
    )
    return {each.path for each in found if "recover" in each.path}


UNIT = "/etc/systemd/system/pptpsetup-recover.service"
WANTS = "/etc/systemd/system/multi-user.target.wants/pptpsetup-recover.service"


@pytest.mark.parametrize(
    ("profile", "init", "installed", "paths"),
    [
        ("debian", Init.AUTO, None, {UNIT, WANTS}),
        # They are started by the system that boots the host.
        ("debian", Init.IFUPDOWN, None, {UNIT, WANTS}),
        ("debian", Init.NETWORKMANAGER, None, {UNIT, WANTS}),
        ("debian", Init.MANUAL, None, {UNIT, WANTS}),
        ("debian", Init.MANUAL, (), set()),
        ("debian", Init.IFUPDOWN, (InitKind.IFUPDOWN,), set()),
        (
            "devuan",
            Init.IFUPDOWN,
            (InitKind.IFUPDOWN, InitKind.SYSV),
            {
                "/etc/init.d/pptpsetup-recover",
                *(f"/etc/rc{level}.d/S01pptpsetup-recover" for level in "2345"),
            },
        ),
        # runit runs the scripts of SysV there before anything else.
        (
            "devuan",
            Init.RUNIT,
            None,
            {
                "/etc/init.d/pptpsetup-recover",
                *(f"/etc/rc{level}.d/S01pptpsetup-recover" for level in "2345"),
            },
        ),
        (
            "gentoo",
            Init.NETIFRC,
            None,
            {"/etc/init.d/pptpsetup-recover", "/etc/runlevels/boot/pptpsetup-recover"},
        ),
        ("void", Init.AUTO, None, {"/etc/runit/core-services/95-pptpsetup-recover.sh"}),
        ("netbsd", Init.AUTO, None, {"/etc/rc.d/pptpsetup_recover"}),
        ("openwrt", Init.AUTO, None, set()),
    ],
)
def test_who_has_it(
    profile: str, init: Init, installed: tuple[InitKind, ...] | None, paths: set[str]
) -> None:
    assert recoveries(profile, init, installed) == paths


def test_it_goes_with_the_last_tunnel() -> None:
    assert render(Spec(()), load_profile("debian"), FACTS, {}) == ()


def test_enabled_is_what_the_links_lead_to() -> None:
    found = inits.artifacts(InitKind.OPENRC, [WORK])
    link = found["/etc/runlevels/boot/pptpsetup-recover"]
    assert isinstance(link, LinkArtifact)
    assert isinstance(found[link.target], FileArtifact)


def _script(kind: InitKind, state: Path) -> str:
    """The script for a system whose state is in *state*."""
    found = inits.artifacts(kind, [WORK], programs=ECHO)
    return inits.content(found, SCRIPTS[kind]).replace(STATE, str(state).encode()).decode()


def _sourced(state: Path) -> str:
    """Void's, which a shell of the first stage reads; that one goes on and has nothing of it."""
    target = system_of(load_profile("void"))
    found = render(Spec((WORK,)), target.profile, target.facts, {"work": Secret("pw")}, programs=ECHO)
    content = next(
        each.content for each in found if isinstance(each, FileArtifact) and "recover" in each.path
    )
    text = content.replace(STATE, str(state).encode()).decode()
    return f"set -e\n{text}\ncommand -v needed || echo goes on\n"


def _openrc(state: Path) -> str:
    """openrc-run(8) reads it and calls the function."""
    functions = "ebegin() { :; }; eend() { return $1; }; need() { :; }; before() { :; }\n"
    return f"{functions}{_script(InitKind.OPENRC, state)}\ndepend; start\n"


def _run(shell: Sequence[str], text: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [*shell, "-c", text, "script", *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if not line.startswith("Undoing")]


CALLED = "-I /application recover --wait 60"


@pytest.mark.host
@pytest.mark.parametrize("shell", shells(), ids=" ".join)
@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("", False),
        ("tx/000004.gen", False),
        ("tx/000005.new", False),
        ("tx/000005.done", False),
        ("tx/000005", True),
        ("trial.json", True),
    ],
)
def test_it_runs_when_there_is_something_to_do(
    shell: list[str], name: str, needed: bool, tmp_path: Path
) -> None:
    state = tmp_path / "it's state"
    (state / name).mkdir(parents=True)
    wanted = [CALLED] if needed else []
    text = _script(InitKind.SYSV, tmp_path / "state")
    (tmp_path / "state").symlink_to(state)
    assert _run(shell, text, "start") == wanted
    assert _run(shell, text, "stop") == []
    text = _script(InitKind.RC_D, tmp_path / "state")
    assert _run(shell, text, "start") == _run(shell, text, "faststart") == wanted
    assert _run(shell, text, "stop") == []
    assert _run(shell, _openrc(tmp_path / "state")) == wanted
    assert _run(shell, _sourced(tmp_path / "state")) == [*wanted, "goes on"]


@pytest.mark.host
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    found = inits.artifacts(InitKind.SYSTEMD, [WORK], programs=Programs("/bin/true", "/engine"))
    unit = inits.content(found, UNIT)
    assert verify(tmp_path, {"pptpsetup-recover.service": unit.decode()}) == (0, "")
