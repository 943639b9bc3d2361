"""Going back to a generation: no templates, profile or valid spec are needed until the files are back."""

from __future__ import annotations

from collections.abc import Callable

from pptpsetup.change.draft import OVERWRITE_ALL
from pptpsetup.change.generations import history, rollback
from pptpsetup.change.lock import lock
from pptpsetup.change.manifest import Manifest, load_manifest
from pptpsetup.change.step import Plan
from pptpsetup.change.transaction import apply, recover
from pptpsetup.change.trial import Standing, Trial, end, load, pending, require_none, standing
from pptpsetup.cli.console import Console
from pptpsetup.cli.host import Host
from pptpsetup.errors import Diagnostic, DifferentError, PptpsetupError
from pptpsetup.invocation import command
from pptpsetup.render.places import CONFIGURATION, SPEC_FILE
from pptpsetup.render.shared import MERGERS, OURS
from pptpsetup.spec.files import is_spec_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.cli.trying import Careful


def plan_back(host: Host, target: int | None, *, overwrite: bool) -> Plan:
    """What going back to generation *target* would do; None takes the last one back. Only reads."""
    return rollback(
        host.system,
        target,
        overwrite=OVERWRITE_ALL if overwrite else frozenset(),
        spec_file=SPEC_FILE,
        mergers=MERGERS,
        ours=OURS,
    )


def go_back(
    host: Host,
    target: int | None,
    console: Console,
    *,
    overwrite: bool = False,
    restart: bool,
    wait: float,
    last: int | None = None,
    careful: Careful | None = None,
) -> Plan:
    """Make the host as generation *target* left it, or take the last one back, which ends a trial.

    *last*: only if no generation came after this one; a DifferentError ``changed-meanwhile`` otherwise.
    *careful*: not if that can lock this login out. Raises DifferentError for that, when something is in the
    way and when a tunnel does not come up again; LockedError; what planning and applying raise.
    """
    title = "rollback" if target is None else f"rollback {target}"
    with lock(host.root, title, wait):
        recovery = recover(host.system)
        if recovery is not None:
            console.say(recovery.message)
        trial = _on_trial(host, target)
        if last is not None and last != history(host.system)[-1].number:
            message = "another change was made in the meantime, so nothing was taken back"
            raise DifferentError(Diagnostic("changed-meanwhile", message, hint=command("history")))
        plan = plan_back(host, target, overwrite=overwrite)
        if plan.conflicts:
            raise DifferentError(plan.conflicts)
        before = load_manifest(host.system)
        if restart and host.live:
            if careful is not None:
                _require_safe(host, plan, before, console, careful)
            _stop_removed(host, plan, before, console)
        try:
            apply(plan, host.system, title=title, tell=console.progress.tell)
        finally:
            console.progress.clear()
        if trial is not None:
            end(host.system)
    if trial is not None:
        from pptpsetup.tunnel.timer import stop

        stop(trial.id, live=host.live)
    if host.live and not plan.empty:
        from pptpsetup.cli.changing import tell_init

        tell_init(plan, host)
        _restart(host, plan, before, console, restart=restart)
    return plan


def _on_trial(host: Host, target: int | None) -> Trial | None:
    """The trial that is taken back. Raises LockedError ``trial-pending``: going elsewhere would hide it."""
    if target is not None:
        require_none(host.system)
    return pending(host.system)


def revert(host: Host, trial: Trial, console: Console, *, wait: float) -> bool:
    """Take *trial* back; False when that is not needed any more.

    It needs neither templates nor a valid spec. What somebody has edited since is put away, so that it
    cannot stand in the way; and what goes wrong once the files are back is said and stops nothing.

    Raises LockedError; what planning and applying raise.
    """
    title = f"take back `{trial.title}`"
    with lock(host.root, title, wait):
        recovery = recover(host.system)
        if recovery is not None:
            console.say(recovery.message)
        present = load(host.system)
        if present is None or present.id != trial.id:
            return False
        if standing(trial, host.system) in (Standing.NOT_MADE, Standing.SETTLED):
            end(host.system)
            return False
        plan = plan_back(host, None, overwrite=True)
        if plan.conflicts:
            raise DifferentError(plan.conflicts)
        before = load_manifest(host.system)
        if trial.restart and host.live:
            _whatever_happens(console, lambda: _stop_removed(host, plan, before, console))
        apply(plan, host.system, title=title)
        end(host.system)
    if host.live and not plan.empty:
        from pptpsetup.cli.changing import tell_init

        _whatever_happens(console, lambda: tell_init(plan, host))
        _whatever_happens(console, lambda: _restart(host, plan, before, console, restart=trial.restart))
    return True


def _whatever_happens(console: Console, act: Callable[[], None]) -> None:
    try:
        act()
    except PptpsetupError as error:
        for each in error.diagnostics:
            console.warn(each)
    except Exception as error:  # noqa: BLE001 - a package that is half removed, for instance
        message = f"the files are back, but something after that failed ({type(error).__name__})"
        hint = f"{command('status')} tells which tunnels are up"
        console.warn(Diagnostic("take-back-incomplete", message, hint=hint))


def _require_safe(host: Host, plan: Plan, before: Manifest, console: Console, careful: Careful) -> None:
    """Raises DifferentError when what stops or restarts with *plan* can lock this login out."""
    from pptpsetup.cli.applying import spec_of, to_be_touched
    from pptpsetup.cli.changing import Change
    from pptpsetup.cli.watching import guard

    change = Change(plan, before.texts, spec_of(host, _spec_in(plan, before)))
    guard(host, careful, console).look(lambda: to_be_touched(host, change))


def _stop_removed(host: Host, plan: Plan, before: Manifest, console: Console) -> None:
    """Stop tunnels that will not be there; those of a spec that cannot be read go on."""
    from pptpsetup.cli.applying import removed
    from pptpsetup.cli.running import take_down

    for name in removed(host, before.texts, _spec_in(plan, before)):
        if take_down(host, name):
            console.say(f"{name} stopped")


def _restart(host: Host, plan: Plan, before: Manifest, console: Console, *, restart: bool) -> None:
    from pptpsetup.cli.applying import restart_affected
    from pptpsetup.cli.changing import Change

    try:
        wanted = host.spec()
    except PptpsetupError:
        console.say("the spec cannot be read, so running tunnels were not restarted")
        return
    restart_affected(host, Change(plan, before.texts, wanted), console, restart=restart)


def _spec_in(plan: Plan, before: Manifest) -> dict[str, str]:
    """The files of the spec, by name, once *plan* is carried out."""
    from pptpsetup.change.entry import FileEntry

    texts = dict(before.texts)
    for step in plan.steps:
        name = step.path.removeprefix(f"{CONFIGURATION}/")
        if is_spec_file(name):
            texts.pop(name, None)
            if isinstance(step.after, FileEntry):
                texts[name] = step.after.content.decode()
    return texts
