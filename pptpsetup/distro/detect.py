"""Which profile a system needs, told from its os-release and older files (through the ``distro`` library).

Order: ID of os-release; then the systems it says it is like, left to right; then marker files such as
/etc/debian_version. ``lsb_release`` and ``uname`` are never asked: they speak of the running system.
"""

from dataclasses import dataclass
from pathlib import Path

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.profile import Profile
from pptpsetup.distro.rootfs import any_exists, inside
from pptpsetup.errors import Diagnostic, UnsupportedError


@dataclass(frozen=True, slots=True)
class Identity:
    """What a system says of itself."""

    id: str
    "ID as the distro library normalises it; empty when nothing says it."
    like: tuple[str, ...]
    name: str
    version: str


def identify(root: Path) -> Identity:
    """What the system under *root* says of itself."""
    from distro import LinuxDistribution

    found = LinuxDistribution(
        include_lsb=False,
        include_uname=False,
        # Found by us: the library would follow an absolute link out of the root.
        os_release_file=str(_os_release(root)),
        root_dir=str(root),
    )
    return Identity(
        id=found.id(),
        like=tuple(found.like().split()),
        name=found.name(),
        version=found.version(),
    )


def _os_release(root: Path) -> Path:
    first, second = inside(root, "/etc/os-release"), inside(root, "/usr/lib/os-release")
    return first if first.is_file() else second


def detect(root: Path, override: str | None = None) -> Profile:
    """The profile for the system under *root*, or the one called *override*.

    Raises UnsupportedError: ``distribution-unknown`` or, for *override*, ``profile-unknown``.
    """
    if override is not None:
        return load_profile(override)
    identity = identify(root)
    # Mostly the profile has the system's own name; reading them all takes longer than the rest of a command.
    if identity.id in profile_ids() and identity.id in load_profile(identity.id).match.ids:
        return load_profile(identity.id)
    profiles = tuple(load_profile(each) for each in profile_ids())
    for name in (identity.id, *identity.like):
        for profile in profiles:
            if name in profile.match.ids:
                return profile
    for profile in profiles:
        if not identity.id and any_exists(root, profile.match.markers):
            return profile
    raise _unknown(root, identity, profiles)


def _unknown(root: Path, identity: Identity, profiles: tuple[Profile, ...]) -> UnsupportedError:
    said = (
        f"{identity.name or identity.id} (ID={identity.id})"
        if identity.id
        else "a system without os-release"
    )
    known = ", ".join(each.id for each in profiles)
    nearest = max(profiles, key=lambda each: len(_alike(root, each)))
    alike = _alike(root, nearest)
    if not alike:
        return UnsupportedError(
            Diagnostic(
                "distribution-unknown", f"no profile fits {said}; known are {known}", hint="use --profile ID"
            )
        )
    return UnsupportedError(
        Diagnostic(
            "distribution-unknown",
            f"no profile fits {said}; known are {known}, nearest is {nearest.id}",
            why=f"these of its places exist here: {', '.join(alike)}",
            hint=f"--profile {nearest.id}",
        )
    )


def _alike(root: Path, profile: Profile) -> tuple[str, ...]:
    places = [profile.pppd, profile.peers.directory, profile.secrets.chap, profile.hooks.up]
    for choice in profile.init:
        places += choice.installed_by
    return tuple(each for each in dict.fromkeys(places) if inside(root, each).exists())
