"""What a kernel can do, read from made trees."""

import gzip
from pathlib import Path

import pytest

from pptpsetup.distro.kernel import (
    Known,
    in_fips_mode,
    installed_has,
    installed_releases,
    running_has,
    running_release,
    set_up_for_fips,
)
from pptpsetup.rootfs import inside
from tests.pptpsetup.distro.conftest import MakeRoot

DEP = "/lib/modules/6.1/modules.dep"
BUILTIN = "/lib/modules/6.1/modules.builtin"
MPPE_LINE = (
    "kernel/drivers/net/ppp/ppp_mppe.ko: kernel/lib/crypto/libarc4.ko kernel/drivers/net/slip/slhc.ko\n"
)
OTHER = "kernel/drivers/net/ppp/pppoe.ko: kernel/drivers/net/ppp/ppp_mppe.ko\n"


@pytest.mark.parametrize(
    ("files", "answer"),
    [
        ({}, Known.UNKNOWN),
        ({DEP: MPPE_LINE}, Known.YES),
        ({DEP: MPPE_LINE.replace(".ko:", ".ko.xz:")}, Known.YES),
        ({DEP: MPPE_LINE.replace(".ko:", ".ko.zst:")}, Known.YES),
        ({DEP: "", BUILTIN: "kernel/drivers/net/ppp/ppp_mppe.ko\n"}, Known.YES),
        ({DEP: OTHER}, Known.NO),
        ({DEP: "", "/sys/module/ppp_mppe/refcnt": "0\n"}, Known.YES),
        ({"/boot/config-6.1": "CONFIG_PPP_MPPE=y\n"}, Known.YES),
        ({"/boot/config-6.1": "# CONFIG_PPP_MPPE is not set\n"}, Known.NO),
        ({"/boot/config-6.1": "CONFIG_PPP_MPPE=m\n"}, Known.UNKNOWN),
        ({"/boot/config-6.1": "CONFIG_PPP_MPPE=m\n", DEP: ""}, Known.NO),
        ({"/boot/config-6.1": "# CONFIG_PPP_MPPE is not set\n", DEP: MPPE_LINE}, Known.YES),
        ({"/boot/config-5.10": "CONFIG_PPP_MPPE=y\n"}, Known.UNKNOWN),
    ],
)
def test_the_running_kernel(make_root: MakeRoot, files: dict[str, str], answer: Known) -> None:
    assert running_has(make_root(files), ["ppp_mppe"], "6.1") is answer


def test_the_configuration_in_proc_wins_over_boot(make_root: MakeRoot) -> None:
    root = make_root({"/boot/config-6.1": "CONFIG_PPP=y\n", "/proc/config.gz": ""})
    (root / "proc/config.gz").write_bytes(gzip.compress(b"# CONFIG_PPP is not set\n"))
    assert running_has(root, ["ppp_generic"], "6.1") is Known.NO


def test_a_damaged_configuration_says_nothing(make_root: MakeRoot) -> None:
    assert running_has(make_root({"/proc/config.gz": "no gzip"}), ["ppp_generic"], "6.1") is Known.UNKNOWN


def test_all_modules_are_needed(make_root: MakeRoot) -> None:
    root = make_root({DEP: "kernel/drivers/net/ppp/ppp_generic.ko: kernel/drivers/net/slip/slhc.ko\n"})
    assert running_has(root, ["ppp_generic"], "6.1") is Known.YES
    assert running_has(root, ["ppp_generic", "ppp_async"], "6.1") is Known.NO


def test_the_running_kernels_release(make_root: MakeRoot) -> None:
    assert running_release(make_root({"/proc/sys/kernel/osrelease": "6.1.0-56-amd64\n"})) == "6.1.0-56-amd64"


@pytest.mark.parametrize(("text", "answer"), [("1\n", True), ("0\n", False)])
def test_fips_mode(make_root: MakeRoot, text: str, answer: bool) -> None:
    assert in_fips_mode(make_root({"/proc/sys/crypto/fips_enabled": text})) is answer


@pytest.mark.parametrize(
    ("files", "answer"),
    [
        ({}, False),
        ({"/etc/system-fips": ""}, True),
        ({"/etc/crypto-policies/config": "FIPS\n"}, True),
        ({"/etc/crypto-policies/config": "FIPS:AD-SUPPORT\n"}, True),
        ({"/etc/crypto-policies/config": "DEFAULT:NO-SHA1\n"}, False),
    ],
)
def test_set_up_for_fips(make_root: MakeRoot, files: dict[str, str], answer: bool) -> None:
    assert set_up_for_fips(make_root(files)) is answer


def test_installed_kernels_must_agree(make_root: MakeRoot) -> None:
    root = make_root({DEP: MPPE_LINE, "/lib/modules/6.9/modules.dep": ""})
    assert installed_releases(root) == ("6.1", "6.9")
    assert installed_has(root, ["ppp_mppe"]) is Known.UNKNOWN
    (root / "lib/modules/6.9/modules.dep").write_text(MPPE_LINE)
    assert installed_has(root, ["ppp_mppe"]) is Known.YES
    assert installed_has(root, ["ppp_async"]) is Known.NO


def test_no_installed_kernel_says_nothing(make_root: MakeRoot) -> None:
    assert installed_has(make_root({}), ["ppp_mppe"]) is Known.UNKNOWN


@pytest.mark.parametrize(
    ("links", "path", "real"),
    [
        ({}, "/a/b", "a/b"),
        ({"/lib": "-> usr/lib"}, "/lib/x", "usr/lib/x"),
        ({"/lib": "-> /usr/lib"}, "/lib/x", "usr/lib/x"),
        ({"/a/l": "-> ../../../../etc"}, "/a/l/passwd", "etc/passwd"),
        ({"/one": "-> /two", "/two": "-> three"}, "/one/x", "three/x"),
    ],
)
def test_paths_stay_inside_the_root(
    make_root: MakeRoot, links: dict[str, str], path: str, real: str
) -> None:
    root = make_root(links)
    assert inside(root, path) == root / real


def test_a_loop_of_links_is_a_path_that_does_not_exist(make_root: MakeRoot) -> None:
    root = make_root({"/a": "-> b", "/b": "-> a"})
    assert not inside(root, "/a/x").exists()


def test_the_real_root_is_itself() -> None:
    assert inside(Path("/"), "/etc/passwd") == Path("/etc/passwd")
