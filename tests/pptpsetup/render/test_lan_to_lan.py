"""Forwarding and the packet filter: what ip-up does for lan-to-lan, with this kernel's nft and iptables."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from pptpsetup.grammar.iptables import chain_name
from pptpsetup.spec.model import Mode, Tunnel
from tests.golden.cases import WORK
from tests.pptpsetup.render.hooks import scripts
from tests.pptpsetup.render.stage import SHELLS, Stage

pytestmark = pytest.mark.host

LAN = replace(WORK, mode=Mode.LAN_TO_LAN)
HIDDEN = replace(LAN, masquerade=True)
HOME = replace(LAN, name="home", routes=(IPv4Network("10.9.0.0/16"),))
ARGUMENTS = ("ppp0", "", "38400", "192.168.7.200", "192.168.7.1", "pptpsetup-work")
SWITCH = "/proc/sys/net/ipv4/ip_forward"


def settings(stage: Stage) -> dict[str, str]:
    """Everything of IPv4 that can be set per host or interface."""
    done = stage.do("sh", "-c", f'grep -s "" {SWITCH} /proc/sys/net/ipv4/conf/*/*', check=False)
    return dict(line.split(":", 1) for line in done.stdout.splitlines())


def change(stage: Stage, name: str, value: str) -> None:
    stage.do("sh", "-c", f"echo {value} >{name}")


def forwards(stage: Stage) -> bool:
    return stage.do("cat", SWITCH).stdout == "1\n"


def rules(stage: Stage) -> str:
    return stage.do("nft", "-n", "list", "ruleset").stdout


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A host whose administrator has his own ideas of some settings and rules."""
    with Stage(tmp_path) as found:
        change(found, SWITCH, "0")
        change(found, "/proc/sys/net/ipv4/conf/up0/forwarding", "1")
        change(found, "/proc/sys/net/ipv4/conf/all/accept_redirects", "0")
        found.do("nft", "add table ip mine; add chain ip mine c { type filter hook forward priority 0; }")
        yield found


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> Sequence[str]:
    return SHELLS[request.param]


@pytest.mark.parametrize("tunnel", [LAN, HIDDEN], ids=["plain", "masquerade"])
def test_forwarding_and_rules_come_and_go(stage: Stage, shell: Sequence[str], tunnel: Tunnel) -> None:
    up, down = scripts(tunnel)
    before = settings(stage), rules(stage), stage.routes()
    for _ in range(2):
        stage.hook(shell, up)
    assert forwards(stage)
    assert "192.168.7.0/24 ppp0" in stage.routes()
    table = stage.do("nft", "-n", "list", "table", "ip", "pptpsetup-work").stdout
    for way in ("oifname", "iifname"):
        # Versions of nft show the flags differently.
        assert re.search(f'{way} "ppp0" tcp flags [^\n]* tcp option maxseg size set rt mtu\n', table)
    assert ('oifname "ppp0" masquerade' in table) == tunnel.masquerade
    stage.hook(shell, down)
    assert (settings(stage), rules(stage), stage.routes()) == before
    assert stage.left_behind() == []


