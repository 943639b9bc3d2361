"""Which files a distribution's way of running hooks needs."""

from collections.abc import Mapping, Sequence
from typing import Final

from pptpsetup.distro.kinds import HookKind
from pptpsetup.distro.profile import Profile
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.hooks.directories import EXEC_ANY, EXEC_DOT_SH, RUN_PARTS
from pptpsetup.render.hooks.mechanism import Mechanism
from pptpsetup.render.hooks.one_file import LOCAL_ADDITIVE, SINGLE_FILE
from pptpsetup.render.hooks.options import IP_UP_SCRIPT
from pptpsetup.render.hooks.scripts import scripts
from pptpsetup.render.hooks.sourced import SOURCED_SH
from pptpsetup.render.hooks.standby import standby_files
from pptpsetup.spec.model import Tunnel

MECHANISMS: Final[Mapping[HookKind, Mechanism]] = {
    HookKind.RUN_PARTS: RUN_PARTS,
    HookKind.EXEC_ANY: EXEC_ANY,
    HookKind.EXEC_DOT_SH: EXEC_DOT_SH,
    HookKind.SOURCED_SH: SOURCED_SH,
    HookKind.LOCAL_ADDITIVE: LOCAL_ADDITIVE,
    HookKind.SINGLE_FILE: SINGLE_FILE,
    HookKind.IP_UP_SCRIPT: IP_UP_SCRIPT,
}


def hook_files(tunnels: Sequence[Tunnel], profile: Profile) -> tuple[Artifact, ...]:
    """All that *tunnels* need to have their routes and name servers set.

    Raises SpecError when a name cannot be used there.
    """
    return (
        *_mechanism(profile).files(scripts(tunnels, profile), profile),
        *standby_files(tunnels, profile),
    )


def down_script(profile: Profile) -> str:
    """The path of our script that undoes what ip-up did; it can be run again, and after a killed pppd."""
    return _mechanism(profile).down(profile.hooks)


def link_scripts(profile: Profile) -> tuple[str, str] | None:
    """What the peers file names for a link that is up or down; None where it need not name anything."""
    return _mechanism(profile).options


def _mechanism(profile: Profile) -> Mechanism:
    return MECHANISMS[profile.hooks.kind]
