"""What a host has and lacks: made roots for the cases, the real pppd where one is installed."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.engine import EnginePlace
from pptpsetup.distro.expectation import expected
from pptpsetup.distro.facts import LAUNCHER, Facts, Known, gather
from pptpsetup.distro.kinds import DnsKind, HookKind, InitKind
from pptpsetup.distro.needs import advice, require, shortcomings
from pptpsetup.distro.pppd import lacking_options, validate_peers, version
from pptpsetup.distro.schema import Path as SystemPath
from pptpsetup.errors import UnsupportedError
from pptpsetup.spec.model import Delivery, Encryption, Engine, Init
from tests.pptpsetup.distro.conftest import MakeRoot
from tests.support import need, need_root

DEBIAN, UBUNTU = load_profile("debian"), load_profile("ubuntu")
PEERS = "/etc/ppp/peers/work"
GOOD = Facts(
    live=True,
    pppd=True,
    pppd_version=(2, 4, 9),
    lacking_options=frozenset(),
    kernel="6.1.0-56-amd64",
    ppp=Known.YES,
    mppe=Known.YES,
    fips=False,
    ppp_device=True,
    init=(InitKind.SYSTEMD, InitKind.IFUPDOWN),
    dns=(DnsKind.PLAIN,),
    hook_bypass=(),
    pptp=True,
)


@dataclass(frozen=True)
class Wants:
    """The settings that matter here, with the types of spec.model."""

    name: str = "work"
    encryption: Encryption = Encryption.REQUIRED_128
    engine: Engine = Engine.BUNDLED
    init: Init = Init.AUTO
    password_delivery: Delivery = Delivery.CHAP_SECRETS


def test_an_empty_root_has_nothing(make_root: MakeRoot) -> None:
    facts = gather(make_root({}), DEBIAN, live=False)
    assert facts == Facts(
        live=False,
        pppd=False,
        pppd_version=None,
        lacking_options=frozenset(),
        kernel=None,
        ppp=Known.UNKNOWN,
        mppe=Known.UNKNOWN,
        fips=False,
        ppp_device=False,
        init=(),
        dns=(DnsKind.PLAIN,),
        hook_bypass=(),
        pptp=False,
        engine=EnginePlace(
            "/usr/bin/python3",
            "/usr/lib/pptpsetup/pptpengine/__main__.py",
            ("/usr/bin/python3", "/usr/lib/pptpsetup/pptpengine/__main__.py"),
        ),
    )


def test_a_full_root(make_root: MakeRoot) -> None:
    ppp = "kernel/drivers/net/ppp"
    root = make_root(
        {
            "/usr/sbin/pppd": "",
            "/usr/sbin/pptp": "",
            "/lib": "-> /usr/lib",
            "/usr/lib/systemd/systemd": "",
            "/sbin/ifup": "",
            "/sbin/resolvconf": "",
            "/usr/bin/resolvectl": "",
            "/run/systemd/system/x": "",
            "/usr/lib/modules/6.1/modules.dep": "".join(
                f"{ppp}/{module}.ko:\n" for module in ("ppp_generic", "ppp_async", "ppp_mppe")
            ),
            "/etc/ppp/ip-up.local": "#!/bin/sh\n",
            "/etc/ppp/ip-down.local": "#!/bin/sh\n",
        }
    )
    (root / "etc/ppp/ip-up.local").chmod(0o755)
    facts = gather(root, DEBIAN, live=False)
    assert (facts.pppd, facts.pptp, facts.ppp, facts.mppe) == (True, True, Known.YES, Known.YES)
    assert facts.init == (InitKind.SYSTEMD, InitKind.IFUPDOWN)
    assert facts.dns == (DnsKind.RESOLVECTL, DnsKind.RESOLVCONF, DnsKind.PLAIN)
    assert facts.hook_bypass == ("/etc/ppp/ip-up.local",)


def test_a_launcher_counts_when_it_can_be_executed(make_root: MakeRoot) -> None:
    root = make_root({LAUNCHER: "#!/usr/bin/python3 -IS\n"})
    assert not gather(root, DEBIAN, live=False).launcher
    (root / LAUNCHER.lstrip("/")).chmod(0o755)
    assert gather(root, DEBIAN, live=False).launcher


def test_fips_in_a_directory_is_what_it_is_set_up_for(make_root: MakeRoot) -> None:
    facts = gather(
        make_root({"/etc/system-fips": "", "/proc/sys/crypto/fips_enabled": "1\n"}), DEBIAN, live=False
    )
    assert (facts.fips, facts.fips_set_up) == (False, True)


def test_a_pppd_in_a_directory_is_not_run(make_root: MakeRoot) -> None:
    """Unit tests may not start programs, so an attempt would end this one."""
    root = make_root({"/usr/sbin/pppd": "#!/bin/sh\nexit 99\n"})
    (root / "usr/sbin/pppd").chmod(0o755)
    assert gather(root, DEBIAN, live=False).pppd_version is None


@pytest.mark.parametrize(
    ("wanted", "installed", "answer"),
    [
        (Init.AUTO, (InitKind.SYSTEMD, InitKind.IFUPDOWN), "systemd"),
        (Init.AUTO, (InitKind.IFUPDOWN,), "ifupdown"),
        (Init.AUTO, (), "manual"),
        (Init.MANUAL, (InitKind.SYSTEMD,), "manual"),
        (Init.IFUPDOWN, (InitKind.SYSTEMD,), "ifupdown"),
    ],
)
def test_auto_is_the_first_installed_init(
    wanted: Init, installed: tuple[InitKind, ...], answer: str
) -> None:
    assert Init(replace(GOOD, init=installed).init_for(wanted)) is Init(answer)


def test_a_good_host_lacks_nothing() -> None:
    require([Wants(), Wants(encryption=Encryption.NONE, engine=Engine.SYSTEM)], GOOD, DEBIAN)
    assert advice(GOOD, DEBIAN) == ()


@pytest.mark.parametrize(
    ("facts", "wants", "code", "message", "hint"),
    [
        (replace(GOOD, pppd=False), Wants(), "pppd-missing", "pppd is not installed", "apt-get install ppp"),
        (
            replace(GOOD, ppp=Known.NO, mppe=Known.NO),
            Wants(),
            "kernel-ppp-missing",
            "this kernel (6.1.0-56-amd64) has no PPP (ppp_generic, ppp_async)",
            "install a kernel that has it and boot it: apt-get install linux-image-generic",
        ),
        (
            replace(GOOD, mppe=Known.NO),
            Wants(),
            "mppe-missing",
            "this kernel (6.1.0-56-amd64) has no MPPE (ppp_mppe)",
            (
                "apt-get install linux-modules-extra-$(uname -r)"
                " (or --no-encrypt, which is unsafe: everything crosses the network in clear)"
            ),
        ),
        (
            replace(GOOD, pptp=False),
            Wants(engine=Engine.SYSTEM),
            "pptp-missing",
            "the system's PPTP client is not installed",
            "apt-get install pptp-linux",
        ),
        (
            replace(GOOD, init=(InitKind.SYSTEMD,)),
            Wants(init=Init.IFUPDOWN),
            "init-missing",
            "tunnel work is to be started by ifupdown, which is not installed",
            "set 'init: auto'",
        ),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(
    facts: Facts, wants: Wants, code: str, message: str, hint: str
) -> None:
    with pytest.raises(UnsupportedError) as caught:
        require([wants], facts, UBUNTU)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message, diagnostic.hint) == (code, message, hint)


@pytest.mark.host
def test_pppds_plugin_for_a_descriptor_is_asked_for_when_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the pppd of this machine, which has it; one that is called otherwise nobody has."""
    wants = Wants(password_delivery=Delivery.PASSWORDFD)
    here = replace(DEBIAN, pppd=SystemPath(need("pppd", package="ppp")))
    require([wants], GOOD, here)
    monkeypatch.setattr("pptpsetup.distro.needs._PLUGIN", "nonesuch.so")
    require([Wants()], GOOD, here)
    with pytest.raises(UnsupportedError) as caught:
        require([wants], GOOD, here)
    (found,) = caught.value.diagnostics
    assert found.code == "passwordfd-missing"
    assert str(found.hint) == "apt-get install ppp; or password_delivery: chap-secrets"
    alpine = replace(here, packages=load_profile("alpine").packages)
    assert "ppp-passwordfd" in str(shortcomings([wants], GOOD, alpine)[0].hint)