def test_a_killed_pppd_leaves_neither(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(HIDDEN)
    before = rules(stage)
    stage.hook(shell, up)
    stage.do("ip", "link", "del", "ppp0")
    stage.hook(shell, down, interface="", peer="")
    assert (forwards(stage), rules(stage), stage.left_behind()) == (False, before, [])


def test_forwarding_stays_until_the_last_tunnel_ends(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(LAN, HOME)
    stage.ppp("ppp1", "192.168.8.1")
    before = settings(stage), rules(stage)
    interfaces = {"work": "ppp0", "home": "ppp1"}
    for order in (("work", "home"), ("home", "work")):
        for name, interface in interfaces.items():
            stage.hook(shell, up, f"pptpsetup-{name}", interface=interface)
        stage.hook(shell, down, f"pptpsetup-{order[0]}", interface=interfaces[order[0]])
        assert forwards(stage)
        assert f"table ip pptpsetup-{order[1]}" in rules(stage)
        stage.hook(shell, down, f"pptpsetup-{order[1]}", interface=interfaces[order[1]])
        assert (settings(stage), rules(stage), stage.left_behind()) == (*before, [])


@pytest.mark.parametrize("taken", [True, False], ids=["interface taken", "interface gone"])
def test_a_tunnel_whose_pppd_was_killed_does_not_hold_forwarding(
    stage: Stage, shell: Sequence[str], taken: bool
) -> None:
    """Without systemd nobody runs ip-down for it; its interface is gone, or the other tunnel's by now."""
    up, down = scripts(LAN, HOME)
    stage.hook(shell, up)
    if not taken:
        stage.ppp("ppp1", "192.168.8.1")
        stage.do("ip", "link", "del", "ppp0")
    mine = "ppp0" if taken else "ppp1"
    stage.hook(shell, up, "pptpsetup-home", interface=mine)
    stage.hook(shell, down, "pptpsetup-home", interface=mine)
    assert not forwards(stage)


def test_a_host_that_forwards_anyway_goes_on(stage: Stage, shell: Sequence[str]) -> None:
    change(stage, SWITCH, "1")
    before = settings(stage)
    for script in scripts(LAN):
        stage.hook(shell, script)
        assert settings(stage) == before
    assert stage.left_behind() == []


def test_what_somebody_else_has_switched_off_stays_off(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(LAN)
    stage.hook(shell, up)
    change(stage, SWITCH, "0")
    before = settings(stage)
    stage.hook(shell, down)
    assert (settings(stage), stage.left_behind()) == (before, [])


def test_a_tunnel_that_is_no_longer_lan_to_lan_takes_its_rules_back(
    stage: Stage, shell: Sequence[str]
) -> None:
    before = settings(stage), rules(stage)
    stage.hook(shell, scripts(HIDDEN)[0])
    stage.hook(shell, scripts(WORK)[0])
    assert (settings(stage), rules(stage)) == before


CUTS = (
    ': >"$state/forwarding" || return 1\n',
    'mv -f "$forwarding.new" "$forwarding" &&\n',
    'change_setting "$forwarding_switch" 1\n',
    """printf 'nft pptpsetup-%s\\n' "$tunnel" >"$state/firewall" || return 1\n""",
    "nft -f - 2>&1) || return 1\n",
)


@pytest.mark.parametrize("cut", CUTS)
def test_ip_down_undoes_an_ip_up_that_was_cut_short(stage: Stage, shell: Sequence[str], cut: str) -> None:
    """Killed after each thing that it does for lan-to-lan."""
    up, down = scripts(HIDDEN)
    text = up.decode()
    assert text.count(cut) == 1
    ending = "&& kill -9 $$ &&\n" if cut.endswith("&&\n") else "\n    kill -9 $$\n"
    path = stage.folder / "cut"
    path.write_text(text.replace(cut, cut.removesuffix("\n").removesuffix("&&") + ending))
    before = settings(stage), rules(stage), stage.routes()
    assert stage.do(*shell, str(path), *ARGUMENTS, check=False).returncode == -9
    stage.hook(shell, down)
    assert (settings(stage), rules(stage), stage.routes()) == before
    assert stage.left_behind() == []


NAMES = ("0", "_", "a.b", "a-", "9_-.x", "table", "ip", "x" * 63, "A" * 18, "A" * 19)


def test_nft_takes_every_name_that_a_tunnel_can_have(stage: Stage) -> None:
    before = rules(stage)
    for name in NAMES:
        up, down = scripts(replace(LAN, name=name))
        stage.hook(SHELLS["dash"], up, f"pptpsetup-{name}")
        assert f"table ip pptpsetup-{name} {{" in rules(stage)
        stage.hook(SHELLS["dash"], down, f"pptpsetup-{name}")
        assert rules(stage) == before


def chains(stage: Stage) -> dict[str, str]:
    """What iptables has in the two tables that we use."""
    return {each: stage.do("iptables", "-t", each, "-S").stdout for each in ("mangle", "nat")}


@pytest.mark.parametrize(
    ("tunnel", "name"), [(LAN, "work"), (HIDDEN, "x" * 63)], ids=["plain", "masquerade, long name"]
)
def test_iptables_serves_where_nft_does_not(
    stage: Stage, shell: Sequence[str], tunnel: Tunnel, name: str
) -> None:
    """nft may be missing, or the kernel may lack what its rules need."""
    up, down = scripts(replace(tunnel, name=name))
    path, chain = stage.fake("nft", status=1), chain_name(name)
    before = chains(stage)
    for _ in range(2):
        stage.hook(shell, up, f"pptpsetup-{name}", environment=path)
    found = chains(stage)
    clamp = "-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"
    for way in ("-o", "-i"):
        assert f"-A {chain} {way} ppp0 {clamp}\n" in found["mangle"]
    assert found["mangle"].count(f"-A FORWARD -j {chain}\n") == 1
    assert (f"-A {chain} -o ppp0 -j MASQUERADE\n" in found["nat"]) == tunnel.masquerade
    assert found["nat"].count(f"-A POSTROUTING -j {chain}\n") == tunnel.masquerade
    stage.hook(shell, down, f"pptpsetup-{name}", environment=path)
    assert (chains(stage), stage.left_behind()) == (before, [])


def test_rules_that_nobody_can_make_are_told(stage: Stage) -> None:
    up, down = scripts(LAN)
    stage.fake("nft", status=1, output="no nf_tables")
    stage.fake("iptables", status=1, output="no ip_tables")
    path = stage.fake("logger")
    stage.hook(SHELLS["dash"], up, environment=path)
    assert forwards(stage)
    assert "work: no packet filter rules: no ip_tables" in "\n".join(stage.calls())
    stage.hook(SHELLS["dash"], down, environment=path)
    assert (forwards(stage), stage.left_behind()) == (False, [])


def test_a_host_that_may_not_be_changed_is_told_of(stage: Stage, shell: Sequence[str]) -> None:
    """A container with /proc/sys for reading only; the routes are set all the same."""
    stage.do("mount", "--bind", "/proc/sys", "/proc/sys")
    stage.do("mount", "-o", "remount,bind,ro", "/proc/sys")
    up, down = scripts(LAN)
    path = stage.fake("logger")
    stage.hook(shell, up, environment=path)
    assert "192.168.7.0/24 ppp0" in stage.routes()
    if shell[0] != "busybox":  # it runs its own logger
        assert "work: forwarding could not be switched on" in "\n".join(stage.calls())
    stage.hook(shell, down, environment=path)
    assert (forwards(stage), stage.left_behind()) == (False, [])


def test_an_interfaces_name_cannot_become_a_rule(stage: Stage) -> None:
    """pppd's ``ifname`` takes nearly anything."""
    for interface in ('"; #', "a b", "ppp*", "$(id)"):
        stage.hook(SHELLS["dash"], scripts(LAN)[0], interface=interface)
        assert "pptpsetup" not in rules(stage)
        stage.hook(SHELLS["dash"], scripts(LAN)[1], interface=interface)
    assert not forwards(stage)


def test_the_table_is_what_nft_itself_understands_of_it(stage: Stage) -> None:
    """Not only accepted: the hooks, priorities and expressions are those that were meant."""
    stage.hook(SHELLS["dash"], scripts(HIDDEN)[0])
    listed = json.loads(stage.do("nft", "-n", "-j", "list", "table", "ip", "pptpsetup-work").stdout)
    found = [each["chain"] for each in listed["nftables"] if "chain" in each]
    assert [(each["type"], each["hook"], each["prio"], each["policy"]) for each in found] == [
        ("filter", "forward", -150, "accept"),
        ("nat", "postrouting", 100, "accept"),
    ]
