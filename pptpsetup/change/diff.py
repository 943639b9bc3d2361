"""A plan's effect on files, as text to read, without a secret in it.

A secret is shown as ``secret #a1b2c3`` in single angle quotation marks: the first digits of an HMAC-SHA-256
of it. The key is drawn for each diff and forgotten, so equal secrets look equal within one diff, and nothing
about a password can be learnt or tried from it.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator
from difflib import unified_diff

from pptpsetup.change.entry import Entry, FileEntry, LinkEntry
from pptpsetup.change.step import Masking, Plan, Step
from pptpsetup.grammar.secrets import ours

_OPENING, _CLOSING = "\u2039", "\u203a"
"Single angle quotation marks: no file of ours contains them, so a mask cannot be taken for content."

_Mask = Callable[[bytes], str]


def diff(plan: Plan) -> str:
    """For each step its summary line, then a unified diff of the content; control characters are escaped."""
    key = os.urandom(32)

    def mask(secret: bytes) -> str:
        fingerprint = hmac.new(key, secret, hashlib.sha256).hexdigest()[:6]
        return f"{_OPENING}secret #{fingerprint}{_CLOSING}"

    steps = [step for step in plan.steps if not step.bookkeeping]
    return "".join(f"{line}\n" for step in steps for line in (step.summary, *_changes(step, mask)))


def _changes(step: Step, mask: _Mask) -> Iterator[str]:
    before, after = (_lines(entry, step.masking, mask) for entry in (step.before, step.after))
    # Beside a changed secret there are only more secrets, so it gets no context.
    context = 3 if step.masking == "nothing" else 0
    old, new = ("/dev/null" if entry is None else step.path for entry in (step.before, step.after))
    return unified_diff(before, after, old, new, n=context, lineterm="")


def _lines(entry: Entry | None, masking: Masking, mask: _Mask) -> list[str]:
    if isinstance(entry, LinkEntry):
        return [f"link to {entry.target}"]
    if not isinstance(entry, FileEntry):
        return []
    if masking == "everything":
        return [mask(entry.content)]
    lines = entry.content.split(b"\n")
    end = lines.pop()
    shown = [_line(line, masking, mask) for line in lines]
    return [*shown, _line(end, masking, mask) + "⏎ missing"] if end else shown


def _line(line: bytes, masking: Masking, mask: _Mask) -> str:
    if masking == "nothing":
        text = line.decode("utf-8", "backslashreplace")
        return "".join(each if each.isprintable() or each == "\t" else ascii(each)[1:-1] for each in text)
    tunnel = ours(line)
    return mask(line) + (f" (tunnel {tunnel})" if tunnel is not None else "")
