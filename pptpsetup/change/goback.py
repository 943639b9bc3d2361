"""The plan that goes back: each place as it was before the changes that are taken back.

In a file that also belongs to others only our lines go back; what somebody has edited since is in the way,
as it is in the way of every change.
"""

from collections.abc import Callable, Mapping, Sequence
from posixpath import dirname

from pptpengine.record import replace
from pptpsetup.change.compare import Merger
from pptpsetup.change.conflict import edited_since, not_a, replaceable
from pptpsetup.change.draft import Draft
from pptpsetup.change.entry import DirEntry, Entry, FileEntry, same
from pptpsetup.change.manifest import Manifest, decode_manifest, load_manifest, manifest_path
from pptpsetup.change.past import Past
from pptpsetup.change.step import Plan, Step
from pptpsetup.change.system import System
from pptpsetup.change.undo import Description, Undo, describe
from pptpsetup.render.artifact import Access
from pptpsetup.spec.files import MAIN


class Return:
    """A plan in the making, back over the changes in *past*."""

    def __init__(  # noqa: PLR0917  in the order in which they are needed
        self,
        system: System,
        state_dir: str,
        overwrite: frozenset[str],
        mergers: Mapping[str, Merger],
        ours: Mapping[str, Callable[[bytes], tuple[bytes, ...]]],
        past: Past,
        spec_file: str,
    ) -> None:
        self._draft = Draft(system, load_manifest(system, state_dir), overwrite, state_dir)
        self._mergers = mergers
        self._ours = ours
        self._past = past
        self._manifest = system.resolve(manifest_path(state_dir))
        self._then = self._manifest_then()
        names = {MAIN, *self._draft.old.texts, *self._then.texts}
        paths = {name: f"{dirname(spec_file)}/{name}" for name in sorted(names)}
        self._spec_files = {system.resolve(path): (name, path) for name, path in paths.items()}
        self._made: dict[str, Step] = {}
        self._emptied: dict[str, Step] = {}
        self._replaced: dict[str, Step] = {}
        "Where a directory shall be a file or link again."

    def plan(self) -> Plan:
        record: list[Step] = []
        for place, undo in self._past.found.items():
            if place == self._manifest:
                record.append(step_of(undo, self._draft.system.read(place), undo.before))
            elif isinstance(undo.before, DirEntry):
                self._directory_then(undo, undo.before)
            elif _is_directory(self._past.left[place]):
                self._directory_now(undo)
            elif place not in self._spec_files:
                self._file(undo)
        for place in self._spec_files:
            self._spec_file(place)
        draft = self._draft
        puts = [step for _, step in sorted(draft.puts.items()) if step is not None]
        removals = [step for _, step in sorted(draft.removals.items())]
        made = [step for _, step in sorted(self._made.items())]
        emptied = self._really_emptied()
        replaced = self._really_replaced(emptied)
        if replaced or not self._made.keys().isdisjoint(draft.removals):
            steps = (*draft.kept, *removals, *emptied, *made, *replaced, *puts, *record)
        else:
            steps = (*made, *draft.kept, *puts, *removals, *emptied, *record)
        return Plan(
            tuple(each for each in steps if not same(each.before, each.after)), tuple(draft.conflicts)
        )

    def _directory_then(self, undo: Undo, then: DirEntry) -> None:
        actual = self._draft.system.read(undo.place)
        if actual is None or isinstance(actual, DirEntry):
            self._made[undo.place] = step_of(undo, actual, then)
            return
        if _is_directory(self._past.left[undo.place]):
            return  # somebody else has put it there
        if describe(actual) == self._past.left[undo.place]:
            self._decide(step_of(undo, actual, None))
        else:
            self._edited(undo, actual, None)
        self._made[undo.place] = step_of(undo, None, then)

    def _directory_now(self, undo: Undo) -> None:
        actual = self._draft.system.read(undo.place)
        if isinstance(actual, DirEntry):
            self._emptied[undo.place] = step_of(undo, actual, None)
            if undo.before is not None:
                self._replaced[undo.place] = step_of(undo, None, undo.before)
        elif undo.before is not None:
            self._whole(undo, actual)

    def _really_replaced(self, emptied: Sequence[Step]) -> list[Step]:
        """Where a directory is in the way, because others have something in it, a conflict says so."""
        gone = {step.place: step.before for step in emptied}
        for place in self._replaced.keys() - gone.keys():
            kept = self._draft.system.read(place)
            assert kept is not None  # noqa: S101  it is a directory, as `_directory_now` found
            self._draft.conflicts.append(not_a("file", self._replaced[place].path, kept))
        return [step for _, step in sorted(self._replaced.items())]

    def _really_emptied(self) -> list[Step]:
        """Directories with other people's files in them stay."""
        gone = set(self._draft.removals)
        removed = []
        for place, step in sorted(self._emptied.items(), reverse=True):
            if {f"{place}/{name}" for name in self._draft.system.list(place)} <= gone:
                removed.append(step)
                gone.add(place)
        return removed

    def _file(self, undo: Undo) -> None:
        actual = self._draft.system.read(undo.place)
        done = self._past.all[undo.place]
        if any(each.merges for each in done) and isinstance(actual, FileEntry):
            self._shared(undo, actual, done)
        else:
            self._whole(undo, actual)

    def _whole(self, undo: Undo, actual: Entry | None) -> None:
        """A file that is ours alone, or a link."""
        if same(actual, undo.before):
            return
        if actual is None or describe(actual) == self._past.left[undo.place]:
            self._decide(step_of(undo, actual, undo.before))
        else:
            self._edited(undo, actual, undo.before)

    def _edited(self, undo: Undo, actual: Entry, wanted: Entry | None) -> None:
        """Somebody has changed the file since."""
        draft = self._draft
        conflict = edited_since(undo.path, actual, draft.state_dir)
        free = draft.is_free(undo.path, actual, conflict)
        if replaceable(actual):
            note = draft.keep(undo.path, actual, undo.masking)
            step = step_of(undo, actual, wanted)
            self._decide(replace(step, note=note, blocked=None if free else conflict.code))

    def _decide(self, step: Step) -> None:
        if step.after is None:
            if step.before is not None:
                self._draft.remove(step)
        else:
            self._draft.put(step, None)

    def _shared(self, undo: Undo, actual: FileEntry, done: Sequence[Undo]) -> None:
        """A file with lines of others, from one change to the one before it.

        Where nobody has been at it since a change, it becomes exactly what it was; else our lines do, and
        every byte of others stays as it is now. An import has taken lines of others out, and a whole file of
        ours has none; these cannot be told from what somebody has edited since: then it has been edited.
        """
        wanted: Entry | None = actual
        for each, older in reversed(tuple(zip(done, self._grammars_before(done), strict=True))):
            if describe(wanted) == each.after or not isinstance(wanted, FileEntry):
                wanted = each.before
            elif each.merges is None or older is None:
                self._edited(undo, actual, undo.before)
                return
            else:
                wanted = self._merged(each, wanted, older)
        self._decide(step_of(undo, actual, wanted))

    def _grammars_before(self, done: Sequence[Undo]) -> tuple[str | None, ...]:
        """Before each of *done*, all at one place: the grammar of our lines; None: there were none."""
        owned = self._then.entries.get(done[0].path)
        first = done[0].merges if owned is None else owned.grammar
        return (first, *(each.merges for each in done[:-1]))

    def _merged(self, undo: Undo, actual: FileEntry, then: str) -> FileEntry | None:
        """The shared file *actual* with the lines that we had in it, in grammar *then*, before *undo*."""
        old = undo.before.content if isinstance(undo.before, FileEntry) else b""
        content = (
            actual.content if undo.merges == then else self._mergers[undo.merges or then](actual.content, ())
        )
        content = self._mergers[then](content, self._ours[then](old))
        return None if not content and undo.before is None else replace(actual, content=content)

    def _spec_file(self, place: str) -> None:
        """A file of the spec gets the text that was applied then; it may have been edited in between."""
        name, path = self._spec_files[place]
        actual = self._draft.system.read(place)
        undo = self._past.found.get(place)
        applied, then = self._draft.old.texts.get(name), self._then.texts.get(name)
        wanted = None if undo is None else undo.before
        if then is not None:
            like = actual if isinstance(actual, FileEntry) else wanted
            wanted = _with_content(like, then, self._draft)
        unknown = then is None and not self._then.texts
        if (undo is None and (then == applied or unknown)) or same(actual, wanted):
            return
        if wanted is not None and self._draft.system.read(dirname(place)) is None:
            self._make(dirname(place))
        undo = undo or Undo(path, place, wanted, None, "nothing")
        text = None if applied is None else applied.encode()
        if actual is None or (isinstance(actual, FileEntry) and actual.content == text):
            self._decide(step_of(undo, actual, wanted))
        else:
            self._edited(undo, actual, wanted)

    def _make(self, directory: str) -> None:
        """Somebody has removed the directory since."""
        made = self._draft.directory(Access("root", "root", 0o755))
        self._made.setdefault(directory, Step(directory, directory, None, made))

    def _manifest_then(self) -> Manifest:
        """What was ours then, with the texts that were applied; empty when that is not known."""
        undo = self._past.found.get(self._manifest)
        if undo is None:
            return self._draft.old
        if not isinstance(undo.before, FileEntry):
            return Manifest()
        return decode_manifest(undo.before.content, undo.path)


def _with_content(like: Entry | None, text: str, draft: Draft) -> FileEntry:
    if isinstance(like, FileEntry):
        return replace(like, content=text.encode())
    return FileEntry(text.encode(), draft.system.user_id("root"), draft.system.group_id("root"), 0o644)


def step_of(undo: Undo, before: Entry | None, after: Entry | None) -> Step:
    """The step from *before* to *after* at the place that *undo* is of."""
    return Step(
        undo.path,
        undo.place,
        before,
        after,
        undo.masking,
        bookkeeping=undo.bookkeeping,
        merges=undo.merges,
    )


def _is_directory(left: Description | None) -> bool:
    return left is not None and left["kind"] == "directory"
