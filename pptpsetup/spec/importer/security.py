"""How a tunnel logs in and encrypts: what other programs say about it, as settings."""

from collections.abc import Iterable, Sequence
from typing import Final

from pptpsetup.errors import Where
from pptpsetup.spec.importer.finding import Found, Note, Verdict
from pptpsetup.spec.importer.uses import Use

METHODS: Final = ("mschap-v2", "mschap", "chap", "pap")
"All that pppd may agree to, besides EAP; the strongest first."
OPEN_STRENGTH: Final = (
    "it leaves the strength open, and pppd 2.5 takes that for 40 bit or for one direction only"
)
IN_CLEAR: Final = "everything can be read on the way; pptpsetup's default is required-128"


def read_mppe(found: Found, uses: Sequence[Use]) -> str:
    """MPPE: each ``require-mppe-N`` adds a strength, ``nomppe`` takes all away (ccp.c in pppd)."""
    if "encryption" in found.values:
        return str(found.values["encryption"])
    asked: dict[str, Use] = {}
    possible: set[str] = set()
    refused: set[str] = set()
    for use in uses:
        strength = use.name.partition("mppe")[2].lstrip("-")
        if use.name == "nomppe":
            asked.clear()
            possible.clear()
        elif use.name.startswith("nomppe-"):
            refused.add(strength)
        else:
            asked[use.name] = use
            possible |= {strength} if strength else {"40", "128"}
    if not asked:
        where = uses[-1].where if uses else Where(found.path)
        found.set("encryption", "none", "no option asks for encryption", where, IN_CLEAR)
        return "none"
    use = next(reversed(asked.values()))
    possible -= refused
    if not possible:
        hint = "take one of the options out"
        found.problem("import-no-strength", "every strength of MPPE is refused", use.where, hint=hint)
    encryption = "required-40" if possible == {"40"} else "required-128"
    found.values["encryption"] = encryption
    clear = len(possible) == 1
    verdict = Verdict.SETTING if clear else Verdict.REPAIRED
    found.notes.append(Note(verdict, use.text, use.where, None if clear else OPEN_STRENGTH, "encryption"))
    return encryption


def read_refusals(found: Found, uses: Sequence[Use], encryption: str) -> None:
    """Each ``refuse-METHOD`` takes a method away; nothing gives it back."""
    refused = {use.name.removeprefix("refuse-") for use in uses}
    where = uses[-1].where if uses else Where(found.path)
    if "eap" not in refused:
        why = "a PPTP server that asks for EAP could not be logged in to with a password that makes keys"
        found.note(Verdict.CHANGED, "EAP is refused", where, why)
    words = "what no refuse- option names" if refused else "no method is refused"
    set_methods(found, (each for each in METHODS if each not in refused), encryption, words, where)


def set_methods(found: Found, methods: Iterable[str], encryption: str, text: str, where: Where) -> None:
    """The methods that were allowed, as far as they work with *encryption*; none is a problem."""
    allowed = list(methods)
    keyless = [method for method in allowed if method in {"chap", "pap"}]
    if encryption != "none" and keyless:
        allowed = [method for method in allowed if method not in keyless]
        why = "MPPE takes its keys from MS-CHAP, so a login by another method could not be encrypted"
        found.note(Verdict.CHANGED, f"{' and '.join(keyless)} refused", where, why)
    if allowed:
        found.set("authentication", allowed, text, where)
        return
    message = "every way to log in that works with this encryption is refused"
    found.problem("import-no-method", message, where, hint="allow mschap-v2")
