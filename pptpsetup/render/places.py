"""Paths and names that are pptpsetup's own: the same on every distribution, except below /run."""

from typing import Final

CONFIGURATION: Final = "/etc/pptpsetup"
SPEC_FILE: Final = "/etc/pptpsetup/tunnels.yaml"
SECRETS_DIRECTORY: Final = "/etc/pptpsetup/secrets"
UP_SCRIPT: Final = "/etc/pptpsetup/ip-up"
"Our script for a link that is up, where the distribution's hooks only call it."
DOWN_SCRIPT: Final = "/etc/pptpsetup/ip-down"
PASSWORDFD: Final = "/etc/pptpsetup/pppd-passwordfd"
"Runs pppd with the password on a descriptor."
LINK_UP_SCRIPT: Final = "/etc/pptpsetup/link-up"
"What pppd runs instead of the distribution's own ip-up: ours, then that one."
LINK_DOWN_SCRIPT: Final = "/etc/pptpsetup/link-down"
STATE_DIRECTORY: Final = "/var/lib/pptpsetup"
"Where the manifest, the journals, a pending trial and kept files are; 0700."
TRIAL_FILE: Final = "/var/lib/pptpsetup/trial.json"
"Is there while a change is on trial."
RUN: Final = "/run"
"The usual value of a profile's ``run_directory``."

ON_DEMAND: Final = "pptpsetup: dials on demand"
"""The alias (ip-link(8)) of an interface that is there before the call and after it. Everybody can read it,
and it goes with the interface.
"""


def own_run_directory(run: str = RUN) -> str:
    """Where running tunnels leave what others may read, below the system's *run* directory."""
    return f"{run}/pptpsetup"


def report_file(tunnel: str, run: str = RUN) -> str:
    """Where the engine reports on *tunnel*."""
    return f"{own_run_directory(run)}/{tunnel}.json"


def log_file(tunnel: str, run: str = RUN) -> str:
    """What the pppd that a supervisor keeps running has said in its present run."""
    return f"{own_run_directory(run)}/{tunnel}.log"


def exit_file(tunnel: str, run: str = RUN) -> str:
    """How its last run ended: pppd's exit status, or 128 and more, or -1, when it was killed."""
    return f"{own_run_directory(run)}/{tunnel}.exit"


def ipparam(tunnel: str) -> str:
    """What pppd passes to the hooks as their sixth argument, by which they know *tunnel*."""
    return f"pptpsetup-{tunnel}"


def linkname(tunnel: str) -> str:
    """pppd's ``linkname``: the pid file is ``ppp-LINKNAME.pid``."""
    return f"pptp-{tunnel}"
