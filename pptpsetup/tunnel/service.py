"""Starting tunnels on the running system.

It ends in one of two ways: the tunnel is up, or it is stopped again and an error says why in words.
"""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from ipaddress import IPv4Network
from pathlib import Path

from pptpengine.record import dataclass
from pptpsetup.errors import Diagnostic, DifferentError
from pptpsetup.tunnel import routes
from pptpsetup.tunnel.attempt import Attempt, DemandAttempt, Failure, PppdAttempt, Watch
from pptpsetup.tunnel.causes import Subject, explain
from pptpsetup.tunnel.ending import end_all, forget_refusal, remove_report
from pptpsetup.tunnel.places import run_directory
from pptpsetup.tunnel.report import read_report
from pptpsetup.tunnel.status import TunnelState, TunnelStatus, read_status
from pptpsetup.tunnel.supervisors.choice import Supervisor

ROOT = Path("/")
START_LIMIT = 120.0
"""Seconds: connecting, pppd's ten LCP attempts at three seconds each, authentication, and some to spare."""
_IP_UP_LIMIT = 10.0
"""Seconds for ip-up, which pppd does not wait for."""
_LAST_WORDS_LIMIT = 5.0
_REPORT_LIMIT = 2.0
"""Seconds for the engine's last report after pppd gave up."""
_STEP = 0.1

_PHASES = {
    "resolving": "looking up {server}",
    "connecting": "connecting to {server}",
    "control": "talking to {server}",
    "call": "calling {server}",
    "negotiating": "logging in",
}

Say = Callable[[str], None]
"""Takes one line of progress."""


@dataclass(frozen=True, slots=True)
class Runner:
    """What is needed to run one tunnel here."""

    subject: Subject
    pppd: tuple[str, ...]
    "Its path, or the script that gives it the password and what that is told."
    supervisor: Supervisor | None
    "Of the tunnel's init kind, if it runs here; otherwise we start pppd ourselves."
    supervisors: Collection[Supervisor]
    "All that run here: the tunnel may have been another's."
    ip_down: Path
    "Our hook script."
    routes: tuple[IPv4Network, ...] = ()
    "What ip-up is going to send through the tunnel; on demand, ip-pre-up."
    name_servers: bool = False
    "ip-up is going to make some known."
    on_demand: bool = False
    "The tunnel is started when it stands by: the first packet dials."

    @property
    def name(self) -> str:
        return self.subject.tunnel


def start(runner: Runner, say: Say) -> TunnelStatus:
    """Bring the tunnel up, on demand into standby, and return its status; one that is there is left alone.

    Raises DifferentError with the cause; the tunnel is stopped then. An interrupt stops it as well.
    """
    status = read_status(ROOT, runner.name)
    if _has_started(runner, status):
        forget_refusal(runner.name)
        return status
    try:
        status = _bring_up(runner, status, say)
        _refuse_loop(status)
    except BaseException:
        # Why it did not come up is worth more than a supervisor's trouble in stopping it.
        with suppress(DifferentError):
            end_all(runner.name, supervisors=runner.supervisors, ip_down=runner.ip_down)
        raise
    _await_ip_up(runner, status, say)
    return status


def _has_started(runner: Runner, status: TunnelStatus) -> bool:
    return status.is_up or (runner.on_demand and status.stands_by)


def _bring_up(runner: Runner, before: TunnelStatus, say: Say) -> TunnelStatus:
    # Nobody shall take the report of the last call for one of this call.
    if before.state is TunnelState.DOWN:
        remove_report(runner.name)
        _ip_up_is_done(runner).unlink(missing_ok=True)
    attempt = _attempt(runner, before)
    try:
        status = _follow(runner, attempt, say)
    except BaseException:
        attempt.abandon()
        raise
    attempt.settle()
    return status


