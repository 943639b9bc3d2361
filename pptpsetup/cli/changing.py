"""What every command that changes files does: edit the spec, plan, show or apply, tell the init system."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pptpsetup.change.diff import diff
from pptpsetup.change.lock import lock
from pptpsetup.change.plan import ADOPT_ALL
from pptpsetup.change.provision import provision
from pptpsetup.change.step import Plan
from pptpsetup.change.takeover import TakenOver, complete
from pptpsetup.change.transaction import apply, recover
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.spec.document import Document
from pptpsetup.spec.importer.finding import Takeover
from pptpsetup.spec.model import Spec
from pptpsetup.spec.secret import Secret, resolve

Edit = Callable[[Document], Document]


@dataclass(frozen=True, slots=True)
class Wish:
    """A change to the spec."""

    title: str
    "The command, as it is named in messages, now or after a crash."
    edit: Edit
    passwords: Mapping[str, Secret]
    "Given now, by tunnel; the others are where the spec says."
    adopt: bool = False
    takeovers: tuple[Takeover, ...] = ()
    "Files of others that go or change along with it."


def preview(host: Host, wish: Wish, console: Console) -> Plan:
    """Print what `carry_out` would do, contents with secrets masked, and write nothing."""
    plan = _plan(host, wish, console)
    print(diff(plan), end="")
    count = len(plan.summary)
    console.say(f"dry run: {count} change{'' if count == 1 else 's'}; nothing was written")
    return plan


def carry_out(host: Host, wish: Wish, console: Console) -> Plan:
    """Make the system hold what the edited spec asks for, or leave it as it was.

    Raises what planning and applying raise; LockedError when another pptpsetup is at work.
    """
    with lock(host.root, wish.title):
        recovery = recover(host.system)
        if recovery is not None:
            console.say(recovery.message)
        plan = _plan(host, wish, console)
        apply(plan, host.system, title=wish.title)
    if host.live and not plan.empty:
        from pptpsetup.tunnel.supervisors.choice import running

        for each in running(host.profile).values():
            each.files_changed([step.path for step in plan.steps])
    return plan


def _plan(host: Host, wish: Wish, console: Console) -> Plan:
    before = host.spec_file()
    after = wish.edit(before or host.empty_document())
    plan = provision(
        before,
        after,
        host.profile,
        host.facts,
        _passwords(host, after.spec, wish, console),
        TakenOver(host.system, wish.takeovers) if wish.takeovers else host.system,
        adopt=ADOPT_ALL if wish.adopt else frozenset(),
    )
    return complete(plan, host.system, wish.takeovers) if wish.takeovers else plan


def _passwords(host: Host, spec: Spec, wish: Wish, console: Console) -> dict[str, Secret]:
    return {
        tunnel.name: wish.passwords.get(tunnel.name)
        or resolve(tunnel.password, root=host.root, owner=tunnel.name, environ=os.environ, warn=console.warn)
        for tunnel in spec.tunnels
    }
