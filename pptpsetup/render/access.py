"""From the profile's words for owners and modes to the artifacts'."""

from pptpsetup.distro.places import Permissions
from pptpsetup.render.artifact import Access, DirectoryArtifact


def access(permissions: Permissions) -> Access:
    """*permissions* of a profile as an artifact has them."""
    return Access(permissions.owner, permissions.group, permissions.mode)


def directory(path: str, permissions: Permissions) -> DirectoryArtifact:
    """A directory to be made when missing."""
    return DirectoryArtifact(path, access(permissions))