def test_netifds_pppd_speaks_pptp_by_a_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenWrt has no /usr/sbin/pptp; what counts is the plugin, and only a running pppd can be asked."""
    openwrt, asked = load_profile("openwrt"), []

    def loads(pppd: str, plugin: str) -> bool:
        asked.append((pppd, plugin))
        return len(asked) > 1

    monkeypatch.setattr("pptpsetup.distro.needs.loads_plugin", loads)
    wants, facts = Wants(engine=Engine.SYSTEM), replace(GOOD, pptp=False)
    (missing,) = shortcomings([wants], facts, openwrt)
    assert (missing.code, missing.hint) == ("pptp-missing", "opkg install ppp-mod-pptp")
    assert shortcomings([wants], facts, openwrt) == ()
    assert asked == [("/usr/sbin/pppd", "pptp.so")] * 2
    assert shortcomings([wants], replace(facts, live=False), openwrt) == ()
    assert len(asked) == 2


def test_fips_mode_rules_mppe_out() -> None:
    with pytest.raises(UnsupportedError, match="FIPS mode and refuses MPPE") as caught:
        require([Wants()], replace(GOOD, fips=True), DEBIAN)
    assert caught.value.diagnostics[0].code == "mppe-missing"
    require([Wants(encryption=Encryption.NONE)], replace(GOOD, fips=True), DEBIAN)


def test_everything_missing_is_told_at_once() -> None:
    poor = replace(GOOD, pppd=False, mppe=Known.NO, pptp=False)
    codes = [each.code for each in shortcomings([Wants(engine=Engine.SYSTEM)], poor, DEBIAN)]
    assert codes == ["pppd-missing", "mppe-missing", "pptp-missing"]


@pytest.mark.parametrize(
    "facts", [replace(GOOD, mppe=Known.UNKNOWN), replace(GOOD, ppp=Known.UNKNOWN, mppe=Known.UNKNOWN)]
)
def test_the_unknown_is_not_held_against_a_host(facts: Facts) -> None:
    require([Wants()], facts, DEBIAN)


def test_without_encryption_no_mppe_is_needed() -> None:
    require([Wants(encryption=Encryption.NONE)], replace(GOOD, mppe=Known.NO), DEBIAN)


def test_without_tunnels_nothing_is_needed() -> None:
    require([], replace(GOOD, pppd=False, ppp=Known.NO), DEBIAN)


def test_a_system_in_a_directory_is_not_refused() -> None:
    offline = replace(GOOD, live=False, pppd=False)
    require([Wants()], offline, DEBIAN)
    assert [each.code for each in shortcomings([Wants()], offline, DEBIAN)] == ["pppd-missing"]


def test_advice_names_what_will_not_work() -> None:
    odd = replace(GOOD, hook_bypass=("/etc/ppp/ip-up.local",), ppp_device=False)
    assert [each.code for each in advice(odd, DEBIAN)] == ["hooks-bypassed", "ppp-device-missing"]
    assert advice(odd, DEBIAN)[0].hint == "chmod a-x /etc/ppp/ip-up.local"


@pytest.mark.parametrize("kind", [HookKind.LOCAL_ADDITIVE, HookKind.SINGLE_FILE])
def test_a_hook_file_that_is_switched_off_is_named(kind: HookKind, make_root: MakeRoot) -> None:
    """Ours would be a line in a file that nobody runs; making it executable would run others' lines, too."""
    up, down = SystemPath("/etc/ppp/ip-up.local"), SystemPath("/etc/ppp/ip-down.local")
    profile = replace(DEBIAN, hooks=replace(DEBIAN.hooks, kind=kind, up=up, down=down, bypassed_by=()))
    root = make_root({up: "#!/bin/sh\n", down: "#!/bin/sh\n"})
    (root / down.lstrip("/")).chmod(0o755)
    facts = gather(root, profile, live=False)
    assert facts.hook_disabled == (up,)
    (found,) = advice(facts, profile)
    assert (found.code, found.hint) == ("hooks-not-executable", f"chmod a+x {up}")
    assert gather(root, replace(profile, hooks=DEBIAN.hooks), live=False).hook_disabled == ()


