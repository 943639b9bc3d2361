"""What on this host is ours, and how we last left it.

The manifest is what lets a later run tell three things apart: the host as it is, the host as we left it, the
host as it shall be. It knows nothing of tunnels: a file that no tunnel asks for any more is stale because it
is listed here. It is written as the last step of every transaction, so it always describes the files beside
it.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from pptpengine.record import dataclass, defaults, field, replace
from pptpsetup.change.system import System, read_bytes
from pptpsetup.errors import Diagnostic, PptpsetupError, PrivilegeError, Where
from pptpsetup.invocation import shell_path

STATE_DIR = "/var/lib/pptpsetup"
"""Where the manifest, the journals, a pending trial and kept files are; 0700. That of ``render.places``, but
recovery works without anything that renders."""

MAIN = "tunnels.yaml"
"""The name of the spec's main file, as pptpsetup.spec.files has it: recovering a host needs nothing of the
spec."""

_VERSION = 1

Kind = Literal["file", "shared", "link", "directory"]


@dataclass(frozen=True, slots=True)
class Owned:
    """One thing of ours."""

    kind: Kind
    sha256: str | None = None
    "Of a whole file: the content as we last wrote it."
    target: str | None = None
    "Of a link: where we made it point."
    grammar: str | None = None
    "Of a shared file: the key of the merger that takes our lines out again."
    created: bool = False
    "Of a shared file: it did not exist before us, so it goes when it becomes empty."
    user_owned: bool = False
    "Of a whole file: the user may edit it, so its content proves nothing."
    secret: bool = False
    held: str | None = None
    """Of a whole file that stays as the user has edited it (``sha256`` is that version): the content that we
    would have written, so that we notice when the spec asks for something else."""


_FIELDS = tuple(sorted(defaults(Owned)))


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that is ours, by path."""

    entries: Mapping[str, Owned] = field(default_factory=dict)
    spec: str | None = None
    "The text of the spec that was applied last: the file itself may have been edited since."
    fragments: Mapping[str, str] = field(default_factory=dict)
    "Those of its fragments, by name below /etc/pptpsetup."

    @property
    def texts(self) -> Mapping[str, str]:
        """The files of the spec that was applied last, by name below /etc/pptpsetup."""
        return {**({} if self.spec is None else {MAIN: self.spec}), **self.fragments}

    def reworded(self, texts: Mapping[str, str]) -> "Manifest":
        """The same with other words for what was applied: *texts*, by name as in `texts`."""
        known = {**self.texts, **texts}
        return replace(self, spec=known.pop(MAIN, None), fragments=known)

    def __contains__(self, path: str) -> bool:
        return path in self.entries

    def encode(self) -> bytes:
        """The file's content; equal manifests give equal bytes."""
        import json

        # A line per entry; json.dumps(indent=…) is written in Python, and slow for thousands.
        lines = (
            f"  {json.dumps(path)}: {json.dumps(_stated(owned))}"
            for path, owned in sorted(self.entries.items())
        )
        parts = ['"entries": {\n' + ",\n".join(lines) + "\n }" if self.entries else '"entries": {}']
        parts += (
            [f'"fragments": {json.dumps(dict(self.fragments), sort_keys=True)}'] if self.fragments else []
        )
        parts += [] if self.spec is None else [f'"spec": {json.dumps(self.spec)}']
        return ("{\n " + ",\n ".join([*parts, f'"version": {_VERSION}']) + "\n}\n").encode()


def manifest_path(state_dir: str = STATE_DIR) -> str:
    """The manifest's file."""
    return f"{state_dir}/manifest.json"


def key_path(state_dir: str = STATE_DIR) -> str:
    """The file with the key of fingerprints; 0600."""
    return f"{state_dir}/key"


def trial_path(state_dir: str = STATE_DIR) -> str:
    """The file that says that the last change is on trial; 0600."""
    return f"{state_dir}/trial.json"


def load_manifest(system: System, state_dir: str = STATE_DIR) -> Manifest:
    """The manifest of *system*; an empty one when there is none.

    Raises PptpsetupError ``manifest-unreadable`` when it is damaged, unreadable or from a newer version:
    guessing what is ours could remove what is not. Raises PrivilegeError when it is root's and we are not.
    """
    path = manifest_path(state_dir)
    try:
        content = read_bytes(system, path)
    except PermissionError:
        hint = "repeat the command as root, for example with sudo"
        message = "only root may read what pptpsetup has written on this host"
        raise PrivilegeError(Diagnostic("not-root", message, where=Where(path), hint=hint)) from None
    except OSError as error:
        raise _unreadable(path, error.strerror or "it cannot be read") from None
    return Manifest() if content is None else decode_manifest(content, path)


def decode_manifest(content: bytes, path: str) -> Manifest:
    """The manifest that *content* is; *path* is named in errors. Raises ``manifest-unreadable``."""
    import json

    try:
        document = json.loads(content)
    except ValueError as error:
        raise _unreadable(path, f"it is not JSON: {error}") from None
    version = document.get("version") if isinstance(document, dict) else None
    if version != _VERSION:
        raise _unreadable(path, f"its version is {version!r}; this pptpsetup reads version {_VERSION}")
    try:
        entries = {path: _owned(fields) for path, fields in document["entries"].items()}
        spec, fragments = document.get("spec"), document.get("fragments", {})
        if not all(isinstance(text, str | None) for text in (spec, *fragments.values())):
            raise TypeError("spec")  # noqa: TRY301  a damaged entry like any other
        return Manifest(entries, spec, fragments)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _unreadable(path, "an entry in it is not one of ours") from None


def _owned(fields: Mapping[str, object]) -> Owned:
    owned = Owned(**fields)  # type: ignore[arg-type]  # the names are checked by the call, the types below
    texts = (owned.sha256, owned.target, owned.grammar, owned.held)
    flags = (owned.created, owned.user_owned, owned.secret)
    if owned.kind not in get_args(Kind) or not all(isinstance(text, str | None) for text in texts):
        raise ValueError(owned.kind)
    if not all(isinstance(flag, bool) for flag in flags):
        raise ValueError(owned.kind)
    return owned


def _stated(owned: Owned) -> dict[str, object]:
    fields = ((name, getattr(owned, name)) for name in _FIELDS)
    return {name: value for name, value in fields if value not in (None, False)}


def _unreadable(path: str, why: str) -> PptpsetupError:
    message = "the list of files that pptpsetup has written cannot be used"
    aside = f"mv {shell_path(path)} {shell_path(f'{path}.damaged')}"
    hint = (
        f"restore it from a backup; or move it away ({aside}) and repeat the command: "
        "files that are as pptpsetup would write them are taken over, and for the others it asks"
    )
    return PptpsetupError(Diagnostic("manifest-unreadable", message, where=Where(path), why=why, hint=hint))
