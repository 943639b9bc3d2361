"""What a system cannot carry is refused with the reason and the nearest that works."""

from dataclasses import replace

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.kinds import HookKind, InitKind, Routing
from pptpsetup.errors import UnsupportedError
from pptpsetup.render.carry import cautions, obstacles, require_carried
from pptpsetup.render.hooks.choice import MECHANISMS
from pptpsetup.render.init.choice import KINDS
from pptpsetup.render.matrix import system_of
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Demand, Encryption, Engine, Init, Mode
from tests.golden.cases import FACTS, PROGRAMS, WORK

DEBIAN = load_profile("debian")
TARGET = Target(DEBIAN, FACTS, PROGRAMS)
WITHOUT_MPPE = replace(
    TARGET,
    profile=replace(
        DEBIAN, modules=replace(DEBIAN.modules, mppe=(), no_mppe_because="its kernel has no MPPE")
    ),
)
RESERVED = replace(TARGET, profile=replace(DEBIAN, peers=replace(DEBIAN.peers, reserved=("work",))))


def test_a_system_that_can_do_everything_objects_to_nothing() -> None:
    assert obstacles([WORK], TARGET) == ()
    require_carried([WORK], TARGET)


def test_a_pppd_that_no_tunnel_can_be_told_to() -> None:
    profile = load_profile("suse-linux")
    oldest, *others = (system_of(profile, each) for each in profile.releases)
    (found,) = obstacles((replace(WORK, encryption=Encryption.NONE),), oldest)
    assert found.code == "pppd-too-old"
    assert [obstacles((WORK,), each) for each in others] == [(), ()]


def test_encryption_where_the_kernel_has_none() -> None:
    (found,) = obstacles([WORK], WITHOUT_MPPE)
    assert (found.code, found.why) == ("profile-without-mppe", "its kernel has no MPPE")
    assert "--no-encrypt" in str(found.hint)
    assert obstacles([replace(WORK, encryption=Encryption.NONE)], WITHOUT_MPPE) == ()


@pytest.mark.parametrize(
    ("running", "set_up", "words"),
    [(True, True, "FIPS mode"), (False, True, "which this system is set up for")],
)
def test_fips_is_told_of_encrypted_tunnels(running: bool, set_up: bool, words: str) -> None:
    target = replace(TARGET, facts=replace(FACTS, fips=running, fips_set_up=set_up))
    (found,) = cautions([WORK, replace(WORK, name="open", encryption=Encryption.NONE)], target)
    assert found.code == "fips-mode"
    assert found.message.startswith("tunnel work cannot be encrypted in FIPS mode")
    assert words in found.message
    assert cautions([WORK], TARGET) == ()


@pytest.mark.parametrize(
    ("profile", "init", "code", "attempts_only"),
    [
        ("gentoo", Init.NETIFRC, "netifrc-redialling", False),
        ("openwrt", Init.UCI, "uci-redialling", False),
        ("debian", Init.NETWORKMANAGER, "networkmanager-attempts", True),
    ],
)
def test_an_end_to_dialling_where_somebody_else_dials(
    profile: str, init: Init, code: str, attempts_only: bool
) -> None:
    target = replace(TARGET, profile=load_profile(profile))
    tunnel = replace(WORK, init=init, engine=Engine.SYSTEM)
    assert obstacles([tunnel], target) == ()
    (found,) = obstacles([replace(tunnel, reconnect_attempts=3)], target)
    assert found.code == code
    assert "reconnect_attempts" in str(found.hint)
    others = obstacles([replace(tunnel, persist=False)], target)
    assert [each.code for each in others] == ([] if attempts_only else [code])


def test_a_name_that_the_distribution_uses() -> None:
    (found,) = obstacles([WORK, replace(WORK, name="other")], RESERVED)
    assert found.code == "reserved-name"
    assert "/etc/ppp/peers/work" in str(found.why)


