"""The set of files as a whole: which ones, whose, and never more than was meant."""

import sys
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.facts import Facts
from pptpsetup.distro.kinds import DnsKind, HookKind, InitKind, Routing
from pptpsetup.distro.profile import DnsMethod
from pptpsetup.errors import InternalError, SpecError
from pptpsetup.grammar import secrets as secrets_grammar
from pptpsetup.render import places
from pptpsetup.render.artifact import (
    Artifact,
    DirectoryArtifact,
    FileArtifact,
    LinkArtifact,
    SharedArtifact,
)
from pptpsetup.render.hooks.choice import down_script, hook_files
from pptpsetup.render.programs import installed
from pptpsetup.render.shared import MERGERS
from pptpsetup.render.tunnels import render
from pptpsetup.resources import engine_main
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
from pptpsetup.spec.secret import Secret, secret_file
from tests.golden.cases import FACTS, PROGRAMS, WORK
from tests.pptpsetup.render.dispatchers import SYSTEMS

DEBIAN = load_profile("debian")


def _render(*tunnels: Tunnel, text: str = "secret") -> dict[str, Artifact]:
    passwords = {each.name: Secret(text) for each in tunnels}
    return {each.path: each for each in render(Spec(tunnels), DEBIAN, FACTS, passwords, programs=PROGRAMS)}


def test_an_empty_spec_needs_no_files() -> None:
    assert render(Spec(()), DEBIAN, FACTS, {}) == ()


def test_a_password_that_nobody_gave_is_our_fault() -> None:
    with pytest.raises(InternalError, match="work"):
        render(Spec((WORK,)), DEBIAN, FACTS, {}, programs=PROGRAMS)


def test_our_programs_are_named_by_absolute_paths() -> None:
    assert installed().engine_command == (sys.executable, "-I", "-S", str(engine_main()))


def test_our_own_places_agree_with_the_specs() -> None:
    assert secret_file("work") == f"{places.SECRETS_DIRECTORY}/work"


@pytest.mark.parametrize(
    ("methods", "files"),
    [
        ((Authentication.MSCHAP_V2,), {"chap"}),
        ((Authentication.PAP,), {"pap"}),
        ((Authentication.CHAP, Authentication.PAP), {"chap", "pap"}),
    ],
)
def test_the_password_is_where_the_methods_look(
    methods: tuple[Authentication, ...], files: set[str]
) -> None:
    paths = _render(replace(WORK, authentication=methods))
    assert {each for each in ("chap", "pap") if f"/etc/ppp/{each}-secrets" in paths} == files


def test_one_shared_artifact_has_the_lines_of_all_tunnels_in_the_specs_order() -> None:
    shared = _render(WORK, replace(WORK, name="home"))["/etc/ppp/chap-secrets"]
    assert isinstance(shared, SharedArtifact)
    assert [secrets_grammar.ours(line) for line in shared.lines] == ["work", "home"]


def test_the_password_file_is_written_only_when_it_is_ours() -> None:
    for source in (
        PasswordSource("file", "/root/pw"),
        PasswordSource("env", "PW"),
        PasswordSource("command", ("a", "b")),
    ):
        assert secret_file("work") not in _render(replace(WORK, password=source))
    assert secret_file("work") in _render(WORK)


def test_a_password_like_a_file_gets_a_file() -> None:
    found = _render(WORK, text="@/etc/hostname")
    shared, indirect = found["/etc/ppp/chap-secrets"], found["/etc/pptpsetup/secrets/work.pppd"]
    assert isinstance(shared, SharedArtifact)
    assert isinstance(indirect, FileArtifact)
    assert b"hostname" not in shared.lines[0]
    assert (indirect.content, indirect.access.mode, indirect.secret) == (b'"@/etc/hostname"\n', 0o600, True)


def test_a_password_that_pppd_cannot_hash_is_refused() -> None:
    with pytest.raises(SpecError, match="Latin-1"):
        _render(WORK, text="\u20ac")


def test_two_tunnels_that_need_one_path_are_refused() -> None:
    other = replace(WORK, name="work.pppd", password=PasswordSource("file", secret_file("work.pppd")))
    with pytest.raises(SpecError, match=r"work\.pppd"):
        _render(WORK, other, text="@/etc/hostname")


