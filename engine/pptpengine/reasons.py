"""The codes that a peer sends (RFC 2637 section 2), in words and with a remedy."""

from dataclasses import replace
from typing import NamedTuple

from pptpengine.causes import Cause


class _Words(NamedTuple):
    text: str
    hint: str | None = None


_BUSY_HINT = (
    "All of the server's connections are in use, or it allows one per user: wait, or end the other one."
)
_POLICY_HINT = "Ask the server's administrator whether this client's address may connect."

GENERAL_ERROR: dict[int, _Words] = {
    0: _Words("without saying why"),
    1: _Words(
        "it has no control connection with us", "Try again; the server had already dropped the connection."
    ),
    2: _Words(
        "it finds a message of ours malformed", "Report this: the server is stricter than those known."
    ),
    3: _Words(
        "it finds a value of ours out of range", "Report this: the server is stricter than those known."
    ),
    4: _Words("it has not enough resources", _BUSY_HINT),
    5: _Words(
        "it does not know the call ID",
        "Try again; a firewall or NAT on the way may have changed the call ID.",
    ),
    6: _Words("it has a vendor-specific error", "The server's log says more."),
}
"General error codes, section 2.16."

START_RESULT: dict[int, _Words] = {
    2: _Words("The server refused the control connection"),
    3: _Words(
        "The server says that a control connection from here exists already",
        "Stop the other tunnel to this server, or wait a minute until the server has forgotten it.",
    ),
    4: _Words("The server does not allow this client to connect", _POLICY_HINT),
    5: _Words(
        "The server speaks another version of PPTP", "Only PPTP version 1.0 exists in the field: is it PPTP?"
    ),
}
"Result codes of Start-Control-Connection-Reply, section 2.2."

STOP_REASON: dict[int, _Words] = {
    1: _Words("The server closed the control connection"),
    2: _Words("The server closed the control connection because of the protocol version"),
    3: _Words("The server is shutting down", "Try again when the server is back."),
}
"Reasons of Stop-Control-Connection-Request, section 2.3."

CALL_RESULT: dict[int, _Words] = {
    2: _Words("The server refused the call"),
    3: _Words(
        "The server refused the call: no carrier", "A modem or line behind the server does not answer."
    ),
    4: _Words("The server refused the call: busy", _BUSY_HINT),
    5: _Words("The server refused the call: no dial tone", "The line behind the server is dead."),
    6: _Words("The server refused the call: it took too long", "Try again later."),
    7: _Words("The server does not accept calls from here", _POLICY_HINT),
}
"Result codes of Outgoing-Call-Reply, section 2.8."

DISCONNECT_RESULT: dict[int, _Words] = {
    1: _Words(
        "The server ended the call: carrier lost", "Its PPP process ended; the server's log says why."
    ),
    2: _Words("The server ended the call"),
    3: _Words("The server's administrator ended the call"),
    4: _Words("The server ended the call"),
}
"Result codes of Call-Disconnect-Notify, section 2.13."


def _general(words: _Words, error: int) -> _Words:
    detail = GENERAL_ERROR.get(error, _Words(f"error code {error}"))
    return _Words(f"{words.text}: {detail.text}" if error else words.text, detail.hint or words.hint)


def _cause(base: Cause, hint: str | None) -> Cause:
    return replace(base, hint=hint) if hint else base


def start_refused(result: int, error: int) -> Cause:
    """Start-Control-Connection-Reply other than success."""
    words = START_RESULT.get(
        result, _Words(f"The server refused the control connection with result code {result}")
    )
    words = _general(words, error if result == 2 else 0)
    return _cause(Cause.of("control-refused", words.text), words.hint)


def stopped(reason: int) -> Cause:
    """Stop-Control-Connection-Request from the peer."""
    words = STOP_REASON.get(
        reason, _Words(f"The server closed the control connection with reason code {reason}")
    )
    return _cause(Cause.of("peer-closed", words.text), words.hint)


def call_refused(result: int, error: int, cause: int) -> Cause:
    """Outgoing-Call-Reply other than success; *cause* is the telephone network's and rarely set."""
    words = CALL_RESULT.get(result, _Words(f"The server refused the call with result code {result}"))
    words = _general(words, error if result == 2 else 0)
    text = f"{words.text} (cause code {cause})" if cause else words.text
    return _cause(Cause.of("call-refused", text), words.hint)


def disconnected(result: int, error: int, cause: int) -> Cause:
    """Call-Disconnect-Notify that we did not ask for."""
    words = DISCONNECT_RESULT.get(result, _Words(f"The server ended the call with result code {result}"))
    words = _general(words, error if result == 2 else 0)
    text = f"{words.text} (cause code {cause})" if cause else words.text
    return _cause(Cause.of("peer-closed", text), words.hint)
