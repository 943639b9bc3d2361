"""How our lines are put into files that also belong to others."""

from collections.abc import Callable
from functools import partial
from typing import Final

from pptpsetup.grammar import block, hookfile, secrets, uci
from pptpsetup.grammar.lines import own_lines

PPP_SECRETS: Final = "ppp-secrets"
"chap-secrets and pap-secrets."
LOCAL_HOOK: Final = "local-hook"
"A script that another script runs, as ip-up.local."
HOOK_FILE: Final = "hook-file"
"A script that pppd runs, as ip-up."
SHELL_BLOCK: Final = "shell-block"
"/etc/conf.d/net and /etc/rc.conf."
UCI: Final = "uci"
"OpenWrt's /etc/config/network."

MERGERS: Final[dict[str, Callable[[bytes, tuple[bytes, ...]], bytes]]] = {
    PPP_SECRETS: secrets.merge,
    LOCAL_HOOK: partial(hookfile.merge, executed=False),
    HOOK_FILE: partial(hookfile.merge, executed=True),
    SHELL_BLOCK: block.merge,
    UCI: uci.merge,
}
"""By the ``kind`` of a SharedArtifact: ``merge(old, lines)`` gives *old* with exactly *lines* as ours and
every byte of others kept, or raises SpecError where that cannot be; ``merge(old, ())`` takes ours out."""

OURS: Final[dict[str, Callable[[bytes], tuple[bytes, ...]]]] = {
    PPP_SECRETS: partial(own_lines, secrets.merge),
    LOCAL_HOOK: hookfile.lines_of,
    HOOK_FILE: hookfile.lines_of,
    SHELL_BLOCK: block.lines_of,
    UCI: uci.sections_of,
}
"""What is ours in such a file, as the merger takes it: ``merge(merge(old, ()), ours(old)) == old``, unless
others have written between our lines."""
