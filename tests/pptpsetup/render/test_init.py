"""Units and stanzas, as systemd and ifupdown themselves read them."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.kinds import InitKind
from pptpsetup.errors import SpecError, UnsupportedError
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.hooks.choice import down_script
from pptpsetup.render.init import ifupdown, systemd
from pptpsetup.render.init.choice import KINDS, choose
from pptpsetup.render.programs import Programs
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Init
from tests.golden.cases import CASES, FACTS, PROGRAMS, WORK
from tests.oracle import ifupdown as ifupdown_oracle
from tests.oracle import systemd as systemd_oracle
from tests.support import need

DEBIAN = load_profile("debian")
TARGET = Target(DEBIAN, FACTS, PROGRAMS)


def _units(case: str, root: str = "/etc/systemd/system/") -> dict[str, str]:
    return {
        each.path.removeprefix(root): each.content.decode()
        for each in CASES[case].artifacts("debian")
        if isinstance(each, FileArtifact) and each.path.startswith(root)
    }


def _instance(case: str, tunnel: str = "work") -> dict[str, str]:
    """The template's text under the name of the instance, as verify wants it, with the drop-in beside it."""
    units = _units(case)
    return {f"pptp@{tunnel}.service": units.pop("pptp@.service"), **units}


@pytest.mark.host
@pytest.mark.parametrize(
    "case", ["plain", "old-pppd", "on-boot-systemd", "demand", "dialled-once-or-thrice"]
)
def test_systemd_finds_nothing_wrong(case: str, tmp_path: Path) -> None:
    """The hook is not there in the scratch directory, so a program that always is stands for it."""
    need("pppd", package="ppp")
    units = _instance(case)
    name = "pptp@work.service"
    for ours in (down_script(DEBIAN), PROGRAMS.python):
        assert ours in units[name]
        units[name] = units[name].replace(ours, "/bin/true")
    status, output = systemd_oracle.verify(tmp_path, units)
    assert status == 0, output
    assert "pptp@" not in output


@pytest.mark.host
def test_systemd_runs_exactly_these_commands() -> None:
    programs = Programs("/opt/my/python3", '/opt/100% "odd" $path/\\/__main__.py')
    units = {
        each.path.removeprefix("/etc/systemd/system/"): each.content.decode()
        for each in systemd.files([WORK], Target(DEBIAN, FACTS, programs))
        if isinstance(each, FileArtifact)
    }
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        loaded = systemd_oracle.load(Path(folder), units, "pptp@my-vpn.2.service")
    assert loaded.description == "PPTP tunnel my-vpn.2"
    assert loaded.commands == [
        ["/usr/sbin/pppd", "call", "my-vpn.2", "nodetach", "nolog", "up_sdnotify", "nopersist"],
        ["/etc/ppp/ip-down.d/50pptpsetup", "", "", "", "", "", "pptpsetup-my-vpn.2"],
        ["/opt/my/python3", "-I", "-S", '/opt/100% "odd" $$path/\\/__main__.py', "--release-routes"],
    ]


@pytest.mark.host
def test_on_demand_the_unit_is_active_in_standby() -> None:
    """up_sdnotify comes with the first call, when systemd would have given up; nopersist would end pppd."""
    units = _units("demand")
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        loaded = systemd_oracle.load(Path(folder), units, "pptp@work.service")
    assert loaded.commands[0] == ["/usr/sbin/pppd", "call", "work", "nodetach", "nolog"]
    assert len(loaded.commands) == 3, "the template's own command has gone"
    assert "Type: simple" in loaded.dump


@pytest.mark.host
@pytest.mark.parametrize(
    ("tunnel", "arguments", "type_", "restart"),
    [
        ("work", ["nodetach", "nolog", "up_sdnotify", "nopersist"], "notify", "no"),
        ("thrice", ["nodetach", "nolog"], "simple", "on-abnormal"),
        ("packet", ["nodetach", "nolog"], "simple", "on-abnormal"),
    ],
)
def test_who_gives_up_is_not_started_again(
    tunnel: str, arguments: list[str], type_: str, restart: str
) -> None:
    """pppd counts its attempts; systemd knows nothing of them."""
    units = _units("dialled-once-or-thrice")
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        loaded = systemd_oracle.load(Path(folder), units, f"pptp@{tunnel}.service")
    assert loaded.commands[0] == ["/usr/sbin/pppd", "call", tunnel, *arguments]
    assert f"Type: {type_}" in loaded.dump
    assert f"Restart: {restart}\n" in loaded.dump


