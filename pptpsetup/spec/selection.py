"""The host that a spec is read for: what the conditions of overrides are compared with."""

from typing import Protocol

from pptpengine.record import dataclass


class Selection(Protocol):
    """A host. What a spec without overrides does not ask for need not be looked up."""

    @property
    def host_names(self) -> tuple[str, ...]:
        """Its names in lower case, the full one and the short one; none when they are not known."""

    @property
    def profiles(self) -> tuple[str, ...]:
        """The id of its profile, then those of what that extends; none when it is not known."""

    @property
    def known_profiles(self) -> tuple[str, ...]:
        """The ids that a condition may name; none when that is not judged."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A host of which everything is known beforehand."""

    host_names: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    known_profiles: tuple[str, ...] = ()


NOBODY = Fixed()
"No override is for it."


def names_of(host: str) -> tuple[str, ...]:
    """The host name *host* as `Selection.host_names` has it."""
    full = host.strip().rstrip(".").lower()
    return tuple(dict.fromkeys(each for each in (full, full.partition(".")[0]) if each))