def test_a_peer_that_the_distributions_own_unit_calls_is_told(tmp_path: Path) -> None:
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    for name in ("ppp@my-vpn.2.service", "ppp@work.service", "pptp@home.service", "ssh.service"):
        (wants / name).symlink_to("/usr/lib/systemd/system/whatever")
    facts = gather(tmp_path, DEBIAN, live=False)
    assert facts.ppp_units == ("my-vpn.2", "work")
    (found,) = advice(facts, DEBIAN, ["work", "home"])
    assert (found.code, found.hint) == ("dialled-twice", "systemctl disable --now ppp@work.service")
    assert advice(facts, DEBIAN, ["home"]) == ()


@pytest.mark.host
def test_the_installed_pppd_is_asked() -> None:
    pppd = need("pppd", package="ppp")
    known = version(pppd)
    assert known is not None
    assert (2, 4, 7) <= known < (4,)
    assert lacking_options(pppd, ["noauth", "no-such-option", "up_sdnotify"]) == {"no-such-option"}


@pytest.mark.host
def test_a_pppd_that_knows_all_options_is_asked_once(tmp_path: Path) -> None:
    real = need("pppd", package="ppp")
    pppd, calls = tmp_path / "pppd", tmp_path / "calls"
    pppd.write_text(f'#!/bin/sh\necho "$@" >>{calls}\nexec {real} "$@"\n')
    pppd.chmod(0o755)
    assert lacking_options(str(pppd), ["noauth", "up_sdnotify", "ip-up-script"]) == frozenset()
    assert len(calls.read_text().splitlines()) == 1


