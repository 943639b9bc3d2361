"""Telling whether two secrets are equal without telling either: an HMAC with a key that stays on the host.

The key is drawn once for each host and stays in the state directory, for root alone. So equal secrets look
equal in every diff of one host, and nobody who sees a diff can try passwords on it.
"""

import hashlib
import hmac
import os

from pptpsetup.change.entry import FileEntry
from pptpsetup.change.manifest import STATE_DIR, key_path
from pptpsetup.change.system import System, read_bytes

_SIZE = 32
"Bytes: as many as SHA-256 gives (RFC 2104, section 3)."
_SHORT = 6
"Hexadecimal digits that are enough to see a difference."


class Fingerprint:
    """HMAC-SHA-256 (RFC 2104) with one key; its representation does not show the key."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes | None = None) -> None:
        """Without *key* one is drawn: fingerprints can then be compared among each other only."""
        self._key = os.urandom(_SIZE) if key is None else key

    def short(self, data: bytes) -> str:
        """A few digits, for people."""
        return self.whole(data)[:_SHORT]

    def whole(self, data: bytes) -> str:
        """All 64 hexadecimal digits."""
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()


def fingerprint_of(system: System, state_dir: str = STATE_DIR) -> Fingerprint:
    """The host's own; one with a passing key where the host has no usable one or we may not read it."""
    try:
        return Fingerprint(_key(system, state_dir))
    except PermissionError:
        return Fingerprint()


def ensure_key(system: System, state_dir: str = STATE_DIR) -> None:
    """Draw the host's key unless it has a usable one; the state directory must exist. Raises OSError."""
    if _key(system, state_dir) is None:
        uid, gid = system.user_id("root"), system.group_id("root")
        system.put(key_path(state_dir), FileEntry(os.urandom(_SIZE), uid, gid, 0o600))


def _key(system: System, state_dir: str) -> bytes | None:
    """The host's key; None without, or when it is damaged: with a short one, passwords could be tried."""
    found = read_bytes(system, key_path(state_dir))
    return found if found is not None and len(found) == _SIZE else None
