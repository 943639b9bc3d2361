"""A tunnel with ``reconnect_attempts`` under a supervisor: pppd counts, and the supervisor lets it end."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.vm.client import (
    create_to_office,
    nothing_left,
    pptpsetup,
    signal_pppd,
    status,
    tunnel_processes,
    wait_until_up,
)
from tests.vm.shell import wait_for
from tests.vm.topology import Lab, reachable

SPEC = Path("/etc/pptpsetup/tunnels.yaml")
ATTEMPTS = 2


def gives_up(lab: Lab, init: str, *, is_started: Callable[[], bool], log: Callable[[], str]) -> None:
    """The server goes away for good: so many attempts, one end, a cause; what was killed is started again.

    *log* is what pppd has said in its present run.
    """
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office("--init", init, start=False)
    SPEC.write_text(f"{SPEC.read_text()}    reconnect_delay: 1s\n    reconnect_attempts: {ATTEMPTS}\n")
    pptpsetup("apply")
    pptpsetup("start", "work")
    assert is_started()
    reachable()
    first = status()["processes"]["pppd"]
    signal_pppd(signal.SIGKILL)
    wait_for("another pppd runs", lambda: status()["processes"]["pppd"] not in (None, first), 60)
    wait_until_up()

    lab.server.kill()
    wait_for("it has given up", lambda: not (tunnel_processes() or is_started()), 60, 0.2)
    said = log().rpartition("The server closed the connection. ")[2]
    assert said.count("Connect: ppp") == ATTEMPTS, said
    assert status()["cause"]["code"] == "connect-refused"
    shown = pptpsetup("status", "work", status=2).stdout
    assert "work: down\n" in shown
    assert "refuses connections on TCP port 1723" in shown
    nothing_left()
    time.sleep(3)  # longer than the supervisor's pause
    assert not tunnel_processes()
    assert not is_started()

    lab.server.start()
    pptpsetup("start", "work")
    reachable()
    pptpsetup("delete", "work")
    nothing_left()
