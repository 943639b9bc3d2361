"""A plan's effect on files, as text to read, without a secret in it.

A secret is shown as ``secret #a1b2c3`` in single angle quotation marks: the first digits of a keyed
fingerprint. So equal secrets look equal, in a password's own file and in pppd's line, and nothing about a
password can be learnt or tried from it.
"""

from collections.abc import Callable, Iterable, Iterator
from difflib import unified_diff

from pptpsetup.change.entry import Entry, FileEntry, LinkEntry
from pptpsetup.change.fingerprint import Fingerprint
from pptpsetup.change.step import Masking, Plan, Step
from pptpsetup.grammar import pppword
from pptpsetup.grammar.secrets import ours

_OPENING, _CLOSING = "\u2039", "\u203a"
"Single angle quotation marks: no file of ours contains them, so a mask cannot be taken for content."

_Mask = Callable[[bytes], str]


def diff(plan: Plan, fingerprint: Fingerprint | None = None) -> str:
    """For each step its summary line, then a unified diff of the content; control characters are escaped.

    Without *fingerprint*, fingerprints of secrets can be compared within this diff only.
    """
    return diff_of((step for step in plan.steps if not step.bookkeeping), fingerprint)


def diff_of(steps: Iterable[Step], fingerprint: Fingerprint | None = None) -> str:
    """As :func:`diff`, for *steps*."""
    mask = _mask_with(fingerprint or Fingerprint())
    return "".join(f"{line}\n" for step in steps for line in (step.summary, *_changes(step, mask)))


def _mask_with(fingerprint: Fingerprint) -> _Mask:
    def mask(secret: bytes) -> str:
        return f"{_OPENING}secret #{fingerprint.short(secret)}{_CLOSING}"

    return mask


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
        return [mask(_in_utf8(entry.content.removesuffix(b"\n")))]
    lines = entry.content.split(b"\n")
    end = lines.pop()
    shown = [_line(line, masking, mask) for line in lines]
    return [*shown, _line(end, masking, mask) + "⏎ missing"] if end else shown


def _in_utf8(secret: bytes) -> bytes:
    """What pppd reads has a password in Latin-1, its own file in UTF-8: equal ones shall look equal."""
    try:
        secret.decode()
    except UnicodeDecodeError:
        return secret.decode("latin-1").encode()
    return secret


def _line(line: bytes, masking: Masking, mask: _Mask) -> str:
    if masking == "nothing":
        return _text(line)
    tunnel = ours(line)
    if tunnel is None:
        return mask(line)
    client, server, secret, *_ = (word.value for word in pppword.words(line))
    # A password's own file has it in UTF-8, pppd's line in Latin-1: equal passwords shall look equal.
    shown = mask(secret.decode("latin-1").encode())
    return f"{_text(client)} {_text(server)} {shown} (tunnel {tunnel})"


def _text(line: bytes) -> str:
    text = line.decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() or each == "\t" else ascii(each)[1:-1] for each in text)
