"""Runs in the guest: takes requests from the shared folder, runs each scenario in a child, answers.

A scenario of the plain boot gets a sandbox, so that none sees what another left behind. Under an init system
they share the guest, because services belong to its PID 1, and the lab takes away what they leave.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.vm import boot, sandbox
from tests.vm.scenario import Scenario
from tests.vm.shell import restart_clock
from tests.vm.topology import Lab

SHARE = Path("/.lab/share")
LOWER = "/.lab/extra:/.lab/lower"
LOCALS_SHOWN = 300
"Characters of a local variable's repr in a failure's traceback."


def explain(error: BaseException) -> str:
    """The traceback with the values of local variables: the guest has no pytest to rewrite the asserts."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    for frame in shown.stack:
        frame.locals = {
            name: text if len(text) <= LOCALS_SHOWN else text[:LOCALS_SHOWN] + " …"
            for name, text in (frame.locals or {}).items()
            if not text.startswith(("<function", "<module", "<class"))
        }
    return "".join(shown.format())


def perform(scenario: Scenario, report: int) -> int:
    """Run *scenario* here; a failure's traceback goes to the descriptor *report*."""
    restart_clock()
    try:
        function = scenario.load()
        with closing(Lab()) as lab:
            lab.open()
            try:
                function(lab)
            except BaseException:
                lab.diagnose()
                raise
    except BaseException as error:  # noqa: BLE001 - whatever ends the scenario is its result
        os.write(report, explain(error).encode(errors="backslashreplace"))
        return 1
    return 0


def _in_child(job: Callable[[], int], limit: float) -> int | None:
    """Like sandbox.run, but on this host; the child leads a group that can be killed as one."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os._exit(job())
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def serve(number: str, request: dict[str, object], *, shared: bool) -> None:
    """Carry out one request and write its result."""
    limit = int(str(request["limit"]))
    scenario = Scenario(
        str(request["module"]), str(request["name"]), "systemd" if shared else "plain", limit
    )
    began = time.monotonic()
    failure = SHARE / f"failure-{number}"
    # The host reads along: nothing may wait in the guest's memory.
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_SYNC
    output = os.open(SHARE / f"output-{number}", flags, 0o600)
    report = os.open(failure, flags, 0o600)

    def job() -> int:
        os.dup2(output, 1)
        os.dup2(output, 2)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a TextIOWrapper in a program
        return perform(scenario, report)

    prepare()
    status = _in_child(job, limit) if shared else sandbox.run(job, lower=LOWER, limit=limit)
    os.close(output)
    os.close(report)
    outcome = {None: "timeout", 0: "passed"}.get(status, "failed")
    text = failure.read_text()
    if outcome == "failed" and not text:
        text = f"the scenario's process ended with {status}\n"
    answer = {"outcome": outcome, "report": text, "seconds": time.monotonic() - began}
    write(f"result-{number}", json.dumps(answer))


def prepare() -> None:
    """Put back what is the kernel's and thus outside any sandbox: the modules and who loads them."""
    Path("/proc/sys/kernel/modprobe").write_text("/sbin/modprobe")
    loaded = {line.split()[0] for line in Path("/proc/modules").read_text().splitlines()}
    absent = [name for name in boot.GUEST_MODULES if name not in loaded]
    if absent:
        subprocess.run(["modprobe", "-a", *absent], check=False)


def write(name: str, text: str) -> None:
    hidden = SHARE / f".{name}"
    hidden.write_text(text)
    hidden.rename(SHARE / name)


def main() -> None:
    """Serve requests in order until the host asks to stop."""
    shared = any((SHARE / name).exists() for name in ("systemd", "openrc", "runit"))
    write("ready", "")
    number = 1
    while not (SHARE / "stop").exists():
        path = SHARE / f"request-{number:04}"
        if path.exists():
            serve(f"{number:04}", json.loads(path.read_text()), shared=shared)
            number += 1
        else:
            time.sleep(0.1)


if __name__ == "__main__":
    main()
