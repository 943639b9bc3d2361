"""What a profile's standing means for a command: refused, allowed below ``--root`` only, or fine."""

from pptpsetup.distro.detect import Detection
from pptpsetup.distro.kinds import Standing
from pptpsetup.errors import Diagnostic, UnsupportedError


def require_usable(found: Detection, *, live: bool) -> None:
    """Raises UnsupportedError: ``profile-refused``, or ``profile-render-only`` on the running system."""
    profile = found.profile
    if profile.standing is Standing.REFUSED:
        raise UnsupportedError(
            Diagnostic("profile-refused", f"{profile.name} cannot be served", why=profile.because)
        )
    if live and profile.standing is Standing.RENDER_ONLY:
        raise UnsupportedError(
            Diagnostic(
                "profile-render-only",
                f"pptpsetup cannot run on {profile.name}; it can only make files for it elsewhere",
                why=profile.because,
                hint=f"on another machine: pptpsetup --root DIR --profile {profile.id} create …",
            )
        )


def advice(found: Detection, *, live: bool) -> tuple[Diagnostic, ...]:
    """What to know about this system before anything is written.

    What a release has and lacks, such as a Python that is too old, is asked of the running system itself.
    """
    profile, release = found.profile, found.release
    notes: list[Diagnostic] = [found.assumed] if found.assumed else []
    said = release.warnings if release and not live else ()
    if profile.standing is Standing.RENDER_ONLY:
        notes.append(
            Diagnostic(
                "profile-render-only",
                f"files for {profile.name} are made from what is written about it; nobody has tried them",
                why=profile.because,
            )
        )
        said = (*profile.warnings, *said)
    return (*notes, *(Diagnostic("release-note", each.removesuffix(".")) for each in said))