@pytest.mark.host
def test_this_host() -> None:
    facts = gather(Path("/"), DEBIAN, live=True)
    assert facts.kernel == Path("/proc/sys/kernel/osrelease").read_text(encoding="ascii").strip()
    assert facts.pppd == Path("/usr/sbin/pppd").is_file()
    assert facts.supports("up_sdnotify")


@pytest.mark.host
def test_a_pppd_that_cannot_be_run_says_nothing(tmp_path: Path) -> None:
    assert version(str(tmp_path / "pppd")) is None
    assert lacking_options(str(tmp_path / "pppd"), ["x"]) == frozenset()
    validate_peers(b"bogus\n", str(tmp_path / "pppd"), PEERS)


@pytest.mark.host
def test_pppd_validates_a_peers_file() -> None:
    need_root("pppd's dryrun")
    pppd = need("pppd", package="ppp")
    validate_peers(
        b'pty "x"\nnoauth\nname "CORP\\\\tom"\nremotename work\nrequire-mppe-128\nmtu 1400\n', pppd, PEERS
    )


@pytest.mark.host
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'pty "x"\nnoauth\nbogus 1\n', "In file /etc/ppp/peers/work: unrecognized option 'bogus'"),
        (b'pty "x"\nnoauth\nmtu 20\n', "mtu value must be between 128 and 16384"),
        (b'pty "x"\nnoauth\nmtu many\n', "invalid numeric parameter 'many' for mtu option"),
    ],
)
def test_pppd_refuses_a_bad_peers_file_in_its_own_words(content: bytes, said: str) -> None:
    need_root("pppd's dryrun")
    with pytest.raises(UnsupportedError) as caught:
        validate_peers(content, need("pppd", package="ppp"), PEERS)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "peers-rejected"
    assert diagnostic.why is not None
    assert said in diagnostic.why


@pytest.mark.host
def test_a_fault_in_another_file_is_not_ours(tmp_path: Path) -> None:
    need_root("pppd's dryrun")
    (tmp_path / "broken").write_text("bogus\n")
    with pytest.raises(UnsupportedError) as caught:
        validate_peers(f'noauth\nfile "{tmp_path}/broken"\n'.encode(), need("pppd", package="ppp"), PEERS)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "pppd-options-broken"
    assert diagnostic.why == f"In file {tmp_path}/broken: unrecognized option 'bogus'"


@pytest.mark.parametrize(
    ("ppp", "lacking"), [("2.4.7", True), ("2.4.8", False), ("2.5.2", False), (None, False)]
)
def test_a_pppd_that_cannot_be_asked_has_what_its_version_had(
    make_root: MakeRoot, ppp: str | None, lacking: bool
) -> None:
    """Below --root: 2.4.7 (Ubuntu 20.04, RHEL 8, Leap 15) would not start with up_sdnotify in the unit."""
    facts = gather(make_root({"/usr/sbin/pppd": ""}), UBUNTU, live=False, ppp=ppp)
    assert facts.supports("up_sdnotify") is not lacking


def test_what_is_expected_of_a_system() -> None:
    suse, netbsd = load_profile("suse"), load_profile("netbsd")
    facts = expected(suse, suse.release("15.6"))
    assert facts.init == tuple(each.kind for each in suse.init)
    assert (facts.mppe, facts.pppd, facts.live) == (Known.YES, True, False)
    assert not facts.supports("up_sdnotify")
    assert expected(suse, suse.release("16")).supports("up_sdnotify")
    assert expected(netbsd, None).mppe is Known.NO


def test_a_kernel_that_never_has_mppe_is_not_told_to_install_it(make_root: MakeRoot) -> None:
    """render.carry refuses encryption there with the reason; a package to install would be a lie."""
    netbsd = load_profile("netbsd")
    facts = gather(make_root({"/usr/sbin/pppd": ""}), netbsd, live=False)
    assert facts.mppe is Known.NO
    assert [each.code for each in shortcomings([Wants()], facts, netbsd)] == ["engine-elsewhere"]


def test_no_package_is_invented_where_kernels_are_none() -> None:
    netbsd = load_profile("netbsd")
    (found,) = shortcomings([Wants()], replace(GOOD, ppp=Known.NO, init=()), netbsd)
    assert (found.code, found.hint) == ("kernel-ppp-missing", None)
