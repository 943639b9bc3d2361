"""What can be at a path: a file, a link, a directory, or something that is never ours."""

from pptpengine.record import dataclass, field


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A regular file."""

    content: bytes = field(repr=False)
    "Not in the representation: it may be a secret."
    uid: int
    gid: int
    mode: int
    "Permission bits only."
    xattrs: tuple[tuple[str, bytes], ...] = ()
    "Sorted by name. SELinux label, ACL and user attributes."

    @property
    def sha256(self) -> str:
        """The content's fingerprint, in hexadecimal."""
        import hashlib  # looking at a tunnel needs none

        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class LinkEntry:
    """A symbolic link."""

    target: str


@dataclass(frozen=True, slots=True)
class DirEntry:
    """A directory, without what is in it."""

    uid: int
    gid: int
    mode: int


@dataclass(frozen=True, slots=True)
class OtherEntry:
    """Something that is never ours: a device, a FIFO, a socket."""

    kind: str


Entry = FileEntry | LinkEntry | DirEntry | OtherEntry


def same(actual: Entry | None, wanted: Entry | None) -> bool:
    """Whether *actual* is *wanted*.

    Attributes that *wanted* does not name do not count: a policy may have labelled a new file.
    """
    if isinstance(actual, FileEntry) and isinstance(wanted, FileEntry):
        key = (actual.content, actual.uid, actual.gid, actual.mode)
        return key == (wanted.content, wanted.uid, wanted.gid, wanted.mode) and set(wanted.xattrs) <= set(
            actual.xattrs
        )
    return actual == wanted
