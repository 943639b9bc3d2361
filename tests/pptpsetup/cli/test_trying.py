"""``apply --try`` and ``confirm``: what is said and done, with the real timer where it counts."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from pptpsetup.change.spec_files import spec_bytes
from pptpsetup.change.uptime import Uptime, now
from pptpsetup.cli.host import Host
from pptpsetup.tunnel.risks import WayIn
from pptpsetup.tunnel.status import TunnelState, TunnelStatus
from tests.pptpsetup.cli.shop import Cli, picture

SPEC = "/etc/pptpsetup/tunnels.yaml"
PEERS = "/etc/ppp/peers/work"
TRIAL = "/var/lib/pptpsetup/trial.json"
PROGRAM = [sys.executable, "-m", "pptpsetup"]


def edit(cli: Cli, old: str = "username: tom", new: str = "username: tim") -> None:
    """Somebody with an editor."""
    text = cli.text_of(SPEC)
    assert old in text
    (cli.root / SPEC[1:]).write_text(text.replace(old, new))


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No timer is started."""
    monkeypatch.setattr("pptpsetup.tunnel.timer.start", lambda *_, **__: None)


def reboot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pptpsetup.change.trial.now", lambda: Uptime("another boot", now().seconds))
    monkeypatch.setattr("pptpsetup.change.uptime.now", lambda: Uptime("another boot", 1e9))


@pytest.fixture
def tried(cli: Cli, still: None) -> Cli:  # noqa: ARG001
    """A system with a change on trial."""
    cli.create()
    edit(cli)
    assert cli("apply", "--try", "1h").status == 0
    return cli


def test_it_says_what_to_type_and_returns_where_no_terminal_is(cli: Cli, still: None) -> None:  # noqa: ARG001
    cli.create()
    edit(cli)
    result = cli("apply", "--try", "90s")
    assert (result.status, result.out) == (0, "")
    trial = json.loads(cli.text_of(TRIAL))
    assert trial["title"] == "apply --try 90s"
    assert "on trial for 1 min 30 s: it is taken back at " in result.err
    assert f"log in anew and type there: pptpsetup --root {cli.root} confirm {trial['id']}\n" in result.err
    assert "Ctrl-C" not in result.err
    assert "tim" in cli.text_of(PEERS)


