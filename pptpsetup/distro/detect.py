"""Which profile a system needs, told from its os-release or, through the ``distro`` library, older files.

Order: ID, with the profile that asks for most besides it (name, versions, files); then the systems it says
it is like, left to right; then, without any ID, marker files such as /etc/debian_version and, on the running
system, what Python says of it. ``lsb_release`` and ``uname`` are never asked: they speak of the running
system.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from pptpengine.record import dataclass
from pptpsetup.distro import osrelease
from pptpsetup.distro.catalogue import check_file, load_profile
from pptpsetup.distro.claims import Claims
from pptpsetup.distro.profile import Match, Profile, Release, numbers
from pptpsetup.errors import Diagnostic
from pptpsetup.rootfs import any_exists, inside

__all__ = ["Detection", "Identity", "detect", "identify", "named"]

_TELLING = r"[-_](release|version)$"
_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_MOST_BYTES = 1 << 16
"Of a file that says what a system is."
_CODE_NAMES = ("ubuntu_codename", "debian_codename", "version_codename")
"Of os-release; a derivative's own code name comes last, its parent's first."


@dataclass(frozen=True, slots=True)
class Identity:
    """What a system says of itself."""

    id: str
    "ID as the distro library normalises it; empty when nothing says it."
    like: tuple[str, ...]
    name: str
    version: str
    code_names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name or self.id} (ID={self.id})" if self.id else "a system without os-release"


@dataclass(frozen=True, slots=True)
class Detection:
    """A profile, and which of its releases the system is or is treated as."""

    profile: Profile
    release: Release | None
    "None: the profile has no releases."
    assumed: Diagnostic | None = None
    "Set when the system is of no release that the profile knows: what was assumed instead."

    @property
    def ppp(self) -> str | None:
        """The version of pppd to be expected."""
        return self.profile.ppp_of(self.release)

    @property
    def python(self) -> str:
        """The interpreter to be expected."""
        return self.profile.python_of(self.release)


def identify(root: Path) -> Identity:
    """What the system under *root* says of itself."""
    plain = _plainly(root)
    if plain is not None:
        return plain
    if root == Path("/"):
        identity = _identity(root)
        return identity if identity.id else _running_system(identity)
    # The library would follow an absolute link out of the root, so it gets copies.
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="pptpsetup-") as scratch:
        for folder, name in _telling_files(root):
            place = inside(root, f"/{folder}/{name}")
            # A FIFO would be waited on for ever.
            if place.is_file():
                copy = Path(scratch, folder, name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(_beginning(place))
        return _identity(Path(scratch))


def _plainly(root: Path) -> Identity | None:
    """What a plain os-release says; None: it takes more to tell."""
    file = next((place for each in _OS_RELEASE if (place := inside(root, each)).is_file()), None)
    if file is None:
        return None
    try:
        found = osrelease.read(_beginning(file).decode())
    except (OSError, UnicodeDecodeError):
        return None
    if found is None:
        return None
    return Identity(
        found["id"],
        tuple(found.get("id_like", "").split()),
        found["name"],
        found["version_id"],
        tuple(found[each] for each in _CODE_NAMES if found.get(each)),
    )


def _identity(root: Path) -> Identity:
    from distro import LinuxDistribution

    found = LinuxDistribution(include_lsb=False, include_uname=False, root_dir=str(root))
    names = (found.os_release_attr(each) for each in _CODE_NAMES)
    return Identity(
        id=found.id(),
        like=tuple(found.like().split()),
        name=found.name(),
        version=found.version(),
        code_names=tuple(each for each in names if each),
    )


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_MOST_BYTES)


def _telling_files(root: Path) -> list[tuple[str, str]]:
    """Folder and name of each file below *root* that the library would look at."""
    etc = inside(root, "/etc")
    names = sorted(each.name for each in etc.iterdir()) if etc.is_dir() else []
    return [
        *(("etc", each) for each in names if re.search(_TELLING, each)),
        ("usr/lib", "os-release"),
    ]


def _running_system(identity: Identity) -> Identity:
    """A BSD has no os-release; Python was built for it and knows (``netbsd10``)."""
    platform = sys.platform.rstrip("0123456789.")
    if platform == "linux":
        return identity
    from os import uname

    return Identity(id=platform, like=(), name=uname().sysname, version=uname().release)


def detect(root: Path, override: str | None = None) -> Detection:
    """The profile for the system under *root*, or *override*: a profile's id or the path of its file.

    Raises UnsupportedError: ``distribution-unknown`` or, for *override*, ``profile-unknown``; SpecError with
    every fault of a file, OSError when it cannot be read.
    """
    identity = identify(root)
    if override is not None:
        return _overridden(override, identity)
    claims = Claims()
    own = _most_specific(_holding(claims.of_id(identity.id), root, identity)) if identity.id else None
    if own is not None:
        return _with_release(load_profile(own), identity)
    other = _alike(claims, root, identity) if identity.id else _marked(claims, root, identity)
    if other is not None:
        return _without_version(load_profile(other), identity)
    from pptpsetup.distro.unknown import unknown

    raise unknown(root, str(identity))


def named(given: str) -> Profile:
    """The profile that a user names: by its id, or by the path of its file, with a slash or .yaml in it.

    Raises UnsupportedError ``profile-unknown``; SpecError with every fault of a file, OSError when it cannot
    be read.
    """
    is_path = "/" in given or given.endswith(".yaml")
    return check_file(Path(given)) if is_path else load_profile(given)


def _overridden(override: str, identity: Identity) -> Detection:
    profile = named(override)
    release = profile.release(identity.version) if identity.id in profile.match.ids else None
    # Whoever names a profile knows better than os-release: no warning about versions.
    return Detection(profile, release) if release else _without_version(profile, identity)


def _holding(claimed: Mapping[str, Match], root: Path, identity: Identity) -> dict[str, Match]:
    """Those of *claimed* whose every condition holds."""
    return {
        each: match
        for each, match in claimed.items()
        if match.name in (None, identity.name)
        and match.covers(identity.version)
        and all(inside(root, file).exists() for file in match.files)
    }


def _most_specific(holding: Mapping[str, Match]) -> str | None:
    return max(holding, key=lambda each: holding[each].conditions, default=None)


def _alike(claims: Claims, root: Path, identity: Identity) -> str | None:
    """By what the system is like. Its name and version are not its parent's and say nothing here."""
    for name in identity.like:
        general = {each: match for each, match in claims.of_id(name).items() if not match.by_release}
        if found := _most_specific(_holding(general, root, identity)):
            return found
    return None


