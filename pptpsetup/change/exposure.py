"""The group's access to files of others that our passwords go into.

A fresh chap-secrets is root's alone. An old one may have mode 0640 and the group root: Debian's Perl
pptpsetup left it so by its umask. Nobody has chosen that, so it is put right with the next change. Another
group, or an ACL, was somebody's decision, which stays and is told.
"""

from pptpsetup.change.entry import FileEntry
from pptpsetup.change.ondisk import ACL

_GROUP = 0o070


def is_for_a_group(entry: FileEntry) -> bool:
    """Whether somebody has given a group or, by an ACL, further users access to *entry*."""
    return bool(entry.mode & _GROUP) and (entry.gid != 0 or _has_acl(entry))


def tightened(entry: FileEntry, mode: int) -> int:
    """The mode that *entry* shall have, *mode* being that of a fresh file in its place."""
    by_accident = entry.gid == 0 and not _has_acl(entry)
    return entry.mode & ~_GROUP if by_accident and not mode & _GROUP else entry.mode


def _has_acl(entry: FileEntry) -> bool:
    return any(name == ACL for name, _ in entry.xattrs)
