"""What each kind of distribution runs when a link is up or down, for the tests of our hooks.

Debian's is the real one. The others' packages are not Debian's; these stand for them, written after what the
profiles say of each: which names are run or read, from where, and with which arguments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.kinds import HookKind
from pptpsetup.distro.places import Permissions
from pptpsetup.distro.profile import Profile
from pptpsetup.distro.schema import Mode, Path

DEBIAN = load_profile("debian")
_ROOT_EXECUTABLE = Permissions("root", "root", Mode(0o755))
_ROOT_DATA = Permissions("root", "root", Mode(0o644))


@dataclass(frozen=True)
class System:
    """A profile with one kind of hooks, and what belongs to the distribution there.

    ``{kind}`` is up or down.
    """

    profile: Profile
    dispatcher: str | None
    "Text of /etc/ppp/ip-{kind}; None: there is none, or Debian's own."
    others: Mapping[str, tuple[str, int]]
    "Path below /etc, text and mode of hooks that belong to others; each says {say} once when it is run."


def _profile(kind: HookKind, up: str, down: str, file_name: str | None, access: Permissions) -> Profile:
    directory = _ROOT_EXECUTABLE if file_name else None
    hooks = replace(
        DEBIAN.hooks,
        kind=kind,
        up=Path(up),
        down=Path(down),
        file_name=file_name,
        access=access,
        directory_access=directory,
        bypassed_by=(),
    )
    return replace(DEBIAN, hooks=hooks)


def _directories(kind: HookKind, file_name: str, access: Permissions = _ROOT_EXECUTABLE) -> Profile:
    return _profile(kind, "/etc/ppp/ip-up.d", "/etc/ppp/ip-down.d", file_name, access)


_SAY = "#!/bin/sh\n{say}\n"
SYSTEMS: Mapping[HookKind, System] = {
    HookKind.RUN_PARTS: System(DEBIAN, None, {"ppp/ip-{kind}.d/zz-other": (_SAY, 0o755)}),
    HookKind.EXEC_ANY: System(
        _directories(HookKind.EXEC_ANY, "50-pptpsetup"),
        # SUSE's does nothing without an interface and both addresses.
        """#!/bin/bash
if [ -z "$1" ] || [ -z "$4" ] || [ -z "$5" ]; then exit 1; fi
for each in /etc/ppp/ip-{kind}.d/*; do
    case $each in
    *.rpm* | *.old | *.bak | *.orig | *.rej | *.scpmbackup | *~) continue ;;
    esac
    [ ! -x "$each" ] || "$each" "$@"
done
exit 0
""",
        {"ppp/ip-{kind}.d/90-other": (_SAY, 0o755), "ppp/ip-{kind}.d/95-x.rpmsave": (_SAY, 0o755)},
    ),
    HookKind.EXEC_DOT_SH: System(
        _directories(HookKind.EXEC_DOT_SH, "50-pptpsetup.sh"),
        """#!/bin/sh
for each in /etc/ppp/ip-{kind}.d/*.sh; do
    [ ! -x "$each" ] || "$each" "$@"
done
""",
        {"ppp/ip-{kind}.d/90-other.sh": (_SAY, 0o755), "ppp/ip-{kind}.d/95-other": (_SAY, 0o755)},
    ),
    HookKind.SOURCED_SH: System(
        _directories(HookKind.SOURCED_SH, "50-pptpsetup.sh", _ROOT_DATA),
        """#!/bin/sh
set -e
tunnel=theirs interface=theirs state=theirs PATH=/usr/bin:/bin
for each in /etc/ppp/ip-{kind}.d/*.sh; do
    . "$each"
done
[ "$tunnel $interface $state $PATH" = "theirs theirs theirs /usr/bin:/bin" ] || exit 99
case $- in *u*) exit 98 ;; esac
case $- in *f*) exit 97 ;; esac
""",
        {"ppp/ip-{kind}.d/90-other.sh": ("{say}\n", 0o644)},
    ),
    HookKind.LOCAL_ADDITIVE: System(
        _profile(
            HookKind.LOCAL_ADDITIVE,
            "/etc/ppp/ip-up.local",
            "/etc/ppp/ip-down.local",
            None,
            _ROOT_EXECUTABLE,
        ),
        """#!/bin/bash
[ -x /etc/ppp/ip-{kind}.local ] && /etc/ppp/ip-{kind}.local "$@"
exit 0
""",
        {"ppp/ip-{kind}.local": ("#!/bin/sh -e\n{say}\nexit 0", 0o755)},
    ),
    HookKind.SINGLE_FILE: System(
        _profile(HookKind.SINGLE_FILE, "/etc/ppp/ip-up", "/etc/ppp/ip-down", None, _ROOT_EXECUTABLE),
        None,
        {"ppp/ip-{kind}": ("#!/bin/sh -eu\n{say}\nexit 0\n", 0o755)},
    ),
    HookKind.IP_UP_SCRIPT: System(
        _profile(HookKind.IP_UP_SCRIPT, "/etc/ppp/ip-up", "/etc/ppp/ip-down", None, _ROOT_EXECUTABLE),
        "#!/bin/sh\n{say}\n",
        {},
    ),
}
