"""A login that the server has refused is not tried again at once: servers lock accounts for that.

A pppd that is to stay (``persist``, ``demand``) dials again whatever the reason was: auth_withpeer_fail() in
its auth.c says that there is no point in it, and leaves it so. Such a pppd starts its pty command anew each
time, and the report that the last one left tells what became of it.
"""

from __future__ import annotations

from pptpengine.causes import Cause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

HOLD: Final = 1800.0
"""Seconds. Windows counts refused logins over half an hour by default, and three can be too many."""
_LARGEST = 1 << 20
_CODE = b"auth-failed"


def standing(report: str | None, pppd: int | None, now: float) -> Cause | None:
    """Why not to dial: the last call for the very same *pppd* (a pid) was refused less than `HOLD` ago.

    *now* is wall clock, seconds. Another pppd may dial, since somebody or something has started it, and so
    may this one when the report has been taken away.
    """
    if report is None or pppd is None:
        return None
    try:
        with open(report, "rb") as file:  # noqa: PTH123 - no pathlib at start
            data = file.read(_LARGEST)
    except OSError:
        return None
    if _CODE not in data:
        return None
    return _judge(data, pppd, now)


def _judge(data: bytes, pppd: int, now: float) -> Cause | None:
    import json

    try:
        last = json.loads(data)
        refused = last["state"] == "down" and last["cause"]["code"] == _CODE.decode()
        same, left = last["pids"]["pppd"] == pppd, last["changed"] + HOLD - now
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    # A clock that has been set back must not make it wait longer.
    if not refused or not same or not 0 < left <= HOLD:
        return None
    return Cause(
        "auth-failed",
        f"The server has refused this login; for {left / 60:.0f} minutes it is not tried again",
        "Start the tunnel anew to try at once; some servers lock the account after a few refused logins.",
    )
