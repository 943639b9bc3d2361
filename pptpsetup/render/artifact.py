"""What rendering produces: the files a host should have, as values.

Paths are absolute and POSIX as the running system sees them; the
:class:`~pptpsetup.change.system.System` puts a ``--root`` in front. Owners are names, looked up in the
target's own passwd and group files.
"""

from pptpengine.record import dataclass


@dataclass(frozen=True, slots=True)
class Access:
    """Owner, group and mode of a file or directory."""

    owner: str
    group: str
    mode: int


@dataclass(frozen=True, slots=True)
class FileArtifact:
    """A whole file that is ours."""

    path: str
    content: bytes
    access: Access
    secret: bool = False
    "The content must not appear in diffs or logs."
    user_owned: bool = False
    "The user edits this file (the spec, a secret): a difference from what we last wrote is not drift."


@dataclass(frozen=True, slots=True)
class SharedArtifact:
    """Lines of ours in a file that also belongs to others."""

    path: str
    kind: str
    "Which grammar merges them, a key of render.shared.MERGERS."
    lines: tuple[bytes, ...]
    access: Access
    "Used only when the file does not exist yet."
    secret: bool = False


@dataclass(frozen=True, slots=True)
class LinkArtifact:
    """A symbolic link that is ours."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class DirectoryArtifact:
    """A directory to make when it is missing; an existing one is left as it is.

    It is removed again when we made it and it is empty.
    """

    path: str
    access: Access


Artifact = FileArtifact | SharedArtifact | LinkArtifact | DirectoryArtifact
