"""Starting and stopping for the commands: from a tunnel of the spec to the service, with progress on
standard error."""

import shlex
from pathlib import Path

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.distro.needs import require
from pptpsetup.errors import Diagnostic, ExitStatus, UnsupportedError
from pptpsetup.render.hooks.choice import down_script
from pptpsetup.render.init.choice import KINDS, choose
from pptpsetup.render.passwordfd import pppd_command
from pptpsetup.spec.model import Tunnel
from pptpsetup.tunnel import ending, routes, service
from pptpsetup.tunnel.causes import Subject
from pptpsetup.tunnel.service import Runner
from pptpsetup.tunnel.status import read_status
from pptpsetup.tunnel.supervisors.choice import running


def bring_up(host: Host, tunnel: Tunnel, console: Console) -> ExitStatus:
    """Start *tunnel* and say what it got; one that dials on demand is started when it stands by.

    Raises UnsupportedError when this host cannot run it, DifferentError with the cause when it does not
    come up.
    """
    require((tunnel,), host.facts, host.profile)
    _require_running(host, tunnel)
    before = read_status(host.root, tunnel.name)
    status = service.start(runner(host, tunnel), console.say)
    already = "already " if status.state is before.state else ""
    parts = [f"{tunnel.name} is {already}{'standing by' if status.stands_by else 'up'}"]
    if status.interface is not None:
        parts.append(f"on {status.interface}")
    if status.local is not None:
        parts.append(f"as {status.local}")
    console.say(" ".join(parts) + (": the first packet dials" if status.stands_by else ""))
    return ExitStatus.OK


def _require_running(host: Host, tunnel: Tunnel) -> None:
    """Nobody but the program that runs pppd itself can start its tunnels."""
    init = choose(tunnel, host.facts)
    if KINDS[init].runs_pppd or init in running(host.profile):
        return
    raise UnsupportedError(
        Diagnostic(
            "init-not-running",
            f"tunnel {tunnel.name} cannot be started: {init.value} does not run here",
            why="it is the one that runs pppd for this tunnel",
            hint="start it first, or set init to another system",
        )
    )


def take_down(host: Host, name: str) -> bool:
    """Stop the tunnel called *name*; False when it was not running."""
    return ending.stop(name, supervisors=running(host.profile).values(), ip_down=_ip_down(host))


def runner(host: Host, tunnel: Tunnel) -> Runner:
    """How to run *tunnel* on this host."""
    log = shlex.join(host.profile.log_query)
    supervisors, init = running(host.profile), choose(tunnel, host.facts)
    return Runner(
        Subject(tunnel.name, tunnel.server, tunnel.login, log),
        pppd_command(tunnel, host.profile),
        supervisor=supervisors.get(init),
        supervisors=supervisors.values(),
        ip_down=_ip_down(host),
        routes=routes.of(tunnel),
        name_servers=tunnel.dns.wanted and KINDS[init].runs_pppd,
        on_demand=tunnel.demand is not None,
    )


def _ip_down(host: Host) -> Path:
    return Path(down_script(host.profile))
