"""A plan as a JSON document: to be read by programs, and to be saved and applied later.

A saved plan holds no content, only a keyed fingerprint of what each step finds and leaves. Applying it makes
the plan again and goes on only if every fingerprint is the same: then exactly what was reviewed is done. Its
schema is published as ``docs/reference/plan.schema.json``.
"""

import json
from collections.abc import Mapping

from pptpengine.record import dataclass
from pptpsetup.change.entry import Entry, FileEntry
from pptpsetup.change.fingerprint import Fingerprint
from pptpsetup.change.step import Plan, Step
from pptpsetup.change.undo import describe
from pptpsetup.errors import Diagnostic, DifferentError, UsageError, Where
from pptpsetup.invocation import command

VERSION = 1
"Of the document; it rises when readers would have to change."


def document(plan: Plan) -> dict[str, object]:
    """*plan* without a content in it, and without lengths: a length tells a lot about a password."""
    counts = plan.counts
    return {
        "version": VERSION,
        "in_sync": plan.in_sync,
        "counts": {
            "add": counts.add,
            "change": counts.change,
            "remove": counts.remove,
            "blocked": counts.blocked,
        },
        "steps": [step.to_json() for step in plan.steps],
        "conflicts": [_diagnostic(each) for each in plan.conflicts],
        "held": list(plan.held),
    }


def saved(plan: Plan, fingerprint: Fingerprint, *, overwrite: bool) -> bytes:
    """The file that ``apply`` takes. Raises DifferentError when something is in the way of *plan*."""
    if plan.conflicts:
        raise DifferentError(plan.conflicts)
    whole = {**document(plan), "overwrite": overwrite, "fingerprints": _fingerprints(plan, fingerprint)}
    return json.dumps(whole, indent=1).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a saved plan says."""

    file: str
    overwrite: bool
    "Made with ``--overwrite``."
    fingerprints: Mapping[str, str]
    "By path, those of our bookkeeping included."

    @classmethod
    def load(cls, content: bytes, file: str) -> "Saved":
        """Read what :func:`saved` wrote. Raises UsageError ``plan-unreadable``."""
        try:
            found = json.loads(content)
        except ValueError as error:
            raise _unreadable(file, f"it is not JSON: {error}") from None
        version = found.get("version") if isinstance(found, dict) else None
        if version != VERSION:
            raise _unreadable(file, f"its version is {version!r}; this pptpsetup reads version {VERSION}")
        overwrite, fingerprints = found.get("overwrite"), found.get("fingerprints")
        if not isinstance(overwrite, bool) or not isinstance(fingerprints, dict):
            raise _unreadable(file, "it was not made with --out")
        return cls(file, overwrite, {str(path): str(each) for path, each in fingerprints.items()})

    def require_fresh(self, plan: Plan, fingerprint: Fingerprint) -> None:
        """Raises DifferentError ``plan-stale`` unless *plan*, made now, does exactly what was saved."""
        now = _fingerprints(plan, fingerprint)
        paths = sorted(
            path for path in {*now, *self.fingerprints} if now.get(path) != self.fingerprints.get(path)
        )
        if paths:
            shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
            message = f"the plan is stale: what it was made from has changed ({shown}); nothing was changed"
            hint = f"{command('plan --out', self.file)} makes it anew; look at it before you apply it"
            raise DifferentError(Diagnostic("plan-stale", message, Where(self.file), hint=hint))


def _fingerprints(plan: Plan, fingerprint: Fingerprint) -> dict[str, str]:
    """By path: a directory that becomes a file, or the other way round, has two steps."""
    essences: dict[str, bytes] = {}
    for step in plan.steps:
        essences[step.path] = essences.get(step.path, b"") + _essence(step)
    return {path: fingerprint.whole(essence) for path, essence in essences.items()}


def _essence(step: Step) -> bytes:
    ends = [_all_of(each) for each in (step.before, step.after)]
    return json.dumps([step.place, *ends], sort_keys=True).encode()


def _all_of(entry: Entry | None) -> object:
    """Everything that tells *entry* from another."""
    if not isinstance(entry, FileEntry):
        return describe(entry)
    return [describe(entry), [[name, value.hex()] for name, value in entry.xattrs]]


def _diagnostic(found: Diagnostic) -> dict[str, object]:
    return {
        "code": found.code,
        "message": found.message,
        "path": None if found.where is None else found.where.file,
        "why": found.why,
        "hint": found.hint,
    }


def _unreadable(file: str, why: str) -> UsageError:
    hint = f"{command('plan --out FILE')} makes a plan that can be applied"
    return UsageError(
        Diagnostic("plan-unreadable", "this is no saved plan", Where(file), why=why, hint=hint)
    )


def schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of both documents."""
    text: dict[str, object] = {"type": "string"}
    maybe = {"type": ["string", "null"]}
    number = {"type": "integer", "minimum": 0}
    step = _object(
        {
            "action": {"enum": ["create", "update", "remove"]},
            "path": {**text, "description": "as the running system sees it"},
            "place": {**text, "description": "the path with symbolic links followed"},
            "kind": {"enum": ["file", "link", "directory", "device", "FIFO", "socket", "special file"]},
            "changes": {"type": "array", "items": text},
            "secret": {"type": "boolean"},
            "note": maybe,
            "blocked": {**maybe, "description": "the code of what is in the way of this step"},
            "bookkeeping": {"type": "boolean", "description": "pptpsetup's own list of its files"},
        },
        {"uid": number, "gid": number, "mode": {**text, "pattern": "^[0-7]{4}$"}, "target": text},
    )
    conflict = _object({"code": text, "message": text, "path": maybe, "why": maybe, "hint": maybe}, {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pptpsetup plan",
        "description": "What `pptpsetup plan --json` prints and `pptpsetup plan --out` saves.",
        **_object(
            {
                "version": {"const": VERSION},
                "in_sync": {"type": "boolean", "description": "nothing to do, nothing in the way"},
                "counts": _object(dict.fromkeys(("add", "change", "remove", "blocked"), number), {}),
                "steps": {"type": "array", "items": step},
                "conflicts": {"type": "array", "items": conflict},
                "held": {"type": "array", "items": text, "description": "files kept as edited by hand"},
            },
            {
                "overwrite": {"type": "boolean", "description": "made with --overwrite; saved plans only"},
                "fingerprints": {"type": "object", "additionalProperties": {"pattern": "^[0-9a-f]{64}$"}},
            },
        ),
    }


def _object(required: Mapping[str, object], optional: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {**required, **optional},
    }
