"""What gateway and call manager say to each other over their Unix socket.

pptp(8)'s dialogue: the gateway writes two native 32-bit process IDs (its own and pppd's), the manager
answers with two native 16-bit call IDs (ours and the peer's), and then the socket stays open; closing it
means to hang up.

A gateway of ours gives -1 as pppd's process ID. A call manager of ours then answers 0, 0 and goes on in
lines of tab-separated words: how far it is, the call IDs when the call is up, and the cause when it is over.
A manager of pptp(8) takes no notice of the -1 and answers with the IDs; a gateway of pptp(8) gets the IDs
from us.

    processes MANAGER KEEPER                process IDs
    state connecting|control|call           how far it is; after a call it means that the call is made again
    route DESTINATION GATEWAY INTERFACE OWNED SOURCE
    local ADDRESS                           this end of the control connection
    peer HOST-NAME VENDOR FIRMWARE
    call ID PEER-ID                         the call is up; if made again, a raw GRE socket comes along
    link-info SEND-ACCM RECEIVE-ACCM        the server's Set-Link-Info
    staying                                 this call is over, and others keep the manager
    down [CODE MESSAGE HINT]                it is over, or cannot be had
"""

from __future__ import annotations

from struct import Struct

from pptpengine.causes import HINTS, Cause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pptpengine.causes import CauseCode

PIDS = Struct("=ii")
IDS = Struct("=HH")
LINES_WANTED = -1
"In place of pppd's process ID: the gateway understands lines."
LINES_FOLLOW = IDS.pack(0, 0)
RETURNING = b"returning"
"What a gateway of ours writes before it closes the socket when pppd is going to call again at once."
_LIMIT = 1 << 16


def encode_line(*words: object) -> bytes:
    """One line; what would break it up is replaced by spaces."""
    clean = ("".join(char if char.isprintable() else " " for char in str(word)) for word in words)
    return "\t".join(clean).encode(errors="replace") + b"\n"


def encode_cause(cause: Cause | None) -> bytes:
    """A ``down`` line."""
    if cause is None:
        return encode_line("down")
    return encode_line("down", cause.code, cause.message, cause.hint or "")


def decode_cause(words: list[str]) -> Cause | None:
    """The cause in a ``down`` line."""
    match words:
        case ["down", code, message, hint]:
            return Cause(_known(code), message, hint or None)
        case _:
            return None


def _known(code: str) -> CauseCode:
    return next((known for known in HINTS if known == code), "internal")


class Lines:
    """Cuts a stream into lines of words."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[list[str]]:
        """The lines that *data* completes."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        self._buffer = self._buffer[:_LIMIT]
        return [line.decode(errors="replace").split("\t") for line in lines]
