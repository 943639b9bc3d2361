"""The ip-up and ip-down scripts, really run: six shells, real routes, a real resolv.conf."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from pptpsetup.spec.model import Dns, Engine, Mode
from tests.golden.cases import CASES, WORK
from tests.pptpsetup.render.hooks import DEBIAN, NETBSD, SUSE, scripts
from tests.pptpsetup.render.stage import SHELLS, Stage
from tests.support import missing, need

pytestmark = pytest.mark.host

BEFORE = ["192.168.7.1 ppp0", "198.51.100.0/24 up0", "default up0"]
RESOLV_CONF = b"# by hand\nnameserver 198.51.100.53\nsearch home.example\noptions edns0"
"Without a final newline, which must not appear either."


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path) as found:
        found.resolv_conf.write_bytes(RESOLV_CONF)
        yield found


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> Sequence[str]:
    return SHELLS[request.param]


def _dialled(stage: Stage, address: str, tunnel: str = "work") -> None:
    """The engine's report, with a peer that tries to look like a part of it."""
    report = {
        "version": 1,
        "peer": {"host_name": '"server":{"address":"192.0.2.66"}'},
        "server": {"name": "vpn.example.com", "address": address, "port": 1723},
        "cause": {"message": '"server": {"address": "192.0.2.66"}'},
    }
    (stage.run / "pptpsetup").mkdir(exist_ok=True)
    (stage.run / "pptpsetup" / f"{tunnel}.json").write_text(json.dumps(report, indent=1))


def _pin(stage: Stage, address: str) -> None:
    stage.do("ip", "route", "add", address, "via", "198.51.100.1", "dev", "up0", "proto", "80")


