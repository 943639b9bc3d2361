"""Ending tunnels on the running system: pppd, the engine, and what they leave when they are killed."""

import os
import signal
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path

from pptpsetup.errors import DifferentError
from pptpsetup.render.places import ipparam
from pptpsetup.tunnel import routes
from pptpsetup.tunnel.places import exit_file, log_file, report_file, run_directory
from pptpsetup.tunnel.processes import Link, alive, engine_processes, find_link, has_children
from pptpsetup.tunnel.report import Report, read_report
from pptpsetup.tunnel.supervisors.choice import Supervisor

ROOT = Path("/")
_TERM_LIMIT = 10.0
_STEP = 0.1


def stop(name: str, *, supervisors: Collection[Supervisor] = (), ip_down: Path | None = None) -> bool:
    """Take the tunnel down; False when there was nothing to stop.

    Afterwards pppd and the engine are gone, and nothing of the tunnel is left in the kernel or in /run.

    *ip_down* is our hook script: it undoes what ip-up did when a pppd that was killed could not run it.
    Raises DifferentError when one of *supervisors* refuses, OSError when a process cannot be signalled.
    """
    was_running = end_all(name, supervisors=supervisors, ip_down=ip_down)
    remove_report(name)
    return was_running


def end_all(name: str, *, supervisors: Collection[Supervisor], ip_down: Path | None) -> bool:
    """Stop everything of the tunnel; the report stays, so that ``status`` can tell why it is down."""
    was_running, refusal = _tell(supervisors, name)
    link = find_link(ROOT, name)
    if link is not None:
        was_running = True
        _end((link.pid,), lambda: _only_pppd_is_left(name, link))
    engines = engine_processes(ROOT, name)
    if engines:
        was_running = True
        # They end by themselves when pppd does, and say goodbye to the server.
        if link is None or not _gone(engines, _TERM_LIMIT):
            _end(engines)
    _undo_ip_up(name, ip_down)
    report = read_report(ROOT, name)
    if report is not None and report.host_route is not None:
        _release_routes(report)
    if refusal is not None:
        raise refusal
    return was_running


def _tell(supervisors: Collection[Supervisor], name: str) -> tuple[bool, DifferentError | None]:
    """Have each of *supervisors* stop the tunnel: whether one had it, and what the last to refuse said."""
    had, refusal = False, None
    for each in supervisors:
        try:
            had |= each.end(name)
        except DifferentError as error:  # noqa: PERF203 - one that refuses must not keep the others running
            refusal = error
    return had, refusal


def _undo_ip_up(name: str, ip_down: Path | None) -> None:
    if ip_down is None or not (run_directory(ROOT) / f"{name}.up").is_dir() or not ip_down.is_file():
        return
    import subprocess

    # The arguments of ip-down (pppd(8), SCRIPTS) without an interface, which has gone with its pppd. It runs
    # everybody's scripts: what is in our environment, a password perhaps, is none of their business.
    environ = {"PATH": os.environ.get("PATH", os.defpath)}
    command = [os.fspath(ip_down), "", "", "", "", "", ipparam(name)]
    subprocess.run(command, stdin=subprocess.DEVNULL, env=environ, check=False)


def _release_routes(report: Report) -> None:
    """The engine removes its route itself unless it was killed."""
    if report.call_manager_pid is None or not alive(ROOT, report.call_manager_pid):
        routes.release_leftovers(ROOT)


def _only_pppd_is_left(name: str, link: Link) -> bool:
    """Whether all that pppd has to end has ended.

    A pppd that has detached is not its PPTP program's parent any more and never hears of its end: it waits
    five seconds for it (pppd(8), child-timeout), unless it is told to end once more.
    """
    if link.interface is not None and (ROOT / "sys/class/net" / link.interface).exists():
        return False
    return not has_children(ROOT, link.pid) and not engine_processes(ROOT, name)


def _end(pids: tuple[int, ...], waits_in_vain: Callable[[], bool] | None = None) -> None:
    """SIGTERM, once more when *waits_in_vain*, and SIGKILL for what is still there then."""
    end = time.monotonic() + _TERM_LIMIT
    _signal(pids, signal.SIGTERM)
    if waits_in_vain is not None and not _gone(pids, _TERM_LIMIT, unless=waits_in_vain):
        _signal(pids, signal.SIGTERM)
    if not _gone(pids, end - time.monotonic()):
        _signal(pids, signal.SIGKILL)
        _gone(pids, _TERM_LIMIT)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _gone(pids: Iterable[int], limit: float, unless: Callable[[], bool] = lambda: False) -> bool:
    """Whether all *pids* end within *limit* seconds; waits no longer once *unless*."""
    end = time.monotonic() + limit
    while any(alive(ROOT, pid) for pid in pids):
        if time.monotonic() > end or unless():
            return False
        time.sleep(_STEP)
    return True


def forget_refusal(name: str) -> None:
    """Let a pppd that stands by try a refused login again, for which the engine would wait half an hour."""
    report = read_report(ROOT, name)
    if report is not None and report.state == "down" and report.cause and report.cause.code == "auth-failed":
        with suppress(FileNotFoundError):
            report_file(ROOT, name).unlink()


def remove_report(name: str) -> None:
    for path in (report_file(ROOT, name), log_file(ROOT, name), exit_file(ROOT, name)):
        with suppress(FileNotFoundError):
            path.unlink()
    with suppress(OSError):
        # The last one out; a directory that still holds something stays.
        run_directory(ROOT).rmdir()
