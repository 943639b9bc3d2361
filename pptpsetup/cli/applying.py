"""Applying, and what running tunnels need afterwards: those whose artifacts changed are restarted."""

from collections.abc import Mapping

from pptpengine.record import replace
from pptpsetup.change.entry import FileEntry
from pptpsetup.change.step import Plan, Step
from pptpsetup.cli.changing import Change, Wish, carry_out
from pptpsetup.cli.console import Console
from pptpsetup.cli.exposure import exposures
from pptpsetup.cli.host import Host
from pptpsetup.cli.planning import past
from pptpsetup.cli.trying import Careful, Guard
from pptpsetup.distro.needs import advice, require, shortcomings
from pptpsetup.errors import DifferentError, ExitStatus, PptpsetupError
from pptpsetup.grammar.secrets import ours
from pptpsetup.invocation import command
from pptpsetup.render.artifact import FileArtifact, SharedArtifact
from pptpsetup.render.carry import cautions
from pptpsetup.render.places import CONFIGURATION
from pptpsetup.render.programs import programs_of
from pptpsetup.render.target import Target
from pptpsetup.render.tunnels import render
from pptpsetup.spec.document import Document
from pptpsetup.spec.files import File, in_order
from pptpsetup.spec.model import Spec, Tunnel
from pptpsetup.spec.secret import Secret
from pptpsetup.tunnel.risks import Risk, Started, started
from pptpsetup.tunnel.status import read_status


def carry_out_and_restart(
    host: Host, wish: Wish, console: Console, *, restart: bool, careful: Careful | None = None
) -> ExitStatus:
    """Carry *wish* out, stop the tunnels that it removes and restart those that it changes.

    Raises as `carry_out` does; DifferentError when a tunnel did not come up again, after all were tried, and
    for a risk that *careful* does not accept; RolledBackError when a trial ended without a confirmation or
    the change was taken back because it led this login elsewhere.
    """
    careful = careful or Careful(wish.title, accepted=frozenset(Risk))
    guard = Guard(host, careful, console, restart=restart)

    def prepare(change: Change) -> None:
        _judge(host, change, console)
        guard.before(change, lambda: to_be_touched(host, change) if restart else (), wish.title)
        if restart and host.live:
            stop_removed(host, change, console)

    try:
        change = carry_out(host, wish, console, prepare)
    except BaseException:
        guard.failed()
        raise
    if change.plan.empty:
        console.say("nothing to do: this system is as the spec says")
        return ExitStatus.OK
    console.say("\n".join(change.plan.summary))
    console.say(f"done: {past(change.plan)}")
    try:
        _follow_up(host, change, console, guard, restart=restart)
    except KeyboardInterrupt:
        guard.failed()
        raise
    return ExitStatus.OK


def _follow_up(host: Host, change: Change, console: Console, guard: Guard, *, restart: bool) -> None:
    """Restart, look whether the way in is still there, and see the trial to its end, if it is one."""
    failure: DifferentError | None = None
    if host.live:
        try:
            restart_affected(host, change, console, restart=restart)
        except DifferentError as error:
            failure = error
            for each in error.diagnostics if guard.is_trial else ():
                console.warn(each)
    guard.after(change)
    guard.finish()
    if failure is not None:
        raise failure


def to_be_touched(host: Host, change: Change) -> tuple[Started, ...]:
    """The running tunnels that carrying *change* out will stop or restart."""
    set_up = [each for each in change.wanted.tunnels if each.is_set_up]
    statuses = {each.name: read_status(host.root, each.name) for each in set_up}
    running = tuple(each for each in set_up if statuses[each.name].pppd_pid is not None)
    gone = _removed(spec_of(host, change.applied), change.wanted)
    return (
        *(started(each, statuses[each.name].interface) for each in affected(host, change, running)),
        *(Started(name, interface=read_status(host.root, name).interface) for name in gone),
    )


def affected(host: Host, change: Change, running: tuple[Tunnel, ...]) -> tuple[Tunnel, ...]:
    """Those of *running* that run with something else than what *change* has put there.

    A tunnel is restarted when a file that is its alone was written, when its line in a secrets file changed,
    or when its part of a file that all tunnels share is another one than the spec applied before asked for.
    """
    former = spec_of(host, change.applied)
    return tuple(
        tunnel
        for tunnel in running
        if _secret_changed(change.plan, tunnel.name)
        or _own_files_changed(host, change.plan, tunnel)
        or _settings_matter(host, former.find(tunnel.name), tunnel)
    )


