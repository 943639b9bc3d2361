"""What systemd says, told apart: still trying, over, over for good."""

import pytest

from pptpsetup.tunnel.supervisors import command, systemd
from pptpsetup.tunnel.supervisors.systemd import Unit, UnitAttempt, read_unit, unit_name


def _unit(active: str, sub: str, *, job: bool = False, invocation: str = "new") -> Unit:
    return Unit(loaded=True, active=active, sub=sub, exit_status=0, invocation=invocation, job=job)


@pytest.mark.parametrize(
    ("unit", "ended", "goes_on"),
    [
        (_unit("inactive", "dead", job=True, invocation="old"), False, False),
        (_unit("activating", "start", job=True), False, True),
        (_unit("active", "running"), False, True),
        # The main process has ended; ExecStopPost= is still running and so is the start job.
        (_unit("deactivating", "stop-post", job=True), True, True),
        # That is the end of the run before ours.
        (_unit("deactivating", "stop-post", job=True, invocation="old"), False, True),
        (_unit("activating", "auto-restart"), True, True),
        (_unit("activating", "auto-restart-queued"), True, True),
        (_unit("failed", "failed"), True, False),
        (_unit("inactive", "dead"), True, False),
    ],
)
def test_when_a_run_is_over(unit: Unit, ended: bool, goes_on: bool) -> None:
    assert (unit.has_ended("old"), unit.goes_on) == (ended, goes_on)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "LoadState=loaded\nActiveState=failed\nSubState=failed\nExecMainStatus=19\nInvocationID=ab\nJob=\n",
            Unit(loaded=True, active="failed", sub="failed", exit_status=19, invocation="ab", job=False),
        ),
        (
            "Job=17\nExecMainStatus=0\nActiveState=inactive\nLoadState=loaded\nSubState=dead\nInvocationID=\n",
            Unit(loaded=True, active="inactive", sub="dead", exit_status=0, invocation="", job=True),
        ),
        # No systemctl here.
        ("", Unit(loaded=False, active="inactive", sub="dead", exit_status=0, invocation="", job=False)),
    ],
)
def test_what_systemctl_prints(monkeypatch: pytest.MonkeyPatch, output: str, expected: Unit) -> None:
    monkeypatch.setattr(systemd, "run", lambda *_: command.Done(0, output, ""))
    assert read_unit("work") == expected


def test_unit_names() -> None:
    assert unit_name("my-vpn.a") == "pptp@my-vpn.a.service"


def test_a_unit_is_not_looked_at_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    failed = (
        "LoadState=loaded\nActiveState=failed\nSubState=failed\nExecMainStatus=19\nInvocationID=\nJob=\n"
    )

    def run(_: str, verb: str, *__: str) -> command.Done:
        looks.append(verb)
        return command.Done(0, failed, "")

    monkeypatch.setattr(systemd, "run", run)
    monkeypatch.setattr(command, "run", run)
    attempt = UnitAttempt("work")
    polled = [attempt.poll() for _ in range(50)]
    assert polled[0] is not None
    assert polled[0].exit_status == 19
    assert looks == ["show", "start", "show"]
