"""Dialling again: ``persist``, ``holdoff`` and ``maxfail``."""

from pptpsetup.errors import Where
from pptpsetup.spec.importer.finding import Found, Verdict
from pptpsetup.spec.importer.numbers import number
from pptpsetup.spec.importer.uses import Use

Last = dict[str, Use]
_USUAL_ATTEMPTS = 10
"pppd's own maxfail (pppd(8))."


def read_redial(found: Found, last: Last) -> None:
    """What *last*, the options in force by their keys, says; what is left in it is as we write it.

    pppd's ``demand``, which *found* has already, implies ``persist``.
    """
    persist, holdoff = last.get("persist"), last.pop("holdoff", None)
    lasting = "demand.idle" in found.values if persist is None else persist.name == "persist"
    where = Where(found.path)
    if not lasting:
        last.pop("persist", None)
        text = "no persist" if persist is None else persist.text
        found.set("persist", False, text, where if persist is None else persist.where)
    if lasting or holdoff is not None:
        seconds = number(found, holdoff, 30)
        text = f"holdoff {seconds}" if holdoff else "persist without holdoff: 30 seconds"
        found.set("reconnect_delay", f"{max(1, seconds)}s", text, holdoff.where if holdoff else where)
    _read_attempts(found, last, lasting=lasting)


def _read_attempts(found: Found, last: Last, *, lasting: bool) -> None:
    maxfail = last.get("maxfail")
    if maxfail is None:
        if lasting:
            text = "persist without maxfail: ten attempts in a row"
            found.set("reconnect_attempts", _USUAL_ATTEMPTS, text, Where(found.path))
        return
    attempts = number(found, maxfail, 0)
    if lasting and attempts == 0:
        return  # as we write it
    del last["maxfail"]
    if lasting:
        found.set("reconnect_attempts", attempts, maxfail.text, maxfail.where)
    else:
        why = "it counts for nothing without persist"
        found.note(Verdict.SAME, maxfail.text, maxfail.where, why)
