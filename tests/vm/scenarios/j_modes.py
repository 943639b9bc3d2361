"""The four modes: what each makes reachable, and that nothing of it is left when the tunnel ends."""

import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.vm.client import LOCK, create, nothing_left, pptpsetup, signal_pppd, status, wait_until_up
from tests.vm.home import HOME, HOME_HOST, Opening, home, is_cut_off, openings
from tests.vm.scenario import scenario
from tests.vm.shell import run, wait_for
from tests.vm.snapshot import Snapshot
from tests.vm.topology import OFFICE, OFFICE_HOST, Lab, reachable

LEFT_BEHIND = ("/etc/ppp/resolv.conf", "/run/ppp0.pid", "/run/ppp-pptp-work.pid", "/run/xtables.lock")
"""pppd writes the first whenever usepeerdns is on and never removes it (pppd(8)), and leaves the next two
when it is killed; the last is iptables'."""
CONFIGURATION = ("/etc/pptpsetup", "/etc/ppp/", "/etc/systemd/", "/var/lib/pptpsetup")
"What there is of a tunnel that does not run."
LAN_TO_LAN = ("--lan-to-lan", "--route", OFFICE)
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


def goes_by(address: str) -> str:
    """The interface that packets for *address* leave by."""
    words = run(["ip", "route", "get", address], check=True).stdout.split()
    return words[words.index("dev") + 1]


def interface_only() -> None:
    reachable("192.168.7.1")
    assert goes_by(OFFICE_HOST) == "eth0"


def client_to_lan() -> None:
    reachable()
    assert goes_by("198.18.0.1") == "eth0"


def all_to_tunnel() -> None:
    reachable()
    assert (goes_by("198.18.0.1"), goes_by("203.0.113.9")) == ("ppp0", "eth0")
    assert "nameserver 192.168.7.1" in Path("/etc/resolv.conf").read_text()


def lan_to_lan() -> None:
    reachable()
    assert FORWARDING.read_text() == "1\n"
    assert has_rules()


def has_rules() -> bool:
    return any("pptpsetup-work" in line for line in packet_filter())


MODES: dict[tuple[str, ...], Callable[[], None]] = {
    (): interface_only,
    ("--route", OFFICE): client_to_lan,
    ("--all-to-tunnel", "--dns", "from-peer"): all_to_tunnel,
    LAN_TO_LAN: lan_to_lan,
}


def packet_filter() -> list[str]:
    """The rules of nft and, as far as its tables are loaded, of the older iptables."""
    names = Path("/proc/net/ip_tables_names")
    loaded = sorted(names.read_text().split()) if names.exists() else []
    shown = run(["nft", "list", "ruleset"], quiet=True, check=True).stdout.splitlines()
    for table in loaded:
        listed = run(["iptables-legacy", "-t", table, "-S"], quiet=True, check=True).stdout.splitlines()
        # Those with -P are there as soon as the table is.
        shown += [f"{table} {line}" for line in listed if not line.startswith("-P")]
    return shown


@contextmanager
def older_iptables() -> Iterator[None]:
    """User Mode Linux has nft without IPv4; Debian's program called iptables is nft underneath, too."""
    link, legacy = Path("/etc/alternatives/iptables"), shutil.which("iptables-legacy")
    assert legacy is not None
    chosen = link.readlink()
    _put_link(link, legacy)
    yield
    _put_link(link, str(chosen))


def _put_link(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


def allow_home() -> None:
    """The office's router learns the way to the network at home, as its administrator would set it."""
    run(["ip", "-n", "srv", "route", "replace", HOME, "dev", "ppp0"], check=True)


def clamped(seen: tuple[Opening, Opening]) -> None:
    """Assert that both ends were told what fits into the tunnel, not into their own cables."""
    fits = int(Path("/sys/class/net/ppp0/mtu").read_text()) - 40
    assert [each.segment for each in seen] == [fits, fits], seen


@scenario(limit=900, iptables=True)
def every_mode_is_undone(lab: Lab) -> None:
    """After a stop, and after a SIGKILL that pppd cannot see coming."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    with older_iptables():
        before, rules = Snapshot.take(), packet_filter()
        for options, works in MODES.items():
            create(*options)
            works()
            signal_pppd(signal.SIGKILL)
            nothing_left()
            pptpsetup("stop", "work")
            before.assert_restored(*LOCK, *LEFT_BEHIND, *CONFIGURATION)
            assert packet_filter() == rules
            pptpsetup("start", "work")
            works()
            pptpsetup("delete", "work")
            nothing_left()
            before.assert_restored(*LOCK, *LEFT_BEHIND)
            assert packet_filter() == rules


def join() -> None:
    """Both hosts see each other's addresses; big segments do not get stuck."""
    create(*LAN_TO_LAN)
    allow_home()
    seen = openings()
    clamped(seen)
    assert seen[0].source == HOME_HOST
    pptpsetup("delete", "work")
    assert is_cut_off()


def hide() -> None:
    """The office knows no way to the network at home and needs none."""
    create(*LAN_TO_LAN, "--masquerade")
    seen = openings()
    clamped(seen)
    assert seen[0].source == status()["local_address"]
    pptpsetup("delete", "work")
    assert is_cut_off()


def two_networks(lab: Lab) -> None:
    """Joined, then one of them hidden."""
    lab.server.set_users({"alice": "secret"})
    with home():
        before, rules = Snapshot.take(), packet_filter()
        for story in (join, hide):
            lab.server.start()
            story()
            lab.server.stop()
            before.assert_restored(*LOCK, *LEFT_BEHIND)
            assert packet_filter() == rules


@scenario(limit=900, iptables=True)
def two_networks_by_iptables(lab: Lab) -> None:
    with older_iptables():
        two_networks(lab)


@scenario(boot="stock", limit=1800)
def two_networks_by_nft(lab: Lab) -> None:
    """On the kernel that Debian boots."""
    two_networks(lab)


@scenario(boot="systemd", limit=600, iptables=True)
def systemd_undoes_forwarding(lab: Lab) -> None:
    """A killed pppd's forwarding and rules are gone before systemd dials again."""
    lab.server.set_users({"alice": "secret"})
    lab.server.start()
    with older_iptables():
        before, rules = FORWARDING.read_text(), packet_filter()
        create(*LAN_TO_LAN, start=False)
        tunnels = Path("/etc/pptpsetup/tunnels.yaml")
        tunnels.write_text(tunnels.read_text() + "    reconnect_delay: 20s\n")
        pptpsetup("create", "work", "--start")
        lan_to_lan()
        signal_pppd(signal.SIGKILL)
        wait_for("forwarding is as before", lambda: FORWARDING.read_text() == before, 15, 0.1)
        assert packet_filter() == rules
        wait_until_up()
        wait_for("forwarding is on again", lambda: FORWARDING.read_text() == "1\n" and has_rules(), 20, 0.1)
        pptpsetup("delete", "work")
        nothing_left()
        assert (FORWARDING.read_text(), packet_filter()) == (before, rules)
