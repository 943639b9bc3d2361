"""Names of iptables' chains."""

from hashlib import sha256
from typing import Final

from pptpsetup.grammar.filename import peers_name
from pptpsetup.grammar.safe import Safe

_LIMIT: Final = 28
"Characters: XT_EXTENSION_MAXNAMELEN in linux/netfilter/x_tables.h, less the NUL."


def chain_name(tunnel: str) -> Safe:
    """A chain of our own for *tunnel*; a name too long for one is cut, and told from others by a digest.

    Raises SpecError ``bad-peers-name``.
    """
    whole = f"pptpsetup-{peers_name(tunnel)}"
    if len(whole) <= _LIMIT:
        return Safe(whole)
    digest = sha256(tunnel.encode()).hexdigest()[:8]
    return Safe(f"{whole[: _LIMIT - 9]}-{digest}")
