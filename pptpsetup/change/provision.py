"""The one way in: from an edited spec to the plan that makes the host so, the spec file included."""

from collections.abc import Mapping

from pptpengine.record import replace
from pptpsetup.change.manifest import STATE_DIR, Manifest, Owned, load_manifest
from pptpsetup.change.plan import make_plan, survey
from pptpsetup.change.spec_files import spec_bytes
from pptpsetup.change.step import Plan
from pptpsetup.change.system import System
from pptpsetup.distro.facts import Facts
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import Diagnostic, DifferentError, Where
from pptpsetup.progress import Tell, nobody
from pptpsetup.render.artifact import Access, Artifact, DirectoryArtifact, FileArtifact
from pptpsetup.render.places import CONFIGURATION, SPEC_FILE
from pptpsetup.render.programs import Programs
from pptpsetup.render.tunnels import render
from pptpsetup.spec.document import Document
from pptpsetup.spec.files import FRAGMENTS, MAIN, in_order
from pptpsetup.spec.model import Spec
from pptpsetup.spec.secret import Secret


def provision(  # noqa: PLR0917  in the order in which the data flows
    before: Document | None,
    after: Document,
    profile: Profile,
    facts: Facts,
    secrets: Mapping[str, Secret],
    system: System,
    *,
    overwrite: frozenset[str] = frozenset(),
    hold: frozenset[str] = frozenset(),
    state_dir: str = STATE_DIR,
    programs: Programs | None = None,
    reading: bool = False,
    tell: Tell = nobody,
) -> Plan:
    """The plan that takes a host from the spec *before* to the spec *after*. Only reads, under the lock.

    *before* is the spec as it was read, None when there was none; *after* is *before* itself to repair
    drift. A file of the spec that *after* does not have goes. *secrets* has the password of every tunnel in
    *after* that has one. Whether the host can run the tunnels is not asked here: creating must ask
    ``needs.require`` first, deleting must not.

    *reading*: the plan is to be shown, so what is in the way is in it; else that is an error.

    Raises DifferentError ``changed-meanwhile`` when the spec is no longer *before*, and what
    ``make_plan``, ``render`` and ``load_manifest`` raise.
    """
    _check_unchanged(before, system)
    manifest = _with_what_goes(before, after, load_manifest(system, state_dir))
    artifacts = desired(after, manifest, profile, facts, secrets, programs=programs, tell=tell)
    plan = survey if reading else make_plan
    return plan(
        artifacts,
        system,
        manifest,
        overwrite=overwrite,
        hold=hold,
        spec=after.texts,
        state_dir=state_dir,
        tell=tell,
    )


def desired(
    document: Document,
    manifest: Manifest,
    profile: Profile,
    facts: Facts,
    secrets: Mapping[str, Secret],
    *,
    programs: Programs | None = None,
    tell: Tell = nobody,
) -> tuple[Artifact, ...]:
    """Everything that *document* asks for, and the spec file with it; nothing for a tunnel without password.

    A spec file that we made goes with the last tunnel, unless the user has written something into it.
    """
    set_up = Spec(tuple(tunnel for tunnel in document.spec.tunnels if tunnel.is_set_up))
    rendered = render(set_up, profile, facts, secrets, programs=programs, tell=tell)
    texts = dict(document.texts)
    if document.is_pristine and SPEC_FILE in manifest:
        texts.pop(MAIN, None)
    if not texts:
        return rendered
    plain = Access("root", "root", 0o755)
    directories = [CONFIGURATION, *([f"{CONFIGURATION}/{FRAGMENTS}"] if set(texts) != {MAIN} else [])]
    files = (_spec_file(name, text) for name, text in texts.items())
    return (*(DirectoryArtifact(each, plain) for each in directories), *rendered, *files)


def _spec_file(name: str, text: str) -> FileArtifact:
    path = f"{CONFIGURATION}/{name}"
    return FileArtifact(path, text.encode(), Access("root", "root", 0o644), user_owned=True)


def _with_what_goes(before: Document | None, after: Document, manifest: Manifest) -> Manifest:
    """*manifest* with the files that *after* does not have any more: what is not listed there stays."""
    gone = [
        f"{CONFIGURATION}/{name}" for name in (before.texts if before else ()) if name not in after.texts
    ]
    if not gone:
        return manifest
    entries = {path: Owned("file", user_owned=True) for path in gone}
    return replace(manifest, entries={**entries, **manifest.entries})


def _check_unchanged(before: Document | None, system: System) -> None:
    known = {} if before is None else {name: text.encode() for name, text in before.texts.items()}
    found = spec_bytes(system)
    differing = [name for name in in_order({*known, *found}) if known.get(name) != found.get(name)]
    if differing:
        path = f"{CONFIGURATION}/{differing[0]}"
        message = f"{path} was changed by another program in the meantime; it was kept"
        raise DifferentError(
            Diagnostic("changed-meanwhile", message, Where(path), hint="repeat the command")
        )
