"""What can lock an administrator out: the rules, and the facts they are fed with."""

import subprocess
from collections.abc import Sequence
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from pptpsetup.tunnel import wayin
from pptpsetup.tunnel.risks import Risk, Started, Uplink, WayIn, diagnostics, foreseen, happened
from pptpsetup.tunnel.routes import EVERYTHING
from pptpsetup.tunnel.supervisors.command import Done

FAR = WayIn("198.51.100.7", "eth0", 0)
"By the default route."
NEAR = WayIn("192.0.2.9", "eth0", 24)
"On the same wire."
EVERY = Started("all", everything=True, networks=EVERYTHING)
OFFICE = Started("work", networks=(IPv4Network("192.168.7.0/24"),))


def routed(*networks: str, interface: str | None = None) -> Started:
    """A tunnel with routes."""
    return Started("work", networks=tuple(map(IPv4Network, networks)), interface=interface)


@pytest.mark.parametrize(
    ("way", "tunnel", "risk"),
    [
        (FAR, EVERY, Risk.DEFAULT_ROUTE),
        (NEAR, EVERY, None),
        (FAR, OFFICE, None),
        (FAR, routed("198.51.100.0/24"), Risk.SSH_PEER),
        (NEAR, routed("192.0.2.0/24"), None),  # the one that was there first stays in force
        (NEAR, routed("192.0.2.0/25"), Risk.SSH_PEER),
        (NEAR, routed("0.0.0.0/0"), None),
        # A rule of the administrator's own: nobody knows what the main table changes about it.
        (WayIn("198.51.100.7", "wg0", None), EVERY, None),
        (WayIn("2001:db8::7", "eth0", None), EVERY, None),
        (WayIn("198.51.100.7", None, None), EVERY, None),
        # Logged in through the tunnel that is restarted.
        (WayIn("192.168.7.5", "ppp0", 24), routed("192.168.7.0/24", interface="ppp0"), Risk.LAST_WAY_IN),
        (WayIn("192.168.7.5", "ppp0", 24), routed("192.168.7.0/24", interface="ppp1"), None),
        # It takes all traffic already.
        (WayIn("198.51.100.7", "eth0", 32), Started("all", True, EVERYTHING, "ppp0"), None),
    ],
)
def test_what_is_foreseen(way: WayIn, tunnel: Started, risk: Risk | None) -> None:
    found = foreseen(way, [tunnel])
    assert [each.risk for each in found] == ([] if risk is None else [risk])


def test_every_risk_is_told_with_the_way_out() -> None:
    found = foreseen(FAR, [EVERY, OFFICE, routed("198.51.100.7/32")])
    first, second = diagnostics(found, "pptpsetup apply --try 60s", [Risk.LAST_WAY_IN])
    assert (first.code, second.code) == ("risk-default-route", "risk-ssh-peer")
    assert first.message == "all takes all traffic, the answers to your login too"
    assert first.why is not None
    assert "198.51.100.7 leave by eth0" in first.why
    assert "198.51.100.7/32" in second.message
    assert first.hint is None
    assert second.hint == "pptpsetup apply --try 60s --accept-risk=default-route,last-way-in,ssh-peer"
    assert diagnostics([], "pptpsetup apply", []) == ()


@pytest.mark.parametrize(
    ("before", "after", "risks"),
    [
        (None, None, []),
        (FAR, FAR, []),
        (FAR, WayIn("198.51.100.7", "ppp0", 1), [Risk.SSH_PEER]),
        (FAR, WayIn("198.51.100.7", None), [Risk.SSH_PEER]),
        (WayIn("198.51.100.7", None), FAR, []),
        (FAR, None, []),
    ],
)
def test_a_login_that_was_led_elsewhere(
    before: WayIn | None, after: WayIn | None, risks: list[Risk]
) -> None:
    assert [each.risk for each in happened(before, after, [])] == risks


def test_a_server_that_its_own_tunnel_swallows() -> None:
    fine = Uplink("home", "ppp1", "203.0.113.8", "eth0")
    unknown = Uplink("away", None, "203.0.113.7", None)
    (found,) = happened(FAR, FAR, [fine, unknown, Uplink("work", "ppp0", "203.0.113.9", "ppp0")])
    assert found.risk is Risk.SERVER_LOOP
    assert "203.0.113.9" in found.message


IPROUTE2 = "198.51.100.7 from 192.0.2.1 via 192.0.2.254 dev eth0 uid 0 \\    cache \n"
BUSYBOX = "198.51.100.7 via 192.0.2.254 dev eth0  src 192.0.2.1 \n"
NETBSD = """\
   route to: 198.51.100.7
destination: default
       mask: default
    gateway: 192.0.2.254
 local addr: 192.0.2.1
  interface: wm0
      flags: <UP,GATEWAY,DONE,STATIC>
"""


@pytest.mark.parametrize(
    ("program", "said", "interface"),
    [("ip", IPROUTE2, "eth0"), ("ip", BUSYBOX, "eth0"), ("route", NETBSD, "wm0"), ("none", "", None)],
)
def test_what_programs_say(
    program: str, said: str, interface: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[str]] = []

    def run(*command: str) -> Done:
        asked.append(command)
        return Done(0, said, "") if command[0] == program else Done(127, "", "")

    monkeypatch.setattr(wayin, "run", run)
    assert wayin.leaves_by("198.51.100.7", source="192.0.2.1") == interface
    assert asked[0] == ("ip", "route", "get", "198.51.100.7", "from", "192.0.2.1")


def test_a_way_in_from_the_main_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Linux shows it: hexadecimal, in the byte order of the machine."""
    rows = ["Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT"]
    for interface, network in (("eth0", "0.0.0.0/0"), ("eth0", "192.0.2.0/24"), ("ppp0", "10.0.0.0/8")):
        found = IPv4Network(network)
        words = [int.from_bytes(each.packed, "little") for each in (found.network_address, found.netmask)]
        rows.append(f"{interface}\t{words[0]:08X}\t0\t3\t0\t0\t0\t{words[1]:08X}\t0\t0\t0")
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/route").write_text("\n".join(rows) + "\n")
    monkeypatch.setattr("sys.byteorder", "little")
    monkeypatch.setattr(wayin, "leaves_by", lambda _, **_from: "eth0")
    assert wayin.way_in(("192.0.2.9", "192.0.2.1"), tmp_path) == WayIn("192.0.2.9", "eth0", 24)
    assert wayin.way_in(("198.51.100.7", "192.0.2.1"), tmp_path) == WayIn("198.51.100.7", "eth0", 0)
    assert wayin.way_in(("::ffff:192.0.2.9", "::ffff:192.0.2.1"), tmp_path) == WayIn("192.0.2.9", "eth0", 24)
    # The table says another interface than the kernel does: a rule goes first.
    assert wayin.way_in(("10.1.1.1", "192.0.2.1"), tmp_path) == WayIn("10.1.1.1", "eth0", None)
    assert wayin.way_in(("fe80::1%eth0", "fe80::2%eth0"), tmp_path) == WayIn("fe80::1", "eth0", None)
    assert wayin.way_in(("UNKNOWN", "192.0.2.1"), tmp_path) is None
    assert wayin.way_in(None, tmp_path) is None


@pytest.mark.host
def test_the_kernel_is_asked_by_the_real_program() -> None:
    done = subprocess.run(["ip", "-V"], capture_output=True, check=False)
    assert done.returncode == 0
    assert wayin.leaves_by("127.0.0.1") == "lo"
    assert wayin.way_in(("127.0.0.1", "127.0.0.1")) is not None
