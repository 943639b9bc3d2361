"""Whether a tunnel is up: no leftover of a crash may make it look so."""

import json
from pathlib import Path

import pytest

from pptpsetup.render.places import ON_DEMAND
from pptpsetup.tunnel.processes import link_files
from pptpsetup.tunnel.report import Cause
from pptpsetup.tunnel.status import Traffic, TunnelState, read_status
from tests.pptpsetup.tunnel.scene import REPORT, Scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def _state(scene: Scene) -> TunnelState:
    return read_status(scene.root, "work").state


def test_nothing_is_there(tmp_path: Path) -> None:
    assert read_status(tmp_path, "work").state is TunnelState.DOWN


def test_below_a_root_a_link_to_this_machine_s_pid_files_is_not_followed(tmp_path: Path) -> None:
    """/var/run -> /run is absolute on most systems, and the root's own /run is meant."""
    root, outside = tmp_path / "root", tmp_path / "run"
    outside.mkdir()
    (outside / "ppp-pptp-work.pid").write_text("1\nppp0\n")
    (root / "var").mkdir(parents=True)
    (root / "var/run").symlink_to(outside)
    assert not any(each.exists() for each in link_files(root, "work"))
    inside = root / str(outside).lstrip("/")
    inside.mkdir(parents=True)
    (inside / "ppp-pptp-work.pid").write_text("1\nppp0\n")
    assert any(each.exists() for each in link_files(root, "work"))


def test_up_with_everything_known(scene: Scene) -> None:
    scene.up()
    status = read_status(scene.root, "work")
    assert status.is_up
    assert (status.interface, status.local, status.remote) == ("ppp0", "192.168.7.200", "192.168.7.1")
    assert (status.server_name, status.server_address) == ("vpn.example.com", "203.0.113.9")
    assert status.since == 1732300000.0
    assert status.negotiated.encryption_bits == 128
    assert status.traffic == Traffic(1000, 2000, 10, 20)
    assert (status.pppd_pid, status.gateway_pid, status.call_manager_pid) == (200, 201, 202)
    assert status.cause is None


@pytest.mark.parametrize("directory", ["run", "run/pppd", "run/ppp"])
def test_pid_files_of_other_distributions(scene: Scene, directory: str) -> None:
    scene.pppd()
    scene.interface()
    scene.link_file("200\nppp0\n", directory=directory)
    assert _state(scene) is TunnelState.UP


def test_a_pid_file_after_a_reboot_means_nothing(scene: Scene) -> None:
    scene.link_file("200\nppp0\n")
    scene.interface()
    scene.report()
    assert _state(scene) is TunnelState.DOWN


def test_a_pid_that_is_another_program_now(scene: Scene) -> None:
    scene.up()
    (scene.root / "proc/200/comm").write_text("bash\n")
    assert _state(scene) is TunnelState.DOWN


def test_a_pid_that_is_the_pppd_of_another_tunnel(scene: Scene) -> None:
    scene.pppd(tunnel="work-vpn")
    scene.link_file("200\nppp0\n")
    scene.interface()
    assert _state(scene) is TunnelState.DOWN


def test_an_interface_that_is_not_up_yet(scene: Scene) -> None:
    scene.pppd()
    scene.engine(201)
    scene.link_file("200\nppp0\n")
    scene.interface(flags=0x1090)
    scene.report(state="negotiating", up_since=None)
    status = read_status(scene.root, "work")
    assert (status.state, status.phase) == (TunnelState.CONNECTING, "negotiating")
    assert status.since is None


def test_a_pppd_before_its_pid_file(scene: Scene) -> None:
    scene.pppd()
    scene.engine(201, parent=200)
    assert _state(scene) is TunnelState.CONNECTING


def test_a_report_of_an_earlier_engine_is_not_believed(scene: Scene) -> None:
    scene.pppd()
    scene.link_file("200\nppp0\n")
    scene.interface()
    scene.report()
    status = read_status(scene.root, "work")
    assert status.is_up
    assert status.negotiated.encryption_bits is None
    assert status.server_address is None


def test_an_engine_that_is_a_zombie_does_not_vouch_for_its_report(scene: Scene) -> None:
    scene.pppd()
    scene.link_file("200\nppp0\n")
    scene.interface()
    scene.process(201, "python3", "--report", "/run/pptpsetup/work.json", state="Z")
    scene.report(pids={"gateway": 201, "call_manager": None})
    assert read_status(scene.root, "work").negotiated.encryption_bits is None


def test_the_cause_of_the_end(scene: Scene) -> None:
    cause = {"code": "no-gre", "message": "nothing came back", "hint": None}
    scene.report(state="down", cause=cause)
    assert read_status(scene.root, "work").cause == Cause("no-gre", "nothing came back")


def test_an_end_without_a_goodbye(scene: Scene) -> None:
    scene.report(state="up")
    status = read_status(scene.root, "work")
    assert status.state is TunnelState.DOWN
    assert status.cause is not None
    assert status.cause.code == "ended-unexpectedly"


@pytest.mark.parametrize(
    "text", ["", "abc\n", "\n", "200", "200\n../../etc\n", "-1\n", "99999999999999999999\n"]
)
def test_strange_pid_files(scene: Scene, text: str) -> None:
    scene.link_file(text)
    assert _state(scene) is TunnelState.DOWN


