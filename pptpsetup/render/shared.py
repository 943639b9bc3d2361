"""How our lines are put into files that also belong to others."""

from collections.abc import Callable
from typing import Final

from pptpsetup.grammar import secrets

PPP_SECRETS: Final = "ppp-secrets"
"chap-secrets and pap-secrets."

MERGERS: Final[dict[str, Callable[[bytes, tuple[bytes, ...]], bytes]]] = {PPP_SECRETS: secrets.merge}
"""By the ``kind`` of a SharedArtifact: ``merge(old, lines)`` gives *old* with exactly *lines* as ours and
every byte of others kept; ``merge(old, ())`` takes ours out."""
