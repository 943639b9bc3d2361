"""Versions of files that somebody else wrote and we replaced on request, or found replaced after a crash."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator
from contextlib import suppress

from pptpengine.record import replace
from pptpsetup.change.entry import FileEntry
from pptpsetup.change.system import System
from pptpsetup.errors import SpecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

SHORTEST = 6
"Bytes of a password that hardly stand in a file by chance."


def kept_directory(state_dir: str) -> str:
    """Where kept versions are; 0700."""
    return f"{state_dir}/kept"


def kept_stem(path: str) -> str:
    """What the names of kept versions of *path* begin with."""
    # 200 leaves room for the number below the 255 bytes that a name may have.
    stem = path.strip("/").replace("/", "-").encode("utf-8", "surrogateescape")[-200:]
    return stem.decode("utf-8", "replace").lstrip(".")


def kept_path(system: System, state_dir: str, path: str, taken: Container[str] = ()) -> str:
    """A free name for a version of *path*.

    ``/etc/ppp/peers/work`` is kept as ``etc-ppp-peers-work.1``, its next version as number 2.
    *taken* are names that are free on *system* but already spoken for.
    """
    base = f"{kept_directory(state_dir)}/{kept_stem(path)}"
    number = 1
    while (candidate := f"{base}.{number}") in taken or system.read(candidate) is not None:
        number += 1
    return candidate


def forget_kept(
    system: System, state_dir: str, own: Container[str], passwords: Collection[bytes], tunnel: str
) -> tuple[str, ...]:
    """Take *passwords*, in every form that files of ours have them in, out of kept versions: the paths of
    those that had one.

    A version of one of the files *own* goes, whatever is in it. Of pppd's secrets files the lines go that
    have one or are *tunnel*'s; everything else goes as a whole. Passwords shorter than `SHORTEST` are only
    looked for as whole words: they could be a part of anything.

    Raises OSError.
    """
    directory = kept_directory(state_dir)
    patterns = _patterns(passwords)
    touched = []
    for name in system.list(directory):
        path = f"{directory}/{name}"
        entry = system.read(path)
        if not isinstance(entry, FileEntry):
            continue
        content = _without(entry.content, name.rpartition(".")[0], own, patterns, tunnel)
        if content == entry.content:
            continue
        touched.append(path)
        if content is None:
            system.remove(path)
        else:
            system.put(path, replace(entry, content=content))
    if touched and not system.list(directory):
        system.remove(directory)
    return tuple(touched)


def _without(
    content: bytes, stem: str, own: Container[str], patterns: list[re.Pattern[bytes]], tunnel: str
) -> bytes | None:
    """What is left of a kept version; None: nothing."""
    if stem in own:
        return None
    if stem.endswith("-secrets"):
        from pptpsetup.grammar.secrets import ours

        lines = content.splitlines(keepends=True)
        return b"".join(each for each in lines if ours(each) != tunnel and not _has(each, patterns))
    return None if _has(content, patterns) else content


def _has(content: bytes, patterns: list[re.Pattern[bytes]]) -> bool:
    return any(each.search(content) for each in patterns)


def _patterns(passwords: Collection[bytes]) -> list[re.Pattern[bytes]]:
    import re

    forms = {form for password in passwords for form in _forms(password) if password}
    return [
        re.compile(re.escape(form) if len(form) >= SHORTEST else rb"(?<!\w)" + re.escape(form) + rb"(?!\w)")
        for form in forms
    ]


def _forms(password: bytes) -> Iterator[bytes]:
    """As it is, in pppd's bytes, and as the grammars write it that have a writing of their own."""
    from pptpsetup.grammar import keyfile, pppword, uci

    yield password
    text = password.decode("utf-8", "replace")
    forms: tuple[Callable[[], bytes], ...] = (
        lambda: text.encode("latin-1"),
        lambda: pppword.quote(text.encode("latin-1")).strip('"').encode(),
        lambda: keyfile.value(text).encode(),
        lambda: uci.quote(text).strip("'").encode(),
    )
    for form in forms:
        with suppress(UnicodeError, SpecError):
            yield form()
