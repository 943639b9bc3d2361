"""Numbers, times and tables as people read them."""

import time
from collections.abc import Iterable, Sequence


def size(count: int) -> str:
    """*count* bytes in the unit that gives one to three digits before the point; units of 1000."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 999.5:
            return f"{count} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def duration(seconds: float) -> str:
    """*seconds* as its two largest units."""
    left = max(0, int(seconds))
    parts: list[str] = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


def moment(seconds: float) -> str:
    """A wall-clock time here."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def table(rows: Iterable[Sequence[str]]) -> str:
    """*rows* in columns as wide as needed, two blanks apart."""
    held = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*held, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in held
    )
