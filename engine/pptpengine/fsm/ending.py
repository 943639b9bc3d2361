"""Why a PPP link ended, put together from what was said on it: refusals, Terminate-Requests and their texts.

Terminate-Request carries free text (RFC 1661 section 5.5). The texts matched here are those of pppd (auth.c,
ccp.c, lcp.c, main.c), which sends its own reason to the peer; MS-CHAP failure codes are those of RFC 2759
section 6.
"""

from __future__ import annotations

from collections.abc import Mapping

from pptpengine.causes import Cause, printable
from pptpengine.record import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_LOGIN_ERRORS: Final[Mapping[int, str]] = {
    646: "this account may not log on at this time",
    647: "this account is disabled",
    648: "the password has expired",
    649: "this account has no permission to dial in",
    691: "user name or password is wrong",
    709: "the password could not be changed",
}
_DIGITS: Final = 10
"The RFC has numbers of up to ten."
_ASK_ADMINISTRATOR: Final = "Ask the server's administrator about this account."
_UNPROVEN: Final = Cause(
    "auth-failed",
    "The server did not prove who it is, which this tunnel demands",
    "Few PPTP servers can: give pppd the option noauth.",
)
_IMPOSTOR: Final = Cause(
    "auth-failed",
    "The server could not prove that it knows the password (MS-CHAPv2)",
    "Something else may have answered in the server's place: check its name and address first.",
)
_SILENT: Final = Cause.of("peer-silent", "The server stopped answering (LCP echo)")
_SILENT_AFTER: Final = 2
"Unanswered Echo-Requests: one may always be under way when the link is closed for another reason."
_OUR_REASONS: Final[Mapping[str, Cause]] = {
    "Peer not responding": _SILENT,
    "Authentication failed": _UNPROVEN,
    "peer refused to authenticate": _UNPROVEN,
}
_NO_COMMON_MPPE: Final = "The server and this tunnel allow no common MPPE encryption"
_MPPE_DOWN: Final = "MPPE disabled"
"With MPPE running, pppd sends this whatever the reason: closing LCP takes CCP down, which sets a new one."