def test_no_password_is_in_a_file_that_is_not_marked_secret() -> None:
    found = _render(WORK, replace(WORK, name="home", password=PasswordSource("env", "PW")), text="Sesame7")
    for each in found.values():
        if isinstance(each, FileArtifact) and not each.secret:
            assert b"Sesame7" not in each.content
        if isinstance(each, (FileArtifact, SharedArtifact)) and each.secret:
            assert each.access.mode == 0o600


def test_merging_and_taking_out_leaves_others_bytes() -> None:
    shared = _render(WORK)["/etc/ppp/chap-secrets"]
    assert isinstance(shared, SharedArtifact)
    merge = MERGERS[shared.kind]
    old = b"# theirs\n\n* * x *\nno newline"
    assert merge(merge(old, shared.lines), ()) == old
    assert shared.lines[0] in merge(old, shared.lines)


NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,20}", fullmatch=True)
PRINTABLE = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_categories=["Cc"]), min_size=1
)
HOSTS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z]{2,5})?", fullmatch=True)

ROUTED = {Mode.CLIENT_TO_LAN, Mode.LAN_TO_LAN}


@st.composite
def tunnels(draw: st.DrawFn, name: str) -> Tunnel:
    mode = draw(st.sampled_from(Mode))
    network = st.integers(0, 2**24 - 1).map(lambda number: IPv4Network((number << 8, 24)))
    return Tunnel(
        name=name,
        server=draw(HOSTS | st.ip_addresses(v=4).map(str)),
        username=draw(PRINTABLE),
        domain=draw(st.none() | PRINTABLE.filter(lambda text: len(text) < 50)),
        password=draw(
            st.sampled_from([PasswordSource("file", secret_file(name)), PasswordSource("env", "PW")])
        ),
        encryption=draw(st.sampled_from(Encryption)),
        authentication=tuple(draw(st.sets(st.sampled_from(Authentication), min_size=1))),
        mode=mode,
        routes=tuple(draw(st.lists(network, max_size=3))) if mode in ROUTED else (),
        masquerade=mode is Mode.LAN_TO_LAN and draw(st.booleans()),
        dns=Dns(
            from_peer=draw(st.booleans()),
            servers=tuple(
                draw(st.lists(st.ip_addresses(v=4).map(lambda each: IPv4Address(int(each))), max_size=2))
            ),
            domains=tuple(draw(st.lists(HOSTS, max_size=2))),
        ),
        mtu=draw(st.integers(296, 1460)),
        lcp_echo=LcpEcho(draw(st.integers(1, 300)), draw(st.integers(1, 20))),
        reconnect_delay=draw(st.integers(1, 3600)),
        on_boot=draw(st.booleans()),
        init=draw(st.sampled_from([Init.AUTO, Init.SYSTEMD, Init.IFUPDOWN])),
        engine=draw(st.sampled_from(Engine)),
    )


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    return Spec(tuple(draw(tunnels(name)) for name in names))


def _declared(name: str) -> dict[str, int]:
    """Every path that a tunnel may ever need, and the widest mode it may have."""
    return {
        f"/etc/ppp/peers/{name}": 0o640,
        f"/etc/pptpsetup/secrets/{name}": 0o600,
        f"/etc/pptpsetup/secrets/{name}.pppd": 0o600,
        f"/etc/systemd/system/pptp@{name}.service.d": 0o755,
        f"/etc/systemd/system/pptp@{name}.service.d/10-pptpsetup.conf": 0o644,
        f"/etc/systemd/system/multi-user.target.wants/pptp@{name}.service": 0o777,
        f"/etc/network/interfaces.d/pptp-{name}": 0o644,
    }


SHARED = {
    "/etc/ppp/chap-secrets": 0o600,
    "/etc/ppp/pap-secrets": 0o600,
    "/etc/ppp/ip-up.d/50pptpsetup": 0o755,
    "/etc/ppp/ip-down.d/50pptpsetup": 0o755,
    "/etc/systemd/system/pptp@.service": 0o644,
    "/etc/systemd/system/pptpsetup-recover.service": 0o644,
    "/etc/systemd/system/multi-user.target.wants/pptpsetup-recover.service": 0o777,
    "/etc/pptpsetup": 0o755,
    "/etc/pptpsetup/secrets": 0o700,
    "/etc/ppp/peers": 0o2750,
    "/etc/ppp/ip-up.d": 0o755,
    "/etc/ppp/ip-down.d": 0o755,
    "/etc/systemd/system": 0o755,
    "/etc/systemd/system/multi-user.target.wants": 0o755,
    "/etc/network/interfaces.d": 0o755,
}


