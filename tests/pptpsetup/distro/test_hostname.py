"""What a system in a directory calls itself, and what its profile extends."""

import os
from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.hostname import host_name
from pptpsetup.distro.lineage import lineage


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"hostname": "gw1\n"}, "gw1"),
        ({"hostname": "# named by hand\n\n  gw1.example.com \nrest"}, "gw1.example.com"),
        ({"hostname": "\n", "conf.d/hostname": 'hostname="gentoo"\n'}, "gentoo"),
        ({"hostname": "gw1", "conf.d/hostname": 'hostname="gentoo"\n'}, "gw1"),
        ({"conf.d/hostname": "# hostname=old\nhostname='box'  # new\n"}, "box"),
        ({"conf.d/hostname": 'hostname="$(cat /etc/name)"\n'}, None),
        ({"HOSTNAME": "suse.example.com\n"}, "suse.example.com"),
        ({"sysconfig/network": "NETWORKING=yes\nHOSTNAME=mdk.example.com\n"}, "mdk.example.com"),
        (
            {"config/system": "config system\n\toption hostname 'OpenWrt'\n\toption timezone UTC\n"},
            "OpenWrt",
        ),
        ({"rc.conf": "rc_configured=YES\nhostname=nb.example.com\nhostname=nb2\n"}, "nb2"),
        ({"rc.conf": "rc_configured=YES\n", "myname": "nb3\n"}, "nb3"),
        ({"hostname": "-x; reboot\n"}, None),
        ({"hostname": "a\udc80b\n"}, None),
    ],
)
def test_the_name_is_where_the_distribution_keeps_it(
    files: dict[str, str], expected: str | None, tmp_path: Path
) -> None:
    for name, text in files.items():
        path = tmp_path / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert host_name(tmp_path, live=False) == expected


def test_a_link_stays_inside(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run/hostname").write_text("inside")
    (tmp_path / "etc/hostname").symlink_to("/run/hostname")
    assert host_name(tmp_path, live=False) == "inside"


def test_the_running_system_is_asked_itself() -> None:
    assert host_name(Path("/nowhere"), live=True) == os.uname().nodename


def test_lineages_of_shipped_profiles() -> None:
    assert lineage("debian") == ("debian",)
    assert lineage("ubuntu") == ("ubuntu", "debian")
    assert all(load_profile(parent) for each in profile_ids() for parent in lineage(each))


def test_the_lineage_of_a_file_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("# mine\nextends: 'ours'  # yes\nname: Mine\n")
    (tmp_path / "ours.yaml").write_text("extends: ubuntu\n")
    assert lineage("mine", tmp_path / "mine.yaml") == ("mine", "ours", "ubuntu", "debian")
    (tmp_path / "ours.yaml").write_text("extends: mine\n")
    assert lineage("mine", tmp_path / "mine.yaml") == ("mine", "ours")
    assert lineage("none", tmp_path / "none.yaml") == ("none",)
