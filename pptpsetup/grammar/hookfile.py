r"""Lines of ours in a shell script that belongs to others: /etc/ppp/ip-up, /etc/ppp/ip-up.local.

Ours stand right after the interpreter's line, before anything that could end the script, and each is known
by the comment at its end, so that taking them out needs no marks around them. They mean the same to every
POSIX shell, whatever options the interpreter's line sets, and change nothing for the lines after them.
"""

import re
from typing import Final

from pptpsetup.grammar import shell
from pptpsetup.grammar.safe import refuse

INTERPRETER: Final = b"#!/bin/sh\n"
"The first line of a file that we make."
_MARK = b" # managed by pptpsetup"
_MADE = b"# pptpsetup made this file and removes it when no line of others is in it." + _MARK + b"\n"
_SHELLS = frozenset(b"sh ash bash dash ksh ksh93 lksh loksh mksh oksh pdksh posh yash".split())
_OURS = rb"(?m)^[^\n]*" + re.escape(_MARK) + rb"\r?(?:\n|\Z)"
_LINE_END_OF_OURS = rb"\n[^\n]*" + re.escape(_MARK) + rb"\Z"


def call(script: str) -> tuple[bytes, ...]:
    """Our lines, which run *script*, an absolute path, with the arguments of the file they stand in.

    A failure or a missing program must not end a file that has ``set -e``.

    Raises SpecError ``unquotable-sh``.
    """
    word = shell.quote_line(script)
    return (
        b"# Routes and name servers of PPTP tunnels; other links are left alone." + _MARK + b"\n",
        f'[ ! -x {word} ] || {word} "$@" || :'.encode() + _MARK + b"\n",
    )


def merge(old: bytes, lines: tuple[bytes, ...], *, executed: bool) -> bytes:
    """*old* with exactly *lines* as ours and every byte of others kept.

    ``merge(merge(old, lines), ()) == old`` when *old* has no line of ours; a file that was made for *lines*,
    and to which nobody has added anything, becomes empty again. *executed*: the kernel runs the file, so it
    must name its interpreter; otherwise a shell does, which reads a file without one itself.

    Raises SpecError ``hook-not-shell``: what else is in the file is no program for a POSIX shell.
    """
    foreign, made = _without_ours(old)
    if not lines:
        return b"" if made and foreign.rstrip() == INTERPRETER.rstrip() else foreign
    if not foreign:
        return INTERPRETER + _MADE + b"".join(lines)
    _require_shell(foreign, executed)
    ours = (_MADE if made else b"") + b"".join(lines)
    if not foreign.startswith(b"#!"):
        return ours + foreign
    first, line_end, rest = foreign.partition(b"\n")
    if not line_end:
        # The line break between is ours, and so told from one of theirs: our last line has none.
        return first + b"\n" + ours[:-1]
    return first + b"\n" + ours + rest


def lines_of(data: bytes) -> tuple[bytes, ...]:
    """Our lines in *data*, with their line ends, as `merge` takes them."""
    found = (line for line in re.findall(_OURS, data) if line != _MADE)
    return tuple(line if line.endswith(b"\n") else line + b"\n" for line in found)


def _without_ours(old: bytes) -> tuple[bytes, bool]:
    """What others wrote, and whether the file was made by us."""
    made = _MADE in old
    last = re.search(_LINE_END_OF_OURS, old)
    if last is None:
        return re.sub(_OURS, b"", old), made
    # Ours stand at the end without a line break: the one before the first of them is ours, too.
    found = re.sub(_OURS, b"", old)
    return found[:-1] if found.endswith(b"\n") else found, made


def _require_shell(foreign: bytes, executed: bool) -> None:
    first = foreign.partition(b"\n")[0]
    hint = "move it to another file and call that one from a shell script in its place"
    if first.startswith(b"#!"):
        interpreter = _interpreter(first[2:])
        if interpreter not in _SHELLS:
            shown = first[:80].decode("ascii", "backslashreplace")
            raise refuse(
                "hook-not-shell",
                "a line of a shell script cannot be put into this file",
                why=f"it is run by another interpreter: {shown!r}",
                hint=hint,
            )
    elif b"\0" in foreign:
        raise refuse(
            "hook-not-shell",
            "a line of a shell script cannot be put into this file",
            why="it is a compiled program",
            hint=hint,
        )
    elif executed:
        raise refuse(
            "hook-not-shell",
            "the file does not name its interpreter, so that it is never run",
            why="pppd starts it without a shell",
            hint="make #!/bin/sh its first line, and check that you want the rest to be run",
        )


def _interpreter(words: bytes) -> bytes:
    """The name of the program that an interpreter's line means, behind env(1) and busybox."""
    found = [word.rpartition(b"/")[2] for word in words.strip(b" \t").split()]
    if words.endswith(b"\r"):
        return b""  # the kernel looks for a program whose name ends in CR
    if found[:2] == [b"env", b"-S"]:
        del found[1]
    if found and found[0] in {b"env", b"busybox"}:
        del found[0]
    return found[0] if found else b""