def test_what_takes_it_back_works_on_the_same_system_with_the_same_profile(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tunnels are started again then, by the init system that the profile says."""
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        "pptpsetup.tunnel.timer.start", lambda _name, _seconds, command, **_: commands.append(command)
    )
    cli.create()
    edit(cli)
    assert cli("--profile", "debian", "apply", "--try", "1h").status == 0
    (words,) = commands
    options = ("--root", str(cli.root), "--profile", "debian", "recover", "--wait")
    at = words.index("--root")
    assert words[at : at + len(options)] == options


def test_without_news_there_is_no_trial(cli: Cli) -> None:
    cli.create()
    result = cli("apply", "--try", "60s")
    assert (result.status, result.err) == (0, "nothing to do: this system is as the spec says\n")
    assert not cli.exists(TRIAL)


def test_everybody_is_told_that_one_is_pending(tried: Cli) -> None:
    trial = json.loads(tried.text_of(TRIAL))
    for command in (("history",), ("check",), ("plan",), ("diff",), ("recover",), ("status",)):
        said = tried(*command).err
        assert "`apply --try 1h` is on trial: taken back at " in said, command
        assert "unless confirmed in a new login by: pptpsetup --root " in said, command
    for reading in ("history", "status"):
        result = tried(reading, "--json")
        found = json.loads(result.out)["trial"]
        assert (found["id"], found["command"]) == (trial["id"], "apply --try 1h")
        assert 3500 < found["seconds_left"] <= 3600
        assert result.err == ""
    assert tried("check").status == 0


def test_nothing_is_said_when_there_is_none(cli: Cli) -> None:
    cli.create()
    assert json.loads(cli("history", "--json").out)["trial"] is None
    assert json.loads(cli("status", "--json").out)["trial"] is None
    assert cli("history").err == ""


@pytest.mark.parametrize(
    "command",
    [
        ("apply",),
        ("apply", "--try", "60s"),
        ("create", "home", "--server", "a", "--username", "b", "--password-stdin"),
        ("delete", "work"),
        ("secret", "forget", "work"),
        ("secret", "set", "work", "--password-stdin"),
        ("rollback", "1"),
        ("adopt", "--keep"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_second_change_is_refused(command: tuple[str, ...], tried: Cli) -> None:
    edit(tried, "username: tim", "username: jim")
    with (tried.root / PEERS[1:]).open("a") as file:
        file.write("debug\n")
    before = picture(tried.root)
    result = tried(*command, stdin=b"pw")
    assert result.status == 4, result.err
    assert "error[trial-pending]: `apply --try 1h` is on trial" in result.err
    assert f"pptpsetup --root {tried.root} confirm" in result.err
    assert f"pptpsetup --root {tried.root} rollback" in result.err
    assert picture(tried.root) == before


def test_confirmed_it_is_a_change_like_any_other(tried: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    after = picture(tried.root)
    result = tried("confirm", "--same-login")
    assert (result.status, result.err) == (0, "confirmed: `apply --try 1h` stays\n")
    del after[TRIAL[1:]]
    assert picture(tried.root) == after
    reboot(monkeypatch)
    assert tried("recover").err == "nothing to recover\n"
    assert picture(tried.root) == after
    again = tried("confirm", "--same-login")
    assert again.status == 2
    assert "error[no-trial]" in again.err


def test_the_same_login_proves_nothing(tried: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    result = tried("confirm")
    assert result.status == 1
    assert "error[same-login]: this does not prove that the way in still works" in result.err
    assert f"pptpsetup --root {tried.root} confirm --same-login" in result.err
    assert tried.exists(TRIAL)
    # Another SSH connection does, the one of the trial not.
    trial = json.loads(tried.text_of(TRIAL))
    trial["login"]["connection"] = "198.51.100.7 50122 192.0.2.1 22"
    (tried.root / TRIAL[1:]).write_text(json.dumps(trial))
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.7 50122 192.0.2.1 22")
    assert "ControlMaster" not in tried("confirm").err
    assert tried("confirm").status == 1
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.7 50188 192.0.2.1 22")
    assert tried("confirm", "another").status == 2
    assert tried("confirm", trial["id"]).status == 0


def test_rollback_ends_it(tried: Cli) -> None:
    assert tried("rollback").status == 0
    assert not tried.exists(TRIAL)
    assert "tom" in tried.text_of(PEERS)
    assert "tom" in tried.text_of(SPEC)
    # What was tried can be had again.
    assert tried("rollback").status == 0
    assert "tim" in tried.text_of(SPEC)


@pytest.mark.parametrize("command", [("recover",), ("apply",), ("delete", "work")], ids=" ".join)
def test_after_a_reboot_it_is_taken_back_first(
    command: tuple[str, ...], tried: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    reboot(monkeypatch)
    result = tried(*command)
    assert result.status == 0
    assert "`apply --try 1h` was taken back: the system was restarted before" in result.err
    assert not tried.exists(TRIAL)
    assert "take back `apply --try 1h`" in tried("history").out
    assert command[0] == "delete" or "username: tim" not in tried.text_of(SPEC)


def test_too_late(tried: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    reboot(monkeypatch)
    result = tried("confirm", "--same-login")
    assert result.status == 2
    assert "error[trial-over]" in result.err
    assert tried("rollback").status == 0


def test_taking_back_needs_no_templates_no_profiles_and_no_valid_spec(
    tried: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does it stop at what somebody has edited meanwhile: that is put away."""
    (tried.root / SPEC[1:]).write_text("tunnels: [")
    with (tried.root / PEERS[1:]).open("a") as file:
        file.write("debug\n")
    (tried.root / "etc/os-release").write_text("ID=unheard-of\n")

    def gone(kind: str) -> Path:
        raise FileNotFoundError(kind)

    reboot(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr("pptpsetup.resources.data_dir", gone)
        patch.setattr("pptpsetup.render.environment.data_dir", gone)
        result = tried("recover")
    assert result.status == 0, result.err
    assert "tom" in tried.text_of(PEERS)
    assert "username: tom" in tried.text_of(SPEC)
    assert "debug" in tried.text_of("/var/lib/pptpsetup/kept/etc-ppp-peers-work.1")
    assert tried.text_of("/var/lib/pptpsetup/kept/etc-pptpsetup-tunnels.yaml.1") == "tunnels: ["


def test_an_older_generation_that_is_damaged_does_not_stop_it(
    tried: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tried.root / "var/lib/pptpsetup/tx/000001.gen/journal.json").write_text("{")
    reboot(monkeypatch)
    assert tried("recover").status == 0
    assert "tom" in tried.text_of(PEERS)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--try", "soon"), "wrong-type"),
        (("--try", "0"), "out-of-range"),
        (("--try", "48h"), "out-of-range"),
        (("--accept-risk", "everything"), "usage"),
    ],
)
def test_bad_options(options: tuple[str, ...], code: str, cli: Cli) -> None:
    cli.create()
    edit(cli)
    before = picture(cli.root)
    result = cli("apply", *options)
    assert result.status in (1, 3)
    assert f"error[{code}]" in result.err
    assert picture(cli.root) == before


# Risks. The system is in a directory; the login, its way and the running tunnel are made up.


