"""Changing what one is logged in through: what is refused, what accepts it, and what is taken back.

The system is in a directory; the login, its way and the running tunnel are made up.
"""

import pytest

from pptpsetup.tunnel.risks import WayIn
from pptpsetup.tunnel.status import TunnelState, TunnelStatus
from tests.pptpsetup.cli.shop import Cli, picture, taken_for_the_running_system

SPEC = "/etc/pptpsetup/tunnels.yaml"
TRIAL = "/var/lib/pptpsetup/trial.json"


def edit(cli: Cli, old: str = "username: tom", new: str = "username: tim") -> None:
    """Somebody with an editor."""
    text = cli.text_of(SPEC)
    assert old in text
    (cli.root / SPEC[1:]).write_text(text.replace(old, new))


@pytest.fixture
def live(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """`cli`, taken for the running system: nothing runs, and this login is one over SSH."""
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.7 50122 192.0.2.1 22")
    cli.create()
    edit(cli, "server: vpn", "mode: all-to-tunnel\n    server: vpn")
    taken_for_the_running_system(monkeypatch)
    monkeypatch.setattr("pptpsetup.cli.applying.require", lambda *_: None)
    monkeypatch.setattr("pptpsetup.cli.applying.restart_affected", lambda *_, **__: None)
    monkeypatch.setattr("pptpsetup.cli.trying.way_in", lambda _: WayIn("198.51.100.7", "eth0", 0))
    return cli


def runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tunnel runs and would be restarted."""
    monkeypatch.setattr(
        "pptpsetup.cli.applying.affected", lambda _host, change, _running: change.wanted.tunnels
    )


def test_a_risk_is_refused_before_anything_is_written(live: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(monkeypatch)
    before = picture(live.root)
    result = live("apply")
    assert result.status == 2
    assert "error[risk-default-route]: work takes all traffic, the answers to your login too" in result.err
    assert f"hint: pptpsetup --root {live.root} apply --try 60s --accept-risk=default-route\n" in result.err
    assert picture(live.root) == before
    assert live("apply", "--accept-risk", "ssh-peer").status == 2
    assert live("apply", "--accept-risk", "default-route").status == 0
    assert "mode: all-to-tunnel" in live.text_of("/var/lib/pptpsetup/manifest.json")


def test_no_risk_where_the_tunnel_does_not_run(live: Cli) -> None:
    assert live("apply").status == 0


def test_no_risk_where_nothing_is_restarted(live: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(monkeypatch)
    assert live("apply", "--no-restart").status == 0


def test_no_risk_without_ssh(live: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(monkeypatch)
    monkeypatch.setattr("pptpsetup.cli.trying.way_in", lambda _: None)
    assert live("apply").status == 0


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No timer is started."""
    monkeypatch.setattr("pptpsetup.tunnel.timer.start", lambda *_, **__: None)


@pytest.fixture
def led_elsewhere(live: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """After the change, answers to this login leave by the tunnel."""
    ways = iter([WayIn("198.51.100.7", "eth0", 0), WayIn("198.51.100.7", "ppp0", 1)])
    monkeypatch.setattr("pptpsetup.cli.trying.way_in", lambda _: next(ways))
    return live


@pytest.mark.parametrize("options", [(), ("--try", "1h")], ids=["for good", "on trial"])
@pytest.mark.usefixtures("still")
def test_a_login_led_elsewhere_takes_the_change_back_at_once(
    options: tuple[str, ...], led_elsewhere: Cli
) -> None:
    cli = led_elsewhere
    result = cli("apply", *options)
    assert result.status == 5
    assert "error[risk-ssh-peer]: the answers to your login took another way" in result.err
    assert "error[taken-back]: the change was taken back at once" in result.err
    assert "all-to-tunnel" not in cli.text_of(SPEC)
    assert not cli.exists(TRIAL)


def test_unless_that_was_accepted(led_elsewhere: Cli) -> None:
    assert led_elsewhere("apply", "--accept-risk=default-route").status == 0


@pytest.fixture
def through_work(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """A live system whose tunnel is up, and this login comes through it."""
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.7 50122 192.0.2.1 22")
    up = TunnelStatus("work", TunnelState.UP, interface="ppp0", pppd_pid=1)
    taken_for_the_running_system(monkeypatch)
    monkeypatch.setattr("pptpsetup.cli.commands.create.require", lambda *_: None)
    monkeypatch.setattr("pptpsetup.cli.trying.way_in", lambda _: WayIn("198.51.100.7", "ppp0", 0))
    monkeypatch.setattr("pptpsetup.tunnel.status.read_status", lambda *_: up)
    monkeypatch.setattr("pptpsetup.tunnel.service.read_status", lambda *_: up)
    for user in ("running", "applying", "watching"):
        monkeypatch.setattr(f"pptpsetup.cli.{user}.read_status", lambda *_: up)
    monkeypatch.setattr("pptpsetup.cli.running.require", lambda *_: None)
    monkeypatch.setattr("pptpsetup.tunnel.ending.stop", lambda *_, **__: pytest.fail("it was stopped"))
    assert cli.create().status == 0
    return cli


def test_starting_what_one_is_logged_in_through_is_no_risk_when_nothing_changes(through_work: Cli) -> None:
    """It is up with these very settings, and nobody touches it; so it is when they are for the boot only."""
    result = through_work("create", "work", "--start")
    assert (result.status, result.err.splitlines()[-1]) == (0, "work is already up on ppp0")
    assert "nothing to do" in result.err
    assert through_work("create", "work", "--on-boot", "--start").status == 0
    told = through_work("create", "work", "--no-on-boot").err
    assert "old settings" not in told


def test_it_is_one_when_the_tunnel_would_be_restarted(through_work: Cli) -> None:
    before = picture(through_work.root)
    result = through_work("create", "work", "--mtu", "1300", "--start")
    assert result.status == 2
    assert "error[risk-last-way-in]: you are logged in through work" in result.err
    assert picture(through_work.root) == before
    assert "it runs with its old settings" in through_work("create", "work", "--mtu", "1300").err


def stops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tunnels can be stopped from now on; which were."""
    stopped: list[str] = []

    def stop(name: str, **_: object) -> bool:
        stopped.append(name)
        return True

    monkeypatch.setattr("pptpsetup.tunnel.ending.stop", stop)
    return stopped


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("stop", "work"), b""),
        (("delete", "work"), b""),
        (("rollback",), b""),
        (("secret", "set", "work", "--password-stdin"), b"new"),
        (("secret", "rotate", "work", "--password-stdin"), b"new"),
        (("secret", "forget", "work"), b""),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, tuple) else "",
)
def test_whatever_stops_what_one_is_logged_in_through(
    through_work: Cli, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], stdin: bytes
) -> None:
    before = picture(through_work.root)
    result = through_work(*arguments, stdin=stdin)
    assert result.status == 2
    assert "error[risk-last-way-in]: you are logged in through work" in result.err
    assert "hint: repeat the command with --accept-risk=last-way-in\n" in result.err
    assert picture(through_work.root) == before
    stopped = stops(monkeypatch)
    monkeypatch.setattr("pptpsetup.cli.running.bring_up", lambda *_: 0)
    assert through_work(*arguments, "--accept-risk", "last-way-in", stdin=stdin).status == 0
    assert stopped == ["work"]


@pytest.fixture
def down(through_work: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The same with a tunnel that is down, takes all traffic, and a login by another way."""
    assert through_work("create", "work", "--all-to-tunnel").status == 0
    nothing = TunnelStatus("work", TunnelState.DOWN)
    monkeypatch.setattr("pptpsetup.cli.trying.way_in", lambda _: WayIn("198.51.100.7", "eth0", 0))
    monkeypatch.setattr("pptpsetup.cli.watching.read_status", lambda *_: nothing)
    return through_work


def test_starting_what_takes_this_login_s_answers_is_refused(down: Cli) -> None:
    result = down("start", "work")
    assert result.status == 2
    assert "error[risk-default-route]: work takes all traffic, the answers to your login too" in result.err
    assert down("start", "work", "--accept-risk=default-route").status == 0
    unknown = down("start", "work", "--accept-risk=all")
    assert (unknown.status, "there is no risk 'all'" in unknown.err) == (1, True)


def test_what_has_led_this_login_elsewhere_is_stopped_again(
    down: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = iter([WayIn("198.51.100.7", "eth0", None), WayIn("198.51.100.7", "ppp0", 1)])
    stopped = stops(monkeypatch)
    monkeypatch.setattr("pptpsetup.cli.trying.way_in", lambda _: next(ways))
    result = down("start", "work")
    assert (result.status, stopped) == (2, ["work"])
    assert "error[risk-ssh-peer]: the answers to your login took another way" in result.err
    assert "error[stopped-again]: work was stopped again at once" in result.err
