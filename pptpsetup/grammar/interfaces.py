"""Words of ifupdown's interfaces(5): no quoting at all, and values reach ``sh -c`` as they stand.

ifupdown splits a line at blanks, knows comments at line starts only, joins lines that end in a backslash,
and pastes ``provider`` and ``unit`` unquoted into the ``pon`` command of its ppp method. So only plain words
can be written.
"""

import re

from pptpsetup.grammar.filename import run_parts_name
from pptpsetup.grammar.safe import Safe, refuse

_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def word(value: str) -> Safe:
    """*value* as a word of a stanza: an interface name, a provider.

    Raises SpecError ``unquotable-interfaces``: anything but letters, digits, ``_``, ``.`` and ``-``, or
    ``.``/``-`` first.
    """
    if not _WORD.fullmatch(value):
        raise refuse(
            "unquotable-interfaces",
            f"{value!r} cannot be written into an ifupdown stanza",
            why="interfaces(5) has no quoting and hands words to a shell",
        )
    return Safe(value)


def file_name(tunnel: str) -> Safe:
    """The name of the file in ``interfaces.d`` for *tunnel*.

    Raises SpecError ``skipped-file-name``: ``source-directory`` skips names with a dot, and ifupdown would
    take the interface ``pptp-a.b`` for a VLAN of ``pptp-a``.
    """
    return run_parts_name(f"pptp-{tunnel}")
