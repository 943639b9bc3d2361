"""What the golden trees are made from, and how artifacts become a tree that git can keep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.facts import Facts, Known
from pptpsetup.distro.kinds import InitKind
from pptpsetup.render.artifact import (
    Access,
    Artifact,
    DirectoryArtifact,
    FileArtifact,
    LinkArtifact,
    SharedArtifact,
)
from pptpsetup.render.programs import Programs
from pptpsetup.render.shared import MERGERS
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import (
    Authentication,
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
PROFILES = ("debian", "ubuntu")
PROGRAMS = Programs("/usr/bin/python3", "/usr/lib/python3/dist-packages/pptpengine/__main__.py")
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
    systemd_running=False,
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
    facts: Facts = FACTS

    def artifacts(self, profile: str) -> tuple[Artifact, ...]:
        secrets = {name: Secret(text) for name, text in self.passwords.items()}
        return render(Spec(self.tunnels), load_profile(profile), self.facts, secrets, programs=PROGRAMS)


CASES: Mapping[str, Case] = {
    "plain": Case((WORK,), {"work": "correct horse"}),
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
        (WORK,), {"work": "secret"}, replace(FACTS, lacking_options=frozenset({"up_sdnotify"}))
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