def test_a_pid_file_cannot_point_out_of_sys(scene: Scene) -> None:
    scene.pppd()
    scene.link_file("200\n../../../etc\n")
    status = read_status(scene.root, "work")
    assert (status.state, status.interface) == (TunnelState.CONNECTING, None)


def test_counters_that_cannot_be_read(scene: Scene) -> None:
    scene.up()
    (scene.root / "sys/class/net/ppp0/statistics/rx_bytes").write_text("many\n")
    status = read_status(scene.root, "work")
    assert (status.is_up, status.traffic) == (True, None)


def _on_demand(scene: Scene) -> None:
    scene.pppd()
    scene.link_file("200\nppp0\n")
    scene.interface(alias=ON_DEMAND)


def test_standing_by_before_the_first_call(scene: Scene) -> None:
    _on_demand(scene)
    status = read_status(scene.root, "work")
    assert (status.state, status.is_up, status.stands_by) == (TunnelState.STANDBY, False, True)
    assert (status.interface, status.since, status.local) == ("ppp0", None, None)


def test_standing_by_after_a_call(scene: Scene) -> None:
    """What the last call has negotiated is over; why it ended may be worth knowing."""
    _on_demand(scene)
    cause = {"code": "auth-failed", "message": "refused", "hint": None}
    scene.report(state="down", cause=cause)
    status = read_status(scene.root, "work")
    assert status.stands_by
    assert (status.server_address, status.negotiated.encryption_bits, status.gateway_pid) == (
        None,
        None,
        None,
    )
    assert status.cause == Cause("auth-failed", "refused")


def test_standing_by_while_the_last_call_is_being_ended(scene: Scene) -> None:
    """The call manager takes leave of the server when pppd stands by already."""
    _on_demand(scene)
    scene.engine(202, parent=1)
    scene.report()
    status = read_status(scene.root, "work")
    assert (status.state, status.call_manager_pid) == (TunnelState.STANDBY, None)


@pytest.mark.parametrize("state", ["resolving", "connecting", "control", "call", "negotiating"])
def test_on_demand_an_interface_that_is_up_does_not_mean_that_the_tunnel_is(
    scene: Scene, state: str
) -> None:
    _on_demand(scene)
    scene.engine(201)
    scene.report(state=state, up_since=None)
    status = read_status(scene.root, "work")
    assert (status.state, status.phase) == (TunnelState.CONNECTING, state)


def test_on_demand_an_engine_that_has_not_reported_yet(scene: Scene) -> None:
    _on_demand(scene)
    scene.report(state="down")
    scene.engine(301)
    assert _state(scene) is TunnelState.CONNECTING


def test_on_demand_and_up(scene: Scene) -> None:
    _on_demand(scene)
    scene.engine(201)
    scene.engine(202, parent=1)
    scene.report()
    status = read_status(scene.root, "work")
    assert (status.state, status.phase, status.since) == (TunnelState.UP, None, 1732300000.0)
    assert status.local == "192.168.7.200"


def test_an_alias_of_somebody_else_means_nothing(scene: Scene) -> None:
    scene.pppd()
    scene.link_file("200\nppp0\n")
    scene.interface(alias="uplink of the shop")
    assert _state(scene) is TunnelState.UP


def test_a_pppd_that_netifd_runs(scene: Scene) -> None:
    words = ["nodetach", "ipparam", "work", "ifname", "pptp-work", "plugin", "pptp.so", "pptp_server", "vpn"]
    scene.process(200, "/usr/sbin/pppd", *words)
    scene.interface("pptp-work")
    (scene.root / "run/pptp-work.pid").write_text("200\n")
    status = read_status(scene.root, "work")
    assert (status.state, status.interface, status.pppd_pid) == (TunnelState.UP, "pptp-work", 200)
    assert read_status(scene.root, "other").state is TunnelState.DOWN


def test_a_pppd_that_networkmanager_runs_with_the_bundled_engine(scene: Scene) -> None:
    words = ["pty", "/usr/local/sbin/pptp 203.0.113.9 --nolaunchpppd", "ipparam", "nm-pptp-service-190"]
    scene.process(200, "/usr/sbin/pppd", *words)
    scene.engine(201)
    scene.engine(202, parent=1)
    scene.interface()
    (scene.root / "run/ppp0.pid").write_text("200\n")
    (scene.root / "run/other.pid").write_text("200\n")
    scene.report()
    status = read_status(scene.root, "work")
    assert (status.state, status.interface, status.pppd_pid) == (TunnelState.UP, "ppp0", 200)
    assert status.negotiated.authentication == "mschap-v2"


def test_a_system_without_run(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    scene = Scene(tmp_path)
    scene.pppd()
    scene.interface()
    (tmp_path / "run").rename(tmp_path / "var/run")
    scene.process(
        201, "python3", "/x/__main__.py", "vpn", "--report", "/var/run/pptpsetup/work.json", parent=200
    )
    (tmp_path / "var/run/ppp-pptp-work.pid").write_text("200\nppp0\n")
    (tmp_path / "var/run/pptpsetup/work.json").write_text(json.dumps({**REPORT, "pids": {"gateway": 201}}))
    status = read_status(tmp_path, "work")
    assert (status.state, status.gateway_pid) == (TunnelState.UP, 201)
