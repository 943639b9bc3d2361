"""Files of lines, some of them ours, whatever their grammar."""

from collections.abc import Callable

Merge = Callable[[bytes, tuple[bytes, ...]], bytes]
"""From a file's bytes and our lines to its new bytes; without lines, to its bytes without ours."""


def own_lines(merge: Merge, content: bytes) -> tuple[bytes, ...]:
    """The lines of *content* that *merge* takes for ours, each with its line end, in their order.

    They are those that are missing from ``merge(content, ())``, in which every line of others is left.
    """
    others = _lines(merge(content, ()))
    found = []
    at = 0
    for line in _lines(content):
        if at < len(others) and others[at] == line:
            at += 1
        else:
            found.append(line)
    return tuple(found)


def _lines(data: bytes) -> list[bytes]:
    *whole, rest = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([rest] if rest else [])
