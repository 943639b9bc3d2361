"""Numbers as pppd reads them."""

import re

from pptpsetup.spec.importer.finding import Found
from pptpsetup.spec.importer.uses import Use


def number(found: Found, use: Use | None, default: int) -> int:
    """The number after an option, in the notations of strtol(3)."""
    if use is None:
        return default
    text = (use.option.argument or b"").decode("ascii", "replace")
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}", text):
        return int(text, 16)
    if re.fullmatch(r"0[0-7]{1,10}", text):
        return int(text, 8)
    if re.fullmatch(r"[1-9][0-9]{0,9}|0", text):
        return int(text)
    message = f"{use.text} has no number that pppd can read"
    found.problem("import-number", message, use.where, hint="write a number in decimal digits")
    return default