PROFILES = {"debian": DEBIAN, "netbsd": NETBSD, "suse": SUSE}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("case", CASES)
def test_shellcheck_finds_nothing(case: str, profile: str, tmp_path: Path) -> None:
    shellcheck = need("shellcheck", package="shellcheck")
    for number, content in enumerate(scripts(*CASES[case].tunnels, profile=PROFILES[profile])):
        path = tmp_path / f"hook{number}"
        path.write_bytes(content)
        done = subprocess.run(
            [shellcheck, "-s", "sh", str(path)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("profile", PROFILES)
def test_no_bashisms(profile: str, tmp_path: Path) -> None:
    """dash, posh, yash and busybox parse less than bash and mksh let pass."""
    everything = replace(DNS, mode=Mode.LAN_TO_LAN, masquerade=True, engine=Engine.SYSTEM)
    for number, content in enumerate(scripts(everything, WORK, profile=PROFILES[profile])):
        path = tmp_path / f"hook{number}"
        path.write_bytes(content)
        for shell in SHELLS.values():
            done = subprocess.run(
                [*shell, "-n", str(path)], capture_output=True, text=True, timeout=60, check=False
            )
            assert (done.returncode, done.stderr) == (0, ""), shell
        assert b"local " not in b"\n".join(
            line for line in content.splitlines() if not line.lstrip().startswith(b"#")
        )


def test_other_links_are_none_of_our_business(stage: Stage, shell: Sequence[str]) -> None:
    for ipparam in (
        "",
        "pptpsetup",
        "nm-pptp-service-7",
        "work",
        "pptpsetup-",
        "pptpsetup-../work",
        "pptpsetup-.",
    ):
        for script in scripts(replace(WORK, server="192.168.7.1", dns=Dns(from_peer=True))):
            stage.hook(shell, script, ipparam, environment={"DNS1": "192.168.7.53"})
    assert stage.routes() == BEFORE
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF
    assert stage.left_behind() == []


def test_a_tunnel_that_is_no_longer_in_the_spec_gets_nothing(stage: Stage, shell: Sequence[str]) -> None:
    up, _ = scripts(WORK)
    stage.hook(shell, up, "pptpsetup-gone")
    assert stage.routes() == BEFORE


def test_a_link_without_ipparam_has_five_arguments_or_less(stage: Stage, shell: Sequence[str]) -> None:
    for script in scripts(WORK):
        path = stage.folder / "hook"
        path.write_bytes(script)
        assert stage.do(*shell, str(path), "ppp0", check=False).returncode == 0


def test_interface_only_leaves_routes_alone(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(replace(WORK, mode=Mode.INTERFACE_ONLY, routes=()))
    stage.hook(shell, up)
    assert stage.routes() == BEFORE
    stage.hook(shell, down)
    assert (stage.routes(), stage.left_behind()) == (BEFORE, [])


def test_client_to_lan_routes_come_and_go(stage: Stage, shell: Sequence[str]) -> None:
    networks = (IPv4Network("10.1.0.0/16"), IPv4Network("192.168.99.7/32"))
    up, down = scripts(replace(WORK, routes=networks))
    stage.hook(shell, up)
    assert stage.routes() == sorted([*BEFORE, "10.1.0.0/16 ppp0", "192.168.99.7 ppp0"])
    stage.hook(shell, up)
    stage.hook(shell, down)
    assert (stage.routes(), stage.left_behind()) == (BEFORE, [])
    stage.hook(shell, down)


def test_all_to_tunnel_keeps_the_default_route_and_the_way_to_the_server(
    stage: Stage, shell: Sequence[str]
) -> None:
    up, down = scripts(replace(WORK, mode=Mode.ALL_TO_TUNNEL, routes=()))
    _dialled(stage, "203.0.113.9")
    _pin(stage, "203.0.113.9")
    before = stage.routes()
    stage.hook(shell, up)
    assert stage.routes() == sorted([*before, "0.0.0.0/1 ppp0", "128.0.0.0/1 ppp0"])
    assert stage.goes_through("8.8.8.8") == stage.goes_through("203.0.113.10") == "ppp0"
    assert stage.goes_through("203.0.113.9") == stage.goes_through("198.51.100.77") == "up0"
    stage.hook(shell, down)
    assert stage.routes() == before


@pytest.mark.parametrize("source", ["report", "spec", "resolver"])
@pytest.mark.parametrize("pinned", [True, False], ids=["routed", "on-link"])
def test_a_peer_with_the_servers_own_address_does_not_draw_the_tunnel_into_itself(
    stage: Stage, shell: Sequence[str], source: str, pinned: bool
) -> None:
    server = "203.0.113.9" if pinned else "198.51.100.9"
    tunnel = {
        "report": WORK,
        "spec": replace(WORK, server=server),
        "resolver": replace(WORK, engine=Engine.SYSTEM),
    }[source]
    _dialled(stage, server if source == "report" else "192.0.2.1")
    (stage.etc / "hosts").write_text(f"{server} vpn.example.com\n203.0.113.10 vpn.example.com\n")
    if pinned:
        # The engine's route was replaced while pppd's was there: pppd's is now the first of the two.
        stage.ppp("ppp0", server)
        stage.do("ip", "route", "append", server, "via", "198.51.100.1", "dev", "up0", "proto", "80")
    else:
        stage.ppp("ppp0", server)
    assert stage.goes_through(server) == "ppp0"
    up, _ = scripts(tunnel)
    stage.hook(shell, up, peer=server)
    assert stage.goes_through(server) == "up0"
    assert stage.goes_through("192.168.7.9") == "ppp0"


def test_a_network_that_holds_the_server_is_not_sent_through_the_tunnel(
    stage: Stage, shell: Sequence[str]
) -> None:
    """On the local network there is no route to the server alone that would win."""
    networks = (IPv4Network("198.51.100.0/28"), IPv4Network("10.0.0.0/8"))
    up, down = scripts(replace(WORK, server="198.51.100.9", routes=networks))
    stage.hook(shell, up)
    assert stage.goes_through("198.51.100.9") == "up0"
    assert stage.goes_through("10.1.1.1") == "ppp0"
    stage.hook(shell, down)
    assert stage.routes() == BEFORE


def test_somebody_elses_route_to_the_same_network_stays(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(replace(WORK, routes=(IPv4Network("198.51.100.0/24"), IPv4Network("10.0.0.0/8"))))
    stage.hook(shell, up)
    assert stage.routes() == sorted([*BEFORE, "10.0.0.0/8 ppp0"])
    stage.hook(shell, down)
    assert stage.routes() == BEFORE


def test_ip_down_spares_the_interface_of_another_tunnel(stage: Stage, shell: Sequence[str]) -> None:
    """A killed pppd leaves notes about ppp0, which by now may be another tunnel's."""
    up, down = scripts(WORK)
    stage.hook(shell, up)
    stage.hook(shell, down, interface="")
    assert "192.168.7.0/24 ppp0" in stage.routes()
    assert stage.left_behind() == []


def test_ip_down_spares_routes_that_it_has_no_note_of(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(WORK)
    stage.ppp("ppp1", "192.168.8.1")
    stage.do("ip", "route", "add", "192.168.7.0/24", "dev", "ppp1", "metric", "5")
    stage.hook(shell, up)
    stage.hook(shell, down, interface="ppp1")
    assert "192.168.7.0/24 ppp1" in stage.routes()


DNS = replace(WORK, dns=Dns(from_peer=True, servers=(IPv4Address("192.168.7.10"),)))
PEER = {"DNS1": "192.168.7.53", "DNS2": "10.9.9.9", "USEPEERDNS": "1"}


def test_plain_resolv_conf_is_edited_and_restored_to_the_byte(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(DNS)
    stage.hook(shell, up, environment=PEER)
    lines = stage.resolv_conf.read_bytes().splitlines()
    assert [line for line in lines if line.startswith(b"nameserver")] == [
        b"nameserver 192.168.7.10",
        b"nameserver 192.168.7.53",
        b"nameserver 10.9.9.9",
        b"nameserver 198.51.100.53",
    ]
    assert stage.resolv_conf.read_bytes().endswith(RESOLV_CONF)
    assert stage.goes_through("10.9.9.9") == "ppp0"
    stage.hook(shell, down)
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF
    assert (stage.routes(), stage.left_behind()) == (BEFORE, [])


def test_owner_mode_and_links_of_resolv_conf_are_kept(stage: Stage, shell: Sequence[str]) -> None:
    real = stage.etc / "real.conf"
    stage.resolv_conf.rename(real)
    real.chmod(0o604)
    stage.resolv_conf.symlink_to("real.conf")
    up, down = scripts(DNS)
    stage.hook(shell, up)
    assert b"192.168.7.10" in real.read_bytes()
    stage.hook(shell, down)
    assert stage.resolv_conf.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o604
    assert real.read_bytes() == RESOLV_CONF


def test_a_missing_resolv_conf_is_missing_again_afterwards(stage: Stage, shell: Sequence[str]) -> None:
    stage.resolv_conf.unlink()
    up, down = scripts(DNS)
    stage.hook(shell, up)
    assert b"nameserver 192.168.7.10" in stage.resolv_conf.read_bytes()
    stage.hook(shell, down)
    assert not stage.resolv_conf.exists()


def test_a_link_to_nowhere_stays_one(stage: Stage, shell: Sequence[str]) -> None:
    stage.resolv_conf.unlink()
    stage.resolv_conf.symlink_to("nowhere")
    for script in scripts(DNS):
        stage.hook(shell, script)
    assert stage.resolv_conf.readlink() == Path("nowhere")
    assert not (stage.etc / "nowhere").exists()


def test_what_others_wrote_meanwhile_stays(stage: Stage, shell: Sequence[str]) -> None:
    """A DHCP client, say, has put lines before ours and after."""
    up, down = scripts(DNS)
    stage.hook(shell, up)
    changed = b"# dhcp\n" + stage.resolv_conf.read_bytes() + b"\noptions rotate\n"
    stage.resolv_conf.write_bytes(changed)
    stage.hook(shell, down)
    assert stage.resolv_conf.read_bytes() == b"# dhcp\n" + RESOLV_CONF + b"\noptions rotate\n"


def test_a_lost_end_mark_costs_nobody_elses_lines(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(DNS)
    stage.hook(shell, up)
    text = stage.resolv_conf.read_text().replace("# pptpsetup: end of work\n", "")
    stage.resolv_conf.write_text(text + "\n")
    stage.hook(shell, down)
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF + b"\n"


def test_a_file_rewritten_by_somebody_else_is_left_alone(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(DNS)
    stage.hook(shell, up)
    stage.resolv_conf.write_bytes(b"nameserver 198.51.100.99\n")
    stage.hook(shell, down)
    assert stage.resolv_conf.read_bytes() == b"nameserver 198.51.100.99\n"


def test_two_tunnels_end_in_any_order(stage: Stage, shell: Sequence[str]) -> None:
    home = replace(DNS, name="home", dns=Dns(servers=(IPv4Address("192.168.8.10"),)), routes=())
    up, down = scripts(DNS, home)
    stage.ppp("ppp1", "192.168.8.1")
    for first, second in (("work", "home"), ("home", "work")):
        stage.hook(shell, up, "pptpsetup-work")
        stage.hook(shell, up, "pptpsetup-home", interface="ppp1")
        for name in (first, second):
            stage.hook(shell, down, f"pptpsetup-{name}", interface={"work": "ppp0", "home": "ppp1"}[name])
        left = stage.resolv_conf.read_bytes()
        # Only the second to be undone of two that are interleaved cannot know that the last line had no end.
        assert left.rstrip(b"\n") == RESOLV_CONF
        stage.resolv_conf.write_bytes(RESOLV_CONF)


def test_after_a_killed_pppd_the_next_ip_up_starts_from_the_original(
    stage: Stage, shell: Sequence[str]
) -> None:
    up, down = scripts(DNS)
    stage.hook(shell, up, environment=PEER)
    stage.hook(shell, up, environment={"DNS1": "192.168.7.54"})
    assert b"192.168.7.53" not in stage.resolv_conf.read_bytes()
    stage.hook(shell, down)
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF


def test_after_a_crash_of_the_host_old_lines_do_not_pile_up(stage: Stage, shell: Sequence[str]) -> None:
    """/run is empty after a reboot; the file on disk still has our lines."""
    up, down = scripts(DNS)
    stage.hook(shell, up, environment=PEER)
    for path in (stage.run / "pptpsetup" / "work.up").iterdir():
        path.unlink()
    stage.hook(shell, up)
    assert stage.resolv_conf.read_bytes().count(b"name servers of tunnel work") == 1
    stage.hook(shell, down)
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF + b"\n"


@pytest.mark.parametrize("steps", range(1, 5))
def test_ip_down_undoes_an_ip_up_that_was_cut_short(stage: Stage, shell: Sequence[str], steps: int) -> None:
    """The script is cut after the n-th write that concerns resolv.conf."""
    up, down = scripts(DNS)
    marks = [
        b"""printf 'plain\\n' >"$state/dns" || return 1""",
        b"""cat "$resolv_conf" >"$state/before" || return 1""",
        b"""mv -f "$state/new" "$state/after" &&""",
        b"""cat "$state/after" >"$resolv_conf"\n""",
    ]
    mark = marks[steps - 1]
    assert up.count(mark) == 1
    ending = b"&& kill -9 $$ &&" if mark.endswith(b"&&") else b"\n    kill -9 $$\n"
    cut = up.replace(mark, mark.removesuffix(b"&&").rstrip(b"\n") + ending)
    path = stage.folder / "cut"
    path.write_bytes(cut)
    arguments = ("ppp0", "", "38400", "192.168.7.200", "192.168.7.1", "pptpsetup-work")
    assert stage.do(*shell, str(path), *arguments, check=False).returncode == -9
    stage.hook(shell, down)
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF
    assert (stage.routes(), stage.left_behind()) == (BEFORE, [])


NO_NAME_SERVERS = (
    "",
    "256.1.1.1",
    "1.256.1.1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.4.",
    ".1.2.3.4",
    "1.2.3.4 5.6.7.8",
    "1.2.3.4\nsearch evil",
    "01.2.3.4",
    "1.2.3.-4",
    "::1",
    "$(touch /run/pwned)",
    "`touch /run/pwned`",
    "; touch /run/pwned",
    "*",
    "-d",
    "127.0.0.1",
    "0.0.0.0",  # noqa: S104 - nobody binds to it here
    "224.0.0.251",
    "255.255.255.255",
)


def test_what_the_peer_calls_a_name_server_must_be_an_address(stage: Stage, shell: Sequence[str]) -> None:
    up, _ = scripts(replace(WORK, dns=Dns(from_peer=True)))
    for offered in NO_NAME_SERVERS:
        stage.hook(shell, up, environment={"DNS1": offered, "DNS2": offered})
        assert stage.resolv_conf.read_bytes() == RESOLV_CONF, offered
    assert stage.routes() == sorted([*BEFORE, "192.168.7.0/24 ppp0"])
    assert not (stage.run / "pwned").exists()


def _resolved(stage: Stage) -> dict[str, str]:
    (stage.run / "systemd" / "system").mkdir(parents=True)
    stage.fake("systemctl")
    return stage.fake("resolvectl")


def test_resolved_gets_servers_and_domains_of_the_link(stage: Stage, shell: Sequence[str]) -> None:
    tunnel = replace(DNS, dns=replace(DNS.dns, domains=("corp.example", "lan")))
    up, down = scripts(tunnel)
    path = _resolved(stage)
    stage.hook(shell, up, environment={**PEER, **path})
    stage.hook(shell, down, environment=path)
    assert [call for call in stage.calls() if call.startswith("resolvectl")] == [
        "resolvectl|dns|ppp0|192.168.7.10|192.168.7.53|10.9.9.9",
        "resolvectl|domain|ppp0|~corp.example|~lan",
        "resolvectl|revert|ppp0",
    ]
    assert "systemctl|is-active|--quiet|systemd-resolved.service" in stage.calls()
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF
    assert stage.left_behind() == []


def test_resolved_gets_all_names_when_no_domains_are_given(stage: Stage, shell: Sequence[str]) -> None:
    stage.hook(shell, scripts(DNS)[0], environment=_resolved(stage))
    assert "resolvectl|domain|ppp0|~." in stage.calls()


def test_resolved_that_is_installed_but_not_running_is_not_used(stage: Stage, shell: Sequence[str]) -> None:
    path = _resolved(stage)
    stage.fake("systemctl", status=3)
    stage.hook(shell, scripts(DNS)[0], environment=path)
    assert not [call for call in stage.calls() if call.startswith("resolvectl")]
    assert b"192.168.7.10" in stage.resolv_conf.read_bytes()


def test_resolvconf_gets_a_record_of_ours(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(DNS)
    path = stage.fake("resolvconf")
    stage.hook(shell, up, environment={"DNS1": "192.168.7.10", "DNS2": "192.168.7.53", **path})
    stage.hook(shell, down, environment=path)
    assert stage.calls() == [
        "resolvconf|-a|vpn.ppp0.pptpsetup-work|-m|0",
        "nameserver 192.168.7.10",
        "nameserver 192.168.7.53",
        "resolvconf|-d|vpn.ppp0.pptpsetup-work",
    ]
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF


def test_netconfig_gets_the_servers_of_the_interface(stage: Stage, shell: Sequence[str]) -> None:
    """In the one form that its manual has: NAME='value', the interface among them."""
    up, down = scripts(replace(DNS, dns=replace(DNS.dns, domains=("corp.example",))), profile=SUSE)
    path = stage.fake("netconfig")
    stage.hook(shell, up, environment={**PEER, **path})
    stage.hook(shell, down, environment=path)
    assert stage.calls() == [
        "netconfig|modify|-s|pptpsetup|-i|ppp0",
        "INTERFACE='ppp0'",
        "DNSSERVERS='192.168.7.10 192.168.7.53 10.9.9.9'",
        "netconfig|remove|-s|pptpsetup|-i|ppp0",
    ]
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF
    assert stage.left_behind() == []


def test_after_a_killed_pppd_netconfig_forgets_as_well(stage: Stage, shell: Sequence[str]) -> None:
    up, down = scripts(DNS, profile=SUSE)
    path = stage.fake("netconfig")
    stage.hook(shell, up, environment=path)
    stage.do("ip", "link", "del", "ppp0")
    stage.hook(shell, down, interface="", peer="", environment=path)
    assert stage.calls()[-1] == "netconfig|remove|-s|pptpsetup|-i|ppp0"
    assert stage.left_behind() == []


def test_without_netconfig_the_next_method_is_used(stage: Stage, shell: Sequence[str]) -> None:
    stage.hook(shell, scripts(DNS, profile=SUSE)[0])
    assert b"nameserver 192.168.7.10\n" in stage.resolv_conf.read_bytes()


def test_failures_are_logged_with_the_tunnels_name(stage: Stage) -> None:
    """busybox's sh runs its own logger, so the recorder is only seen by the others."""
    up, _ = scripts(replace(DNS, routes=(IPv4Network("198.51.100.0/24"),)))
    path = stage.fake("logger")
    stage.fake("resolvconf", status=1, output="no such luck")
    stage.hook(SHELLS["dash"], up, environment={"DNS1": "nonsense\x1b[31m", **path})
    logged = "\n".join(stage.calls())
    assert (
        "logger|-t|pptpsetup|-p|daemon.warning|--|work: no route to 198.51.100.0/24 through ppp0: " in logged
    )
    assert "File exists" in logged
    assert "work: no name server's address, left out: nonsense[31m" in logged
    assert "work: resolvconf failed: no such luck" in logged
    assert "the PPTP server's address is not known here" in logged


def test_hooks_are_run_by_debians_dispatcher(stage: Stage) -> None:
    """run-parts takes the names; the dispatcher passes six arguments."""
    run_parts = need("run-parts", package="debianutils")
    folder = stage.etc / "ppp" / "ip-up.d"
    folder.mkdir(parents=True)
    (folder / "50pptpsetup").write_bytes(scripts(WORK)[0])
    (folder / "50pptpsetup").chmod(0o755)
    arguments = ("ppp0", "", "38400", "192.168.7.200", "192.168.7.1", "pptpsetup-work")
    stage.do(run_parts, *(f"--arg={each}" for each in arguments), "/etc/ppp/ip-up.d")
    assert "192.168.7.0/24 ppp0" in stage.routes()


@pytest.fixture
def debian(stage: Stage) -> tuple[Stage, dict[str, str]]:
    """Debian's own dispatchers, and its script for the peer's name servers beside ours."""
    for name in ("ip-up", "ip-down", "ip-up.d/0000usepeerdns", "ip-down.d/0000usepeerdns"):
        source, target = Path("/etc/ppp") / name, stage.etc / "ppp" / name
        if not source.is_file():
            missing(f"{source} is not there (Debian package ppp)")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    if Path("/sbin/resolvconf").exists():
        missing("with /sbin/resolvconf Debian's script leaves resolv.conf to it")
    (stage.etc / "ppp" / "resolv.conf").write_text("nameserver 192.168.7.53\nnameserver 10.9.9.9\n")
    for kind, content in zip(("up", "down"), scripts(DNS), strict=True):
        path = stage.etc / "ppp" / f"ip-{kind}.d" / "50pptpsetup"
        path.write_bytes(content)
        path.chmod(0o755)
    return stage, {**PEER, "PPPD_PID": "1"}


def _dispatch(stage: Stage, kind: str, environment: dict[str, str]) -> None:
    arguments = ("ppp0", "", "38400", "192.168.7.200", "192.168.7.1", "pptpsetup-work")
    stage.do(f"/etc/ppp/ip-{kind}", *arguments, environment=environment)


def test_name_servers_beside_debians_own_script(debian: tuple[Stage, dict[str, str]]) -> None:
    stage, environment = debian
    _dispatch(stage, "up", environment)
    lines = stage.resolv_conf.read_text().splitlines()
    assert next(line for line in lines if line.startswith("nameserver")) == "nameserver 192.168.7.10"
    assert "192.168.7.0/24 ppp0" in stage.routes()
    _dispatch(stage, "down", environment)
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF
    assert stage.left_behind() == []


def test_after_a_killed_pppd_debians_script_gets_its_turn_as_well(
    debian: tuple[Stage, dict[str, str]], shell: Sequence[str]
) -> None:
    """Its backup would otherwise be overwritten by the next ip-up, and the original be lost."""
    stage, environment = debian
    _dispatch(stage, "up", environment)
    stage.do("ip", "link", "del", "ppp0")
    stage.hook(shell, scripts(DNS)[1], interface="", peer="")
    assert stage.resolv_conf.read_bytes() == RESOLV_CONF
    assert stage.left_behind() == []


def test_after_a_killed_pppd_an_interface_of_another_link_is_left_alone(
    debian: tuple[Stage, dict[str, str]], shell: Sequence[str]
) -> None:
    stage, environment = debian
    _dispatch(stage, "up", environment)
    stage.hook(shell, scripts(DNS)[1], interface="", peer="")
    assert b"192.168.7.53" in stage.resolv_conf.read_bytes()
    assert b"192.168.7.10" not in stage.resolv_conf.read_bytes()
    assert stage.left_behind() == []
