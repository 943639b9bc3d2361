"""What the files of a spec say, put together; not yet for any host."""

from collections.abc import Callable, Iterable, Sequence

from pptpengine.record import dataclass, field
from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.spec import names
from pptpsetup.spec.files import File
from pptpsetup.spec.keys import TOP, unknown_top
from pptpsetup.spec.names import named
from pptpsetup.spec.overrides import Override, check_absent, read_overrides
from pptpsetup.spec.reading import Settings, is_empty, read_settings
from pptpsetup.spec.settings import REQUIRED
from pptpsetup.yaml.node import Entry, MappingNode, Node, Scalar, integer, invalid, kind_in_words
from pptpsetup.yaml.reader import read

VERSION = 1


@dataclass(frozen=True, slots=True)
class Described:
    """A tunnel as one file describes it for every host."""

    key: Scalar
    settings: Settings
    sound: bool
    "Nothing is wrong with it so far."


@dataclass(slots=True)
class Gathered:
    """The files of a spec, read one after the other."""

    defaults: Settings = field(default_factory=Settings)
    tunnels: dict[str, Described] = field(default_factory=dict)
    overrides: list[Override] = field(default_factory=list)
    whole: bool = True
    "Every file could be read, so what is not here is nowhere."


def roots_of(files: Iterable[File], problems: list[Diagnostic]) -> list[Node]:
    """The documents in *files*; a file that is no YAML has none, and says why in *problems*."""
    return [root for each in files if (root := _root(each, problems)) is not None]


def _root(file: File, problems: list[Diagnostic]) -> Node | None:
    """The document in *file*; None, and why in *problems*, when there is none to go on with."""
    if file.fault is not None:
        problems.append(file.fault)
        return None
    try:
        return read(file.text, file.file, problems)
    except SpecError as error:
        problems.extend(error.diagnostics)
    return None


def all_of(problems: Sequence[Diagnostic], files: Sequence[File]) -> SpecError:
    """*problems* in the order of the files, each once."""
    from pptpsetup.spec.excerpt import with_excerpts  # most specs have no problem

    ranks = {each.file: rank for rank, each in enumerate(files)}

    def place(problem: Diagnostic) -> tuple[int, int, int]:
        where = problem.where
        return (ranks.get(where.file, 0), where.line or 0, where.column or 0) if where else (0, 0, 0)

    found = sorted(dict.fromkeys(problems), key=place)
    return SpecError(with_excerpts(found, {each.file: each.text for each in files}))


def check_values(files: Sequence[File]) -> None:
    """Raises SpecError with every key and value in *files* that is wrong by itself.

    What would be missing, or contradict itself, on some host is not judged.
    """
    problems: list[Diagnostic] = []
    roots = roots_of(files, problems)
    gather(roots, tuple, problems, whole=False)
    if problems:
        raise all_of(problems, files)


def gather(
    roots: Sequence[Node],
    known_profiles: Callable[[], Sequence[str]],
    problems: list[Diagnostic],
    *,
    whole: bool = True,
) -> Gathered:
    """The documents *roots*, in the order in which they are put together.

    Every problem of a single value or key goes to *problems*, and so does what two files say. Without
    *whole*, there are more of them: what is not here may be there.
    """
    found = Gathered(whole=whole)
    for root in roots:
        if isinstance(root, MappingNode):
            _add(root, found, known_profiles, problems)
            continue
        hint = "begin the file with the line: version: 1"
        message = f"the file holds {kind_in_words(root)}, not settings"
        problems.extend(invalid(root, "wrong-type", message, hint=hint).diagnostics)
        found.whole = False
    problems.extend(check_absent(found.overrides, found.tunnels) if found.whole else ())
    return found


def _add(
    root: MappingNode,
    found: Gathered,
    known_profiles: Callable[[], Sequence[str]],
    problems: list[Diagnostic],
) -> None:
    _check_version(root, problems)
    problems.extend(unknown_top(each) for each in root.entries if each.key.text not in TOP)
    shared = root.find("defaults")
    if shared is not None and not is_empty(shared.value):
        _add_defaults(read_settings(shared, "defaults", problems), found, problems)
    for entry in _tunnel_entries(root, problems):
        tunnel = _describe(entry, problems)
        before = found.tunnels.setdefault(entry.key.text, tunnel)
        if before is not tunnel:
            problems.append(_twice(f"tunnel {named(entry.key.text)}", before.key, entry.key))
    found.overrides += read_overrides(root, known_profiles, problems)


def _add_defaults(more: Settings, found: Gathered, problems: list[Diagnostic]) -> None:
    for path, key in more.keys.items():
        before = found.defaults.keys.get(path)
        if before is not None:
            problems.append(_twice(f"the default {path}", before, key))
    found.defaults = Settings(
        {**more.values, **found.defaults.values},
        {**more.keys, **found.defaults.keys},
        found.defaults.guessed | more.guessed,
    )


def _twice(what: str, before: Scalar, again: Scalar) -> Diagnostic:
    message = f"{what} stands in two files"
    why = f"it stands already in {before.where}"
    hint = "keep one of them; what differs between hosts goes into overrides"
    return Diagnostic("said-twice", message, again.where, why, hint)


def _describe(entry: Entry, problems: list[Diagnostic]) -> Described:
    before = len(problems)
    name, where = entry.key.text, entry.key.where
    try:
        names.check_tunnel_name(name)
    except SpecError as error:
        problems.extend(Diagnostic(d.code, d.message, where, d.why, d.hint) for d in error.diagnostics)
    own = Settings()
    if not is_empty(entry.value):
        own = read_settings(entry, f"tunnel {named(name)}", problems)
        if not isinstance(entry.value, MappingNode):
            # One problem is enough; that its settings are missing follows from it.
            own.guessed |= set(REQUIRED)
    return Described(entry.key, own, len(problems) == before)


def _tunnel_entries(root: MappingNode, problems: list[Diagnostic]) -> tuple[Entry, ...]:
    found = root.find("tunnels")
    if found is None or is_empty(found.value):
        return ()
    if isinstance(found.value, MappingNode):
        return found.value.entries
    message = f"tunnels must map names to settings, not be {kind_in_words(found.value)}"
    hint = "write each tunnel's name and a colon, and its settings below, indented further"
    problems.append(Diagnostic("wrong-type", message, found.value.where, hint=hint))
    return ()


def _check_version(root: MappingNode, problems: list[Diagnostic]) -> None:
    entry, hint = root.find("version"), f"write version: {VERSION}"
    if entry is None:
        message = "the file does not say which version of the format it is written in"
        problems.append(Diagnostic("version-missing", message, root.where, hint=f"{hint} in its first line"))
        return
    node = entry.value
    if not (isinstance(node, Scalar) and node.tag == "int"):
        problems.append(Diagnostic("wrong-type", "the version must be a number", node.where, hint=hint))
    elif integer(node) != VERSION:
        message = f"this file is written in version {node.text} of the format"
        why = f"this pptpsetup reads version {VERSION}"
        hint = f"use the pptpsetup the file was made for; if the number is a mistake, {hint}"
        problems.append(Diagnostic("version-unsupported", message, node.where, why, hint))