def _follow(runner: Runner, attempt: Attempt, say: Say) -> TunnelStatus:
    """Wait until the tunnel is up. Raises DifferentError when it will not be."""
    begin = time.monotonic()
    phase = None
    while time.monotonic() - begin < START_LIMIT:
        status = read_status(ROOT, runner.name)
        if _has_started(runner, status):
            return status
        failure = attempt.poll()
        if failure is None and _gave_up(runner.name):
            failure = _last_words(attempt)
        if failure is not None:
            raise DifferentError(_why(runner, failure))
        words = _PHASES.get(status.phase or "", phase or "starting")
        if time.monotonic() - begin > 1 and words != phase:
            phase = words
            say(f"{runner.name}: {phase.format(server=runner.subject.server)}")
        time.sleep(_STEP)
    raise DifferentError(_too_slow(runner))


def _attempt(runner: Runner, before: TunnelStatus) -> Attempt:
    if runner.supervisor is not None:
        return runner.supervisor.attempt(runner.name)
    if before.state is not TunnelState.DOWN:
        return Watch()
    return (DemandAttempt if runner.on_demand else PppdAttempt)(runner.pppd, runner.name)


def _gave_up(name: str) -> bool:
    report = read_report(ROOT, name)
    return report is not None and report.state == "down" and report.cause is not None


def _last_words(attempt: Attempt) -> Failure:
    """The engine has ended; pppd, which knows more about a refused login, needs a moment to say so."""
    end = time.monotonic() + _LAST_WORDS_LIMIT
    while time.monotonic() < end:
        failure = attempt.poll()
        if failure is not None:
            return failure
        time.sleep(_STEP)
    return Failure(None, "")


def _why(runner: Runner, failure: Failure) -> Diagnostic:
    """The diagnostic for *failure*, with the engine's last word if it comes in time."""
    end = time.monotonic() + _REPORT_LIMIT
    report = read_report(ROOT, runner.name)
    while report is not None and report.state != "down" and time.monotonic() < end:
        time.sleep(_STEP)
        report = read_report(ROOT, runner.name)
    cause = report.cause if report is not None else None
    return explain(
        runner.subject,
        cause=cause,
        exit_status=failure.exit_status,
        log=failure.log,
        said_by=failure.said_by,
    )


def _too_slow(runner: Runner) -> Diagnostic:
    return Diagnostic(
        "start-timeout",
        f"{runner.name} was not up after {START_LIMIT:.0f} seconds and was stopped",
        hint=f"see what it was doing: {runner.subject.log}",
    )


def _refuse_loop(status: TunnelStatus) -> None:
    """A tunnel whose own packets would travel inside it looks up and carries nothing."""
    address = status.server_address
    if address is None or status.interface is None:
        return
    try:
        leaves_by = routes.interface_to(address)
    except (OSError, ValueError):
        # Only a check: a kernel that does not answer, a report without an address, is no reason to take a
        # tunnel down.
        return
    if leaves_by == status.interface:
        raise DifferentError(
            Diagnostic(
                "routing-loop",
                f"the route to the server {address} goes through the tunnel itself; the tunnel was stopped",
                why="the server's address lies in a network that is sent into the tunnel",
                hint=f"take the network that contains {address} out of the tunnel's routes",
            )
        )


def _await_ip_up(runner: Runner, status: TunnelStatus, say: Say) -> None:
    """Wait for its routes, and for the name servers that come after them."""
    if status.interface is None:
        return
    end = time.monotonic() + _IP_UP_LIMIT
    while lacking := _lacking(runner, status.interface):
        if time.monotonic() > end:
            say(f"warning: {lacking}; see what ip-up did: {runner.subject.log}")
            return
        time.sleep(_STEP)


def _lacking(runner: Runner, interface: str) -> str:
    """What ip-up has not done yet, in words."""
    lacking = routes.missing(ROOT, interface, runner.routes)
    if lacking:
        return f"not routed through the tunnel yet: {', '.join(map(str, lacking))}"
    if runner.name_servers and not runner.on_demand and not _ip_up_is_done(runner).exists():
        return "the tunnel's name servers are not known yet"
    return ""


def _ip_up_is_done(runner: Runner) -> Path:
    """The note that our script leaves when it has come to its end."""
    return run_directory(ROOT) / f"{runner.name}.up" / "done"
