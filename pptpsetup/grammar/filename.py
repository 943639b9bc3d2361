"""Names that become file names: what the programs that look for those files accept."""

import re

from pptpsetup.grammar.safe import Safe, refuse

_RUN_PARTS = re.compile(r"[A-Za-z0-9_-]+")
_PEERS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}")
_DOT_SH = r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.sh"
_PLAIN = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_BACKUP = r"\.rpm|\.(old|bak|orig|rej|scpmbackup)$"
"What SUSE's /etc/ppp/ip-up skips (sysconfig, scripts/ppp/ip-up.in); ``*~`` is no plain name anyway."
_LEFTOVER = re.compile(r"\.(bak|orig|swp|dpkg-[a-z]+|rpm[a-z]+|ucf-[a-z]+)$|\.$")


def run_parts_name(name: str) -> Safe:
    """*name* for a directory that run-parts(8) or ifupdown's ``source-directory`` reads.

    Both skip other names in silence, names with a dot among them.

    Raises SpecError ``skipped-file-name``.
    """
    if not _RUN_PARTS.fullmatch(name):
        raise refuse(
            "skipped-file-name",
            f"{name!r} cannot be a file name here",
            why="run-parts and source-directory skip names with other than letters, digits, _ and -",
            hint="use a tunnel name without a dot",
        )
    return Safe(name)


def dot_sh_name(name: str) -> Safe:
    """*name* for a directory of which only ``*.sh`` is run or read: Arch, Void, Gentoo.

    Raises SpecError ``skipped-file-name``.
    """
    if not re.fullmatch(_DOT_SH, name):
        raise refuse(
            "skipped-file-name",
            f"{name!r} cannot be a file name here",
            why="only names that end in .sh and do not begin with a dot are run from such a directory",
        )
    return Safe(name)


def exec_any_name(name: str) -> Safe:
    """*name* for a directory of which every executable file is run, except what looks like a backup: SUSE.

    Raises SpecError ``skipped-file-name``.
    """
    if not re.fullmatch(_PLAIN, name) or re.search(_BACKUP, name):
        raise refuse(
            "skipped-file-name",
            f"{name!r} cannot be a file name here",
            why="hidden files and backups (.rpm*, .old, .bak, .orig, .rej, .scpmbackup, ~) are not run",
        )
    return Safe(name)


def peers_name(name: str) -> Safe:
    """*name* for a file that ``pppd call NAME`` reads: one component, and not like a backup's.

    Raises SpecError ``bad-peers-name``.
    """
    if not _PEERS.fullmatch(name) or _LEFTOVER.search(name):
        raise refuse(
            "bad-peers-name",
            f"{name!r} cannot be the name of a peers file",
            why="1 to 63 letters, digits, _ . - with a letter, digit or _ first, and no backup's suffix",
        )
    return Safe(name)