def _judge(host: Host, change: Change, console: Console) -> None:
    """Refuse what this host cannot run; below --root, where that may come later, warn."""
    tunnels = tuple(tunnel for tunnel in change.wanted.tunnels if tunnel.is_set_up)
    require(tunnels, host.facts, host.profile)
    warnings = [*advice(host.facts, host.profile)]
    warnings += cautions(tunnels, Target(host.profile, host.facts, programs_of(host.facts)))
    warnings += exposures(host, tunnels)
    if not host.live:
        warnings += shortcomings(tunnels, host.facts, host.profile)
    for each in warnings if not change.plan.empty else ():
        console.warn(each)


def stop_removed(host: Host, change: Change, console: Console, *names: str) -> None:
    """Stop the tunnels that *change* removes, *names* among them whatever was applied before; their files go
    next."""
    from pptpsetup.cli.running import take_down

    for name in names_removed(host, change, *names):
        if take_down(host, name):
            console.say(f"{name} stopped")


def names_removed(host: Host, change: Change, *names: str) -> tuple[str, ...]:
    """The tunnels that *change* removes, and *names*."""
    return tuple(dict.fromkeys((*names, *_removed(spec_of(host, change.applied), change.wanted))))


def removed(host: Host, before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """The tunnels of the spec with the texts *before* that the one with *after* does not have."""
    return _removed(spec_of(host, before), spec_of(host, after))


def _removed(before: Spec, after: Spec) -> tuple[str, ...]:
    left = {tunnel.name for tunnel in after.tunnels if tunnel.is_set_up}
    return tuple(tunnel.name for tunnel in before.tunnels if tunnel.name not in left)


def restart_affected(host: Host, change: Change, console: Console, *, restart: bool) -> None:
    """Restart the running tunnels that *change* affects; without *restart*, name them.

    Raises DifferentError with every tunnel that did not come up again.
    """
    from pptpsetup.cli.running import bring_up, take_down

    set_up = (each for each in change.wanted.tunnels if each.is_set_up)
    running = tuple(each for each in set_up if read_status(host.root, each.name).pppd_pid is not None)
    failures: list[PptpsetupError] = []
    for tunnel in affected(host, change, running):
        name = tunnel.name
        if not restart:
            console.say(
                f"{name} runs with its old settings: {command('stop', name)} && {command('start', name)}"
            )
            continue
        take_down(host, name)
        try:
            bring_up(host, tunnel, console)
        except PptpsetupError as error:
            failures.append(error)
    if failures:
        raise DifferentError(each for failure in failures for each in failure.diagnostics)


def tell_others(host: Host, change: Change, console: Console, name: str) -> None:
    """A command for tunnel *name* carries out what else the spec says, too: name the running tunnels that
    have got other settings by it."""
    others = replace(change, wanted=Spec(tuple(each for each in change.wanted.tunnels if each.name != name)))
    restart_affected(host, others, console, restart=False)


def spec_of(host: Host, texts: Mapping[str, str]) -> Spec:
    """The spec with *texts*, by name; an empty one when there is none or this pptpsetup cannot read it."""
    files = [File(name, texts[name], f"{CONFIGURATION}/{name}") for name in in_order(texts)]
    try:
        return Document.read(files, host.selection).spec
    except PptpsetupError:
        return Spec(())


def _own_files_changed(host: Host, plan: Plan, tunnel: Tunnel) -> bool:
    """Whether *plan* writes a file that only this tunnel has."""
    shared = _contents(host, _under_another_name(tunnel))
    own = _contents(host, tunnel).keys() - shared.keys()
    return any(step.path in own and _content(step) for step in plan.steps)


def _content(step: Step) -> bool:
    return not isinstance(step.before, FileEntry) or "content" in step.changes


def _secret_changed(plan: Plan, name: str) -> bool:
    return any(
        _lines(step.before, name) != _lines(step.after, name)
        for step in plan.steps
        if step.masking == "lines"
    )


def _lines(entry: object, name: str) -> list[bytes]:
    lines = entry.content.splitlines() if isinstance(entry, FileEntry) else []
    return [line for line in lines if ours(line) == name]


def _settings_matter(host: Host, before: Tunnel | None, after: Tunnel) -> bool:
    """Whether the change from *before* to *after* reaches anything that a running tunnel reads."""
    if before is None or before == after:
        return False
    return _contents(host, before) != _contents(host, after)


def _contents(host: Host, tunnel: Tunnel) -> dict[str, object]:
    """What rendering gives for *tunnel* alone, by path; links say what happens at boot, not now."""
    try:
        artifacts = render(Spec((tunnel,)), host.profile, host.facts, {tunnel.name: Secret("unchanged")})
    except PptpsetupError:
        return {}
    found: dict[str, object] = {}
    for artifact in artifacts:
        if isinstance(artifact, FileArtifact):
            found[artifact.path] = artifact.content
        elif isinstance(artifact, SharedArtifact):
            found[artifact.path] = artifact.lines
    return found


def _under_another_name(tunnel: Tunnel) -> Tunnel:
    return replace(tunnel, name=f"{tunnel.name[:60]}-x")
