"""How our lines are put into files that also belong to others."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

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


def _of(grammar: str, function: str, **always: object) -> Callable[..., Any]:
    """*function* of a module of `pptpsetup.grammar` that is imported when it is called: a host needs few."""

    def called(*given: object) -> Any:
        return getattr(import_module(f"pptpsetup.grammar.{grammar}"), function)(*given, **always)

    return called


MERGERS: Final[dict[str, Callable[[bytes, tuple[bytes, ...]], bytes]]] = {
    PPP_SECRETS: _of("secrets", "merge"),
    LOCAL_HOOK: _of("hookfile", "merge", executed=False),
    HOOK_FILE: _of("hookfile", "merge", executed=True),
    SHELL_BLOCK: _of("block", "merge"),
    UCI: _of("uci", "merge"),
}
"""By the ``kind`` of a SharedArtifact: ``merge(old, lines)`` gives *old* with exactly *lines* as ours and
every byte of others kept, or raises SpecError where that cannot be; ``merge(old, ())`` takes ours out."""

OURS: Final[dict[str, Callable[[bytes], tuple[bytes, ...]]]] = {
    PPP_SECRETS: _of("secrets", "lines_of"),
    LOCAL_HOOK: _of("hookfile", "lines_of"),
    HOOK_FILE: _of("hookfile", "lines_of"),
    SHELL_BLOCK: _of("block", "lines_of"),
    UCI: _of("uci", "sections_of"),
}
"""What is ours in such a file, as the merger takes it: ``merge(merge(old, ()), ours(old)) == old``, unless
others have written between our lines."""
