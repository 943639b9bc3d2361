"""Every way in which distributions run hooks: our files written, run as pppd would, and taken out again."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pptpsetup.change.manifest import load_manifest
from pptpsetup.change.plan import make_plan
from pptpsetup.change.system import RealSystem
from pptpsetup.change.transaction import apply
from pptpsetup.distro.kinds import HookKind
from pptpsetup.errors import DifferentError, SpecError
from pptpsetup.render.artifact import FileArtifact, SharedArtifact
from pptpsetup.render.hooks.choice import MECHANISMS, down_script, hook_files, link_scripts
from pptpsetup.render.peers import peers
from pptpsetup.render.shared import MERGERS
from pptpsetup.spec.model import Dns, Mode, Tunnel
from tests.golden.cases import PROGRAMS, WORK
from tests.pptpsetup.render.dispatchers import SYSTEMS, System
from tests.pptpsetup.render.stage import SHELLS, Stage
from tests.support import missing, need

pytestmark = pytest.mark.host

TUNNEL = replace(WORK, dns=Dns(from_peer=True))
ARGUMENTS = ("ppp0", "", "38400", "192.168.7.200", "192.168.7.1", "pptpsetup-work")
KILLED = ("", "", "", "", "", "pptpsetup-work")
RESOLV_CONF = b"nameserver 198.51.100.53\n"
BEFORE = ["192.168.7.1 ppp0", "198.51.100.0/24 up0", "default up0"]


class World:
    """A stage with one distribution's dispatcher and others' hooks, and pptpsetup's way of writing files."""

    def __init__(self, stage: Stage, system: System) -> None:
        self.stage, self.system = stage, system
        stage.resolv_conf.write_bytes(RESOLV_CONF)
        (stage.etc / "passwd").write_text("root:x:0:0::/:/bin/sh\n")
        (stage.etc / "group").write_text("root:x:0:\ndip:x:30:\n")
        self._disk = RealSystem(stage.folder)
        for kind in ("up", "down"):
            self._furnish(kind)

    def _furnish(self, kind: str) -> None:
        dispatcher = self.stage.etc / "ppp" / f"ip-{kind}"
        dispatcher.parent.mkdir(exist_ok=True)
        say = f"printf '%s\\n' \"{kind} $1 $4 $5 $6\" >>/run/said"
        if self.system.dispatcher is not None:
            text = self.system.dispatcher.replace("{say}", say)
            dispatcher.write_text(text.replace("{kind}", kind))
            dispatcher.chmod(0o755)
        elif self.system.profile.hooks.kind is HookKind.RUN_PARTS:
            real = Path("/etc/ppp") / dispatcher.name
            if not real.is_file():
                missing(f"{real} is not there (Debian package ppp)")
            shutil.copy(real, dispatcher)
        for name, (text, mode) in self.system.others.items():
            path = self.stage.etc / name.replace("{kind}", kind)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text.replace("{say}", say))
            path.chmod(mode)

    def write(self, *tunnels: Tunnel) -> None:
        """Make the host hold what *tunnels* need, as ``apply`` does."""
        profile = self.system.profile
        artifacts = [*hook_files(tunnels, profile)] if tunnels else []
        for tunnel in tunnels:
            artifacts += peers(tunnel, profile, PROGRAMS)
        plan = make_plan(artifacts, self._disk, load_manifest(self._disk))
        apply(plan, self._disk, title="test")

    def pppd(self, kind: str) -> None:
        """What pppd runs when the link is up or down."""
        scripts = link_scripts(self.system.profile)
        path = f"/etc/ppp/ip-{kind}" if scripts is None else scripts[kind == "down"]
        self.run(path, *ARGUMENTS)

    def run(self, *command: str) -> None:
        environment = {"DNS1": "192.168.7.53", "PPPD_PID": "1"}
        done = self.stage.do(*command, check=False, environment=environment)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done

    def said(self) -> list[str]:
        """What others' hooks have seen."""
        path = self.stage.run / "said"
        return path.read_text().splitlines() if path.exists() else []

    def files(self) -> dict[str, tuple[int, bytes]]:
        """Mode and content of everything in /etc."""
        return {
            str(path.relative_to(self.stage.etc)): (path.stat().st_mode, path.read_bytes())
            for path in sorted(self.stage.etc.rglob("*"))
            if path.is_file()
        }


