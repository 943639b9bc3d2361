"""The group's access to files of others that our passwords go into.

A fresh chap-secrets is root's alone. An old one may have mode 0640 and the group root: Debian's Perl
pptpsetup left it so by its umask. Nobody has chosen that, so it is put right with the next change. Another
group, or an ACL, was somebody's decision, which stays and is told.
"""

from pptpsetup.change.entry import FileEntry
from pptpsetup.change.ondisk import ACL

_GROUP = 0o070


def is_for_a_group(entry: FileEntry, root: int) -> bool:
    """Whether somebody has given a group or, by an ACL, further users access to *entry*; *root* is the group
    of that name."""
    return bool(entry.mode & _GROUP) and (entry.gid != root or _has_acl(entry))


def tightened(entry: FileEntry, fresh: FileEntry) -> int:
    """The mode that *entry* shall have, *fresh* being what a new file in its place would be."""
    by_accident = entry.gid == fresh.gid and not _has_acl(entry)
    return entry.mode & ~_GROUP if by_accident and not fresh.mode & _GROUP else entry.mode


def _has_acl(entry: FileEntry) -> bool:
    return any(name == ACL for name, _ in entry.xattrs)
