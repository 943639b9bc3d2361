"""OpenRC and runit keep a tunnel up: the real ones, unpacked over the guest's root.

A profile made for it describes the host: Debian with another init system. PID 1 is openrc-init, and
busybox's init, which keeps runsvdir running.
"""

import signal
from collections.abc import Callable
from pathlib import Path

from tests.vm.boot import CHECKOUT
from tests.vm.client import (
    LOCK,
    create_to_office,
    nothing_left,
    pptpsetup,
    signal_pppd,
    status,
    wait_until_up,
)
from tests.vm.scenario import scenario
from tests.vm.shell import run, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import Lab, reachable, unreachable

_ACCESS = '{owner: root, group: root, mode: "0755"}'
_PLAIN = '{owner: root, group: root, mode: "0644"}'
_OPENRC = f"""\
extends: debian
name: Debian with OpenRC
match: {{ids: [lab]}}
openrc:
  script_directory: /etc/init.d
  configuration_directory: /etc/conf.d
  runlevel_directory: /etc/runlevels/default
  run: /sbin/openrc-run
  access: {_ACCESS}
  configuration_access: {_PLAIN}
  directory_access: {_ACCESS}
  running: /run/openrc/softlevel
init:
  - {{kind: openrc, installed_by: [/sbin/openrc-run]}}
"""
_RUNIT = f"""\
extends: debian
name: Debian with runit
match: {{ids: [lab]}}
runit:
  service_directory: /etc/sv
  enabled_directory: /etc/service
  access: {_ACCESS}
  directory_access: {_ACCESS}
init:
  - {{kind: runit, installed_by: [/usr/bin/runsv]}}
"""


def _become(profile: str) -> None:
    """This host is a distribution of its own from now on."""
    (CHECKOUT / "profiles/lab.yaml").write_text(profile)
    Path("/etc/os-release").unlink()
    Path("/etc/os-release").write_text("ID=lab\nNAME=Lab\n")


def _lives_and_dies(lab: Lab, *, restart: list[str], is_started: Callable[[], bool]) -> None:
    """The same story under every supervisor."""
    before = Snapshot.take()
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    create_to_office("--on-boot")
    assert is_started()
    assert status()["state"] == "up"
    reachable()

    first = status()["processes"]["pppd"]
    run(restart, check=True, limit=120)
    wait_for("another pppd runs", lambda: status()["processes"]["pppd"] not in (None, first))
    wait_until_up()
    reachable()

    second = status()["processes"]["pppd"]
    signal_pppd(signal.SIGKILL)
    wait_for("it is dialled again", lambda: status()["processes"]["pppd"] not in (None, second), 60)
    wait_until_up()
    reachable()

    pptpsetup("stop", "work")
    assert not is_started()
    nothing_left()
    unreachable()

    lab.server.set_users({"alice": "another"})
    assert "auth-failed" in pptpsetup("start", "work", status=2).stderr
    assert status()["state"] == "down", "it does not wait to be refused again"
    assert not is_started()
    lab.server.set_users({"alice": "secret"})
    pptpsetup("start", "work")
    reachable()

    pptpsetup("delete", "work")
    nothing_left()
    lab.server.stop()
    before.assert_restored(*LOCK, "/run/openrc", "/run/runit", "supervise-daemon", "runsv", "/etc/service")


@scenario(boot="openrc", limit=600)
def under_openrc(lab: Lab) -> None:
    """--on-boot, restart, sudden death, stop, a refused login, under openrc-init and supervise-daemon."""
    assert Path("/proc/1/comm").read_text() == "openrc-init\n"
    _become(_OPENRC)

    def is_started() -> bool:
        said = run(["rc-service", "pptp.work", "status"]).stdout
        return "started" in said

    _lives_and_dies(lab, restart=["rc-service", "pptp.work", "restart"], is_started=is_started)

    create_to_office("--on-boot", start=False)
    lab.server.start()
    run(["openrc", "default"], limit=120)
    wait_until_up()
    reachable()
    pptpsetup("delete", "work")
    nothing_left()


@scenario(boot="runit", limit=600)
def under_runit(lab: Lab) -> None:
    """The same under busybox's init and runsvdir; with --on-boot a service runs as soon as it is seen."""
    assert Path("/proc/1/cmdline").read_bytes().startswith(b"/bin/busybox\0init")
    _become(_RUNIT)

    def is_started() -> bool:
        return run(["sv", "status", "/etc/service/pptp-work"]).stdout.startswith("run")

    _lives_and_dies(lab, restart=["sv", "restart", "/etc/service/pptp-work"], is_started=is_started)