def test_an_init_system_that_is_not_used_there() -> None:
    (found,) = obstacles(
        [replace(WORK, init=Init.IFUPDOWN)], replace(TARGET, profile=replace(DEBIAN, ifupdown=None))
    )
    assert (found.code, found.message) == (
        "init-unknown",
        "Debian GNU/Linux does not use ifupdown, which tunnel work is for",
    )
    assert str(found.hint).startswith("set init to one of auto, systemd")


def test_every_kind_that_a_profile_can_name_is_written() -> None:
    assert {each.value for each in KINDS} == {Init.MANUAL.value, *(each.value for each in InitKind)}
    assert set(MECHANISMS) == set(HookKind)


def test_starting_by_hand_works_everywhere() -> None:
    assert obstacles([replace(WORK, init=Init.MANUAL)], TARGET) == ()


@pytest.mark.parametrize("profile", ["freebsd", "openbsd"])
def test_a_refused_system_has_one_reason_for_everything(profile: str) -> None:
    refused = replace(TARGET, profile=load_profile(profile))
    (found,) = obstacles([replace(WORK, name="pptp")], refused)
    assert (found.code, found.why) == ("profile-refused", load_profile(profile).because)


def test_masquerading_is_no_business_of_ours_where_npf_is() -> None:
    tunnel = replace(WORK, mode=Mode.LAN_TO_LAN, masquerade=True)
    netbsd = replace(TARGET, profile=replace(DEBIAN, routing=Routing.ROUTE))
    (found,) = obstacles([tunnel], netbsd)
    assert found.code == "masquerade-unsupported"
    assert "npf.conf" in str(found.hint)
    assert obstacles([replace(tunnel, masquerade=False)], netbsd) == obstacles([tunnel], TARGET) == ()


def test_forwarding_is_left_to_nobody_who_does_not_do_it() -> None:
    """An init system that configures pppd itself does not run our hooks."""
    tunnel = replace(WORK, mode=Mode.LAN_TO_LAN)
    (found,) = obstacles([replace(tunnel, init=Init.NETWORKMANAGER), WORK, tunnel], TARGET)
    assert found.code == "lan-to-lan-unsupported"


def test_networkmanager_takes_no_options_of_pppd() -> None:
    tunnel = replace(WORK, init=Init.NETWORKMANAGER, pppd_options=(("debug",),))
    (found,) = obstacles([tunnel], TARGET)
    assert found.code == "networkmanager-pppd-options"
    assert obstacles([replace(tunnel, init=Init.SYSTEMD)], TARGET) == ()


def test_all_reasons_are_told_at_once() -> None:
    both = replace(RESERVED, profile=replace(WITHOUT_MPPE.profile, peers=RESERVED.profile.peers))
    with pytest.raises(UnsupportedError) as caught:
        require_carried([WORK, replace(WORK, name="other")], both)
    assert [each.code for each in caught.value.diagnostics] == [
        "profile-without-mppe",
        "reserved-name",
        "profile-without-mppe",
    ]


ON_DEMAND = replace(WORK, demand=Demand(idle=60))


def test_dialling_on_demand_where_no_route_can_be_there_before_the_call() -> None:
    assert obstacles([ON_DEMAND], TARGET) == ()
    without = replace(TARGET, profile=replace(DEBIAN, hooks=replace(DEBIAN.hooks, pre_up=None)))
    (found,) = obstacles([WORK, ON_DEMAND], without)
    assert found.code == "demand-unsupported"
    assert "--demand 0s" in str(found.hint)


@pytest.mark.parametrize("init", [Init.NETWORKMANAGER, Init.UCI])
def test_dialling_on_demand_where_others_run_pppd(init: Init) -> None:
    target = replace(TARGET, profile=replace(DEBIAN, uci=load_profile("openwrt").uci))
    found = {each.code: each.why for each in obstacles([replace(ON_DEMAND, init=init)], target)}
    assert found["demand-unsupported"] == f"{init.value} runs pppd itself, with options of its own"