def _marked(claims: Claims, root: Path, identity: Identity) -> str | None:
    marked = {each: match for each, match in claims.of_markers().items() if any_exists(root, match.markers)}
    return _most_specific(_holding(marked, root, identity))


def _without_version(profile: Profile, identity: Identity) -> Detection:
    """A derivative has versions of its own; its parent's code name in os-release tells the release."""
    return Detection(profile, _by_code_name(profile, identity) or profile.nearest_release(""))


def _by_code_name(profile: Profile, identity: Identity) -> Release | None:
    by_name = {each.code_name: each for each in profile.releases if each.code_name}
    return next((by_name[each] for each in identity.code_names if each in by_name), None)


def _with_release(profile: Profile, identity: Identity) -> Detection:
    release = profile.release(identity.version)
    if release is None and not numbers(identity.version):
        # Testing and unstable systems have no number, but mostly the code name of what they will be.
        return _without_version(profile, identity)
    if release is not None or not profile.releases:
        return Detection(profile, release)
    nearest = profile.nearest_release(identity.version)
    return Detection(profile, nearest, _assumption(profile, nearest, identity) if nearest else None)


def _assumption(profile: Profile, nearest: Release, identity: Identity) -> Diagnostic:
    found = numbers(identity.version)
    if found < min(numbers(each.first) for each in profile.releases):
        relation = "is older than what this pptpsetup knows"
    elif nearest is profile.releases[-1]:
        relation = "is newer than what this pptpsetup knows"
    else:
        relation = "is no release that this pptpsetup knows"
    system = f"{identity.name or profile.name} {identity.version}"
    return Diagnostic(
        "release-unknown",
        f"{system} {relation}; it is treated like {nearest.first} (pppd {nearest.ppp})",
    )
