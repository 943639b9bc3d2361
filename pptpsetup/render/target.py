"""The system that files are rendered for."""

from collections.abc import Mapping
from typing import TypeVar

from pptpengine.record import dataclass, field
from pptpsetup.distro.facts import Facts
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import Diagnostic, InternalError, UnsupportedError
from pptpsetup.render.programs import Programs
from pptpsetup.spec.secret import Secret

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Target:
    """What its distribution wants, what it has, and where our programs are on it."""

    profile: Profile
    facts: Facts
    programs: Programs
    passwords: Mapping[str, Secret] = field(default_factory=dict)
    "By the tunnel's name."

    def password(self, tunnel: str) -> Secret:
        """The password of *tunnel*. Raises InternalError ``password-missing``."""
        try:
            return self.passwords[tunnel]
        except KeyError:
            raise InternalError(
                Diagnostic("password-missing", f"nobody gave the password of tunnel {tunnel}")
            ) from None


def section(profile: Profile, found: _T | None) -> _T:
    """*found*, a section of *profile* about an init system.

    Raises UnsupportedError ``init-unknown``: the profile has none, so such a system is not used there.
    """
    if found is not None:
        return found
    known = ", ".join(each.kind.value for each in profile.init)
    raise UnsupportedError(
        Diagnostic(
            "init-unknown",
            f"{profile.name} does not use that init system",
            hint=f"set init to one of auto, {known}",
        )
    )
