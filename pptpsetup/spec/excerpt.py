"""The line of the file that a problem is about, as far as it may be shown.

Whatever stands at a key that speaks of a password may be the password itself, whether the file is right
otherwise or not. So this goes by the text alone: such a key's own line is shown without its value, and what
may belong to the value is not shown at all.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pptpengine.record import replace
from pptpsetup.errors import Diagnostic

NOT_SHOWN: Final = "(not shown)"
_SECRET = re.compile(r"pass|secret|pwd|credential|\bpw\b", re.IGNORECASE)
_COMPLETE = re.compile(r":\s*(?:\{[^{}]*\}|\[[^\[\]]*\])[\s,}\]]*(?:#.*)?\Z")
"The end of a line whose last value is a whole mapping or list, so that the next line is not part of it."


def with_excerpts(problems: Iterable[Diagnostic], texts: Mapping[str, str]) -> Iterator[Diagnostic]:
    """*problems*, each with its line; *texts* has the files by the name that messages give them."""
    lines = {file: text.removeprefix("\ufeff").split("\n") for file, text in texts.items()}
    for each in problems:
        where = each.where
        source = None
        if where is not None and where.line is not None and each.source is None:
            source = _shown(lines.get(where.file, []), where.line - 1)
        yield each if source is None else replace(each, source=source)


def _shown(lines: list[str], index: int) -> str | None:
    if not 0 <= index < len(lines) or not lines[index].strip():
        return None
    if any(map(_SECRET.search, _around(lines, index))):
        return None
    line = lines[index].rstrip("\r")
    found = _SECRET.search(line)
    if found is None or line.lstrip().startswith("#"):
        return line
    word = re.compile(r"\w*[\"']?\s*:?").match(line, found.end())
    return f"{line[: word.end() if word else found.end()].rstrip()} {NOT_SHOWN}"


def _around(lines: list[str], index: int) -> Iterator[str]:
    """The lines whose values line *index* may be a part of."""
    above = [each.rstrip("\r") for each in lines[:index] if each.strip() and each.lstrip()[0] != "#"]
    if above and not _COMPLETE.search(above[-1]):
        yield above[-1]
    depth = _indent(lines[index])
    for line in reversed(above):
        if _indent(line) < depth:
            depth = _indent(line)
            yield line
    yield from _open(above)


def _open(above: list[str]) -> Iterator[str]:
    """The last of the lines *above*, back to the one whose bracket is still open after them.

    Quotes are not looked at: one line too many is hidden then.
    """
    depth, since = 0, len(above)
    for number, line in enumerate(above):
        opened = sum(map(line.count, "{[")) - sum(map(line.count, "}]"))
        since = number if depth == 0 and opened > 0 else since
        depth = max(0, depth + opened)
    yield from above[max(0, since - 1) :] if depth else ()


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
