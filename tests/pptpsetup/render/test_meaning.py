"""The tunnels that are read back from every profile's files are the spec's: nothing is lost or turned round.

They are read by the programs that will read them (`tests.oracle.meaning`) and by our own importer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.facts import Facts
from pptpsetup.distro.kinds import DnsKind
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import UnsupportedError
from pptpsetup.render.artifact import Artifact
from pptpsetup.render.init.choice import choose
from pptpsetup.render.matrix import system_of
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import (
    Authentication,
    Delivery,
    Demand,
    Dns,
    Encryption,
    Init,
    LcpEcho,
    Mode,
    Spec,
    Tunnel,
)
from pptpsetup.spec.secret import Secret
from tests.golden.cases import CASES, PROFILES, PROGRAMS, WORK, Case
from tests.oracle.meaning import Link, Start, keyfile, link, start, uci
from tests.oracle.pppd import Pppd
from tests.oracle.tree import Tree
from tests.pptpsetup.render.effects import PEER_DNS, Effector, Effects
from tests.pptpsetup.render.stage import Stage
from tests.pptpsetup.spec.importer.test_every_profile import tunnels as any_tunnel

pytestmark = pytest.mark.host

EVERYTHING = ("0.0.0.0/1", "128.0.0.0/1")
_MORE: Mapping[str, Tunnel] = {
    "names": replace(
        WORK,
        dns=Dns(from_peer=True, servers=(IPv4Address("192.168.7.10"),), domains=("corp.example", "lan")),
    ),
    "servers": replace(WORK, dns=Dns(servers=(IPv4Address("10.1.1.1"), IPv4Address("10.1.1.2")))),
    "numbers": replace(
        WORK, mtu=1234, lcp_echo=LcpEcho(interval=7, failure=9), reconnect_delay=77, on_boot=True
    ),
    "methods": replace(
        WORK,
        encryption=Encryption.NONE,
        authentication=(Authentication.PAP, Authentication.CHAP, Authentication.MSCHAP),
    ),
    "weak": replace(WORK, encryption=Encryption.REQUIRED_40),
    "login": replace(WORK, domain="Ärger & Co", username=r"o'tom \"x\" #1"),
    "networks": replace(
        WORK, routes=tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.5.4/32", "192.168.64.0/18")))
    ),
    "masquerade": replace(WORK, mode=Mode.LAN_TO_LAN, masquerade=True),
    "options": replace(WORK, pppd_options=(("debug",), ("lcp-max-failure", "20"), ("unit", "7"))),
    "on-demand-at-boot": replace(WORK, demand=Demand(idle=90), on_boot=True, reconnect_delay=33),
    "alone": replace(WORK, mode=Mode.INTERFACE_ONLY, routes=(), name="a-b_1"),
    "manual": replace(WORK, init=Init.MANUAL),
}
ALL: Mapping[str, Case] = {
    **CASES,
    **{
        name: Case((tunnel,), {tunnel.name: "Tr0ub4dor&3 'x' \\"}, facts=None)
        for name, tunnel in _MORE.items()
    },
}


def _pairs() -> list[tuple[str, str]]:
    return [(profile, name) for profile in PROFILES for name, case in ALL.items() if case.is_for(profile)]


PAIRS = _pairs()
LATIN_1 = st.characters(min_codepoint=1, max_codepoint=0xFF)
"What pppd can hash."


@pytest.fixture(scope="module")
def effector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Effector]:
    with Stage(tmp_path_factory.mktemp("stage")) as stage:
        yield Effector(stage)


class Check:
    """Asks everybody who reads the files of some tunnels what they say."""

    def __init__(self, pppd: Pppd, effector: Effector) -> None:
        self._pppd, self._effector = pppd, effector

    def __call__(
        self,
        profile: Profile,
        tunnels: Sequence[Tunnel],
        facts: Facts,
        artifacts: Iterable[Artifact],
        passwords: Mapping[str, str],
    ) -> None:
        tree = Tree.of(artifacts)
        with TemporaryDirectory() as folder:
            tree.lay(Path(folder))
            for tunnel in tunnels:
                init, password = choose(tunnel, facts), Secret(passwords.get(tunnel.name, ""))
                if init is Init.NETWORKMANAGER:
                    _networkmanager(tree, profile, tunnel, password)
                elif init is Init.UCI:
                    _uci(tree, profile, tunnel, password)
                else:
                    self._ours(tree, profile, tunnel, init, Path(folder))
                    _secrets(tree, profile, tunnel, password, self._pppd)

    def _ours(self, tree: Tree, profile: Profile, tunnel: Tunnel, init: Init, root: Path) -> None:
        dial = _link(self._pppd, tree.files[f"{profile.peers.directory}/{tunnel.name}"], profile.pptp)
        _dials(dial, tunnel)
        effects = self._effector.of(tree, profile, tunnel.name, dial.scripts)
        assert effects == _wanted(tunnel, profile)
        found = start(tree, profile, init.value, tunnel.name, dial.linkname, root)
        counted = init in {Init.SYSTEMD, Init.OPENRC, Init.RUNIT}
        assert found == Start(tunnel.on_boot, tunnel.reconnect_delay if counted else None)


@pytest.fixture(scope="module")
def check(pppd_oracle: Pppd, effector: Effector) -> Check:
    return Check(pppd_oracle, effector)


@pytest.mark.parametrize(("profile_id", "name"), PAIRS)
def test_the_programs_that_read_the_files_find_the_spec(profile_id: str, name: str, check: Check) -> None:
    profile, case = load_profile(profile_id), ALL[name]
    tunnels, facts, _ = case.on(profile)
    check(profile, tunnels, facts, case.artifacts(profile_id), case.passwords)


@pytest.mark.parametrize(
    "profile_id", ["debian", "fedora", "suse", "gentoo", "netbsd", "alpine", "void", "redhat"]
)
def test_they_find_any_spec(profile_id: str, check: Check) -> None:
    """One profile for each way of running hooks and starting tunnels."""
    profile = load_profile(profile_id)
    target = system_of(profile)
    carried = 0

    @settings(
        max_examples=4,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        any_tunnel(), st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), min_size=1, max_size=40)
    )
    def of(drawn: Tunnel, password: str) -> None:
        nonlocal carried
        tunnel = drawn if profile.modules.mppe else replace(drawn, encryption=Encryption.NONE)
        passwords = {tunnel.name: Secret(password)}
        try:
            artifacts = render(Spec((tunnel,)), profile, target.facts, passwords, programs=PROGRAMS)
        except UnsupportedError:
            return
        check(profile, (tunnel,), target.facts, artifacts, {tunnel.name: password})
        carried += 1

    of()
    assert carried > 0


_LINKS: dict[tuple[bytes, str], Link] = {}
"Peers files differ in comments from one profile to the next, and in little else."


def _link(pppd: Pppd, peers: bytes, engine: str) -> Link:
    lines = b"\n".join(line for line in peers.split(b"\n") if not line.startswith(b"#"))
    if (lines, engine) not in _LINKS:
        _LINKS[lines, engine] = link(pppd, peers, engine)
    return _LINKS[lines, engine]


def _dials(found: Link, tunnel: Tunnel) -> None:
    assert found.ipparam == f"pptpsetup-{tunnel.name}"
    assert (found.server, found.login) == (tunnel.server, tunnel.login.encode())
    assert found.engine == tunnel.engine.value
    assert found.encryption == tunnel.encryption.value
    assert found.authentication == {each.value for each in tunnel.authentication}
    assert (found.mtu, found.holdoff) == (tunnel.mtu, tunnel.reconnect_delay)
    assert found.echo == (tunnel.lcp_echo.interval, tunnel.lcp_echo.failure)
    assert found.idle == (tunnel.demand.idle if tunnel.demand else None)
    assert (found.persist, found.attempts) == (tunnel.persist, tunnel.reconnect_attempts)
    assert found.descriptor == (tunnel.password_delivery is Delivery.PASSWORDFD)
    assert found.from_peer == tunnel.dns.from_peer
    # Of some arguments the dump has no more than the option's name.
    assert {each.split()[0] for each in found.more} <= {each[0] for each in tunnel.pppd_options}


def _wanted(tunnel: Tunnel, profile: Profile) -> Effects:
    networks = {
        Mode.INTERFACE_ONLY: (),
        Mode.ALL_TO_TUNNEL: EVERYTHING,
    }.get(tunnel.mode, tuple(map(str, tunnel.routes)))
    servers = tuple(map(str, tunnel.dns.servers)) + ((PEER_DNS,) if tunnel.dns.from_peer else ())
    tells = [each.kind for each in profile.dns][:1] == [DnsKind.RESOLVECTL]
    domains = (tunnel.dns.domains or (".",)) if servers and tells else ()
    return Effects(
        networks=frozenset(networks),
        forwards=tunnel.mode is Mode.LAN_TO_LAN,
        masquerade=tunnel.masquerade,
        name_servers=servers,
        domains=domains,
        standby=frozenset(networks if tunnel.demand else ()),
    )


def _secrets(tree: Tree, profile: Profile, tunnel: Tunnel, password: Secret, pppd: Pppd) -> None:
    """pppd's own search; a password in a file of its own is read there."""
    methods = set(tunnel.authentication)
    files = {profile.secrets.chap} if methods - {Authentication.PAP} else set()
    files |= {profile.secrets.pap} if Authentication.PAP in methods else set()
    if tunnel.password_delivery is Delivery.PASSWORDFD:
        lines = [line for path in files for line in tree.files.get(path, b"").splitlines()]
        assert not [line for line in lines if tunnel.name.encode() in line.split()]
        own = tree.files.get(f"/etc/pptpsetup/secrets/{tunnel.name}.pppd")
        assert own == (None if tunnel.systemd_has_password else password.pppd_bytes())
        return
    for path in files:
        query = (tree.files[path], tunnel.login.encode(), tunnel.name.encode())
        (found,) = pppd.secrets([query])
        if password.reveal().startswith("@/"):
            place = f"/etc/pptpsetup/secrets/{tunnel.name}.pppd"
            assert place.encode() in tree.files[path]
            assert password.pppd_bytes() in tree.files[place]
        else:
            assert found == password.pppd_bytes()


