"""The one way in: from an edited spec to the plan that makes the host so, the spec file included."""

from collections.abc import Mapping

from pptpsetup.change.manifest import STATE_DIR, Manifest, load_manifest
from pptpsetup.change.plan import make_plan, survey
from pptpsetup.change.step import Plan
from pptpsetup.change.system import System, read_bytes
from pptpsetup.distro.facts import Facts
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import Diagnostic, DifferentError, Where
from pptpsetup.render.artifact import Access, Artifact, DirectoryArtifact, FileArtifact
from pptpsetup.render.places import CONFIGURATION, SPEC_FILE
from pptpsetup.render.programs import Programs
from pptpsetup.render.tunnels import render
from pptpsetup.spec.document import Document
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
) -> Plan:
    """The plan that takes a host from the spec *before* to the spec *after*. Only reads, under the lock.

    *before* is the spec file as it was read, None when there was none; *after* is *before* itself to repair
    drift. *secrets* has the password of every tunnel in *after* that has one. Whether the host can run the
    tunnels is not asked here: creating must ask ``facts.require`` first, deleting must not.

    *reading*: the plan is to be shown, so what is in the way is in it; else that is an error.

    Raises DifferentError ``changed-meanwhile`` when the spec file is no longer *before*, and what
    ``make_plan``, ``render`` and ``load_manifest`` raise.
    """
    _check_unchanged(before, system)
    manifest = load_manifest(system, state_dir)
    artifacts = desired(after, manifest, profile, facts, secrets, programs=programs)
    plan = survey if reading else make_plan
    return plan(
        artifacts,
        system,
        manifest,
        overwrite=overwrite,
        hold=hold,
        spec=after.text,
        state_dir=state_dir,
    )


def desired(
    document: Document,
    manifest: Manifest,
    profile: Profile,
    facts: Facts,
    secrets: Mapping[str, Secret],
    *,
    programs: Programs | None = None,
) -> tuple[Artifact, ...]:
    """Everything that *document* asks for, and the spec file with it; nothing for a tunnel without password.

    A spec file that we made goes with the last tunnel, unless the user has written something into it.
    """
    set_up = Spec(tuple(tunnel for tunnel in document.spec.tunnels if tunnel.is_set_up))
    rendered = render(set_up, profile, facts, secrets, programs=programs)
    if document.is_pristine and SPEC_FILE in manifest:
        return rendered
    spec = FileArtifact(SPEC_FILE, document.text.encode(), Access("root", "root", 0o644), user_owned=True)
    return (DirectoryArtifact(CONFIGURATION, Access("root", "root", 0o755)), *rendered, spec)


def _check_unchanged(before: Document | None, system: System) -> None:
    if read_bytes(system, SPEC_FILE) != (None if before is None else before.text.encode()):
        message = f"{SPEC_FILE} was changed by another program in the meantime; it was kept"
        where = Where(SPEC_FILE)
        raise DifferentError(Diagnostic("changed-meanwhile", message, where, hint="repeat the command"))
