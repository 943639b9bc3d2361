"""From what is wanted to the files that make it so: the front door of rendering."""

from collections.abc import Iterable, Mapping

from pptpsetup.distro.facts import Facts
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import Diagnostic, SpecError
from pptpsetup.progress import Tell, counted, nobody
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.carry import require_carried
from pptpsetup.render.hooks.choice import hook_files
from pptpsetup.render.init import recovery
from pptpsetup.render.init.choice import KINDS, by_kind
from pptpsetup.render.passwordfd import passwordfd_files
from pptpsetup.render.peers import peers
from pptpsetup.render.programs import Programs, programs_of
from pptpsetup.render.secrets import password_files, secret_files
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Spec, Tunnel
from pptpsetup.spec.secret import Secret


def render(
    spec: Spec,
    profile: Profile,
    facts: Facts,
    secrets: Mapping[str, Secret],
    *,
    programs: Programs | None = None,
    tell: Tell = nobody,
) -> tuple[Artifact, ...]:
    """Every file, link and directory that the tunnels of *spec* need, by path; nothing for an empty spec.

    The same arguments give the same bytes. *secrets* has the password of each tunnel by name; *programs*
    says where our own programs are (default: where *facts* have them). A tunnel whose password systemd has
    needs none.

    Raises SpecError when a grammar cannot carry a value; UnsupportedError for what the system cannot carry
    and ``no-init``; InternalError for a fault of a template.
    """
    if not spec.tunnels:
        return ()
    target = Target(profile, facts, programs or programs_of(facts), secrets)
    require_carried(spec.tunnels, target)
    artifacts: list[Artifact] = [*password_files(spec.tunnels, target)]
    ours: list[Tunnel] = []
    links: dict[str, str] = {}
    kinds = by_kind(spec.tunnels, facts)
    for init, tunnels in kinds.items():
        kind = KINDS[init]
        artifacts += kind.files(tunnels, target)
        ours += tunnels if kind.runs_pppd else ()
        links |= kind.linknames(tunnels) if kind.linknames else {}
    artifacts += recovery.files(tuple(kinds), target)
    if ours:
        artifacts += hook_files(ours, profile)
        artifacts += secret_files(ours, target)
        artifacts += passwordfd_files(ours, target)
    for tunnel in counted(ours, "rendering tunnels", tell):
        artifacts += peers(
            tunnel, profile, target.programs, link=links.get(tunnel.name), lacking=facts.lacking_options
        )
    return _by_path(artifacts)


def _by_path(artifacts: Iterable[Artifact]) -> tuple[Artifact, ...]:
    """Sorted; what several tunnels need once only.

    Raises SpecError ``path-clash``: two tunnels want different things there, as ``a.pppd`` and ``a`` can.
    """
    found: dict[str, Artifact] = {}
    for artifact in artifacts:
        if found.setdefault(artifact.path, artifact) != artifact:
            raise SpecError(
                Diagnostic(
                    "path-clash",
                    f"two tunnels need different contents of {artifact.path}",
                    hint="choose another name for one of them",
                )
            )
    return tuple(found[path] for path in sorted(found))
