r"""Our lines in a shell file that others write, too: /etc/conf.d/net, /etc/rc.conf.

Such a file is a program: sh(1) reads it from top to bottom, and what is assigned last holds. So our lines
stand together at its end, between two comments by which they are found again. Before them comes an empty
line: a last line of others that ends in a backslash is then joined with nothing.
"""

_BEGIN = b"# >>> pptpsetup: changes between these two lines are lost\n"
_BEGIN_AFTER_OPEN_LINE = b"# >>> pptpsetup: changes between these two lines are lost (no line end before)\n"
_END = b"# <<< pptpsetup\n"


def merge(old: bytes, lines: tuple[bytes, ...]) -> bytes:
    """*old* with exactly *lines*, each with its line end, as ours; every byte of others is kept.

    ``merge(merge(old, lines), ()) == old`` when *old* has no block of ours.
    """
    foreign = _without_ours(old)
    if not lines:
        return foreign
    if not foreign:
        return b"".join([_BEGIN, *lines, _END])
    whole = foreign.endswith(b"\n")
    before = b"\n" + _BEGIN if whole else b"\n\n" + _BEGIN_AFTER_OPEN_LINE
    return b"".join([foreign, before, *lines, _END])


def lines_of(data: bytes) -> tuple[bytes, ...]:
    """The lines inside our blocks in *data*, with their line ends; none when there is no block."""
    return tuple(line for begin, end in _blocks(data) for line in _lines(data[begin:end])[1:-1])


def _without_ours(data: bytes) -> bytes:
    for begin, end in reversed(_blocks(data)):
        before, after = data[:begin], data[end:]
        # Take back what `merge` has put in front, and nothing else: somebody may have edited there.
        if data.startswith(_BEGIN_AFTER_OPEN_LINE, begin) and before.endswith(b"\n\n"):
            before = before[:-2]
        elif before.endswith(b"\n\n"):
            before = before[:-1]
        data = before + after
    return data


def _blocks(data: bytes) -> list[tuple[int, int]]:
    """Where our blocks are, both comments included; a begin without an end is no block of ours."""
    found = []
    at = 0
    begin: int | None = None
    for line in _lines(data):
        if line in (_BEGIN, _BEGIN_AFTER_OPEN_LINE):
            begin = at
        elif line == _END and begin is not None:
            found.append((begin, at + len(line)))
            begin = None
        at += len(line)
    return found


def _lines(data: bytes) -> list[bytes]:
    *whole, tail = data.split(b"\n")
    return [line + b"\n" for line in whole] + ([tail] if tail else [])
