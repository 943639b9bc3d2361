"""What a system cannot carry is refused with the reason and the nearest that works."""

from dataclasses import replace

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.errors import UnsupportedError
from pptpsetup.render.carry import obstacles, require_carried
from pptpsetup.render.target import Target
from pptpsetup.spec.model import Encryption
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


def test_encryption_where_the_kernel_has_none() -> None:
    (found,) = obstacles([WORK], WITHOUT_MPPE)
    assert (found.code, found.why) == ("profile-without-mppe", "its kernel has no MPPE")
    assert "--no-encrypt" in str(found.hint)
    assert obstacles([replace(WORK, encryption=Encryption.NONE)], WITHOUT_MPPE) == ()


def test_a_name_that_the_distribution_uses() -> None:
    (found,) = obstacles([WORK, replace(WORK, name="other")], RESERVED)
    assert found.code == "reserved-name"
    assert "/etc/ppp/peers/work" in str(found.why)


def test_all_reasons_are_told_at_once() -> None:
    both = replace(RESERVED, profile=replace(WITHOUT_MPPE.profile, peers=RESERVED.profile.peers))
    with pytest.raises(UnsupportedError) as caught:
        require_carried([WORK, replace(WORK, name="other")], both)
    assert [each.code for each in caught.value.diagnostics] == [
        "profile-without-mppe",
        "reserved-name",
        "profile-without-mppe",
    ]
