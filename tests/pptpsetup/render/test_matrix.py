"""What a tunnel meets on every profile, by rendering it there."""

from dataclasses import replace

import pytest

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.kinds import Standing
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.matrix import example, judge
from pptpsetup.spec.model import Encryption, Init
from tests.golden.cases import WORK


@pytest.mark.parametrize("profile", profile_ids())
def test_a_verdict_is_what_rendering_does(profile: str) -> None:
    """No obstacle: there are files. Else it is of a known sort, and a refused system has one only."""
    found = load_profile(profile)
    verdict = judge(WORK, found)
    if not verdict.obstacles:
        assert any(path.path.startswith("/etc/") for path in example(WORK, found))
        return
    codes = [each.code for each in verdict.obstacles]
    if found.standing is Standing.REFUSED:
        assert codes == ["profile-refused"]
    else:
        allowed = {"init-unsupported", "hooks-unsupported", "profile-without-mppe", "uci-engine"}
        assert set(codes) <= allowed


def test_the_first_init_of_the_profile_is_expected() -> None:
    assert judge(WORK, load_profile("debian")).init == "systemd"
    assert judge(WORK, load_profile("devuan")).init == "ifupdown"
    assert judge(WORK, load_profile("knoppix")).init == "manual"
    assert judge(replace(WORK, init=Init.IFUPDOWN), load_profile("debian")).init == "ifupdown"


def test_what_only_rendering_finds_is_a_verdict_too() -> None:
    (found,) = judge(replace(WORK, on_boot=True), load_profile("knoppix")).obstacles
    assert found.code == "no-init"


def test_encryption_is_judged_by_the_profile() -> None:
    netbsd = load_profile("netbsd")
    codes = [
        {each.code for each in judge(replace(WORK, encryption=encryption), netbsd).obstacles}
        for encryption in (Encryption.REQUIRED_128, Encryption.NONE)
    ]
    assert ["profile-without-mppe" in each for each in codes] == [True, False]


def test_the_engine_is_run_by_the_interpreter_of_the_newest_release() -> None:
    (peers,) = (
        each
        for each in example(WORK, load_profile("debian"))
        if isinstance(each, FileArtifact) and each.path == "/etc/ppp/peers/work"
    )
    assert b"/usr/bin/python3 -I -S /usr/lib/pptpsetup" in peers.content