def _networkmanager(tree: Tree, profile: Profile, tunnel: Tunnel, password: Secret) -> None:
    assert profile.networkmanager is not None
    found = keyfile(tree.files[f"{profile.networkmanager.directory}/{tunnel.name}.nmconnection"])
    vpn = {key.removeprefix("vpn."): value for key, value in found.items() if key.startswith("vpn.")}
    assert (vpn["gateway"], vpn["user"], vpn.get("domain")) == (
        tunnel.server,
        tunnel.username,
        tunnel.domain,
    )
    assert found["connection.id"] == tunnel.name
    assert found["connection.autoconnect"] == "false"
    assert found["vpn-secrets.password"] == password.reveal()
    refused = {key for key, value in vpn.items() if key.startswith("refuse-") and value == "yes"}
    allowed = {each for each in Authentication if f"refuse-{each.value.replace('-v2', 'v2')}" not in refused}
    assert allowed == set(tunnel.authentication)
    strengths = {key for key in vpn if key.startswith("require-mppe")}
    number = tunnel.encryption.value.rpartition("-")[2]
    assert strengths == (set() if tunnel.encryption is Encryption.NONE else {f"require-mppe-{number}"})
    echo = (vpn["lcp-echo-interval"], vpn["lcp-echo-failure"])
    assert echo == (str(tunnel.lcp_echo.interval), str(tunnel.lcp_echo.failure))
    assert ("ipv4.never-default" in found) == (tunnel.mode is not Mode.ALL_TO_TUNNEL)
    routes = {value for key, value in found.items() if key.startswith("ipv4.route")}
    assert routes == set(map(str, tunnel.routes))
    assert (found.get("ipv4.dns") or "").split(";")[:-1] == list(map(str, tunnel.dns.servers))
    assert ("ipv4.ignore-auto-dns" in found) == (not tunnel.dns.from_peer)
    domains = [f"~{each}" for each in tunnel.dns.domains or (".",)] if tunnel.dns.wanted else []
    assert (found.get("ipv4.dns-search") or "").split(";")[:-1] == domains


