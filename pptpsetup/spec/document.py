"""The spec: text in, a validated :class:`~pptpsetup.spec.model.Spec` out, edits that keep foreign text.

A document is a value; an edit gives another one. Every edit is read back and compared: nothing but the
wanted tunnel may have changed. It is one file or several, see ``files``, and it is read for one host, see
``selection``.
"""

from collections.abc import Mapping, Sequence

from pptpengine.record import dataclass, field, replace
from pptpsetup.errors import Diagnostic, InternalError, SpecError, UsageError, Where
from pptpsetup.invocation import command
from pptpsetup.spec.build import Built, build
from pptpsetup.spec.files import MAIN, File, file_of
from pptpsetup.spec.gather import VERSION, Gathered, all_of, gather, roots_of
from pptpsetup.spec.model import Spec, Tunnel
from pptpsetup.spec.names import shown
from pptpsetup.spec.selection import NOBODY, Selection
from pptpsetup.spec.values import suggestion
from pptpsetup.yaml.node import MappingNode

_EMPTY = f"""\
# The PPTP tunnels of this host. pptpsetup(8) edits this file and keeps your comments.
version: {VERSION}
tunnels: {{}}
"""


def no_such_tunnel(name: str, spec: Spec) -> UsageError:
    """The error for a tunnel that *spec* does not have, with the nearest name or what to type instead."""
    have = tuple(tunnel.name for tunnel in spec.tunnels)
    close = suggestion(name, have)
    if close:
        hint = f"did you mean {close}?"
    elif have:
        hint = f"there are {', '.join(have)}"
    else:
        hint = command("create", name, "--server", "HOST", "--username", "USER")
    return UsageError(Diagnostic("no-such-tunnel", f"there is no tunnel {shown(name)}", hint=hint))