@pytest.fixture(params=SYSTEMS, ids=lambda kind: kind.value)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with Stage(tmp_path) as stage:
        yield World(stage, SYSTEMS[request.param])


def test_every_kind_has_its_module_and_its_test() -> None:
    assert set(MECHANISMS) == set(SYSTEMS) == set(HookKind)


def test_ours_and_others_are_run_and_ours_go_without_a_trace(world: World) -> None:
    before = world.files()
    world.write(TUNNEL)
    world.pppd("up")
    assert "192.168.7.0/24 ppp0" in world.stage.routes()
    assert b"nameserver 192.168.7.53\n" in world.stage.resolv_conf.read_bytes()
    assert world.said() == ["up ppp0 192.168.7.200 192.168.7.1 pptpsetup-work"]
    world.pppd("down")
    assert (world.stage.routes(), world.stage.left_behind()) == (BEFORE, [])
    assert world.said()[1:] == ["down ppp0 192.168.7.200 192.168.7.1 pptpsetup-work"]
    world.write(TUNNEL)
    world.write()
    assert world.files() == before


def test_after_a_killed_pppd_everybodys_turn_comes_once(world: World) -> None:
    world.write(TUNNEL)
    world.pppd("up")
    world.stage.do("ip", "link", "del", "ppp0")
    for _ in range(2):
        world.run(down_script(world.system.profile), *KILLED)
    assert world.said()[1:] == ["down ppp0 192.168.7.200 192.168.7.1 pptpsetup-work"]
    assert world.stage.resolv_conf.read_bytes() == RESOLV_CONF
    assert world.stage.left_behind() == []


def test_after_a_killed_pppd_an_interface_of_another_link_is_left_alone(world: World) -> None:
    world.write(TUNNEL)
    world.pppd("up")
    world.run(down_script(world.system.profile), *KILLED)
    assert world.said() == ["up ppp0 192.168.7.200 192.168.7.1 pptpsetup-work"]
    assert "192.168.7.0/24 ppp0" in world.stage.routes()
    assert world.stage.resolv_conf.read_bytes() == RESOLV_CONF
    assert world.stage.left_behind() == []


@pytest.mark.parametrize(
    "world",
    [HookKind.SOURCED_SH, HookKind.LOCAL_ADDITIVE, HookKind.SINGLE_FILE, HookKind.IP_UP_SCRIPT],
    ids=lambda kind: kind.value,
    indirect=True,
)
def test_hooks_that_are_left_without_our_scripts_do_nothing(world: World) -> None:
    """/etc/ppp restored from a backup, say, and /etc/pptpsetup not."""
    world.write(TUNNEL)
    for name in ("ip-up", "ip-down"):
        (world.stage.etc / "pptpsetup" / name).unlink()
    world.pppd("up")
    assert (world.stage.routes(), len(world.said())) == (BEFORE, 1)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("world", [HookKind.SOURCED_SH], ids=lambda kind: kind.value, indirect=True)
