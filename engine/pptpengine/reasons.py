"""The codes that a peer sends (RFC 2637 section 2), in words and with a remedy."""

from __future__ import annotations

from collections.abc import Mapping

from pptpengine.causes import Cause
from pptpengine.record import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """What a code means, and what to do; None where the hint of the cause's own code says it."""

    text: str
    hint: str | None = None


_BUSY_HINT: Final = (
    "All of the server's connections are in use, or it allows one per user: wait, or end the other one."
)
_POLICY_HINT: Final = "Ask the server's administrator whether this client's address may connect."
_LINE_HINT: Final = "The telephone line or modem behind the server has a fault: tell its administrator."
_NUMBER_HINT: Final = "Check the phone number that the server is asked to dial (--phone)."
_LATER_HINT: Final = "Try again later."
_REPORT_HINT: Final = "Report this: the server is stricter than those known."

GENERAL_ERROR: Final[Mapping[int, Words]] = {
    0: Words("without saying why"),
    1: Words(
        "it has no control connection with us", "Try again; the server had already dropped the connection."
    ),
    2: Words("it finds a message of ours malformed", _REPORT_HINT),
    3: Words("it finds a value of ours out of range", _REPORT_HINT),
    4: Words("it has not enough resources", _BUSY_HINT),
    5: Words(
        "it does not know the call ID",
        "Try again; a firewall or NAT on the way may have changed the call ID.",
    ),
    6: Words("it has a vendor-specific error", "The server's log says more."),
}
"General error codes, section 2.16."

START_RESULT: Final[Mapping[int, Words]] = {
    2: Words("The server refused the control connection"),
    3: Words(
        "The server says that a control connection from here exists already",
        "Stop the other tunnel to this server, or wait a minute until the server has forgotten it.",
    ),
    4: Words("The server does not allow this client to connect", _POLICY_HINT),
    5: Words(
        "The server speaks another version of PPTP", "Only PPTP version 1.0 exists in the field: is it PPTP?"
    ),
}
"Result codes of Start-Control-Connection-Reply, section 2.2."

STOP_REASON: Final[Mapping[int, Words]] = {
    1: Words("closed the control connection"),
    2: Words("closed the control connection because of the protocol version"),
    3: Words("is shutting down", "Try again when the server is back."),
}
"Reasons of Stop-Control-Connection-Request, section 2.3; who it is comes before them."

STOP_RESULT: Final[Mapping[int, Words]] = {2: Words("the peer says that it did not stop")}
"Result codes of Stop-Control-Connection-Reply, section 2.4. Nothing is to be done: TCP is closed anyway."

ECHO_RESULT: Final[Mapping[int, Words]] = {2: Words("the peer did not like an Echo-Request")}
"Result codes of Echo-Reply, section 2.6. Nothing is to be done: the peer lives, which was the question."

CALL_RESULT: Final[Mapping[int, Words]] = {
    2: Words("The server refused the call"),
    3: Words(
        "The server refused the call: no carrier", "A modem or line behind the server does not answer."
    ),
    4: Words("The server refused the call: busy", _BUSY_HINT),
    5: Words("The server refused the call: no dial tone", "The line behind the server is dead."),
    6: Words("The server refused the call: it took too long", _LATER_HINT),
    7: Words("The server does not accept calls from here", _POLICY_HINT),
}
"Result codes of Outgoing-Call-Reply, section 2.8."

DISCONNECT_RESULT: Final[Mapping[int, Words]] = {
    1: Words("The server ended the call: carrier lost", "Its PPP process ended; the server's log says why."),
    2: Words("The server ended the call because of an error"),
    3: Words("The server's administrator ended the call"),
    4: Words("The server ended the call"),
}
"Result codes of Call-Disconnect-Notify, section 2.13."

LINE_CAUSE: Final[Mapping[int, Words]] = {
    1: Words("no such number", _NUMBER_HINT),
    3: Words("no route to the number", _NUMBER_HINT),
    16: Words("normal clearing"),
    17: Words("the number is busy", _LATER_HINT),
    18: Words("nobody responds", _LATER_HINT),
    19: Words("nobody answers", _LATER_HINT),
    21: Words("the call was rejected", _POLICY_HINT),
    22: Words("the number has changed", _NUMBER_HINT),
    27: Words("the destination is out of order", _LINE_HINT),
    28: Words("the number is incomplete or malformed", _NUMBER_HINT),
    31: Words("the network gives no reason"),
    34: Words("no line is free", _LATER_HINT),
    38: Words("the telephone network is out of order", _LATER_HINT),
    41: Words("the telephone network failed for a moment", _LATER_HINT),
    42: Words("the telephone network is overloaded", _LATER_HINT),
    44: Words("the line that was asked for is taken", _LATER_HINT),
    47: Words("the telephone network lacks resources", _LATER_HINT),
    57: Words("this kind of call is not allowed on the line", _LINE_HINT),
    58: Words("this kind of call is not possible now", _LATER_HINT),
    65: Words("the network does not know this kind of call", _LINE_HINT),
    88: Words("the far end cannot take this kind of call", _LINE_HINT),
    102: Words("the telephone network waited too long", _LATER_HINT),
    127: Words("another network on the way gives no reason", _LATER_HINT),
}
"Cause codes of the telephone network, sections 2.8 and 2.13: those of Q.931 that a caller meets."


