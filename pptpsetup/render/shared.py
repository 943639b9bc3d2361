"""How our lines are put into files that also belong to others."""

from collections.abc import Callable
from functools import partial
from typing import Final

from pptpsetup.grammar import hookfile, secrets

PPP_SECRETS: Final = "ppp-secrets"
"chap-secrets and pap-secrets."
LOCAL_HOOK: Final = "local-hook"
"A script that another script runs, as ip-up.local."
HOOK_FILE: Final = "hook-file"
"A script that pppd runs, as ip-up."

MERGERS: Final[dict[str, Callable[[bytes, tuple[bytes, ...]], bytes]]] = {
    PPP_SECRETS: secrets.merge,
    LOCAL_HOOK: partial(hookfile.merge, executed=False),
    HOOK_FILE: partial(hookfile.merge, executed=True),
}
"""By the ``kind`` of a SharedArtifact: ``merge(old, lines)`` gives *old* with exactly *lines* as ours and
every byte of others kept, or raises SpecError where that cannot be; ``merge(old, ())`` takes ours out."""
