"""Paths in the sources of security policies: SELinux's file contexts and AppArmor's profiles.

Both are patterns, in different languages, and both split their lines at blanks. Installations have plain
paths, so only those are written.
"""

import re

from pptpsetup.grammar.safe import Safe, refuse

_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._+@-]+)+")


def selinux(path: str) -> Safe:
    """*path* as a regular expression of file_contexts(5) that means it alone.

    Raises SpecError ``unquotable-path``.
    """
    return Safe(re.sub(r"[.+]", r"\\\g<0>", _plain(path)))


def apparmor(path: str) -> Safe:
    """*path* as a pattern of apparmor.d(5) that means it alone.

    Raises SpecError ``unquotable-path``.
    """
    return Safe(_plain(path))


def _plain(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise refuse(
            "unquotable-path",
            f"{path!r} cannot be written into a security policy",
            why="it is not an absolute path of letters, digits and . _ + @ -",
            hint="install pptpsetup below such a path",
        )
    return path