@dataclass(slots=True)
class Ending:
    """What is known of one link's end; replaced by a new one each time LCP opens."""

    authentication: str | None = None
    "The method the peer demanded and our side agreed to."
    declined_authentication: str | None = None
    "The last method the peer asked for that our side would not use."
    authenticated: bool = False
    mppe_asked: bool = False
    "Our side asked for MPPE with a key length."
    mppe_refused: bool = False
    "The peer said no to it, or CCP ended."
    ip_refused: Cause | None = None
    "IPCP was ended or rejected, which leaves the link without a purpose."
    unanswered_echoes: int = 0
    "LCP Echo-Requests of our side since the last Echo-Reply."
    cause: Cause | None = None
    "The first reason that was given; None after an end that our side wanted."
    over: bool = False
    "A Terminate-Request was seen."

    def reopened(self, authentication: str | None) -> Ending:
        """A fresh start as LCP opened; what was declined still counts if the peer then asked for nothing."""
        declined = None if authentication else self.declined_authentication
        return Ending(authentication=authentication, declined_authentication=declined)

    def chap_failure(self, message: bytes, *, by_us: bool) -> None:
        """A CHAP Failure packet; *message* is its data."""
        text = printable(message)
        number = _chap_error(text)
        if by_us:
            self._because(_UNPROVEN)
        elif number is None:
            self._because(Cause.of("auth-failed", "The server refused the login" + _quoted(text)))
        else:
            words = _LOGIN_ERRORS.get(number, "it gives no reason that is known")
            said = text.partition("M=")[2]
            cause = Cause.of(
                "auth-failed", f"The server refused the login: {words} (E={number})" + _quoted(said)
            )
            self._because(cause if number == 691 else replace(cause, hint=_ASK_ADMINISTRATOR))

    def pap_nak(self, message: bytes) -> None:
        """A PAP Authenticate-Nak with *message*."""
        self._because(Cause.of("auth-failed", "The server refused the login" + _quoted(printable(message))))

    def ip_terminated(self, text: bytes, *, by_us: bool) -> None:
        """IPCP was terminated, with *text* as the reason, or rejected."""
        message = "This side found no usable IP addresses" if by_us else "The server refused IP on the link"
        self.ip_refused = Cause.of("peer-closed", message + _quoted(printable(text), by_us=by_us))

    def terminate(self, text: bytes, *, by_us: bool, up: bool) -> None:
        """LCP was terminated, with *text* as the reason; *up*: the link carried IP until now."""
        reason = printable(text)
        cause = self._our_reason(reason) if by_us else self._their_reason(reason, up=up)
        if cause is not None and not self.over:
            self._because(cause)
        self.over = True

    def guess(self, *, up: bool) -> Cause | None:
        """`cause`; or, for a link that went without a Terminate-Request, what was left unsettled."""
        if self.cause is not None or self.over or up:
            return self.cause
        return self._declined() or self._without_mppe()

    def _because(self, cause: Cause) -> None:
        if self.cause is None:
            self.cause = cause

    def _their_reason(self, reason: str, *, up: bool) -> Cause:
        if reason == _MPPE_DOWN:
            return Cause.of("peer-closed", "The server closed the link")
        if "MPPE" in reason.upper():
            return self._their_mppe_reason(reason)
        unsettled = None if up else self._declined() or self._without_mppe()
        if unsettled is not None:
            return unsettled
        if not up and not self.authenticated and "authenticat" in reason.lower():
            return Cause.of("auth-failed", "The server refused the login" + _quoted(reason))
        return Cause.of("peer-closed", "The server closed the link" + _quoted(reason))

    def _their_mppe_reason(self, reason: str) -> Cause:
        if "not available" in reason:
            message = "The server requires MPPE encryption, but cannot do it with this login"
        elif self.mppe_asked:
            message = _NO_COMMON_MPPE
        else:
            message = "The server requires MPPE encryption, which this tunnel does not offer"
        return Cause.of("encryption-refused", message)

    def _our_reason(self, reason: str) -> Cause | None:
        if reason == _MPPE_DOWN:
            return self._behind_mppe_down()
        if reason.startswith("MPPE"):
            return self._our_mppe_reason(reason)
        if reason == "Failed to authenticate ourselves to peer":
            return (
                _IMPOSTOR if self.authenticated else Cause.of("auth-failed", "The server refused the login")
            )
        if reason == "No network protocols running":
            return self.ip_refused or Cause.of(
                "peer-closed", "No IP addresses were agreed on with the server"
            )
        return _OUR_REASONS.get(reason)

    def _behind_mppe_down(self) -> Cause | None:
        if self.unanswered_echoes >= _SILENT_AFTER:
            return _SILENT
        return self._without_mppe() or self.ip_refused

    def _our_mppe_reason(self, reason: str) -> Cause:
        if "negotiation failed" in reason:
            return Cause.of("encryption-refused", _NO_COMMON_MPPE)
        if "not available" not in reason:
            message = "The server refused the MPPE encryption that this tunnel requires"
            return Cause.of("encryption-refused", message)
        if "kernel" not in reason and self.authentication != "mschap-v2":
            method = self.authentication or "nothing"
            message = f"MPPE, which this tunnel requires, does not work with the login by {method}"
            return Cause("encryption-refused", message, "Let the server require MS-CHAPv2.")
        message = "This machine cannot do MPPE encryption, which this tunnel requires"
        return Cause("encryption-refused", message, "Load the kernel module: modprobe ppp_mppe")

    def _declined(self) -> Cause | None:
        if self.declined_authentication is None:
            return None
        method = self.declined_authentication
        message = f"The server asks for authentication by {method}, which this tunnel does not allow"
        return Cause(
            "auth-failed", message, "Allow this method in the tunnel, or let the server require MS-CHAPv2."
        )

    def _without_mppe(self) -> Cause | None:
        if not self.mppe_refused:
            return None
        return Cause.of(
            "encryption-refused", "The server refused the MPPE encryption that this tunnel asks for"
        )


def _chap_error(text: str) -> int | None:
    """The number in ``E=691 R=1 C=... V=3 M=...`` (RFC 2759 section 6)."""
    digits = text.removeprefix("E=").partition(" ")[0]
    known = text.startswith("E=") and digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS
    return int(digits) if known else None


def _quoted(text: str, *, by_us: bool = False) -> str:
    return f'; {"pppd" if by_us else "it"} says "{text}"' if text else ""
