"""Lines of ours in files of others: conf.d/net, rc.conf, config/network; scripts as shellcheck sees them."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from pptpsetup.distro.kinds import InitKind
from pptpsetup.errors import SpecError, UnsupportedError
from pptpsetup.grammar import uci
from pptpsetup.render.init import netifrc
from pptpsetup.render.shared import MERGERS, SHELL_BLOCK
from pptpsetup.spec.model import Authentication, Dns, Encryption, Engine, Mode, PasswordSource, Tunnel
from tests import inits
from tests.golden.cases import WORK
from tests.oracle.inits import TREE
from tests.oracle.pppd import Pppd, pppd_oracle
from tests.oracle.shell import shells
from tests.support import need

__all__ = ["pppd_oracle"]

ON_BOOT = replace(WORK, name="my-vpn.2", on_boot=True)
NETIFRC_ARGUMENTS = (
    *("local", "unit", "3470", "linkname", "ppp3470", "call", "question"),
    *("defaultroute-metric", "4005", "maxfail", "0", "persist"),
)
"""How net/pppd.sh of netifrc 0.7.14 runs pppd with our variables; recorded with a program in its place."""


def _bourne_shells() -> list[list[str]]:
    """Installed and unpacked ones; NetBSD's own is another ash."""
    lacking = [name for name in ("mksh", "yash", "posh") if shutil.which(name) is None]
    unpacked = [[str(TREE / "usr/bin" / name)] for name in lacking]
    return [*shells(), *(each for each in unpacked if Path(each[0]).exists())]


def _name(command: Sequence[str]) -> str:
    return " ".join([command[0].rpartition("/")[2], *command[1:]])


# NetBSD


def _rc_conf(*tunnels: Tunnel, old: bytes = b"") -> bytes:
    found = inits.artifacts(InitKind.RC_D, tunnels)
    lines = inits.lines(found, "/etc/rc.conf") if "/etc/rc.conf" in found else ()
    return MERGERS[SHELL_BLOCK](old, lines)


RC_SUBR = """\
load_rc_config() { . "$ROOT/etc/rc.conf"; }
run_rc_command() { eval "\\$${1}_cmd"; }
"""
"""Stands for NetBSD's, after rc.subr(8): read rc.conf, then run what ``start_cmd`` names."""
RC_D_PPP = """\
. "$ROOT/etc/rc.subr"
name=ppp
start_cmd=call_peers
call_peers() {
    set -- $ppp_peers
    for peer; do
        [ ! -f "$ROOT/etc/ppp/peers/$peer" ] || pppd call "$peer"
    done
}
pppd() { echo "pppd $*"; }
load_rc_config $name
run_rc_command "$1"
"""
"""What NetBSD's rc.d/ppp does with ``ppp_peers``: each word that has a peers file is called."""


@pytest.mark.host
@pytest.mark.parametrize("command", _bourne_shells(), ids=_name)
@pytest.mark.parametrize(
    ("old", "called"),
    [
        (b"", ["my-vpn.2", "work"]),
        (b'ppp_peers="dsl gone"\t# ours\nsshd=YES\n', ["dsl", "my-vpn.2", "work"]),
        (b"ppp_peers=work", ["work", "my-vpn.2"]),
        (b"ppp_peers='dsl\twork'\n", ["dsl", "work", "my-vpn.2"]),
        (b'ppp_peers="dsl\nwork"\n', ["dsl", "work", "my-vpn.2"]),
        (b"if [ -n '' ]; then\n    ppp_peers=dsl\nfi\n", ["my-vpn.2", "work"]),
    ],
)
def test_netbsd_calls_others_peers_and_ours_once(
    command: list[str], old: bytes, called: list[str], tmp_path: Path
) -> None:
    etc = tmp_path / "etc"
    (etc / "ppp/peers").mkdir(parents=True)
    for peer in ("dsl", "work", "my-vpn.2", "home"):
        (etc / "ppp/peers" / peer).touch()
    home = replace(WORK, name="home")
    (etc / "rc.conf").write_bytes(_rc_conf(ON_BOOT, home, replace(WORK, on_boot=True), old=old))
    (etc / "rc.subr").write_text(RC_SUBR)
    done = subprocess.run(
        [*command, "-c", RC_D_PPP, "ppp", "start"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={"ROOT": str(tmp_path), "PATH": "/usr/bin:/bin"},
        timeout=60,
        check=True,
    )
    assert (done.stdout.splitlines(), done.stderr) == ([f"pppd call {each}" for each in called], "")


def test_rc_conf_is_left_alone_without_on_boot() -> None:
    assert "/etc/rc.conf" not in inits.artifacts(InitKind.RC_D, [WORK])
    assert _rc_conf(old=_rc_conf(ON_BOOT, old=b"sshd=YES\n")) == b"sshd=YES\n"


def test_a_peer_of_netbsd_detaches_and_dials_for_ever() -> None:
    text = inits.content(inits.artifacts(InitKind.RC_D, [ON_BOOT]), "/etc/ppp/peers/my-vpn.2")
    options = [line.partition(b" ")[0] for line in text.splitlines()]
    assert {b"persist", b"maxfail", b"holdoff"} <= set(options)
    assert not {b"nodetach", b"updetach", b"nopersist"} & set(options)


# netifrc


def test_an_interface_stays_the_same_whatever_other_tunnels_there_are() -> None:
    alone = netifrc.interfaces([WORK])
    assert alone == {"work": "ppp2488"}
    others = [replace(WORK, name=f"t{number}") for number in range(20)]
    assert netifrc.interfaces([*others, WORK])["work"] == alone["work"]
    assert netifrc.interfaces([WORK, *others])["work"] == alone["work"]


def test_no_two_tunnels_get_one_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netifrc, "_COUNT", 3)
    tunnels = [replace(WORK, name=name) for name in ("a", "b", "c")]
    assert sorted(netifrc.interfaces(tunnels).values()) == ["ppp1000", "ppp1001", "ppp1002"]