@dataclass(frozen=True)
class Document:
    """A valid spec, read for one host, and the files it was read from."""

    files: tuple[File, ...]
    "The main file first, which may not be there; then the fragments, in the order of their names."
    spec: Spec
    selection: Selection
    _roots: tuple[MappingNode, ...] = field(repr=False)
    _gathered: Gathered = field(repr=False)
    _built: Built = field(repr=False)

    @classmethod
    def parse(cls, text: str, file: str, selection: Selection = NOBODY) -> "Document":
        """Read a spec that is one file; messages call it *file*.

        Raises SpecError with every problem found, each with *file*, line, column and the line's text.
        """
        return cls.read((File(MAIN, text, file),), selection)

    @classmethod
    def parse_bytes(cls, data: bytes, file: str, selection: Selection = NOBODY) -> "Document":
        """Read a spec from one file's bytes, which must be UTF-8.

        Raises SpecError as :meth:`parse` does, and ``not-utf8``.
        """
        return cls.read((file_of(MAIN, data, file),), selection)

    @classmethod
    def read(cls, files: Sequence[File], selection: Selection = NOBODY) -> "Document":
        """Read the spec in *files* for the host *selection*.

        Raises SpecError with every problem found in any of them, each with its place and the line's text.
        """
        main = next((each for each in files if each.name == MAIN), None)
        given = (
            main or File(MAIN, _EMPTY, MAIN, present=False),
            *(each for each in files if each is not main),
        )
        problems: list[Diagnostic] = []
        roots = roots_of(given, problems)
        every = len(roots) == len(given)
        gathered = gather(roots, lambda: selection.known_profiles, problems, whole=every)
        built = build(gathered, selection, problems)
        whole = tuple(each for each in roots if isinstance(each, MappingNode))
        if problems:
            raise all_of(problems, given)
        return cls(given, built.spec, selection, whole, gathered, built)

    @classmethod
    def empty(cls, file: str, selection: Selection = NOBODY) -> "Document":
        """A document without tunnels, as a new file begins."""
        return cls.read((File(MAIN, _EMPTY, file, present=False),), selection)

    @property
    def text(self) -> str:
        """The text of the main file, or what a new one begins as."""
        return self.files[0].text

    @property
    def is_pristine(self) -> bool:
        """The main file's text is that of :meth:`empty`: nobody would miss it."""
        return self.text == _EMPTY

    @property
    def texts(self) -> Mapping[str, str]:
        """The files that are there, by name."""
        return {each.name: each.text for each in self.files if each.present}

    @property
    def notes(self) -> tuple[Diagnostic, ...]:
        """What could not be judged: overrides by name, for a host whose name is not known."""
        by_name = [each for each in self._gathered.overrides if each.hosts is not None]
        if not by_name or self.selection.host_names:
            return ()
        message = "the name of this host is not known, so no override with host: is for it"
        hint = "give it with --host NAME, or write it where the system looks for it"
        return (Diagnostic("host-unknown", message, by_name[0].where, hint=hint),)

    @property
    def conditions(self) -> tuple[tuple[tuple[str, ...] | None, tuple[str, ...] | None], ...]:
        """Of each override, the patterns of hosts and the profiles it is for; None: any."""
        return tuple((each.hosts, each.profiles) for each in self._gathered.overrides)

    def place(self, name: str, path: str) -> Where | None:
        """Where the setting *path* of tunnel *name* is said; None for one that is left to its default."""
        return self._built.places[name].get(path)

    def is_overridden(self, name: str, path: str) -> bool:
        """Whether an override for this host says the setting *path* of tunnel *name*."""
        return path in self._built.overridden.get(name, ())

    def read_for(self, selection: Selection) -> "Document":
        """The same spec for another host.

        Raises SpecError with what is missing or contradicts itself there.
        """
        problems: list[Diagnostic] = []
        built = build(self._gathered, selection, problems)
        if problems:
            raise all_of(problems, self.files)
        return replace(self, spec=built.spec, selection=selection, _built=built)

    def set_tunnel(self, name: str, values: Mapping[str, object]) -> "Document":
        """Create tunnel *name*, or change it: each path of *values* gets its plain data, None takes it out.

        Settings that are not named stay; so does the way a value is written that already means the same.
        Raises SpecError: an invalid name or value, a contradiction, a required setting that is missing.
        Raises UsageError ``overridden``: what an override says for this host would hold all the same.
        """
        from pptpsetup.spec import changes

        change = changes.of_tunnel(name, values)
        self.require_here(name)
        after = self._edited(change, name)
        after.require_effect(name, values)
        return after

    def change_tunnel(self, name: str, values: Mapping[str, object]) -> "Document":
        """Change tunnel *name* as `set_tunnel` does, but do not create it.

        Raises what `set_tunnel` raises; UsageError ``no-such-tunnel`` when there is none (any more).
        """
        if self.spec.find(name) is None:
            raise no_such_tunnel(name, self.spec)
        return self.set_tunnel(name, values)

    def remove_tunnel(self, name: str) -> "Document":
        """Take tunnel *name* out.

        Raises UsageError ``no-such-tunnel`` when there is none, ``overridden`` when an override for any host
        speaks of it.
        """
        if self.spec.find(name) is None:
            raise no_such_tunnel(name, self.spec)
        spoken = [each.tunnels[name].key.where for each in self._gathered.overrides if name in each.tunnels]
        if spoken:
            places = ", ".join(map(str, spoken))
            message = f"overrides speak of tunnel {name}, so it cannot be taken out of the spec alone"
            hint = f"take {name} out there first ({places}), or write {name}: absent for this host"
            raise self._refused(message, spoken[0], hint)
        from pptpsetup.spec import edit

        return self._edited(edit.REMOVE, name)

    def require_effect(self, name: str, values: Mapping[str, object]) -> None:
        """Raises UsageError ``overridden`` unless tunnel *name* has *values* on this host."""
        from pptpsetup.spec.changes import rank
        from pptpsetup.spec.options import read_plain

        overridden = self._built.overridden.get(name, set()).intersection(values)
        for path in sorted(overridden, key=rank):
            value = values[path]
            if value is None or self._built.values[name].get(path) != read_plain(path, value):
                message = (
                    f"an override sets {path} of tunnel {name} on this host, so the change has no effect"
                )
                hint = "change it there, or take it out there and repeat the command"
                raise self._refused(message, self._built.places[name].get(path), hint)

    def require_here(self, name: str) -> None:
        """Raises UsageError ``overridden`` when an override decides whether tunnel *name* is here."""
        if name in self._built.absent:
            message = f"an override leaves tunnel {name} out on this host"
            hint = "take that out of the override, or choose another name"
            raise self._refused(message, self._built.absent[name], hint)
        if name in self._built.overridden and name not in self._gathered.tunnels:
            places = self._built.places[name]
            where = next((places[path] for path in self._built.overridden[name] if path in places), None)
            message = f"tunnel {name} stands in an override for this host"
            raise self._refused(message, where, f"edit it there, then: {command('apply')}")

    def _refused(self, message: str, where: Where | None, hint: str) -> UsageError:
        from pptpsetup.spec.excerpt import with_excerpts

        problem = Diagnostic("overridden", message, where, hint=hint)
        return UsageError(with_excerpts((problem,), {each.file: each.text for each in self.files}))

    def _edited(self, change: object, name: str) -> "Document":
        from pptpsetup.spec import changes, edit

        at = self._home(name)
        file = self.files[at]
        wanted = {"tunnels": edit.Group({name: change}, keep_empty=True)}
        text = edit.splice(file.text, self._roots[at], wanted, changes.ORDER, changes.same)
        files = [*self.files[:at], replace(file, text=text, present=True), *self.files[at + 1 :]]
        try:
            after = Document.read(files, self.selection)
        except SpecError as error:
            # The lines counted are those of a text that exists nowhere yet.
            placed = (replace(each, where=Where(file.file), source=None) for each in error.diagnostics)
            raise SpecError(placed) from None
        if _others(self.spec, name) != _others(after.spec, name):
            message = f"changing tunnel {name} would have changed others; {file.file} is as it was"
            raise InternalError(Diagnostic("edit-spilled", message, Where(file.file)))
        return after

    def _home(self, name: str) -> int:
        """The number of the file that has tunnel *name*; new ones go into the main file."""
        for at, root in enumerate(self._roots):
            tunnels = root.find("tunnels")
            if tunnels is not None and isinstance(tunnels.value, MappingNode) and tunnels.value.find(name):
                return at
        return 0


def _others(spec: Spec, name: str) -> list[Tunnel]:
    return [tunnel for tunnel in spec.tunnels if tunnel.name != name]