def _uci(tree: Tree, profile: Profile, tunnel: Tunnel, password: Secret) -> None:
    assert profile.uci is not None
    found = uci(tree.files[profile.uci.configuration])
    (options,) = (each for kind, name, each in found if kind == "interface" and name == tunnel.name)
    one = {key: values[0] for key, values in options.items()}
    assert one["proto"] == "pptp"
    assert (one["server"], one["username"]) == (tunnel.server, tunnel.login)
    assert one["password"] == password.reveal()
    assert one["auto"] == ("1" if tunnel.on_boot else "0")
    assert one["mtu"] == str(tunnel.mtu)
    assert one["keepalive"] == f"{tunnel.lcp_echo.failure} {tunnel.lcp_echo.interval}"
    assert one["defaultroute"] == ("1" if tunnel.mode is Mode.ALL_TO_TUNNEL else "0")
    assert one["peerdns"] == ("1" if tunnel.dns.from_peer else "0")
    assert options.get("dns", []) == list(map(str, tunnel.dns.servers))
    refused = set(one["pppd_options"].split())
    assert {each for each in Authentication if f"refuse-{each.value}" not in refused} == set(
        tunnel.authentication
    )
    routes = {
        str(IPv4Network(f"{each['target'][0]}/{each['netmask'][0]}"))
        for kind, _, each in found
        if kind == "route" and each["interface"] == [tunnel.name]
    }
    assert routes == set(map(str, tunnel.routes))


def test_every_profile_and_every_setting_is_among_them() -> None:
    assert {profile for profile, _ in PAIRS} == set(PROFILES)
    carried = [ALL[name].on(load_profile(profile))[0][0] for profile, name in PAIRS]
    assert {each.mode for each in carried} == set(Mode)
    assert {each.encryption for each in carried} == set(Encryption)
    assert {method for each in carried for method in each.authentication} == set(Authentication)
    inits = {_init(profile, name) for profile, name in PAIRS}
    assert inits == set(Init) - {Init.AUTO}


def _init(profile: str, name: str) -> Init:
    tunnels, facts, _ = ALL[name].on(load_profile(profile))
    return choose(tunnels[0], facts)
