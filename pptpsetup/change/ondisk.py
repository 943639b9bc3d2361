"""Reading and making entries on disk: one directory descriptor, one name, no path that could be diverted."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pptpsetup.change.entry import DirEntry, Entry, FileEntry, LinkEntry, OtherEntry

ACL = "system.posix_acl_access"
"The attribute that holds a file's access control list, acl(5)."

_KEPT_XATTRS = ("security.selinux", "security.SMACK64", ACL)
"""Attributes that a replaced file hands on, as well as all of ``user.*``.

Not ``security.ima`` and ``security.evm``: they sign the old content.
"""

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: should a FIFO take the file's place between stat and open, we must not wait for its writer.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def temporary_name(name: str) -> str:
    """The name under which *name* is prepared.

    Fixed, so that what a crash left can be found; hidden, so that run-parts(8), systemd and ``source
    interfaces.d/*`` pass over it; short, so that it fits where *name* does.
    """
    import hashlib  # looking at a tunnel needs none

    return ".pptpsetup-" + hashlib.sha256(os.fsencode(name)).hexdigest()[:20]


@contextmanager
def opened(name: str, flags: int, parent: int, mode: int = 0o600) -> Iterator[int]:
    """The descriptor of *name* in the directory *parent*."""
    descriptor = os.open(name, flags, mode, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_entry(parent: int, name: str) -> Entry:
    """What *name* is; a link is the link. Raises OSError."""
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        return LinkEntry(os.readlink(name, dir_fd=parent))
    if stat.S_ISDIR(found.st_mode):
        return DirEntry(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))
    if not stat.S_ISREG(found.st_mode):
        return OtherEntry(_kind(found.st_mode))
    with opened(name, _READ, parent) as descriptor:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return OtherEntry(_kind(found.st_mode))
        content = b"".join(iter(lambda: os.read(descriptor, 1 << 20), b""))
        mode = stat.S_IMODE(found.st_mode)
        return FileEntry(content, found.st_uid, found.st_gid, mode, _xattrs(descriptor))


def is_link(parent: int, name: str) -> bool:
    """Whether *name* is a symbolic link. Raises OSError."""
    try:
        os.readlink(name, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINVAL):
            return False
        raise
    return True


def put_entry(parent: int, name: str, entry: Entry) -> None:
    """Make *name* be *entry*: prepared beside it, synced, then renamed. Raises OSError."""
    try:
        if not prepare(parent, name, entry, synced=True):
            assert isinstance(entry, DirEntry)  # noqa: S101  what prepare says
            set_directory_access(parent, name, entry)
            return
        publish(parent, name)
    except BaseException:
        with suppress(OSError):  # the first error is the one to report, and recovery discards again
            discard(parent, temporary_name(name))
        raise
    sync_directory(parent)


def prepare(parent: int, name: str, entry: Entry, *, synced: bool) -> bool:
    """Make *entry* beside *name*, ready for `publish`; False: *entry* is a directory that is there already.

    What a failure leaves behind is for the caller to `discard`. Raises OSError.
    """
    if isinstance(entry, DirEntry) and _mode_of(parent, name) is not None:
        return False
    temporary = temporary_name(name)
    try:
        _make(parent, temporary, entry, synced=synced)
    except FileExistsError:  # left by a crash
        discard(parent, temporary)
        _make(parent, temporary, entry, synced=synced)
    return True


def publish(parent: int, name: str) -> None:
    """Put what was prepared in the place of *name*; the caller syncs the directory. Raises OSError."""
    os.rename(temporary_name(name), name, src_dir_fd=parent, dst_dir_fd=parent)


def remove_entry(parent: int, name: str) -> None:
    """Remove the file, link or empty directory *name*. Raises OSError."""
    remove_unsynced(parent, name)
    sync_directory(parent)


def remove_unsynced(parent: int, name: str) -> None:
    """As `remove_entry`; the directory is for the caller to sync."""
    if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        os.rmdir(name, dir_fd=parent)
    else:
        os.unlink(name, dir_fd=parent)


def discard(parent: int, name: str) -> None:
    """Remove *name* if it is there."""
    if _mode_of(parent, name) is not None:
        remove_entry(parent, name)


def sync_directory(parent: int) -> None:
    """Make renames in the directory *parent* survive a power cut."""
    with opened(".", DIRECTORY, parent) as descriptor:  # the O_PATH descriptor at hand cannot be synced
        _sync(descriptor)


def _sync(directory: int) -> None:
    try:
        os.fsync(directory)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that cannot sync directories
            raise


def _mode_of(parent: int, name: str) -> int | None:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return None


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "FIFO", stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}
    return kinds.get(stat.S_IFMT(mode), "special file")


def _make(parent: int, name: str, entry: Entry, *, synced: bool) -> None:
    if isinstance(entry, FileEntry):
        # 0600 until owner, group and mode are right: nobody may read a secret through the temporary name.
        with opened(name, _CREATE, parent, 0o600) as descriptor:
            _fill(descriptor, entry)
            if synced:
                os.fsync(descriptor)
    elif isinstance(entry, LinkEntry):
        os.symlink(entry.target, name, dir_fd=parent)
    elif isinstance(entry, DirEntry):
        os.mkdir(name, 0o700, dir_fd=parent)
        set_directory_access(parent, name, entry, synced=synced)
    else:
        raise TypeError(f"a {entry.kind} is never ours to make")


def _fill(descriptor: int, entry: FileEntry) -> None:
    rest = memoryview(entry.content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    _own(descriptor, entry.uid, entry.gid)
    _set_xattrs(descriptor, dict(entry.xattrs))
    # After the ACL, whose mask is the mode's group bits (acl(5)), and after fchown(2), which clears set-ID
    # bits.
    os.fchmod(descriptor, entry.mode)


def _own(descriptor: int, uid: int, gid: int) -> None:
    found = os.fstat(descriptor)
    if (found.st_uid, found.st_gid) != (uid, gid):
        os.fchown(descriptor, uid, gid)


def set_directory_access(parent: int, name: str, entry: DirEntry, *, synced: bool = True) -> None:
    """Give the directory *name* the owner, group and mode of *entry*. Raises OSError."""
    with opened(name, DIRECTORY, parent) as descriptor:
        _own(descriptor, entry.uid, entry.gid)
        os.fchmod(descriptor, entry.mode)
        if synced:
            _sync(descriptor)


def _xattrs(descriptor: int) -> tuple[tuple[str, bytes], ...]:
    try:
        names = os.listxattr(descriptor)
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return ()
        raise
    kept = sorted(name for name in names if name in _KEPT_XATTRS or name.startswith("user."))
    return tuple((name, os.getxattr(descriptor, name)) for name in kept)


def _set_xattrs(descriptor: int, wanted: dict[str, bytes]) -> None:
    present = dict(_xattrs(descriptor))
    for name, value in wanted.items():
        if present.get(name) != value:
            os.setxattr(descriptor, name, value)
    if ACL in present and ACL not in wanted:  # the directory's default ACL
        os.removexattr(descriptor, ACL)
