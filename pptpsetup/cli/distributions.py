"""``docs/distributions``: a page for each profile, made from the profile; the same bytes every time."""

import shlex
from collections.abc import Iterable, Sequence

from pptpengine.record import defaults, replace
from pptpsetup.cli.profile_views import pppd_range
from pptpsetup.cli.words_of_kinds import BOOT, DNS, FIREWALLS, HOOKS, LSMS, ROUTING, STANDINGS
from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.kinds import HookKind, Standing
from pptpsetup.distro.places import Permissions
from pptpsetup.distro.profile import INIT_SECTIONS, Profile
from pptpsetup.render.artifact import Access, Artifact, DirectoryArtifact, LinkArtifact
from pptpsetup.render.matrix import example, judge
from pptpsetup.spec.document import Document
from pptpsetup.spec.model import Encryption, Engine

_MADE_BY = "<!-- Made by `python -m pptpsetup.cli.documents` from profiles/{id}.yaml; do not edit. -->"
_INTRODUCTION = (
    "What pptpsetup knows of each distribution. `pptpsetup profiles` prints this list, `pptpsetup profiles "
    "show ID` all of a profile, and `pptpsetup matrix` which tunnels each can carry. A distribution that is "
    "not here: [adding a distribution](adding.md)."
)
_CREATE = "pptpsetup create work --server vpn.example.com --username alice --route 192.168.7.0/24"
_SPEC = (
    "version: 1\ntunnels:\n  work: {server: vpn.example.com, username: alice, routes: [192.168.7.0/24]}\n"
)
_DIRECTORIES = frozenset({HookKind.RUN_PARTS, HookKind.EXEC_ANY, HookKind.EXEC_DOT_SH, HookKind.SOURCED_SH})
_RUNNING = frozenset({"started_directory", "state_directory"})
"Fields of sections that are about running systems: nothing of ours goes there."


def pages() -> dict[str, str]:
    """Every page by its file name."""
    profiles = [load_profile(each) for each in profile_ids()]
    return {"README.md": _index(profiles), **{f"{each.id}.md": _page(each) for each in profiles}}


def _index(profiles: Sequence[Profile]) -> str:
    rows = [("distribution", "standing", "hooks", "started by", "pppd")]
    for each in profiles:
        refused = each.standing is Standing.REFUSED
        inits = ", ".join(init.kind.value for init in each.init) or "hand"
        known = ("", "", "") if refused else (each.hooks.kind.value, inits, pppd_range(each))
        rows.append((f"[{each.name}]({each.id}.md)", each.standing.value, *known))
    return _joined(
        [
            "# Distributions",
            _MADE_BY.format(id="*"),
            _INTRODUCTION,
            _table(rows),
            *(f"**{each.value}**: {STANDINGS[each]}" for each in Standing),
        ]
    )


def _page(profile: Profile) -> str:
    parts = [
        f"# {profile.name}",
        _MADE_BY.format(id=profile.id),
        f"Profile `{profile.id}`, {profile.standing.value}: {STANDINGS[profile.standing]}",
        *([profile.because] if profile.because else []),
        "## How it is recognised",
        _recognised(profile),
    ]
    if profile.standing is not Standing.REFUSED:
        parts += _facts(profile)
    return _joined(parts)


def _facts(profile: Profile) -> list[str]:
    return [
        *_optional("## What to know", _listed(profile.warnings)),
        "## Files",
        _files(profile),
        "## Routes and hooks",
        f"{HOOKS[profile.hooks.kind]} {_bypass(profile)}{ROUTING[profile.routing]}",
        "## Who starts tunnels",
        _boot(profile),
        "## Name servers",
        _dns(profile),
        "## Packages and modules",
        _packages(profile),
        "## pppd",
        _pppd(profile),
        *_optional("## Releases", _releases(profile)),
        *_optional("## Not verified", _unverified(profile)),
        "## Around it",
        _around(profile),
        *_example(profile),
    ]


