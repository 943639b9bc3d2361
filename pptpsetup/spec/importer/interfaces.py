"""Debian's /etc/network/interfaces: stanzas that start a peers file with ``pon``.

A stanza that says nothing but ``provider`` (and ``unit``) is understood: it becomes ``init: ifupdown`` and
``on_boot``, and goes. Any other stays; ``pon NAME`` in it does what it did. See interfaces(5).
"""

import re
from fnmatch import fnmatchcase
from typing import Final

from pptpengine.record import dataclass
from pptpsetup.spec.importer.finding import LIMIT, Files, Found, Layout, Places, Takeover, Verdict

_KEYWORDS: Final = frozenset(
    (
        "iface",
        "auto",
        "mapping",
        "source",
        "source-directory",
        "rename",
        "template",
        "no-auto-down",
        "no-scripts",
    )
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A logical line: joined where a backslash ends one."""

    words: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stanza:
    """An ``iface`` with its options."""

    name: str
    options: tuple[tuple[str, str], ...]
    start: int
    end: int


def _lines(data: bytes) -> list[_Line]:
    found: list[_Line] = []
    for match in re.finditer(rb"(?:[^\n\\]|\\(?:\n|.)|\\\Z)*(?:\n|\Z)", data):
        text = match.group().replace(b"\\\n", b" ").decode("utf-8", "replace")
        words = tuple(text.split())
        if words and not words[0].startswith("#"):
            found.append(_Line(words, match.start(), match.end()))
    return found


def stanzas(data: bytes) -> tuple[list[Stanza], list[_Line]]:
    """The PPP stanzas of a file, and its ``auto`` and ``allow-`` lines."""
    found: list[Stanza] = []
    starts: list[_Line] = []
    current: Stanza | None = None
    for line in _lines(data):
        head = line.words[0]
        if head in _KEYWORDS or head.startswith("allow-"):
            current = None
        if head == "auto" or head.startswith("allow-"):
            starts.append(line)
        elif head == "iface" and len(line.words) >= 4 and line.words[2:4] == ("inet", "ppp"):
            current = Stanza(line.words[1], (), line.start, line.end)
            found.append(current)
        elif current is not None and head not in _KEYWORDS:
            options = (*current.options, (head, " ".join(line.words[1:])))
            current = Stanza(current.name, options, current.start, line.end)
            found[-1] = current
    return found, starts


@dataclass(frozen=True, slots=True)
class _File:
    """A file of interfaces(5), parsed."""

    path: str
    data: bytes
    ifaces: list[Stanza]
    starts: list[_Line]


def read_interfaces(found: Found, files: Files, layout: Layout) -> None:
    """What the stanzas whose provider is the peers file of *found* mean for it."""
    parsed = [
        _File(path, data, *stanzas(data))
        for path in _files(files, layout.interfaces)
        for data in [files.read(path)]
        if data is not None and len(data) <= LIMIT
    ]
    for file in parsed:
        for stanza in file.ifaces:
            if ("provider", found.name) in stanza.options:
                _read_stanza(found, file, stanza, parsed)


def _files(files: Files, first: str) -> list[str]:
    """The file *first*, those beside it in ``interfaces.d``, and those that it names with ``source``."""
    places = [f"{first}.d/*"]
    data = files.read(first)
    for line in [] if data is None or len(data) > LIMIT else _lines(data):
        if line.words[0] == "source":
            places += line.words[1:]
        elif line.words[0] == "source-directory":
            places += [f"{each}/*" for each in line.words[1:]]
    found = [first]
    for place in places:
        directory, _, name = (
            place if place.startswith("/") else f"{first.rpartition('/')[0]}/{place}"
        ).rpartition("/")
        found += [f"{directory}/{each}" for each in files.list(directory) if fnmatchcase(each, name)]
    return list(dict.fromkeys(found))


def _read_stanza(found: Found, file: _File, stanza: Stanza, parsed: list[_File]) -> None:
    """``auto`` may stand in another file than the stanza."""
    where = Places(file.path, file.data)(stanza.start)
    named = [(each, line) for each in parsed for line in each.starts if stanza.name in line.words[1:]]
    other = [key for key, _ in stanza.options if key not in {"provider", "unit"}]
    if other or any(line.words[0] != "auto" or len(line.words) != 2 for _, line in named):
        why = "it does more than call the tunnel, so it stays, and ifup and ifdown do what they did"
        found.note(Verdict.ADVICE, f"the stanza of {stanza.name}", where, why)
        return
    found.set("init", "ifupdown", f"iface {stanza.name} inet ppp", where)
    for each, line in named[:1]:
        found.set("on_boot", True, f"auto {stanza.name}", Places(each.path, each.data)(line.start))
    for _, number in (each for each in stanza.options if each[0] == "unit"):
        kept = found.values.setdefault("pppd_options", [])
        if isinstance(kept, list):
            kept.append(f"unit {number}")
        found.note(Verdict.KEPT, f"unit {number}", where, "goes to pppd_options")
    found.note(Verdict.CHANGED, f"the interface is called pptp-NAME for ifup, not {stanza.name}", where)
    _cut(found, file, (stanza.start, stanza.end))
    for each, line in named:
        _cut(found, each, (line.start, line.end))


def _cut(found: Found, file: _File, span: tuple[int, int]) -> None:
    cuts = found.cuts.setdefault(file.path, set())
    cuts.add(span)
    content, position = b"", 0
    for start, end in sorted(cuts):
        content += file.data[position:start]
        position = end
    found.takeovers[file.path] = Takeover(file.path, file.data, content + file.data[position:])