def _general(words: Words, error: int) -> Words:
    detail = GENERAL_ERROR.get(error, Words(f"error code {error}"))
    return Words(f"{words.text}: {detail.text}" if error else words.text, detail.hint or words.hint)


def _line(words: Words, cause: int) -> Words:
    if not cause:
        return words
    line = LINE_CAUSE.get(cause)
    meaning = f", {line.text}" if line else ""
    return Words(f"{words.text} (cause code {cause}{meaning})", (line and line.hint) or words.hint)


def _cause(base: Cause, hint: str | None) -> Cause:
    return replace(base, hint=hint) if hint else base


def start_refused(result: int, error: int) -> Cause:
    """Start-Control-Connection-Reply other than success."""
    words = START_RESULT.get(
        result, Words(f"The server refused the control connection with result code {result}")
    )
    words = _general(words, error if result == 2 else 0)
    return _cause(Cause.of("control-refused", words.text), words.hint)


def stopped(reason: int, peer: str = "server") -> Cause:
    """Stop-Control-Connection-Request from *peer*."""
    words = STOP_REASON.get(reason, Words(f"closed the control connection with reason code {reason}"))
    return _cause(Cause.of("peer-closed", f"The {peer} {words.text}"), words.hint)


def stop_reply(result: int, error: int) -> str | None:
    """Stop-Control-Connection-Reply, as a remark; None for success."""
    return _remark(STOP_RESULT, "Stop-Control-Connection-Reply", result, error)


def echo_reply(result: int, error: int) -> str | None:
    """Echo-Reply, as a remark; None for success."""
    return _remark(ECHO_RESULT, "Echo-Reply", result, error)


def _remark(table: Mapping[int, Words], name: str, result: int, error: int) -> str | None:
    # 0 is what careless peers send for success.
    if result in {0, 1}:
        return None
    words = table.get(result, Words(f"{name} with result code {result}"))
    return _general(words, error if result == 2 else 0).text


def call_refused(result: int, error: int, cause: int) -> Cause:
    """Outgoing-Call-Reply other than success; *cause* is the telephone network's and rarely set."""
    words = CALL_RESULT.get(result, Words(f"The server refused the call with result code {result}"))
    words = _line(_general(words, error if result == 2 else 0), cause)
    return _cause(Cause.of("call-refused", words.text), words.hint)


def disconnected(result: int, error: int, cause: int) -> Cause:
    """Call-Disconnect-Notify that we did not ask for."""
    words = DISCONNECT_RESULT.get(result, Words(f"The server ended the call with result code {result}"))
    words = _line(_general(words, error if result == 2 else 0), cause)
    return _cause(Cause.of("peer-closed", words.text), words.hint)


def cleared() -> Cause:
    """Call-Clear-Request from a server, which should have sent Call-Disconnect-Notify."""
    return Cause.of("peer-closed", "The server cleared the call")


def wan_errors(counts: Mapping[str, int]) -> str:
    """WAN-Error-Notify (section 2.14), as a remark; *counts* are since the call was connected."""
    some = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f"the serial line behind the server has errors: {some or 'none'}"


# Ends that no code comes with; *peer* is "server" or "client".


def start_timeout(seconds: float, peer: str, *, originator: bool) -> Cause:
    """The first message did not come."""
    what = "answer the PPTP start request" if originator else "start PPTP after it had connected"
    return Cause.of("control-timeout", f"The {peer} did not {what} within {seconds:g} s")


def silent(seconds: float, peer: str) -> Cause:
    """No answer to an Echo-Request."""
    return Cause.of("peer-silent", f"The {peer} did not answer an Echo-Request within {seconds:g} s")


def lost(peer: str, *, early: bool) -> Cause:
    """TCP ended; *early* is before the start was answered."""
    if early:
        return Cause.of("control-refused", f"The {peer} closed the connection instead of answering")
    return Cause.of("peer-closed", f"The {peer} closed the connection")


def nonsense(what: str, peer: str, *, early: bool) -> Cause:
    """Octets that are no PPTP, *what* says why; *early* is before the start was answered."""
    if early:
        hint = "Something else than PPTP answers on this port; check the server's name."
        return Cause("control-refused", f"The {peer}'s answer is not PPTP: {what}", hint)
    return Cause.of("peer-closed", f"The connection was closed because the {peer} sent nonsense: {what}")


def old_version(peer: str) -> Cause:
    """A request of a version before 1.0."""
    return Cause.of("control-refused", f"The {peer} speaks an older version of PPTP")


def exists() -> Cause:
    """A request beside an established connection."""
    return Cause.of("control-refused", "There is a control connection with this peer already")
