"""Which platform the lab takes."""

import pytest

from tests.vm import platforms
from tests.vm.platforms import QEMU, UML, UML_BY_PTRACE, Platform
from tests.vm.scenario import Boot


def _broken(*broken: Platform) -> "dict[Platform, str | None]":
    return {each: "it does not work here" if each in broken else None for each in platforms.ALL}


@pytest.mark.parametrize(
    ("broken", "expected"),
    [((), UML), ((UML,), UML_BY_PTRACE), ((UML, UML_BY_PTRACE), QEMU), ((UML, UML_BY_PTRACE, QEMU), QEMU)],
    ids=["all work", "no seccomp", "no User Mode Linux", "nothing works"],
)
def test_the_first_that_works(
    monkeypatch: pytest.MonkeyPatch, broken: tuple[Platform, ...], expected: Platform
) -> None:
    monkeypatch.delenv(platforms.CHOICE, raising=False)
    monkeypatch.setattr(platforms, "unsupported", _broken(*broken).get)
    assert platforms.chosen() is expected


@pytest.mark.parametrize("each", platforms.ALL, ids=lambda each: each.name)
def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, each: Platform) -> None:
    monkeypatch.setenv(platforms.CHOICE, each.name)
    assert platforms.chosen() is each


def test_a_name_that_no_platform_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(platforms.CHOICE, "kvm")
    with pytest.raises(ValueError, match="LAB_PLATFORM=kvm: it must be one of uml, uml-ptrace, qemu"):
        platforms.chosen()


@pytest.mark.parametrize(
    ("chosen", "boot", "iptables", "expected"),
    [
        (UML, "plain", False, UML),
        (UML, "systemd", True, UML_BY_PTRACE),
        (UML, "stock", False, QEMU),
        (QEMU, "plain", True, QEMU),
    ],
)
def test_what_a_platform_cannot_run(
    chosen: Platform, boot: Boot, iptables: bool, expected: Platform
) -> None:
    assert platforms.fitting(chosen, boot, iptables=iptables) is expected
