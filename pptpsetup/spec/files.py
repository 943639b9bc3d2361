"""The files that a spec is written in: one, or one and fragments beside it."""

from collections.abc import Iterable, Mapping
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.errors import Diagnostic, SpecError, Where

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
    fault: Diagnostic | None = None
    "Why its bytes are no text; reading the spec tells it along with everything else that is wrong."


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
    """The files with *contents*, by name, as messages call them below *directory*."""
    return tuple(file_of(name, contents[name], f"{directory}/{name}") for name in in_order(contents))


def _quoted(file: str) -> str:
    # Commands that look need no shell's rules.
    from shlex import quote

    return quote(file)


def dangling(file: str) -> SpecError:
    """For a file of the spec that is a link to nothing: its tunnels must not be taken for removed ones."""
    message = "this part of the spec is a link that leads to nothing"
    why = "without it, its tunnels would be stopped and removed"
    hint = f"bring back or mount what it leads to, or take the link away: rm {_quoted(file)}"
    return SpecError(Diagnostic("spec-dangling", message, Where(file), why, hint))


def file_of(name: str, data: bytes, file: str) -> File:
    """The file called *name* with the bytes *data*, which must be UTF-8; messages call it *file*."""
    try:
        return File(name, data.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        from pptpsetup.yaml.reader import Lines

        before = data[: error.start].decode("utf-8")
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        what, encoding = ("UTF-16", "utf-16") if wide else ("Latin-1", "latin1")
        hint = f"if it is {what}: iconv -f {encoding} -t utf-8 {_quoted(file)} > NEWFILE"
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        where = Lines(before, file).where(len(before))
    return File(name, "", file, fault=Diagnostic("not-utf8", message, where, hint=hint))
