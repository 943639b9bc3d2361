"""A line of a file with a caret below the place that a message is about."""

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

from pptpsetup.cli.console import printable
from pptpsetup.errors import Where

_WIDEST = 200
"Columns of a line where no terminal says how wide it is."
_LEFT_OUT = "…"


def excerpt(source: str, where: Where, width: int | None) -> Sequence[str]:
    """*source*, numbered, and the caret; of a long line, the part around the place."""
    number = str(where.line)
    margin = " " * len(number)
    room = max(10, (width or _WIDEST) - len(number) - 4)
    shown = [printable(each) for each in source]
    at = min(max(0, (where.column or 1) - 1), len(shown))
    first = _first(shown, at, room)
    line = _LEFT_OUT * (first > 0)
    ahead = _columns(line) + sum(map(_columns, shown[first:at]))
    for each in shown[first:]:
        if _columns(line) + _columns(each) >= room:
            line += _LEFT_OUT
            break
        line += each
    return [f" {margin} |", f" {number} | {line}", f" {margin} | {' ' * ahead}^"]


def _first(shown: Sequence[str], at: int, room: int) -> int:
    """Where to begin, so that the place is within the first two thirds of *room*."""
    first, used = at, 0
    while first > 0 and used + _columns(shown[first - 1]) < room * 2 // 3:
        first -= 1
        used += _columns(shown[first])
    return first


def _columns(text: str) -> int:
    """How many columns of a terminal *text* takes."""
    return sum(0 if combining(each) else 2 if east_asian_width(each) in {"W", "F"} else 1 for each in text)