def test_the_unit_does_not_depend_on_tunnels() -> None:
    assert _units("plain")["pptp@.service"] == _units("demand")["pptp@.service"]
    assert _units("plain")["pptp@.service"] == _units("three-tunnels")["pptp@.service"]


def _settings(units: dict[str, str], name: str) -> list[str]:
    return [line for line in units[name].splitlines() if line and not line.startswith("#")]


def test_a_drop_in_holds_what_differs() -> None:
    units = {
        each.path.removeprefix("/etc/systemd/system/"): each.content.decode()
        for each in systemd.files([WORK, replace(WORK, name="slow", reconnect_delay=60)], TARGET)
        if isinstance(each, FileArtifact)
    }
    assert "RestartSec=10" in _settings(units, "pptp@.service")
    assert set(units) == {"pptp@.service", "pptp@slow.service.d/10-pptpsetup.conf"}
    assert _settings(units, "pptp@slow.service.d/10-pptpsetup.conf") == ["[Service]", "RestartSec=60"]


def test_a_pppd_without_up_sdnotify_is_not_told_to() -> None:
    text = _units("old-pppd")["pptp@.service"]
    assert "Type=simple" in text
    assert "up_sdnotify" not in text


@pytest.mark.host
@pytest.mark.parametrize("on_boot", [True, False])
def test_ifupdown_dials_with_pon(on_boot: bool, tmp_path: Path) -> None:
    tunnel = replace(WORK, name="my-vpn", on_boot=on_boot)
    (file,) = (each for each in ifupdown.files([tunnel], TARGET) if isinstance(each, FileArtifact))
    folder = tmp_path / "interfaces.d"
    folder.mkdir()
    (folder / file.path.rpartition("/")[2]).write_bytes(file.content)
    interfaces = tmp_path / "interfaces"
    interfaces.write_text(f"source-directory {folder}\n")
    assert ifupdown_oracle.query(interfaces, "pptp-my-vpn") == {"provider": "my-vpn"}
    assert ifupdown_oracle.automatic(interfaces) == (["pptp-my-vpn"] if on_boot else [])
    commands = ifupdown_oracle.up_commands(interfaces, "pptp-my-vpn")
    assert [line for line in commands if line.split()[0].endswith("pon")] == ["pon my-vpn"]


def test_a_name_that_ifupdown_would_skip_is_refused() -> None:
    with pytest.raises(SpecError):
        ifupdown.files([replace(WORK, name="my.vpn")], TARGET)


@pytest.mark.parametrize(
    ("installed", "chosen"),
    [
        ((InitKind.SYSTEMD, InitKind.IFUPDOWN), Init.SYSTEMD),
        ((InitKind.IFUPDOWN,), Init.IFUPDOWN),
        ((), Init.MANUAL),
    ],
)
def test_auto_is_the_first_that_is_installed(installed: tuple[InitKind, ...], chosen: Init) -> None:
    facts = replace(FACTS, init=installed)
    assert choose(WORK, facts) is chosen
    for named in (Init.SYSTEMD, Init.IFUPDOWN, Init.MANUAL):
        assert choose(replace(WORK, init=named), facts) is named


def test_every_init_system_of_the_spec_is_one_of_the_profiles_and_has_a_module() -> None:
    named = set(Init) - {Init.AUTO}
    assert set(KINDS) == named
    assert {each.value for each in named - {Init.MANUAL}} <= {each.value for each in InitKind}


@pytest.mark.parametrize("init", [Init.AUTO, Init.MANUAL])
def test_on_boot_needs_somebody_to_start_it(init: Init) -> None:
    with pytest.raises(UnsupportedError, match="at boot"):
        choose(replace(WORK, on_boot=True, init=init), replace(FACTS, init=()))
