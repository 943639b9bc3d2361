"""Files of others that an import takes over: planned as if it had happened, carried out with the rest.

The plan is made on a :class:`TakenOver` view of the host, in which each file already holds what stays of
it; `complete` then gives its steps the files as they really are. So taking over is one transaction with
what comes instead, and a file that is no longer as it was read stops it.
"""

from collections.abc import Iterable

from pptpengine.record import replace
from pptpsetup.change.entry import DirEntry, Entry, FileEntry, same
from pptpsetup.change.kept import kept_directory, kept_path
from pptpsetup.change.manifest import STATE_DIR, manifest_path
from pptpsetup.change.step import Masking, Plan, Step
from pptpsetup.change.system import System
from pptpsetup.errors import Diagnostic, DifferentError, InternalError, Where
from pptpsetup.spec.importer.finding import Takeover

_PRIVATE_DIRECTORY, _PRIVATE_FILE = 0o700, 0o600


class TakenOver:
    """A system in which *takeovers* have happened; only for planning, it cannot be changed."""

    def __init__(self, system: System, takeovers: Iterable[Takeover]) -> None:
        """Raises DifferentError ``changed-meanwhile`` for a file that is not as it was read."""
        self._system = system
        self._after: dict[str, Entry | None] = {}
        for each in takeovers:
            place = system.resolve(each.path)
            entry = system.read(place)
            if not isinstance(entry, FileEntry) or entry.content != each.expected:
                raise DifferentError(_changed(each.path))
            if each.content is None and place != system.resolve(each.path, last=False):
                raise DifferentError(_link(each.path, place))
            self._after[place] = None if each.content is None else replace(entry, content=each.content)

    def resolve(self, path: str, *, last: bool = True) -> str:
        return self._system.resolve(path, last=last)

    def read(self, path: str) -> Entry | None:
        return self._after[path] if path in self._after else self._system.read(path)

    def list(self, path: str) -> tuple[str, ...]:
        gone = {place for place, entry in self._after.items() if entry is None}
        return tuple(name for name in self._system.list(path) if f"{path}/{name}" not in gone)

    def user_id(self, name: str) -> int:
        return self._system.user_id(name)

    def group_id(self, name: str) -> int:
        return self._system.group_id(name)

    def put(self, path: str, entry: Entry) -> None:
        del entry
        raise _not_changeable(path)

    def remove(self, path: str) -> None:
        raise _not_changeable(path)

    def discard(self, path: str) -> None:
        raise _not_changeable(path)

    def rename(self, old: str, new: str) -> None:
        del new
        raise _not_changeable(old)


def complete(plan: Plan, system: System, takeovers: Iterable[Takeover], state_dir: str = STATE_DIR) -> Plan:
    """*plan*, made on `TakenOver`, for the real *system*: old files go or change, and are kept where they
    go."""
    wanted = {system.resolve(each.path): each for each in takeovers}
    steps: list[Step] = []
    kept = _Kept(system, system.resolve(state_dir))
    for step in plan.steps:
        takeover = wanted.pop(step.place, None)
        before = system.read(step.place) if takeover is not None else None
        if takeover is None or before is None:
            steps.append(step)
            continue
        steps.append(_over(step, before, takeover, kept))
    rest = [_alone(system, place, takeover, kept) for place, takeover in sorted(wanted.items())]
    # The list of what is ours stays last, so that it always describes the files beside it.
    manifest = manifest_path(state_dir)
    last = [step for step in steps if step.path == manifest]
    steps = [step for step in steps if step.path != manifest]
    directories = [step for step in steps if isinstance(step.after, DirEntry)]
    others = [step for step in steps if not isinstance(step.after, DirEntry)]
    changed = [step for step in (*rest, *others) if not same(step.before, step.after)]
    return Plan((*directories, *kept.steps, *changed, *last))


class _Kept:
    """Versions that are put away."""

    def __init__(self, system: System, state_dir: str) -> None:
        self._system = system
        self._state_dir = state_dir
        self.steps: list[Step] = []

    def keep(self, path: str, entry: FileEntry, masking: Masking) -> str:
        """Put a version away; a note that says where."""
        root, group = self._system.user_id("root"), self._system.group_id("root")
        directory = kept_directory(self._state_dir)
        if not self.steps and self._system.read(directory) is None:
            made = DirEntry(root, group, _PRIVATE_DIRECTORY)
            self.steps.append(Step(directory, directory, None, made))
        taken = {step.place for step in self.steps}
        version = kept_path(self._system, self._state_dir, path, taken)
        copy = FileEntry(entry.content, root, group, _PRIVATE_FILE, ())
        self.steps.append(Step(version, version, None, copy, masking))
        return f"the old version goes to {version}"


def _masking(step: Masking, takeover: Takeover) -> Masking:
    """Nothing is shown of a file that goes with a password in it, and no line of a secrets file."""
    if not takeover.secret:
        return step
    return "everything" if takeover.content is None else "lines"


def _over(step: Step, before: Entry, takeover: Takeover, kept: _Kept) -> Step:
    """A step of ours where a file of others is."""
    masking = _masking(step.masking, takeover)
    note = step.note
    if takeover.content is None and isinstance(before, FileEntry):
        note = kept.keep(takeover.path, before, masking)
    # Lines of others go, so that going back it is not enough to take our own out.
    return replace(step, before=before, masking=masking, note=note, merges=None)


def _alone(system: System, place: str, takeover: Takeover, kept: _Kept) -> Step:
    """A file of others that nothing of ours replaces."""
    before = system.read(place)
    masking = _masking("nothing", takeover)
    if takeover.content is None or not isinstance(before, FileEntry):
        note = kept.keep(takeover.path, before, masking) if isinstance(before, FileEntry) else None
        return Step(takeover.path, place, before, None, masking, note)
    return Step(takeover.path, place, before, replace(before, content=takeover.content), masking)


def _not_changeable(path: str) -> InternalError:
    return InternalError(Diagnostic("view-changed", f"{path} shall be changed in a view for planning"))


def _changed(path: str) -> Diagnostic:
    message = f"{path} was changed by another program in the meantime; it was kept"
    return Diagnostic("changed-meanwhile", message, Where(path), hint="repeat the command")


def _link(path: str, place: str) -> Diagnostic:
    message = f"{path} is a link to {place}; it was kept"
    why = "what it leads to may belong to others as well"
    return Diagnostic(
        "foreign-file", message, Where(path), why, f"replace it: cp --remove-destination {place} {path}"
    )
