"""Everything that a spec needs as a tree of its own, to be laid over a system: for whoever builds images.

The tree is what applying would leave on an empty system, the list of what is ours included: so a system that
it was laid over is one that pptpsetup knows. Directories that only lead to something are no part of it: a
system has them, with modes of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Literal

from pptpengine.record import dataclass, field
from pptpsetup.change.entry import Entry, FileEntry, LinkEntry
from pptpsetup.change.manifest import STATE_DIR, Manifest, manifest_path
from pptpsetup.change.memory import MemorySystem
from pptpsetup.change.plan import make_plan
from pptpsetup.change.step import Step
from pptpsetup.change.system import System
from pptpsetup.errors import Diagnostic, PrivilegeError, Where
from pptpsetup.render.artifact import (
    Access,
    Artifact,
    DirectoryArtifact,
    FileArtifact,
    LinkArtifact,
    SharedArtifact,
)

VERSION = 1
"Of a member as JSON."

MemberKind = Literal["own", "shared", "link", "directory"]
_ROOTS = Access("root", "root", 0o600)


@dataclass(frozen=True, slots=True)
class Member:
    """One thing in the tree."""

    path: str
    "Absolute, as the system sees it."
    kind: MemberKind
    access: Access
    "A link has none of its own: root's, 0777. The name of an owner that only a number is known of is empty."
    uid: int
    gid: int
    content: bytes = field(default=b"", repr=False)
    target: str = ""
    "Of a link."
    secret: bool = False

    def to_json(self) -> dict[str, object]:
        """Without its content; of what holds a password not even a fingerprint, which could be tried out."""
        known: dict[str, object] = {
            "path": self.path,
            "kind": self.kind,
            "mode": f"{self.access.mode:04o}",
            "owner": self.access.owner,
            "group": self.access.group,
            "uid": self.uid,
            "gid": self.gid,
        }
        if self.kind == "link":
            return {**known, "target": self.target}
        if self.kind == "directory":
            return known
        fingerprint = None if self.secret else sha256(self.content).hexdigest()
        return {**known, "secret": self.secret, "sha256": fingerprint}


@dataclass(frozen=True, slots=True)
class Overlay:
    """The tree."""

    members: tuple[Member, ...]
    "By path."
    left_out: tuple[str, ...]
    "Paths of what holds a password."

    @property
    def alone(self) -> tuple[str, ...]:
        """Files that others have lines in, too."""
        return tuple(each.path for each in self.members if each.kind == "shared")


def overlay(
    artifacts: Sequence[Artifact],
    base: System | None,
    *,
    spec: Mapping[str, str],
    with_secrets: bool = False,
) -> Overlay:
    """The tree of *artifacts*, which come from the files *spec* (text by name below /etc/pptpsetup).

    *base* is the system that it will be laid over: its owners get their numbers, and files that also belong
    to others have their lines. Without one, such files have ours alone, and every owner has the number 0.

    Raises DifferentError when something in a file of *base* is in the way; UnsupportedError for an owner
    that *base* does not know; PrivilegeError when a file of it may not be read.
    """
    wanted = [each for each in dict.fromkeys(artifacts) if with_secrets or not _is_secret(each)]
    owned = [each.access for each in wanted if not isinstance(each, LinkArtifact)]
    system = MemorySystem(
        _present(wanted, base),
        users={each.owner: base.user_id(each.owner) if base else 0 for each in (_ROOTS, *owned)},
        groups={each.group: base.group_id(each.group) if base else 0 for each in (_ROOTS, *owned)},
    )
    plan = make_plan(wanted, system, Manifest(), spec=spec)
    steps = {step.path: step for step in plan.steps}
    members = [_member(each, steps, system) for each in wanted]
    members += _bookkeeping(steps[manifest_path()])
    return Overlay(
        tuple(sorted(members, key=lambda each: each.path)),
        tuple(sorted(each.path for each in artifacts if _is_secret(each) and not with_secrets)),
    )


def _is_secret(artifact: Artifact) -> bool:
    return isinstance(artifact, FileArtifact | SharedArtifact) and artifact.secret


def _present(wanted: Iterable[Artifact], base: System | None) -> Mapping[str, Entry]:
    """The files of *base* that also belong to others."""
    found: dict[str, Entry] = {}
    for each in wanted:
        if base is None or not isinstance(each, SharedArtifact):
            continue
        try:
            entry = base.read(base.resolve(each.path))
        except PermissionError:
            hint = "repeat the command as root, for example with sudo"
            message = "only root may read this file"
            raise PrivilegeError(Diagnostic("not-root", message, Where(each.path), hint=hint)) from None
        if entry is not None:
            found[each.path] = entry
    return found


def _member(artifact: Artifact, steps: Mapping[str, Step], system: MemorySystem) -> Member:
    if isinstance(artifact, LinkArtifact):
        access = Access("root", "root", 0o777)
        return Member(artifact.path, "link", access, 0, 0, target=artifact.target)
    access = artifact.access
    uid, gid = system.user_id(access.owner), system.group_id(access.group)
    if isinstance(artifact, DirectoryArtifact):
        return Member(artifact.path, "directory", access, uid, gid)
    if isinstance(artifact, FileArtifact):
        return Member(artifact.path, "own", access, uid, gid, artifact.content, secret=artifact.secret)
    step = steps.get(artifact.path)
    entry = system.read(artifact.path) if step is None else step.after
    assert isinstance(entry, FileEntry)  # noqa: S101  the plan would have named what is no file
    if (entry.uid, entry.gid) != (uid, gid) or entry.mode != access.mode:
        access = Access("root" if entry.uid == 0 else "", "root" if entry.gid == 0 else "", entry.mode)
    return Member(
        artifact.path, "shared", access, entry.uid, entry.gid, entry.content, secret=artifact.secret
    )


def _bookkeeping(step: Step) -> tuple[Member, Member]:
    assert isinstance(step.after, FileEntry)  # noqa: S101  the manifest is one
    assert not isinstance(step.before, LinkEntry)  # noqa: S101
    directory = Access("root", "root", 0o700)
    return (
        Member(STATE_DIR, "directory", directory, 0, 0),
        Member(step.path, "own", _ROOTS, 0, 0, step.after.content),
    )