def _unverified(profile: Profile) -> str:
    if not profile.unverified:
        return ""
    return (
        "Believed, but not seen in the system's packages or their sources; please tell what is wrong: "
        f"{_and(profile.unverified)}."
    )


def _recognised(profile: Profile) -> str:
    match = profile.match
    lines = [f"`ID` is {_or(match.ids)}"]
    if match.name:
        lines.append(f"the name is “{match.name}”")
    if match.versions:
        first, _, last = match.versions.partition("-")
        lines.append(f"the version is {first} to {last}")
    lines += [f"`{each}` exists" for each in match.files]
    text = ", and ".join(lines)
    if match.markers:
        text += f"; or nothing gives an `ID` and {_or(match.markers)} exists"
    return f"{text}."


def _files(profile: Profile) -> str:
    peers, secrets, hooks = profile.peers, profile.secrets, profile.hooks
    rows: list[tuple[str, str, str, str]] = [
        ("what", "path", "owner", "mode"),
        ("directory of tunnels", peers.directory, *_access(peers.directory_access)),
        ("a tunnel", f"{peers.directory}/NAME", *_access(peers.access)),
        ("passwords", secrets.chap, *_access(secrets.access)),
        ("passwords for PAP", secrets.pap, *_access(secrets.access)),
    ]
    for what, path in (("when a link is up", hooks.up), ("when it is down", hooks.down)):
        if hooks.kind in _DIRECTORIES and hooks.directory_access:
            rows.append((f"directory of hooks, {what}", path, *_access(hooks.directory_access)))
        own = f"{path}/{hooks.file_name}" if hooks.kind in _DIRECTORIES else path
        rows.append((f"hook, {what}", own, *_access(hooks.access)))
    text = _table([rows[0], *((what, f"`{path}`", *rest) for what, path, *rest in rows[1:])])
    reserved = ", ".join(f"`{each}`" for each in peers.reserved)
    return f"{text}\n\nNot to be used as a tunnel's name: {reserved}." if reserved else text


def _access(permissions: Permissions | Access) -> tuple[str, str]:
    return f"{permissions.owner}:{permissions.group}", f"{permissions.mode:04o}"


def _bypass(profile: Profile) -> str:
    if not profile.hooks.bypassed_by:
        return ""
    return f"If executable, {_or(profile.hooks.bypassed_by)} runs instead of them; `create` warns. "


def _boot(profile: Profile) -> str:
    if not profile.init:
        return "Nothing is started at boot; `pptpsetup start` and `pon` work."
    lines = ["With `init: auto` the first one that is installed:", ""]
    for at, choice in enumerate(profile.init, 1):
        section = getattr(profile, INIT_SECTIONS[choice.kind])
        places = (getattr(section, name) for name in _shown_places(section))
        where = ", ".join(f"`{each}`" for each in places if each is not None)
        proof = f"{_or(choice.installed_by)} exists"
        lines.append(f"{at}. **{choice.kind.value}** ({proof}): {BOOT[choice.kind]}; in {where}")
    return "\n".join(lines)


def _shown_places(section: object) -> list[str]:
    """Where its files go: the paths of the section that are directories or configuration files."""
    return [
        each
        for each in defaults(type(section))
        if each.endswith(("directory", "configuration")) and each not in _RUNNING
    ]


def _dns(profile: Profile) -> str:
    if not profile.dns:
        return "None of ours: whoever starts the tunnel sets them."
    return "\n".join(
        f"{at}. {DNS[each.kind]}" + (f" ({_or(each.installed_by)} exists)" if each.installed_by else "")
        for at, each in enumerate(profile.dns, 1)
    )


