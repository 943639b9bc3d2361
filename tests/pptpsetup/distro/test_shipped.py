"""The shipped profiles: what is known of each system, and what all of them must hold to."""

import pytest

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.kinds import DnsKind, HookKind, InitKind, Lsm, Routing, Standing
from pptpsetup.distro.profile import Profile
from pptpsetup.resources import data_dir

PROFILES = {each: load_profile(each) for each in profile_ids()}
SUPPORTED = {name: each for name, each in PROFILES.items() if each.standing is Standing.SUPPORTED}

HOOKS = {
    "debian": (HookKind.RUN_PARTS, "/etc/ppp/ip-up.d", "50pptpsetup", 0o755),
    "ubuntu": (HookKind.RUN_PARTS, "/etc/ppp/ip-up.d", "50pptpsetup", 0o755),
    "devuan": (HookKind.RUN_PARTS, "/etc/ppp/ip-up.d", "50pptpsetup", 0o755),
    "knoppix": (HookKind.RUN_PARTS, "/etc/ppp/ip-up.d", "50pptpsetup", 0o755),
    "fedora": (HookKind.LOCAL_ADDITIVE, "/etc/ppp/ip-up.local", None, 0o755),
    "rhel": (HookKind.LOCAL_ADDITIVE, "/etc/ppp/ip-up.local", None, 0o755),
    "mageia": (HookKind.LOCAL_ADDITIVE, "/etc/ppp/ip-up.local", None, 0o755),
    "openmandriva": (HookKind.LOCAL_ADDITIVE, "/etc/ppp/ip-up.local", None, 0o755),
    "suse": (HookKind.EXEC_ANY, "/etc/ppp/ip-up.d", "50-pptpsetup", 0o755),
    "tumbleweed": (HookKind.EXEC_ANY, "/etc/ppp/ip-up.d", "50-pptpsetup", 0o755),
    "openwrt": (HookKind.EXEC_ANY, "/etc/ppp/ip-up.d", "50-pptpsetup", 0o755),
    "gentoo": (HookKind.SOURCED_SH, "/etc/ppp/ip-up.d", "60-pptpsetup.sh", 0o644),
    "arch": (HookKind.EXEC_DOT_SH, "/etc/ppp/ip-up.d", "50-pptpsetup.sh", 0o755),
    "void": (HookKind.EXEC_DOT_SH, "/etc/ppp/ip-up.d", "50-pptpsetup.sh", 0o755),
    "alpine": (HookKind.IP_UP_SCRIPT, "/etc/ppp/ip-up", None, 0o755),
    "netbsd": (HookKind.SINGLE_FILE, "/etc/ppp/ip-up", None, 0o755),
    "solus": (HookKind.SINGLE_FILE, "/etc/ppp/ip-up", None, 0o755),
    "slackware": (HookKind.SINGLE_FILE, "/etc/ppp/ip-up", None, 0o755),
}

FIRST_INIT = {
    "debian": InitKind.SYSTEMD,
    "ubuntu": InitKind.SYSTEMD,
    "devuan": InitKind.IFUPDOWN,
    "knoppix": None,
    "fedora": InitKind.SYSTEMD,
    "rhel": InitKind.SYSTEMD,
    "mageia": InitKind.SYSTEMD,
    "openmandriva": InitKind.SYSTEMD,
    "suse": InitKind.SYSTEMD,
    "tumbleweed": InitKind.SYSTEMD,
    "openwrt": InitKind.UCI,
    "gentoo": InitKind.SYSTEMD,
    "arch": InitKind.SYSTEMD,
    "void": InitKind.RUNIT,
    "alpine": InitKind.OPENRC,
    "netbsd": InitKind.RC_D,
    "slackware": InitKind.SYSV,
    "solus": InitKind.SYSTEMD,
}


@pytest.mark.parametrize("name", SUPPORTED)
def test_how_hooks_are_run(name: str) -> None:
    hooks = PROFILES[name].hooks
    assert (hooks.kind, hooks.up, hooks.file_name, hooks.access.mode) == HOOKS[name]
    assert hooks.down == hooks.up.replace("ip-up", "ip-down")


@pytest.mark.parametrize("name", SUPPORTED)
def test_who_starts_tunnels_first(name: str) -> None:
    init = PROFILES[name].init
    assert (init[0].kind if init else None) == FIRST_INIT[name]