@pytest.mark.host
@pytest.mark.parametrize("command", shells(), ids=_name)
def test_netifrc_finds_its_variables(command: list[str], tmp_path: Path) -> None:
    """It reads each with an eval, which takes a level of quoting away."""
    found = inits.artifacts(InitKind.NETIFRC, [ON_BOOT, WORK])
    file = tmp_path / "net"
    file.write_bytes(MERGERS[SHELL_BLOCK](b'config_eth0="dhcp"\n', inits.lines(found, "/etc/conf.d/net")))
    interface = netifrc.interfaces([ON_BOOT])["my-vpn.2"]
    names = (f"config_{interface}", f"link_{interface}", f"pppd_{interface}", "config_eth0")
    show = "; ".join(f'eval "value=\\"\\${each}\\""; eval echo $value' for each in names)
    done = subprocess.run(
        [*command, "-c", f'. "{file}"; {show}'], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["ppp", "local", "call my-vpn.2", "dhcp"]


def test_the_links_of_netifrc() -> None:
    found = inits.links(inits.artifacts(InitKind.NETIFRC, [ON_BOOT, WORK]))
    interface = netifrc.interfaces([ON_BOOT])["my-vpn.2"]
    assert found == {
        f"/etc/init.d/net.{interface}": "net.lo",
        f"/etc/runlevels/default/net.{interface}": f"/etc/init.d/net.{interface}",
        "/etc/init.d/net.ppp2488": "net.lo",
    }


@pytest.mark.host
def test_netifrcs_pppd_gets_our_options_and_its_own_linkname(pppd_oracle: Pppd) -> None:
    tunnel = replace(WORK, name="question")
    assert netifrc.interfaces([tunnel]) == {"question": NETIFRC_ARGUMENTS[4]}
    found = inits.artifacts(InitKind.NETIFRC, [tunnel])
    text = inits.content(found, "/etc/ppp/peers/question")
    done = pppd_oracle.dryrun(text, arguments=["dump", "logfd", "1"], before=NETIFRC_ARGUMENTS)
    assert done.status == 0, done.output
    options = {line.partition("\t")[0].strip() for line in done.output.splitlines()}
    assert {"unit 3470", "linkname ppp3470", "maxfail 0", "persist", "holdoff 10"} <= options
    assert any(each.startswith("pty ") for each in options)
    # With ours in the peers file netifrc would not find its pppd again: what is read later wins.
    assert b"ppp3470" in text
    ours = text.replace(b"ppp3470", b"pptp-question")
    done = pppd_oracle.dryrun(ours, arguments=["dump", "logfd", "1"], before=NETIFRC_ARGUMENTS)
    assert "linkname pptp-question" in done.output


# OpenWrt

VPN = replace(
    WORK,
    name="vpn",
    engine=Engine.SYSTEM,
    on_boot=True,
    password=PasswordSource("file", "/etc/pptpsetup/secrets/vpn"),
)


def _network(tunnel: Tunnel, **options: Any) -> tuple[uci.Section, ...]:
    lines = inits.lines(inits.artifacts(InitKind.UCI, [tunnel], **options), "/etc/config/network")
    return uci.sections(b"".join(lines))


def test_an_interface_of_openwrt() -> None:
    interface, route = _network(replace(VPN, domain="CORP"), password="it's #1 \\")
    assert (interface.kind, interface.name, interface.ours, route.ours) == ("interface", "vpn", True, True)
    assert dict(interface.options) == {
        "proto": "pptp",
        "managed_by": "pptpsetup",
        "auto": "1",
        "server": "vpn.example.com",
        "username": "CORP\\alice",
        "password": "it's #1 \\",
        "mtu": "1400",
        "keepalive": "3 20",
        "defaultroute": "0",
        "peerdns": "0",
        "pppd_options": "refuse-eap refuse-mschap refuse-chap refuse-pap",
    }
    assert dict(route.options) == {
        "managed_by": "pptpsetup",
        "interface": "vpn",
        "target": "192.168.7.0",
        "netmask": "255.255.255.0",
    }


def test_everything_through_a_tunnel_of_openwrt() -> None:
    (interface,) = _network(
        replace(
            VPN,
            mode=Mode.ALL_TO_TUNNEL,
            on_boot=False,
            dns=Dns(from_peer=True, servers=(IPv4Address("192.168.7.1"),)),
        )
    )
    found = dict(interface.options)
    assert (found["auto"], found["defaultroute"], found["peerdns"], found["dns"]) == (
        "0",
        "1",
        "1",
        "192.168.7.1",
    )


def test_openwrt_gets_no_file_of_pppd_and_its_file_is_secret() -> None:
    found = inits.artifacts(InitKind.UCI, [VPN])
    assert not [path for path in found if path.startswith("/etc/ppp")]
    network = found["/etc/config/network"]
    assert getattr(network, "secret", False) is True
    assert "/etc/pptpsetup/secrets/vpn" in found


@pytest.mark.parametrize(
    ("tunnel", "code"),
    [
        (replace(VPN, engine=Engine.BUNDLED), "uci-engine"),
        (replace(VPN, encryption=Encryption.NONE), "uci-encryption"),
        (replace(VPN, encryption=Encryption.REQUIRED_40), "uci-encryption"),
        (replace(VPN, dns=Dns(from_peer=True, domains=("corp.example",))), "uci-dns-domains"),
        (replace(VPN, name="my-vpn"), "uci-name"),
        (replace(VPN, name="eleven_char"), "uci-name"),
    ],
)
def test_what_openwrt_cannot_say_is_refused_with_what_works(tunnel: Tunnel, code: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        inits.artifacts(InitKind.UCI, [tunnel])
    assert [each.code for each in caught.value.diagnostics] == [code]
    assert caught.value.diagnostics[0].hint


def test_a_password_that_netifd_would_spell_differently_is_refused() -> None:
    with pytest.raises(SpecError, match="ASCII"):
        inits.artifacts(InitKind.UCI, [VPN], password="caf\u00e9")


def test_networks_of_openwrt_keep_others_sections() -> None:
    lines = inits.lines(inits.artifacts(InitKind.UCI, [VPN]), "/etc/config/network")
    old = b"\nconfig interface 'lan'\n\toption proto 'static'\n\toption password 'x'\n"
    new = MERGERS["uci"](old, lines)
    assert new.startswith(old)
    assert MERGERS["uci"](new, ()) == old


# Scripts

EXCLUDED = {
    InitKind.OPENRC: "SC2034",  # variables that openrc-run reads
}


@pytest.mark.host
@pytest.mark.parametrize(
    "kind", [InitKind.OPENRC, InitKind.RUNIT, InitKind.SYSV], ids=lambda kind: kind.value
)
def test_shellcheck_has_nothing_to_say(kind: InitKind, tmp_path: Path) -> None:
    need("shellcheck", package="shellcheck")
    tunnels = [
        ON_BOOT,
        replace(WORK, authentication=(Authentication.PAP,), routes=(IPv4Network("10.0.0.0/8"),)),
    ]
    found = inits.artifacts(kind, tunnels)
    checked = 0
    for path in found:
        if not path.startswith(("/etc/init.d/", "/etc/sv/", "/etc/pptpsetup/openrc")):
            continue
        text = getattr(found[path], "content", b"")
        if not text.startswith(b"#!"):
            continue
        file = tmp_path / "script"
        file.write_bytes(text)
        exclude = [f"--exclude={EXCLUDED[kind]}"] if kind in EXCLUDED else []
        done = subprocess.run(
            ["shellcheck", "--shell=sh", "--exclude=SC3043", *exclude, str(file)],
            stdout=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{path}\n{done.stdout}"
        checked += 1
    assert checked == {InitKind.OPENRC: 3, InitKind.RUNIT: 4, InitKind.SYSV: 3}[kind]
