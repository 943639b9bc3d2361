"""The spec file: text in, a validated :class:`~pptpsetup.spec.model.Spec` out, edits that keep foreign text.

A document is a value; an edit gives another one. Every edit is read back and compared: nothing but the
wanted tunnel may have changed.
"""

from collections.abc import Callable, Mapping

from pptpengine.record import dataclass, replace
from pptpsetup.errors import Diagnostic, InternalError, SpecError, UsageError, Where
from pptpsetup.spec import edit
from pptpsetup.spec.build import VERSION, build_spec
from pptpsetup.spec.excerpt import with_excerpts
from pptpsetup.spec.model import Spec, Tunnel
from pptpsetup.spec.names import check_tunnel_name, shown
from pptpsetup.spec.options import read_plain
from pptpsetup.spec.settings import BY_PATH, SETTINGS
from pptpsetup.spec.values import suggestion
from pptpsetup.yaml.node import MappingNode, Node
from pptpsetup.yaml.reader import Lines, read

_EMPTY = f"""\
# The PPTP tunnels of this host. pptpsetup(8) edits this file and keeps your comments.
version: {VERSION}
tunnels: {{}}
"""
_ORDER = ("version", "defaults", "tunnels", *dict.fromkeys(key for each in SETTINGS for key in each.keys))

_RANK = {path: rank for rank, path in enumerate(BY_PATH)}


def no_such_tunnel(name: str, spec: Spec) -> UsageError:
    """The error for a tunnel that *spec* does not have, with the nearest name or what to type instead."""
    have = tuple(tunnel.name for tunnel in spec.tunnels)
    close = suggestion(name, have)
    if close:
        hint = f"did you mean {close}?"
    elif have:
        hint = f"there are {', '.join(have)}"
    else:
        hint = f"pptpsetup create {name} --server HOST --username USER"
    return UsageError(Diagnostic("no-such-tunnel", f"there is no tunnel {shown(name)}", hint=hint))


@dataclass(frozen=True)
class Document:
    """A valid spec and the text it was read from."""

    text: str
    file: str
    spec: Spec
    _root: MappingNode

    @classmethod
    def parse(cls, text: str, file: str) -> "Document":
        """Read a spec.

        Raises SpecError with every problem found, each with *file*, line, column and the line's text.
        """
        try:
            return cls._read(text, file)
        except SpecError as error:
            found = error.diagnostics
        raise SpecError(with_excerpts(found, {file: text}))

    @classmethod
    def _read(cls, text: str, file: str) -> "Document":
        problems: list[Diagnostic] = []
        root = read(text, file, problems)
        try:
            spec = build_spec(root)
        except SpecError as error:
            problems.extend(error.diagnostics)
        if problems or not isinstance(root, MappingNode):
            raise SpecError(sorted(problems, key=_place))
        return cls(text, file, spec, root)

    @classmethod
    def parse_bytes(cls, data: bytes, file: str) -> "Document":
        """Read a spec from a file's bytes, which must be UTF-8.

        Raises SpecError as :meth:`parse` does, and ``not-utf8``.
        """
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8")
            hint = f"if it is Latin-1: iconv -f latin1 -t utf-8 {file} > NEWFILE"
            message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
            where = Lines(before, file).where(len(before))
            raise SpecError(Diagnostic("not-utf8", message, where, hint=hint)) from None
        return cls.parse(text, file)

    @classmethod
    def empty(cls, file: str) -> "Document":
        """A document without tunnels, as a new file begins."""
        return cls.parse(_EMPTY, file)

    @property
    def is_pristine(self) -> bool:
        """The text is that of :meth:`empty`: nobody would miss the file."""
        return self.text == _EMPTY

    def set_tunnel(self, name: str, values: Mapping[str, object]) -> "Document":
        """Create tunnel *name*, or change it: each path of *values* gets its plain data, None takes it out.

        Settings that are not named stay; so does the way a value is written that already means the same.
        Raises SpecError: an invalid name or value, a contradiction, a required setting that is missing.
        """
        found = list(_problems(check_tunnel_name, name))
        changes: dict[str, object] = {}
        # The settings' order becomes the order of the lines.
        for path in sorted(values, key=lambda each: _RANK.get(each, -1)):
            found.extend(_problems(_add_change, changes, path, values[path]))
        if found:
            raise SpecError(found)
        return self._edited(edit.Group(changes, keep_empty=True), name)

    def change_tunnel(self, name: str, values: Mapping[str, object]) -> "Document":
        """Change tunnel *name* as `set_tunnel` does, but do not create it.

        Raises what `set_tunnel` raises; UsageError ``no-such-tunnel`` when there is none (any more).
        """
        if self.spec.find(name) is None:
            raise no_such_tunnel(name, self.spec)
        return self.set_tunnel(name, values)

    def remove_tunnel(self, name: str) -> "Document":
        """Take tunnel *name* out.

        Raises UsageError ``no-such-tunnel`` when there is none.
        """
        if self.spec.find(name) is None:
            raise no_such_tunnel(name, self.spec)
        return self._edited(edit.REMOVE, name)

    def _edited(self, change: object, name: str) -> "Document":
        changes = {"tunnels": edit.Group({name: change}, keep_empty=True)}
        text = edit.splice(self.text, self._root, changes, _ORDER, _same)
        try:
            after = Document.parse(text, self.file)
        except SpecError as error:
            # The lines counted are those of a text that exists nowhere yet.
            placed = (replace(each, where=Where(self.file), source=None) for each in error.diagnostics)
            raise SpecError(placed) from None
        if _others(self.spec, name) != _others(after.spec, name):
            message = f"changing tunnel {name} would have changed others; {self.file} is as it was"
            raise InternalError(Diagnostic("edit-spilled", message, Where(self.file)))
        return after


def _place(problem: Diagnostic) -> tuple[int, int]:
    where = problem.where
    return (where.line or 0, where.column or 0) if where else (0, 0)


def _others(spec: Spec, name: str) -> list[Tunnel]:
    return [tunnel for tunnel in spec.tunnels if tunnel.name != name]


def _problems(function: Callable[..., object], *arguments: object) -> tuple[Diagnostic, ...]:
    try:
        function(*arguments)
    except SpecError as error:
        return error.diagnostics
    return ()


def _add_change(changes: dict[str, object], path: str, value: object) -> None:
    """Add one setting to a tree of changes, in its canonical form."""
    change: object = edit.REMOVE
    if value is not None or path not in BY_PATH:
        read_value = read_plain(path, value)
        change = BY_PATH[path].kind.plain(read_value)
    outer, _, inner = path.partition(".")
    if not inner:
        changes[outer] = change
        return
    group = changes.get(outer)
    known = group.changes if isinstance(group, edit.Group) else {}
    changes[outer] = edit.Group({**known, inner: change})


def _same(path: tuple[str, ...], node: Node, value: object) -> bool:
    """Whether *node*, standing at (tunnels, NAME, setting…), already means *value*."""
    setting = BY_PATH[".".join(path[2:])]
    try:
        return setting.kind.read(node) == read_plain(setting.path, value)
    except SpecError:
        return False
