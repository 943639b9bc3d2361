"""What every command that changes files does: edit the spec, plan, show or apply, tell the init system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pptpengine.record import dataclass, field, replace
from pptpsetup.change.manifest import load_manifest
from pptpsetup.change.plan import OVERWRITE_ALL
from pptpsetup.change.provision import provision
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.cli.password import fetched
from pptpsetup.spec.document import Document
from pptpsetup.spec.secret import is_kept_here

# A plan that finds nothing to do is made often; what shows and applies one is imported where it is needed.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.change.report import Saved
    from pptpsetup.change.step import Plan
    from pptpsetup.change.system import System
    from pptpsetup.spec.importer.finding import Takeover
    from pptpsetup.spec.model import Spec, Tunnel
    from pptpsetup.spec.secret import Secret

Edit = Callable[[Document], Document]


@dataclass(frozen=True, slots=True)
class Wish:
    """A change to the spec."""

    title: str
    "The command, as it is named in messages, now or after a crash."
    edit: Edit = field(default=lambda document: document)
    "Without one, the spec as it is shall be in force."
    passwords: Mapping[str, Secret] = field(default_factory=dict)
    "Given now, by tunnel; the others are where the spec says."
    about: str | None = None
    """The tunnel that the command is about: no vault is asked for another's password that is here already.
    None: it is about all of them."""
    overwrite: frozenset[str] = frozenset()
    "Paths that may be replaced though something is in the way there, or OVERWRITE_ALL."
    hold: frozenset[str] = frozenset()
    "Paths of files of ours that stay as the user has edited them."
    takeovers: tuple[Takeover, ...] = ()
    "Files of others that go or change along with it."
    saved: Saved | None = None
    "Do exactly this, or nothing."
    wait: float = 0.0
    "Seconds to wait for another pptpsetup to end."


@dataclass(frozen=True, slots=True)
class Change:
    """A planned change, and what it is between."""

    plan: Plan
    applied: Mapping[str, str]
    "The files of the spec that was applied last, by name."
    wanted: Spec
    generation: int | None = None
    "What it became when it was carried out; None when there was nothing to do."


def chosen(everything: bool) -> frozenset[str]:
    """What ``--overwrite`` allows to be replaced."""
    return OVERWRITE_ALL if everything else frozenset()


def preview(host: Host, wish: Wish, console: Console) -> Plan:
    """Print what `carry_out` would do, contents with secrets masked, and write nothing."""
    from pptpsetup.change.diff import diff
    from pptpsetup.change.fingerprint import fingerprint_of

    plan = _change(host, wish, console).plan
    print(diff(plan, fingerprint_of(host.system)), end="")
    count = len(plan.summary)
    console.say(f"dry run: {count} change{'' if count == 1 else 's'}; nothing was written")
    return plan


def look(host: Host, wish: Wish, console: Console) -> Plan:
    """The plan for reading: what `carry_out` would do, and what is in its way. Writes nothing."""
    try:
        return _change(host, wish, console, reading=True).plan
    finally:
        console.progress.clear()


def carry_out(
    host: Host, wish: Wish, console: Console, prepare: Callable[[Change], None] | None = None
) -> Change:
    """Make the system hold what the edited spec asks for, or leave it as it was.

    *prepare* is called when it is clear what will be done, and before it is.
    Raises what planning and applying raise; LockedError when another pptpsetup is at work or another change
    is on trial.
    """
    from pptpsetup.change.lock import lock
    from pptpsetup.change.transaction import apply, recover
    from pptpsetup.change.trial import require_none
    from pptpsetup.cli.trial import settle

    settle(host, console, wish.wait)
    with lock(host.root, wish.title, wish.wait):
        recovery = recover(host.system)
        if recovery is not None:
            console.say(recovery.message)
        require_none(host.system)
        try:
            change = _change(host, wish, console)
        finally:
            console.progress.clear()
        if wish.saved is not None:
            from pptpsetup.change.fingerprint import fingerprint_of

            wish.saved.require_fresh(change.plan, fingerprint_of(host.system))
        if host.live and not change.plan.empty:
            from pptpsetup.change.parsers import try_out

            for each in try_out(change.plan, host.profile):
                console.warn(each)
        if prepare is not None:
            prepare(change)
        try:
            generation = apply(change.plan, host.system, title=wish.title, tell=console.progress.tell)
        finally:
            console.progress.clear()
    tell_init(change.plan, host)
    _forget_refusals(change, host)
    return replace(change, generation=generation)


def tell_init(plan: Plan, host: Host) -> None:
    """Let the init systems that run here know which of their files *plan* has changed."""
    if plan.empty or not host.live:
        return
    from pptpsetup.tunnel.supervisors.choice import running

    for each in running(host.profile).values():
        each.files_changed([step.path for step in plan.steps])


def _forget_refusals(change: Change, host: Host) -> None:
    """A login that was refused may be accepted with what is in the files now."""
    if change.plan.empty or not host.live:
        return
    from pptpsetup.tunnel.ending import forget_refusal

    for tunnel in change.wanted.tunnels:
        forget_refusal(tunnel.name)


def _change(host: Host, wish: Wish, console: Console, *, reading: bool = False) -> Change:
    before = host.spec_file()
    after = wish.edit(before or host.empty_document())
    for each in after.notes:
        console.warn(each)
    plan = provision(
        before,
        after,
        host.profile,
        host.facts,
        _passwords(host, after.spec, wish, console),
        _view(host, wish),
        overwrite=wish.overwrite,
        hold=wish.hold,
        reading=reading,
        tell=console.progress.tell,
    )
    if wish.takeovers:
        from pptpsetup.change.takeover import complete

        plan = complete(plan, host.system, wish.takeovers)
    return Change(plan, load_manifest(host.system).texts, after.spec)


def _view(host: Host, wish: Wish) -> System:
    """The system as it is, or as it is without the files that are taken over."""
    if not wish.takeovers:
        return host.system
    from pptpsetup.change.takeover import TakenOver

    return TakenOver(host.system, wish.takeovers)


def _passwords(host: Host, spec: Spec, wish: Wish, console: Console) -> dict[str, Secret]:
    """Those given now, and the others from where the spec says; systemd's own are not needed here."""
    missing = [
        each
        for each in spec.tunnels
        if each.name not in wish.passwords and each.is_set_up and not each.systemd_has_password
    ]
    known = {**_here_already(host, missing, wish), **wish.passwords}
    return {**fetched([each for each in missing if each.name not in known], host, console), **known}


def _here_already(host: Host, tunnels: Sequence[Tunnel], wish: Wish) -> dict[str, Secret]:
    """The passwords of those *tunnels* that *wish* is not about, come from elsewhere, and were applied."""
    others = [
        each
        for each in tunnels
        if wish.about not in {None, each.name} and not is_kept_here(each.password, each.name)
    ]
    if not others:
        return {}
    from pptpsetup.change.installed import installed_password
    from pptpsetup.cli.applying import spec_of

    applied = spec_of(host, load_manifest(host.system).texts)
    found = {
        each.name: installed_password(former, host.profile, host.facts, host.system)
        for each in others
        if (former := applied.find(each.name)) is not None and former.password == each.password
    }
    return {name: password for name, password in found.items() if password is not None}
