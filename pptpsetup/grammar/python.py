"""Words of a Python script: the first line, and string literals."""

import re

from pptpsetup.grammar.safe import Safe, refuse

_PROGRAM = re.compile(r"(/[A-Za-z0-9._+@-]+)+")
_LINE_LIMIT = 127
"Octets of a first line that every Linux reads whole (BINPRM_BUF_SIZE was 128 before Linux 5.1)."


def shebang(program: str, option: str) -> Safe:
    """The first line of a script for the interpreter *program* with one *option*.

    Raises SpecError ``unquotable-shebang``: the kernel splits at blanks, knows no quotes, and cuts the line.
    """
    line = f"#!{program} {option}"
    if not _PROGRAM.fullmatch(program) or len(line) >= _LINE_LIMIT:
        raise refuse(
            "unquotable-shebang",
            f"a script's first line cannot name the interpreter {program!r}",
            why="the kernel splits the line at blanks and cuts it after 127 octets",
            hint="install pptpsetup below a short path of plain characters",
        )
    return Safe(line)


def string(text: str) -> Safe:
    """*text* as a string literal.

    Raises SpecError ``unquotable-python``: a lone surrogate, which no UTF-8 file can hold.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise refuse("unquotable-python", "a value is not valid Unicode text") from error
    return Safe(ascii(text))