def test_the_shell_that_reads_our_file_is_as_it_was(world: World, shell: str) -> None:
    """Its variables and options, and it goes on to the next file; the stand-in's exit status says so."""
    world.write(TUNNEL)
    for kind in ("up", "down"):
        world.run(*SHELLS[shell], f"/etc/ppp/ip-{kind}", *ARGUMENTS)
        assert ("192.168.7.0/24 ppp0" in world.stage.routes()) == (kind == "up")
    assert len(world.said()) == 2


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("world", [HookKind.IP_UP_SCRIPT], ids=lambda kind: kind.value, indirect=True)
def test_ours_and_the_dispatcher_get_the_same_arguments(world: World, shell: str) -> None:
    world.write(TUNNEL)
    world.run(*SHELLS[shell], "/etc/pptpsetup/link-up", *ARGUMENTS)
    assert "192.168.7.0/24 ppp0" in world.stage.routes()
    assert world.said() == ["up ppp0 192.168.7.200 192.168.7.1 pptpsetup-work"]


@pytest.mark.parametrize("kind", [HookKind.LOCAL_ADDITIVE, HookKind.SINGLE_FILE])
def test_a_file_that_nobody_had_comes_and_goes(kind: HookKind, tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        world = World(stage, replace(SYSTEMS[kind], others={}))
        before = world.files()
        world.write(TUNNEL)
        assert Path(f"{stage.folder}{world.system.profile.hooks.up}").stat().st_mode & 0o777 == 0o755
        world.pppd("up")
        assert "192.168.7.0/24 ppp0" in stage.routes()
        world.pppd("down")
        assert stage.routes() == BEFORE
        world.write()
        assert world.files() == before


@pytest.mark.parametrize("kind", [HookKind.LOCAL_ADDITIVE, HookKind.SINGLE_FILE])
def test_a_program_in_our_place_stops_everything_and_is_named(kind: HookKind, tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        world = World(stage, replace(SYSTEMS[kind], others={}))
        path = world.system.profile.hooks.up
        foreign = Path(f"{stage.folder}{path}")
        foreign.write_text("#!/usr/bin/python3\nprint()\n")
        before = world.files()
        with pytest.raises(DifferentError) as caught:
            world.write(TUNNEL)
        (found,) = caught.value.diagnostics
        assert (found.code, str(found.where)) == ("hook-not-shell", path)
        assert world.files() == before


@pytest.mark.parametrize(
    ("kind", "names"),
    {
        HookKind.RUN_PARTS: ("50pptpsetup.sh", ".x", "a b", "", "../x"),
        HookKind.EXEC_ANY: ("x.rpmsave", "x.old", "x.bak", "x.orig", "x.rej", "x~", ".x", "", "a/b"),
        HookKind.EXEC_DOT_SH: ("50-pptpsetup", ".sh", "x.sh.bak", "a/b.sh", ""),
        HookKind.SOURCED_SH: ("50-pptpsetup", ".sh", "a b.sh", ""),
    }.items(),
    ids=lambda value: value.value if isinstance(value, HookKind) else "",
)
def test_names_that_would_not_be_run_are_refused(kind: HookKind, names: tuple[str, ...]) -> None:
    profile = SYSTEMS[kind].profile
    for name in names:
        with pytest.raises(SpecError) as caught:
            hook_files([TUNNEL], replace(profile, hooks=replace(profile.hooks, file_name=name)))
        assert caught.value.diagnostics[0].code == "skipped-file-name"


@pytest.mark.parametrize("kind", HookKind, ids=lambda kind: kind.value)
def test_every_file_is_a_clean_posix_script(kind: HookKind, tmp_path: Path) -> None:
    shellcheck = need("shellcheck", package="shellcheck")
    for artifact in hook_files([replace(TUNNEL, mode=Mode.LAN_TO_LAN)], SYSTEMS[kind].profile):
        if isinstance(artifact, FileArtifact):
            content = artifact.content
        elif isinstance(artifact, SharedArtifact):
            content = MERGERS[artifact.kind](b"", artifact.lines)
        else:
            continue
        path = tmp_path / "script"
        path.write_bytes(content)
        for command in ([shellcheck, "-s", "sh"], *([*shell, "-n"] for shell in SHELLS.values())):
            done = subprocess.run(
                [*command, str(path)], capture_output=True, text=True, timeout=60, check=False
            )
            assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), artifact.path