@pytest.fixture
def live(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """`cli`, taken for the running system: nothing runs, and this login is one over SSH."""
    monkeypatch.setenv("SSH_CONNECTION", "198.51.100.7 50122 192.0.2.1 22")
    cli.create()
    edit(cli, "server: vpn", "mode: all-to-tunnel\n    server: vpn")
    monkeypatch.setattr(Host, "live", property(lambda _: True))
    monkeypatch.setattr(Host, "spec_bytes", lambda host: spec_bytes(host.system))
    monkeypatch.setattr("pptpsetup.distro.facts._pppd", lambda *_: (None, frozenset()))
    monkeypatch.setattr("pptpsetup.cli.applying.require", lambda *_: None)
    monkeypatch.setattr("pptpsetup.change.parsers.try_out", lambda *_: ())
    monkeypatch.setattr("pptpsetup.cli.applying.restart_affected", lambda *_, **__: None)
    monkeypatch.setattr("pptpsetup.cli.changing.tell_init", lambda *_: None)
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
    monkeypatch.setattr(Host, "live", property(lambda _: True))
    monkeypatch.setattr(Host, "spec_bytes", lambda host: spec_bytes(host.system))
    monkeypatch.setattr("pptpsetup.distro.facts._pppd", lambda *_: (None, frozenset()))
    monkeypatch.setattr("pptpsetup.cli.commands.create.require", lambda *_: None)
    monkeypatch.setattr("pptpsetup.change.parsers.try_out", lambda *_: ())
    monkeypatch.setattr("pptpsetup.cli.changing.tell_init", lambda *_: None)
    monkeypatch.setattr("pptpsetup.cli.trying.way_in", lambda _: WayIn("198.51.100.7", "ppp0", 0))
    monkeypatch.setattr("pptpsetup.tunnel.status.read_status", lambda *_: up)
    monkeypatch.setattr("pptpsetup.tunnel.service.read_status", lambda *_: up)
    monkeypatch.setattr("pptpsetup.cli.running.read_status", lambda *_: up)
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


# The real timer, as a process of its own.


def watchers(root: Path) -> list[int]:
    """Processes that wait for the end of a trial on the system in *root*."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--trial" in words and os.fsencode(root) in words:
            found.append(int(path.parent.name))
    return found


def wait_until(what: str, condition: Callable[[], object], limit: float = 60) -> None:
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@pytest.mark.host
def test_the_process_that_waits_takes_it_back_whatever_signal_comes(cli: Cli) -> None:
    """It is in no session of anybody, has no terminal and no file of ours open, and does not die early."""
    cli.create()
    before = picture(cli.root)
    edit(cli)
    # The directory that the command was run in must not stay busy.
    done = subprocess.run(
        [*PROGRAM, "--root", str(cli.root), "apply", "--try", "3s"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    (pid,) = watchers(cli.root)
    status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    assert (status[1], status[4]) == ("1", "0") or status[4] == "0"
    assert os.getsid(pid) not in (pid, os.getsid(0))
    assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")
    assert {os.readlink(f"/proc/{pid}/fd/{each}") for each in range(3)} == {"/dev/null"}
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        os.kill(pid, number)
    wait_until("it is taken back", lambda: not cli.exists(TRIAL))
    assert "tom" in cli.text_of(PEERS)
    assert {**picture(cli.root), SPEC[1:]: None} == {**before, SPEC[1:]: None}
    wait_until("the process has gone", lambda: not watchers(cli.root))


@pytest.mark.host
def test_the_process_goes_when_it_is_confirmed(cli: Cli) -> None:
    cli.create()
    edit(cli)
    assert cli("apply", "--try", "1h").status == 0
    wait_until("it waits", lambda: watchers(cli.root))
    assert cli("confirm", "--same-login").status == 0
    wait_until("it has gone", lambda: not watchers(cli.root))
    assert "tim" in cli.text_of(PEERS)


# On a terminal.


def at_terminal(cli: Cli, seconds: str) -> "pexpect.spawn[bytes]":
    cli.create()
    edit(cli)
    options = ("--root", str(cli.root), "--color", "never")
    child: pexpect.spawn[bytes] = pexpect.spawn(
        PROGRAM[0], [*PROGRAM[1:], *options, "apply", "--try", seconds], timeout=60
    )
    child.expect_exact(b"Ctrl-C here takes it back at once")
    child.expect_exact(b" left")
    return child


def status_of(child: "pexpect.spawn[bytes]") -> int | None:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


@pytest.mark.host
def test_the_count_down_ends_with_the_confirmation(cli: Cli) -> None:
    child = at_terminal(cli, "1h")
    assert cli("confirm", "--same-login").status == 0
    child.expect_exact(b"confirmed: `apply --try 1h` stays")
    assert status_of(child) == 0
    assert "tim" in cli.text_of(PEERS)


@pytest.mark.host
def test_the_count_down_ends_with_the_time(cli: Cli) -> None:
    child = at_terminal(cli, "2s")
    child.expect_exact(b"error[not-confirmed]: `apply --try 2s` was not confirmed")
    assert status_of(child) == 5
    assert "tom" in cli.text_of(PEERS)


@pytest.mark.host
def test_ctrl_c_takes_it_back_at_once(cli: Cli) -> None:
    child = at_terminal(cli, "1h")
    child.sendintr()
    child.expect_exact(b"`apply --try 1h` was taken back")
    assert status_of(child) == 130
    assert "tom" in cli.text_of(PEERS)
    assert not cli.exists(TRIAL)


@pytest.mark.host
def test_a_terminal_that_is_lost_does_no_harm(cli: Cli) -> None:
    """SIGHUP ends the command; the change stays on trial and is taken back in time."""
    child = at_terminal(cli, "4s")
    child.close(force=True)
    assert cli.exists(TRIAL)
    wait_until("it is taken back", lambda: not cli.exists(TRIAL))
    assert "tom" in cli.text_of(PEERS)