def _packages(profile: Profile) -> str:
    packages, modules = profile.packages, profile.modules
    named = (
        ("pppd", packages.ppp),
        ("C client, for `engine: system`", packages.pptp),
        ("kernel", packages.kernel),
        ("MPPE", packages.modules if modules.mppe else None),
        ("NetworkManager's plugin", packages.networkmanager),
        ("Python", packages.python),
    )
    rows = [("for", "package"), *((what, f"`{name}`") for what, name in named if name)]
    lines = [f"Installed with `{' '.join(profile.install_command)}`.", "", _table(rows), ""]
    lines.append(f"Modules for PPP: {_and(modules.ppp)}.")
    lines.append(
        f"For MPPE: {_and(modules.mppe)}." if modules.mppe else f"No MPPE: {modules.no_mppe_because}"
    )
    if modules.boot_list:
        lines.append(f"Modules to be loaded at boot are named in `{modules.boot_list}`.")
    return "\n".join(lines)


def _pppd(profile: Profile) -> str:
    found = f"`{profile.pppd}`, version {pppd_range(profile)}."
    pids = f"Its pid files are looked for in {_and(profile.pid_directories)}."
    if profile.run_directory != "/run":
        pids += f" Running tunnels leave their reports in `{profile.run_directory}/pptpsetup`."
    if not profile.options:
        return f"{found} There is no packaged `/etc/ppp/options`. {pids}"
    options = "\n".join(profile.options)
    return (
        f"{found} {pids} The packaged `/etc/ppp/options`, which is read first and which every tunnel of "
        f"ours overrides where it matters:\n\n```\n{options}\n```"
    )


def _releases(profile: Profile) -> str:
    if not profile.releases:
        return ""
    rows = [("release", "pppd", "Python")]
    rows += [(each.title, each.ppp, f"`{profile.python_of(each)}`") for each in profile.releases]
    notes = [f"{each.title}: {text}" for each in profile.releases for text in each.warnings]
    return _table(rows) + (f"\n\n{_listed(notes)}" if notes else "")


def _around(profile: Profile) -> str:
    firewalls = ", ".join(FIREWALLS[each] for each in profile.firewall)
    return _listed(
        [
            f"Packet filter: {firewalls}; TCP 1723 to the server and GRE (protocol 47) both ways must pass.",
            f"Confinement: {LSMS[profile.lsm]}",
            f"pppd's log: `{shlex.join(profile.log_query)}`",
            f"Packages are {profile.package_format.value}.",
        ]
    )


def _example(profile: Profile) -> list[str]:
    """The files of one tunnel; nothing where this pptpsetup cannot make them."""
    tunnel, options = Document.parse(_SPEC, "example").spec.tunnels[0], ""
    if not profile.modules.mppe:
        tunnel, options = replace(tunnel, encryption=Encryption.NONE), " --no-encrypt"
    if profile.uci is not None:
        tunnel, options = replace(tunnel, engine=Engine.SYSTEM), f"{options} --engine system"
    if judge(tunnel, profile).obstacles:
        return []
    rows = [("path", "owner", "mode"), *map(_row, example(tunnel, profile))]
    return ["## Example", f"```sh\n{_CREATE}{options}\n```", "writes:", _table(rows)]


def _row(artifact: Artifact) -> tuple[str, str, str]:
    if isinstance(artifact, LinkArtifact):
        return f"`{artifact.path}` → `{artifact.target}`", "", "link"
    suffix = "/" if isinstance(artifact, DirectoryArtifact) else ""
    return f"`{artifact.path}{suffix}`", *_access(artifact.access)


def _optional(heading: str, text: str) -> list[str]:
    return [heading, text] if text else []


def _listed(items: Iterable[str]) -> str:
    return "\n".join(f"- {each}" for each in items)


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def _or(values: Sequence[str]) -> str:
    return _words(values, "or")


def _and(values: Sequence[str]) -> str:
    return _words(values, "and")


def _words(values: Sequence[str], last: str) -> str:
    coded = [f"`{each}`" for each in values]
    return coded[0] if len(coded) == 1 else f"{', '.join(coded[:-1])} {last} {coded[-1]}"


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(parts) + "\n"