def _render_or_refuse(spec: Spec, facts: Facts, passwords: dict[str, Secret]) -> tuple[Artifact, ...]:
    """Nothing for what pppd cannot be told: a login that it would cut, or take for "anybody"."""
    try:
        return render(spec, DEBIAN, facts, passwords, programs=PROGRAMS)
    except SpecError as error:
        if {each.code for each in error.diagnostics} <= {"unquotable-ppp", "wildcard-name"}:
            return ()
        raise


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    spec=specs(),
    password=st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), min_size=1, max_size=100)
    | st.text(max_size=20).map(lambda text: "@/" + "".join(each for each in text if 0 < ord(each) < 256)),
    inits=st.sampled_from([(InitKind.SYSTEMD, InitKind.IFUPDOWN), (InitKind.IFUPDOWN,)]),
)
def test_any_valid_spec_gives_declared_files_with_declared_modes(
    spec: Spec, password: str, inits: tuple[InitKind, ...]
) -> None:
    passwords = {each.name: Secret(password) for each in spec.tunnels}
    facts = replace(FACTS, init=inits)
    found = _render_or_refuse(spec, facts, passwords)
    assert found == _render_or_refuse(spec, facts, passwords)
    assert [each.path for each in found] == sorted({each.path for each in found})
    allowed = dict(SHARED)
    for tunnel in spec.tunnels:
        allowed.update(_declared(tunnel.name))
    for each in found:
        assert each.path in allowed
        if isinstance(each, LinkArtifact):
            unit = "pptpsetup-recover" if each.path.endswith("-recover.service") else "pptp@"
            assert each.target == f"/etc/systemd/system/{unit}.service"
            continue
        assert each.access.mode & ~allowed[each.path] == 0
        assert each.access.owner == "root"
        assert not each.access.mode & 0o022 or isinstance(each, DirectoryArtifact)
        if isinstance(each, FileArtifact):
            assert each.content.endswith(b"\n")


WAYS = {
    "/etc/pptpsetup/ip-up": 0o755,
    "/etc/pptpsetup/ip-down": 0o755,
    "/etc/pptpsetup/link-up": 0o755,
    "/etc/pptpsetup/link-down": 0o755,
    "/etc/ppp/ip-up.local": 0o755,
    "/etc/ppp/ip-down.local": 0o755,
    "/etc/ppp/ip-up": 0o755,
    "/etc/ppp/ip-down": 0o755,
    "/etc/ppp/ip-up.d/50-pptpsetup": 0o755,
    "/etc/ppp/ip-down.d/50-pptpsetup": 0o755,
    "/etc/ppp/ip-up.d/50-pptpsetup.sh": 0o755,
    "/etc/ppp/ip-down.d/50-pptpsetup.sh": 0o755,
}
"What the other kinds of hooks need, each some of it."


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    spec=specs(),
    kind=st.sampled_from(HookKind),
    routing=st.sampled_from(Routing),
    dns=st.lists(st.sampled_from(DnsKind), unique=True, max_size=4),
)
def test_any_valid_spec_gives_quoted_scripts_for_every_kind_of_hooks(
    spec: Spec, kind: HookKind, routing: Routing, dns: list[DnsKind]
) -> None:
    """Rendering stops at a value that nobody quoted; free text of the spec reaches no script."""
    methods = tuple(DnsMethod(each, ()) for each in dns)
    profile = replace(SYSTEMS[kind].profile, routing=routing, dns=methods)
    found = {each.path: each for each in hook_files(spec.tunnels, profile)}
    other = [replace(each, username="x", domain=None) for each in spec.tunnels]
    assert found == {each.path: each for each in hook_files(other, profile)}
    assert down_script(profile) in found
    for path, each in found.items():
        assert path in SHARED | WAYS
        assert not isinstance(each, LinkArtifact)
        assert each.access.mode & ~(SHARED | WAYS)[path] == 0
