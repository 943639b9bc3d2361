"""What the golden trees are made from, and how artifacts become a tree that git can keep.

A case that is for every system is rendered for every profile that can carry it; the others try out details
on Debian and Ubuntu.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.facts import WRITTEN_OPTIONS, Facts, Known
from pptpsetup.distro.generations import lacking
from pptpsetup.distro.kinds import InitKind, Standing
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import UnsupportedError
from pptpsetup.render.artifact import (
    Access,
    Artifact,
    DirectoryArtifact,
    FileArtifact,
    LinkArtifact,
    SharedArtifact,
)
from pptpsetup.render.matrix import system_of
from pptpsetup.render.programs import Programs
from pptpsetup.render.shared import MERGERS
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import (
    Authentication,
    Delivery,
    Demand,
    Dns,
    Encryption,
    Engine,
    Init,
    LcpEcho,
    Mode,
    PasswordSource,
    Spec,
    Tunnel,
)
from pptpsetup.spec.secret import Secret

GOLDEN = Path(__file__).parent
PROFILES = tuple(each for each in profile_ids() if load_profile(each).standing is not Standing.REFUSED)
IN_DETAIL = ("debian", "ubuntu")
"Profiles that the cases with facts of their own are for."
ENGINE = "/usr/lib/python3/dist-packages/pptpengine/__main__.py"
PROGRAMS = Programs("/usr/bin/python3", ENGINE)
LISTING = "files.txt"
"Beside the tree: kind, mode, owner and marks of every path, which git does not keep."

WORK = Tunnel(
    name="work",
    server="vpn.example.com",
    username="alice",
    domain=None,
    password=PasswordSource("file", "/etc/pptpsetup/secrets/work"),
    encryption=Encryption.REQUIRED_128,
    authentication=(Authentication.MSCHAP_V2,),
    mode=Mode.CLIENT_TO_LAN,
    routes=(IPv4Network("192.168.7.0/24"),),
    dns=Dns(),
    mtu=1400,
    lcp_echo=LcpEcho(interval=20, failure=3),
    reconnect_delay=10,
    on_boot=False,
    init=Init.AUTO,
    engine=Engine.BUNDLED,
)

FACTS = Facts(
    live=False,
    pppd=True,
    pppd_version=None,
    lacking_options=frozenset(),
    kernel=None,
    ppp=Known.UNKNOWN,
    mppe=Known.YES,
    fips=False,
    ppp_device=False,
    init=(InitKind.SYSTEMD, InitKind.IFUPDOWN),
    dns=(),
    hook_bypass=(),
    pptp=False,
)
"A Debian in a directory, with systemd and ifupdown."


@dataclass(frozen=True)
class Case:
    """One spec on one kind of host."""

    tunnels: tuple[Tunnel, ...]
    passwords: Mapping[str, str]
    facts: Facts | None = FACTS
    "None: the case is for every system, as its profile says that it is."
    beside: InitKind | None = None
    "Only for systems that have this init kind, but not as the first."

    def on(self, profile: Profile) -> tuple[tuple[Tunnel, ...], Facts, Programs]:
        """What is rendered for *profile*: without encryption where there is none, and without the bundled
        engine where netifd runs pppd."""
        target = system_of(profile)
        tunnels = self.tunnels
        if not profile.modules.mppe:
            tunnels = tuple(replace(each, encryption=Encryption.NONE) for each in tunnels)
        if profile.uci is not None:
            tunnels = tuple(replace(each, engine=Engine.SYSTEM) for each in tunnels)
        return tunnels, self.facts or target.facts, Programs(target.programs.python, ENGINE)

    def is_for(self, profile: str) -> bool:
        """Whether there is a tree of it for *profile*: the system must be able to carry the tunnels."""
        if self.facts is not None and profile not in IN_DETAIL:
            return False
        if self.beside not in (None, *(each.kind for each in load_profile(profile).init[1:])):
            return False
        try:
            return bool(self.artifacts(profile))
        except UnsupportedError:
            return False

    def artifacts(self, profile: str, lacking: frozenset[str] | None = None) -> tuple[Artifact, ...]:
        """What is rendered; *lacking*: for a pppd without these options."""
        secrets = {name: Secret(text) for name, text in self.passwords.items()}
        found = load_profile(profile)
        tunnels, facts, programs = self.on(found)
        if lacking is not None:
            facts = replace(facts, lacking_options=lacking)
        return render(Spec(tunnels), found, facts, secrets, programs=programs)


def _everywhere(tunnel: Tunnel, password: str) -> Case:
    return Case((tunnel,), {tunnel.name: password}, facts=None)


EVERYWHERE: Mapping[str, Case] = {
    "plain": _everywhere(WORK, "correct horse"),
    "domain-login": _everywhere(replace(WORK, domain="CORP", username="tom"), "pass word"),
    "all-to-tunnel": _everywhere(
        replace(WORK, server="203.0.113.9", mode=Mode.ALL_TO_TUNNEL, routes=()), "secret"
    ),
    "lan-to-lan": _everywhere(replace(WORK, mode=Mode.LAN_TO_LAN), "secret"),
    "demand": _everywhere(replace(WORK, demand=Demand(idle=600)), "secret"),
    "c-engine": _everywhere(replace(WORK, engine=Engine.SYSTEM), "secret"),
    "at-boot": _everywhere(replace(WORK, on_boot=True), "secret"),
}
"What every system can be asked for."

# Who starts a tunnel where it is not the first choice.
BESIDE: Mapping[str, Case] = {
    f"init-{kind.value}": Case(
        (replace(WORK, on_boot=kind is not InitKind.NETWORKMANAGER, init=Init(kind.value)),),
        {"work": "secret"},
        facts=None,
        beside=kind,
    )
    for kind in InitKind
}

CASES: Mapping[str, Case] = {
    **EVERYWHERE,
    **BESIDE,
    "nasty-password": Case(
        (replace(WORK, domain="CORP", username="tom"),), {"work": "\"'\\ # $(id) `id` %i \u00e9\u00ff \\"}
    ),
    "password-like-a-file": Case(
        (
            replace(
                WORK, authentication=(Authentication.PAP, Authentication.CHAP), encryption=Encryption.NONE
            ),
        ),
        {"work": "@/etc/hostname"},
    ),
    "all-to-tunnel-dns": Case(
        (
            replace(
                WORK,
                server="203.0.113.9",
                password=PasswordSource("env", "VPN_PASSWORD"),
                mode=Mode.ALL_TO_TUNNEL,
                routes=(),
                dns=Dns(
                    from_peer=True,
                    servers=(IPv4Address("192.168.7.10"),),
                    domains=("corp.example", "lan"),
                ),
            ),
        ),
        {"work": "secret"},
    ),
    "on-boot-systemd": Case((replace(WORK, on_boot=True),), {"work": "secret"}),
    "old-pppd": Case(
        (WORK,), {"work": "secret"}, replace(FACTS, lacking_options=lacking("2.4.7", WRITTEN_OPTIONS))
    ),
    "demand-dns": Case(
        (
            replace(WORK, demand=Demand(idle=600), dns=Dns(from_peer=True)),
            replace(
                WORK,
                name="all",
                server="203.0.113.9",
                mode=Mode.ALL_TO_TUNNEL,
                routes=(),
                demand=Demand(idle=90),
                init=Init.IFUPDOWN,
            ),
        ),
        {"work": "secret", "all": "secret"},
    ),
    "ifupdown": Case((replace(WORK, on_boot=True, init=Init.IFUPDOWN),), {"work": "secret"}),
    "networkmanager": Case(
        (
            replace(
                WORK,
                domain="CORP",
                username="tom",
                init=Init.NETWORKMANAGER,
                dns=Dns(from_peer=True, domains=("corp.example",)),
            ),
            replace(
                WORK,
                name="all",
                init=Init.NETWORKMANAGER,
                engine=Engine.SYSTEM,
                mode=Mode.ALL_TO_TUNNEL,
                routes=(),
                dns=Dns(servers=(IPv4Address("192.168.7.10"), IPv4Address("192.168.7.11"))),
                encryption=Encryption.REQUIRED_40,
                password=PasswordSource("env", "VPN_PASSWORD"),
            ),
        ),
        {"work": " \"'\\ ;# secret ", "all": "two"},
    ),
    "manual-c-engine": Case(
        (replace(WORK, engine=Engine.SYSTEM, mode=Mode.INTERFACE_ONLY, routes=(), mtu=1300),),
        {"work": "secret"},
        replace(FACTS, init=()),
    ),
    "passwordfd": Case(
        (
            replace(WORK, password_delivery=Delivery.PASSWORDFD),
            replace(
                WORK,
                name="sealed",
                demand=Demand(idle=600),
                password=PasswordSource("encrypted_credential", "pptp-sealed"),
                password_delivery=Delivery.PASSWORDFD,
            ),
        ),
        {"work": "p\u00e4ssword"},
    ),
    "lan-to-lan-masquerade": Case(
        (replace(WORK, mode=Mode.LAN_TO_LAN, masquerade=True),),
        {"work": "secret"},
    ),
    "pppd-options": Case(
        (
            replace(
                WORK,
                pppd_options=(
                    ("debug",),
                    ("lcp-max-failure", "20"),
                    ("active-filter", "outbound and not icmp"),
                ),
            ),
        ),
        {"work": "secret"},
    ),
    "dialled-once-or-thrice": Case(
        (
            replace(WORK, persist=False),
            replace(WORK, name="thrice", reconnect_attempts=3),
            replace(WORK, name="packet", reconnect_attempts=3, demand=Demand(idle=600)),
        ),
        {"work": "secret", "thrice": "secret", "packet": "secret"},
    ),
    "three-tunnels": Case(
        (
            WORK,
            replace(
                WORK,
                name="my-vpn.2",
                server="198.51.100.7",
                encryption=Encryption.REQUIRED_40,
                dns=Dns(from_peer=True),
                password=PasswordSource("file", "/etc/pptpsetup/secrets/my-vpn.2"),
            ),
            replace(WORK, name="home", init=Init.IFUPDOWN, password=PasswordSource("env", "HOME_PASSWORD")),
        ),
        {"work": "one", "my-vpn.2": "two", "home": "three"},
    ),
}


def pairs() -> list[tuple[str, str]]:
    """Every profile and case that there is a tree for."""
    return [(profile, name) for profile in PROFILES for name, case in CASES.items() if case.is_for(profile)]


def listing(artifacts: Sequence[Artifact]) -> str:
    """One line per artifact: what git does not keep of it."""
    return "".join(f"{_described(each)}\n" for each in artifacts)


def _described(artifact: Artifact) -> str:
    if isinstance(artifact, LinkArtifact):
        return f"link {artifact.path} -> {artifact.target}"
    if isinstance(artifact, DirectoryArtifact):
        return f"directory {_access(artifact.access)} {artifact.path}"
    marks = " secret" if artifact.secret else ""
    if isinstance(artifact, FileArtifact):
        return f"file {_access(artifact.access)} {artifact.path}{marks}{' user' * artifact.user_owned}"
    return f"{artifact.kind} {_access(artifact.access)} {artifact.path}{marks}"


def _access(access: Access) -> str:
    return f"{access.mode:04o} {access.owner}:{access.group}"


def contents(artifacts: Sequence[Artifact]) -> dict[str, bytes]:
    """Path in the tree and content of every file; a shared one as it is without others' lines."""
    found = {}
    for each in artifacts:
        if isinstance(each, FileArtifact):
            found[each.path.lstrip("/")] = each.content
        elif isinstance(each, SharedArtifact):
            found[each.path.lstrip("/")] = MERGERS[each.kind](b"", each.lines)
    return found


def stored(profile: str, case: str) -> dict[str, bytes]:
    """What :func:`contents` gave when the tree was last written, with the listing as one more file."""
    folder = GOLDEN / profile / case
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def expected(profile: str, case: str) -> dict[str, bytes]:
    """What the tree should hold now."""
    artifacts = CASES[case].artifacts(profile)
    return {LISTING: listing(artifacts).encode(), **contents(artifacts)}
