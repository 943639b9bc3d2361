"""Which packet filter a system uses, by files alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.firewall import PROGRAMS, tool
from pptpsetup.distro.kinds import Firewall

DEBIAN = load_profile("debian")
NFT, UFW, FIREWALLD = (PROGRAMS[each][0] for each in DEBIAN.firewall)
WANTS = "/etc/systemd/system/multi-user.target.wants/firewalld.service"


def place(root: Path, *paths: str, text: str = "") -> Path:
    for each in paths:
        path = root / each.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_every_kind_has_programs() -> None:
    assert set(PROGRAMS) == set(Firewall)


def test_the_first_of_the_profile_that_is_installed(tmp_path: Path) -> None:
    assert DEBIAN.firewall == (Firewall.NFTABLES, Firewall.UFW, Firewall.FIREWALLD)
    assert tool(place(tmp_path, FIREWALLD), DEBIAN) is Firewall.FIREWALLD
    assert tool(place(tmp_path, UFW), DEBIAN) is Firewall.UFW
    assert tool(place(tmp_path, NFT), DEBIAN) is Firewall.NFTABLES


def test_without_any_it_is_the_profiles_first(tmp_path: Path) -> None:
    assert tool(tmp_path, DEBIAN) is Firewall.NFTABLES
    assert tool(tmp_path, replace(DEBIAN, firewall=())) is None


@pytest.mark.parametrize(
    ("text", "found"), [("ENABLED=yes\n", Firewall.UFW), ("#ENABLED=yes\nENABLED=no\n", Firewall.NFTABLES)]
)
def test_ufw_when_it_is_switched_on(tmp_path: Path, text: str, found: Firewall) -> None:
    place(tmp_path, NFT, UFW)
    place(tmp_path, "/etc/ufw/ufw.conf", text=text)
    assert tool(tmp_path, DEBIAN) is found


def test_what_is_switched_on_but_gone_does_not_count(tmp_path: Path) -> None:
    place(tmp_path, NFT)
    place(tmp_path, "/etc/ufw/ufw.conf", text="ENABLED=yes\n")
    assert tool(tmp_path, DEBIAN) is Firewall.NFTABLES


def leave(root: Path) -> None:
    assert not (root / WANTS.lstrip("/")).exists()


def link(root: Path) -> None:
    path = root / WANTS.lstrip("/")
    path.parent.mkdir(parents=True)
    path.symlink_to("/usr/lib/systemd/system/firewalld.service")


@pytest.mark.parametrize("enable", [link, leave])
def test_firewalld_when_its_unit_is_enabled(tmp_path: Path, enable: Callable[[Path], None]) -> None:
    place(tmp_path, NFT, FIREWALLD)
    enable(tmp_path)
    expected = Firewall.FIREWALLD if enable is link else Firewall.NFTABLES
    assert tool(tmp_path, DEBIAN) is expected
