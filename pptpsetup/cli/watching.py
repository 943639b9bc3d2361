"""Starting and stopping tunnels from a login that may go with them: refused unless it is accepted."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.trying import Careful, Guard, accepted_risks
from pptpsetup.errors import Diagnostic, DifferentError, ExitStatus
from pptpsetup.spec.model import Tunnel
from pptpsetup.tunnel.risks import Started, started
from pptpsetup.tunnel.status import read_status


def careful(args: argparse.Namespace) -> Careful:
    """What ``--accept-risk`` accepts. Raises UsageError for a risk that is none."""
    return Careful("repeat the command with", accepted_risks(args.accept_risk))


def guard(host: Host, careful: Careful, console: Console) -> Guard:
    """What looks after this login while tunnels are started and stopped."""
    return Guard(host, careful, console, restart=True)


def running(host: Host, names: Iterable[str]) -> Callable[[], tuple[Started, ...]]:
    """Asked later: the tunnels *names* as what is about to be stopped."""
    return lambda: tuple(Started(name, interface=read_status(host.root, name).interface) for name in names)


def start(host: Host, tunnel: Tunnel, console: Console, careful: Careful) -> ExitStatus:
    """Start *tunnel*; stop it again if it has led this login elsewhere.

    Raises DifferentError for a risk, and what `running.bring_up` raises.
    """
    from pptpsetup.cli.running import bring_up

    watched = guard(host, careful, console)
    status = read_status(host.root, tunnel.name)
    if not status.is_up and not status.stands_by:
        watched.look(lambda: (started(tunnel, status.interface),))
    done = bring_up(host, tunnel, console)
    require_way_in(host, watched, tunnel.name)
    return done


def require_way_in(host: Host, watched: Guard, name: str) -> None:
    """Raises DifferentError when the tunnel *name*, just started, has led this login elsewhere.

    It is stopped again then.
    """
    wrong = watched.wrong((name,))
    if not wrong:
        return
    from pptpsetup.cli.running import take_down

    take_down(host, name)
    raise DifferentError((*wrong, Diagnostic("stopped-again", f"{name} was stopped again at once")))
