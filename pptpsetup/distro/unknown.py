"""The answer for a system that no profile fits: which one comes nearest, and how to write another."""

from pathlib import Path

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.kinds import Standing
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import Diagnostic, UnsupportedError
from pptpsetup.invocation import command
from pptpsetup.rootfs import inside

GUIDE = "docs/distributions/adding.md"
"How to write a profile."


def unknown(root: Path, system: str) -> UnsupportedError:
    """The error for *system* under *root*; the nearest profile is the one most of whose places exist."""
    profiles = [load_profile(each) for each in profile_ids()]
    usable = [each for each in profiles if each.standing is Standing.SUPPORTED]
    nearest = max(usable, key=lambda each: _rank(root, each))
    alike = _alike(root, nearest)
    known = f"profiles are {', '.join(each.id for each in profiles)}"
    write = f"write a profile of your own ({GUIDE}), try it with: {command('profiles check FILE')}"
    if not alike:
        return UnsupportedError(
            Diagnostic(
                "distribution-unknown",
                f"no profile fits {system}",
                why=f"{known}; none of them has places that exist here",
                hint=f"name one with --profile ID, or {write}",
            )
        )
    return UnsupportedError(
        Diagnostic(
            "distribution-unknown",
            f"no profile fits {system}; the nearest is {nearest.id}",
            why=f"these of its places exist here: {', '.join(alike)}; {known}",
            hint=f"--profile {nearest.id}\nor {write}",
        )
    )


def _rank(root: Path, profile: Profile) -> tuple[int, int]:
    """The more of its places exist the better; then, the fewer do not."""
    found = len(_alike(root, profile))
    return found, found - len(_places(profile))


def _alike(root: Path, profile: Profile) -> tuple[str, ...]:
    return tuple(each for each in _places(profile) if inside(root, each).exists())


def _places(profile: Profile) -> tuple[str, ...]:
    places = [profile.pppd, profile.peers.directory, profile.secrets.chap, profile.hooks.up]
    for choice in profile.init:
        places += choice.installed_by
    return tuple(dict.fromkeys(places))
