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

from pptpsetup.change.uptime import Uptime, now
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