def test_every_supported_profile_is_looked_at_here() -> None:
    assert set(HOOKS) == set(FIRST_INIT) == set(SUPPORTED)


@pytest.mark.parametrize("name", SUPPORTED)
def test_what_was_not_seen_is_marked_and_not_only_said_in_a_comment(name: str) -> None:
    text = (data_dir("profiles") / f"{name}.yaml").read_text()
    assert not [line for line in text.splitlines() if line.lstrip().startswith("#") and "unverified" in line]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_what_is_told_to_people_is_whole_sentences(profile: Profile) -> None:
    told = [*profile.warnings, *(each for release in profile.releases for each in release.warnings)]
    told += [text for text in (profile.because, profile.modules.no_mppe_because) if text]
    for text in told:
        assert text.endswith(".")


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_nothing_that_pppd_2_5_3_refuses(profile: Profile) -> None:
    """Peers files, secrets and hooks must be root's, and nobody else may write them."""
    for access in (profile.peers.access, profile.secrets.access, profile.hooks.access):
        assert access.owner == "root"
        assert not access.mode & 0o022
    assert profile.secrets.access.mode == 0o600


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_way_of_dns_that_always_works_comes_last(profile: Profile) -> None:
    kinds = [each.kind for each in profile.dns]
    assert kinds[-1:] in ([DnsKind.PLAIN], [])
    assert len(kinds) == len(set(kinds))
    assert [bool(each.installed_by) for each in profile.dns[:-1]] == [True] * len(kinds[:-1])


def test_suse_s_options_that_would_end_a_quiet_tunnel_are_known() -> None:
    assert {"nodetach", "idle 600", "crtscts", "modem", "noauth", "file /etc/ppp/filters"} <= set(
        PROFILES["suse"].options
    )
    assert PROFILES["tumbleweed"].options == PROFILES["suse"].options
    assert PROFILES["suse"].peers.reserved == ("pptp",)


def test_netbsd_is_unlike_the_others() -> None:
    netbsd = PROFILES["netbsd"]
    assert netbsd.modules.mppe == ()
    assert "bsdcomp and deflate" in str(netbsd.modules.no_mppe_because)
    assert netbsd.python == "/usr/pkg/bin/python3.12"
    assert netbsd.routing is Routing.ROUTE
    assert {netbsd.peers.access.group, netbsd.secrets.access.group, netbsd.hooks.access.group} == {"wheel"}
    assert all(each.modules.mppe for each in SUPPORTED.values() if each is not netbsd)


def test_where_selinux_confines_pppd() -> None:
    assert {name for name, each in SUPPORTED.items() if each.lsm is Lsm.SELINUX} == {
        "fedora",
        "rhel",
        "tumbleweed",
    }


@pytest.mark.parametrize(
    ("name", "version", "ppp"),
    [
        ("fedora", "38", "2.4.9"),
        ("fedora", "40", "2.5.0"),
        ("fedora", "41", "2.5.0"),
        ("fedora", "42", "2.5.1"),
        ("rhel", "8.10", "2.4.7"),
        ("rhel", "9.6", "2.4.9"),
        ("suse", "15.6", "2.4.7"),
        ("suse", "16.0", "2.5.2"),
        ("netbsd", "9.3", "2.4.7"),
        ("netbsd", "10.1", "2.4.9"),
        ("devuan", "5", "2.4.9"),
        ("slackware", "15.0", "2.4.9"),
    ],
)
def test_the_pppd_of_releases(name: str, version: str, ppp: str) -> None:
    profile = PROFILES[name]
    assert profile.ppp_of(profile.release(version)) == ppp


@pytest.mark.parametrize(
    ("name", "version", "python"),
    [
        ("rhel", "8.10", "/usr/bin/python3.11"),
        ("rhel", "9.6", "/usr/bin/python3.11"),
        ("rhel", "10.0", "/usr/bin/python3"),
        ("suse", "15.6", "/usr/bin/python3.11"),
        ("debian", "13", "/usr/bin/python3"),
        ("netbsd", "10.1", "/usr/pkg/bin/python3.12"),
    ],
)
def test_the_interpreter_that_is_new_enough(name: str, version: str, python: str) -> None:
    profile = PROFILES[name]
    assert profile.python_of(profile.release(version)) == python
    assert (profile.packages.python is not None) == (python != "/usr/bin/python3" or name == "rhel")
