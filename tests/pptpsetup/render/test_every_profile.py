"""Any valid spec, for every distribution: only declared files, with declared modes, and nothing unquoted."""

import subprocess
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.places import Permissions
from pptpsetup.distro.profile import Profile
from pptpsetup.errors import SpecError, UnsupportedError
from pptpsetup.grammar import pppword
from pptpsetup.render.artifact import Artifact, DirectoryArtifact, FileArtifact, LinkArtifact, SharedArtifact
from pptpsetup.render.matrix import system_of
from pptpsetup.render.shared import MERGERS
from pptpsetup.render.tunnels import render
from pptpsetup.spec.model import Demand, Init, Spec
from pptpsetup.spec.secret import Secret
from tests.golden.cases import CASES, PROFILES, PROGRAMS
from tests.pptpsetup.render.test_tunnels import specs
from tests.support import need

pytestmark = pytest.mark.exhaustive

PASSWORD = "Tr0ub4dor&3 'x'"
FEW = settings(
    max_examples=12,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


SPECS = st.tuples(specs(), st.none() | st.builds(Demand, st.integers(1, 3600))).map(
    lambda pair: Spec(tuple(replace(each, demand=pair[1]) for each in pair[0].tunnels))
)


def _plain(profile: Profile) -> Spec:
    """What *profile* can carry for certain, so that something is looked at for each."""
    return Spec(CASES["plain"].on(profile)[0])


def _rendered(profile: Profile, spec: Spec, password: str = PASSWORD) -> tuple[Artifact, ...]:
    """Nothing where the system cannot carry it, or a grammar cannot say it; both are told."""
    target = system_of(profile)
    passwords = {each.name: Secret(password) for each in spec.tunnels}
    tunnels = tuple(replace(each, init=Init.AUTO) for each in spec.tunnels)
    try:
        return render(Spec(tunnels), profile, target.facts, passwords, programs=PROGRAMS)
    except (UnsupportedError, SpecError):
        return ()


def _values(value: object) -> Iterator[object]:
    if is_dataclass(value) and not isinstance(value, type):
        yield value
        for each in fields(value):
            yield from _values(getattr(value, each.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from _values(each)
    else:
        yield value


def _declared(profile: Profile) -> list[tuple[tuple[str, ...], int]]:
    """Places that each part of the profile names, and all that anything there may be allowed."""
    found: list[tuple[tuple[str, ...], int]] = []
    for each in fields(Profile):
        part = getattr(profile, each.name)
        if not is_dataclass(part):
            continue
        values = list(_values(part))
        paths = tuple(value for value in values if isinstance(value, str) and value.startswith("/"))
        modes = [value.mode for value in values if isinstance(value, Permissions)]
        mode = 0
        for each_mode in modes:
            mode |= each_mode
        # Hooks that are read, not run, call scripts of ours.
        found.append((paths, mode | (0o755 if part is profile.hooks else 0)))
    if profile.hooks.pre_up is not None and profile.hooks.pre_up.count("/") > 3:
        # The directory of that one script, unless it is /etc/ppp.
        found.append(((str(PurePosixPath(profile.hooks.pre_up).parent),), 0o755))
    found.append((("/etc/pptpsetup/secrets",), 0o700))
    found.append((("/etc/pptpsetup",), 0o755))
    return found


def _allowed(path: str, declared: list[tuple[tuple[str, ...], int]]) -> int:
    """What may be allowed at *path*, by the longest place that holds it."""
    fitting = [
        (len(place), mode)
        for places, mode in declared
        for place in places
        if path == place or path.startswith(f"{place}/")
    ]
    assert fitting, f"{path} is nowhere that the profile names"
    longest = max(length for length, _ in fitting)
    allowed = 0
    for length, mode in fitting:
        allowed |= mode if length == longest else 0
    return allowed


@pytest.mark.parametrize("profile_id", PROFILES)
def test_only_declared_files_with_declared_modes(profile_id: str) -> None:
    profile = load_profile(profile_id)
    declared = _declared(profile)

    @FEW
    @given(SPECS)
    @example(_plain(profile))
    def check(spec: Spec) -> None:
        for each in _rendered(profile, spec):
            allowed = _allowed(each.path, declared)
            if isinstance(each, LinkArtifact):
                continue
            assert each.access.mode & ~allowed == 0, (each.path, oct(each.access.mode), oct(allowed))
            assert isinstance(each, DirectoryArtifact) or not each.access.mode & 0o022

    check()
    assert _rendered(profile, _plain(profile))


@pytest.mark.parametrize("profile_id", PROFILES)
def test_the_password_is_only_where_only_root_reads(profile_id: str) -> None:
    profile = load_profile(profile_id)

    @FEW
    @given(SPECS, st.from_regex(r"[A-Za-z0-9]{12}", fullmatch=True))
    @example(_plain(profile), "Tr0ub4dor3x1")
    def check(spec: Spec, password: str) -> None:
        for each in _rendered(profile, spec, password):
            content = b""
            if isinstance(each, FileArtifact):
                content = each.content
            elif isinstance(each, SharedArtifact):
                content = b"".join(each.lines)
            if password.encode() in content:
                assert isinstance(each, (FileArtifact, SharedArtifact))
                assert (each.secret, each.access.mode & 0o077) == (True, 0), each.path

    check()


@pytest.mark.parametrize("profile_id", PROFILES)
def test_pppd_reads_the_very_words_of_the_spec(profile_id: str) -> None:
    profile = load_profile(profile_id)

    @FEW
    @given(SPECS)
    @example(_plain(profile))
    def check(spec: Spec) -> None:
        files = {each.path: each for each in _rendered(profile, spec) if isinstance(each, FileArtifact)}
        for tunnel in spec.tunnels:
            file = files.get(f"{profile.peers.directory}/{tunnel.name}")
            if file is None:
                continue
            words = [word.value for word in pppword.words(file.content)]
            assert words[words.index(b"user") + 1] == tunnel.login.encode()
            assert words[words.index(b"mtu") + 1] == str(tunnel.mtu).encode()
            assert words.count(b"pty") == 1

    check()


@pytest.mark.host
@pytest.mark.parametrize("profile_id", PROFILES)
def test_every_script_is_one(profile_id: str, tmp_path: Path) -> None:
    """A shell parses whatever is rendered for it; a value that broke out would mostly be an error."""
    shell = need("dash", package="dash")
    profile = load_profile(profile_id)

    @settings(FEW, max_examples=4)
    @given(SPECS)
    @example(_plain(profile))
    def check(spec: Spec) -> None:
        for number, each in enumerate(_rendered(profile, spec)):
            content = b""
            if isinstance(each, FileArtifact):
                content = each.content
            elif isinstance(each, SharedArtifact) and "secret" not in each.kind and "uci" not in each.kind:
                content = MERGERS[each.kind](b"", each.lines)
            is_shell = (
                content.startswith((b"#!/bin/sh", b"#!/sbin/openrc-run")) or b"conf.d" in each.path.encode()
            )
            if content and is_shell:
                script = tmp_path / str(number)
                script.write_bytes(content)
                done = subprocess.run([shell, "-n", script], capture_output=True, check=False)
                assert done.returncode == 0, (each.path, done.stderr)

    check()
