"""The host that a command's options select, for a spec that differs between hosts."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pptpsetup.spec.selection import names_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpsetup.cli.host import Host


class HostSelection:
    """A host; its name and profile are looked up when an override asks for them."""

    def __init__(self, host: Host, name: str | None, profile: str | None) -> None:
        """*name* and *profile* are what ``--host`` and ``--profile`` say."""
        self._host, self._name, self._profile = host, name, profile

    @cached_property
    def host_names(self) -> tuple[str, ...]:
        """As `pptpsetup.spec.selection.Selection`."""
        if self._name is not None:
            return names_of(self._name)
        from pptpsetup.distro.hostname import host_name

        found = host_name(self._host.root, live=self._host.live)
        return () if found is None else names_of(found)

    @cached_property
    def profiles(self) -> tuple[str, ...]:
        """As `pptpsetup.spec.selection.Selection`. Raises what finding the profile raises."""
        from pptpsetup.distro.lineage import lineage

        given = self._profile
        file = Path(given) if given is not None and ("/" in given or given.endswith(".yaml")) else None
        return lineage(self._host.profile.id, file)

    @cached_property
    def known_profiles(self) -> tuple[str, ...]:
        """As `pptpsetup.spec.selection.Selection`."""
        from pptpsetup.distro.catalogue import profile_ids

        own = self.profiles if self._profile is not None else ()
        return tuple(dict.fromkeys((*profile_ids(), *own)))
