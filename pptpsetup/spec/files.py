"""The files that a spec is written in: one, or one and fragments beside it."""

from collections.abc import Iterable, Mapping
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.errors import Diagnostic, SpecError

MAIN: Final = "tunnels.yaml"
FRAGMENTS: Final = "tunnels.d"
"The directory of fragments, beside the main file."
ENDING: Final = ".yaml"
"Of a fragment's name; other files in that directory are left alone."


@dataclass(frozen=True, slots=True)
class File:
    """One of them."""

    name: str
    "Below /etc/pptpsetup: MAIN, or FRAGMENTS, a slash and a name."
    text: str
    file: str
    "What messages call it: a path that the user can open."
    present: bool = True
    "False: a main file that is not there; ``text`` is what it would begin as."


def is_fragment(name: str) -> bool:
    """Whether a file called *name* in the directory of fragments is one."""
    return name.endswith(ENDING) and not name.startswith(".")


def is_spec_file(name: str) -> bool:
    """Whether *name*, below /etc/pptpsetup, is that of a file of the spec."""
    directory, slash, last = name.rpartition("/")
    return name == MAIN or (bool(slash) and directory == FRAGMENTS and is_fragment(last))


def in_order(names: Iterable[str]) -> list[str]:
    """*names* in the order in which the files are put together."""
    return sorted(names, key=lambda name: (name != MAIN, name))


def files_of(contents: Mapping[str, bytes], directory: str) -> tuple[File, ...]:
    """The files with *contents*, by name, as messages call them below *directory*.

    Raises SpecError with every one that is not UTF-8.
    """
    found: list[File] = []
    problems: list[Diagnostic] = []
    for name in in_order(contents):
        file = f"{directory}/{name}"
        try:
            found.append(File(name, decoded(contents[name], file), file))
        except SpecError as error:
            problems.extend(error.diagnostics)
    if problems:
        raise SpecError(problems)
    return tuple(found)


def decoded(data: bytes, file: str) -> str:
    """The text of a spec file's bytes, which must be UTF-8. Raises SpecError ``not-utf8``."""
    from pptpsetup.yaml.reader import Lines

    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        hint = f"if it is Latin-1: iconv -f latin1 -t utf-8 {file} > NEWFILE"
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        where = Lines(before, file).where(len(before))
        raise SpecError(Diagnostic("not-utf8", message, where, hint=hint)) from None
