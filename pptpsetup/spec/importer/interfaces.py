"""Debian's /etc/network/interfaces: stanzas that start a peers file with ``pon``.

A stanza that says nothing but ``provider`` (and ``unit``) is understood: it becomes ``init: ifupdown`` and
``on_boot``, and goes. Any other stays; ``pon NAME`` in it does what it did. See interfaces(5).
"""

import re
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


def read_interfaces(found: Found, files: Files, layout: Layout) -> None:
    """What the stanzas whose provider is the peers file of *found* mean for it."""
    directory = f"{layout.interfaces}.d"
    for path in (layout.interfaces, *(f"{directory}/{name}" for name in files.list(directory))):
        data = files.read(path)
        if data is None or len(data) > LIMIT:
            continue
        ifaces, starts = stanzas(data)
        for stanza in ifaces:
            if ("provider", found.name) in stanza.options:
                _read_stanza(found, path, data, stanza, starts)


def _read_stanza(found: Found, path: str, data: bytes, stanza: Stanza, starts: list[_Line]) -> None:
    where = Places(path, data)(stanza.start)
    named = [line for line in starts if stanza.name in line.words[1:]]
    other = [key for key, _ in stanza.options if key not in {"provider", "unit"}]
    if other or any(line.words[0] != "auto" or len(line.words) != 2 for line in named):
        why = "it does more than call the tunnel, so it stays, and ifup and ifdown do what they did"
        found.note(Verdict.ADVICE, f"the stanza of {stanza.name}", where, why)
        return
    found.set("init", "ifupdown", f"iface {stanza.name} inet ppp", where)
    if named:
        found.set("on_boot", True, f"auto {stanza.name}", Places(path, data)(named[0].start))
    for _, number in (each for each in stanza.options if each[0] == "unit"):
        kept = found.values.setdefault("pppd_options", [])
        if isinstance(kept, list):
            kept.append(f"unit {number}")
        found.note(Verdict.KEPT, f"unit {number}", where, "goes to pppd_options")
    found.note(Verdict.CHANGED, f"the interface is called pptp-NAME for ifup, not {stanza.name}", where)
    cuts = found.cuts.setdefault(path, set())
    cuts.update([(stanza.start, stanza.end), *((line.start, line.end) for line in named)])
    content, position = b"", 0
    for start, end in sorted(cuts):
        content += data[position:start]
        position = end
    found.takeovers[path] = Takeover(path, data, content + data[position:])
