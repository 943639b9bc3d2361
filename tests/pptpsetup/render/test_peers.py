"""Peers files mean what the tunnel says, whatever the administrator's /etc/ppp/options says."""

import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.distro.kinds import HookKind
from pptpsetup.errors import SpecError
from pptpsetup.grammar import pppword
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.peers import peers
from pptpsetup.render.programs import Programs
from pptpsetup.spec.model import Authentication, Dns, Encryption, Engine, Tunnel
from tests.golden.cases import PROGRAMS, WORK
from tests.oracle.pppd import Pppd
from tests.support import missing, need, need_root

DEBIAN = load_profile("debian")
# Every line would change a tunnel that does not say otherwise.
HOSTILE = b"""
auth crtscts modem lock asyncmap 0 noipdefault defaultroute proxyarp ktune
idle 600 maxconnect 60 lcp-echo-interval 0 lcp-echo-failure 1 lcp-max-configure 60 lcp-restart 2
mtu 296 mru 296
bsdcomp 15 deflate 15 predictor1 require-mppe mppe-stateful
nopersist maxfail 1 holdoff 300 show-password
name other remotename other linkname other ipparam other pty "other program"
"""


def _content(tunnel: Tunnel, programs: Programs = PROGRAMS) -> bytes:
    (file,) = (each for each in peers(tunnel, DEBIAN, programs) if isinstance(each, FileArtifact))
    return file.content


def _words(tunnel: Tunnel, programs: Programs = PROGRAMS) -> list[str]:
    return [word.value.decode() for word in pppword.words(_content(tunnel, programs))]


def _after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


@pytest.mark.parametrize(
    ("encryption", "present", "absent"),
    [
        (Encryption.REQUIRED_128, {"require-mppe-128"}, {"require-mppe-40", "require-mppe"}),
        (Encryption.REQUIRED_40, {"require-mppe-40"}, {"require-mppe-128", "require-mppe"}),
        (Encryption.NONE, {"nomppe"}, {"require-mppe-128", "require-mppe-40", "require-mppe"}),
    ],
)
def test_encryption(encryption: Encryption, present: set[str], absent: set[str]) -> None:
    words = _words(replace(WORK, encryption=encryption))
    assert present <= set(words)
    assert absent.isdisjoint(words)


def test_a_method_is_refused_exactly_when_it_was_not_chosen() -> None:
    words = {
        Authentication.MSCHAP_V2: "refuse-mschap-v2",
        Authentication.MSCHAP: "refuse-mschap",
        Authentication.CHAP: "refuse-chap",
        Authentication.PAP: "refuse-pap",
    }
    for allowed in Authentication:
        found = set(_words(replace(WORK, authentication=(allowed,))))
        assert found & set(words.values()) == set(words.values()) - {words[allowed]}
        assert "refuse-eap" in found


def test_the_peer_is_asked_for_name_servers_only_when_they_are_wanted() -> None:
    assert "usepeerdns" not in _words(WORK)
    assert "usepeerdns" in _words(replace(WORK, dns=Dns(from_peer=True)))


def test_the_pty_command_reaches_the_engine_through_both_parsers() -> None:
    programs = Programs("/opt/my python/bin/python3", '/opt/it\'s "here"/$HOME/__main__.py')
    argv = shlex.split(_after(_words(WORK, programs), "pty"))
    assert argv == [
        "exec",
        programs.python,
        "-I",
        "-S",
        programs.engine,
        "vpn.example.com",
        "--nolaunchpppd",
        "--logstring",
        "work",
        "--instance",
        "work",
        "--report",
        "/run/pptpsetup/work.json",
    ]


def test_the_c_engine_is_run_by_the_profiles_path_and_keeps_its_host_route() -> None:
    words = _words(replace(WORK, engine=Engine.SYSTEM))
    argv = shlex.split(_after(words, "pty"))
    assert argv == ["exec", "/usr/sbin/pptp", "vpn.example.com", "--nolaunchpppd", "--logstring", "work"]


def test_names() -> None:
    words = _words(replace(WORK, domain="CORP", username='o\'neil "x" #1'))
    assert _after(words, "name") == 'CORP\\o\'neil "x" #1'
    assert _after(words, "remotename") == "work"
    assert _after(words, "linkname") == "pptp-work"
    assert _after(words, "ipparam") == "pptpsetup-work"


IP_UP_SCRIPT = replace(DEBIAN, hooks=replace(DEBIAN.hooks, kind=HookKind.IP_UP_SCRIPT))


def _with_scripts() -> bytes:
    return next(
        each.content for each in peers(WORK, IP_UP_SCRIPT, PROGRAMS) if isinstance(each, FileArtifact)
    )


def test_pppd_is_told_of_our_scripts_only_where_it_must_be() -> None:
    words = [word.value.decode() for word in pppword.words(_with_scripts())]
    assert _after(words, "ip-up-script") == "/etc/pptpsetup/link-up"
    assert _after(words, "ip-down-script") == "/etc/pptpsetup/link-down"
    assert {"ip-up-script", "ip-down-script"}.isdisjoint(_words(WORK))


@pytest.mark.host
def test_pppd_knows_the_options_for_our_scripts(pppd_oracle: Pppd) -> None:
    done = pppd_oracle.dryrun(_with_scripts(), arguments=["dump"])
    assert done.status == 0, done.output
    assert "ip-up-script /etc/pptpsetup/link-up" in done.output
    assert "ip-down-script /etc/pptpsetup/link-down" in done.output


def test_a_login_that_pppd_would_cut_is_refused() -> None:
    with pytest.raises(SpecError):
        _content(replace(WORK, username="u" * 256))


def test_an_administrator_can_read_it() -> None:
    text = _content(WORK).decode()
    assert text.startswith("# PPTP tunnel work to vpn.example.com")
    assert "/etc/pptpsetup/tunnels.yaml" in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert max(len(line) for line in text.splitlines() if not line.startswith("pty")) <= 120


def _effective(output: str) -> list[str]:
    """The dump of 2.4.9 without origins; ``lock``, ``modem`` and cleared flags are empty lines there."""
    lines = (line.partition("\t")[0].strip() for line in output.splitlines())
    return sorted(line for line in lines if line)


@pytest.mark.host
@pytest.mark.parametrize("encryption", Encryption)
def test_no_global_option_changes_a_tunnel(encryption: Encryption, pppd_oracle: Pppd) -> None:
    content = _content(replace(WORK, encryption=encryption))
    alone = pppd_oracle.dryrun(content, arguments=["dump"])
    among = pppd_oracle.dryrun(content, options=HOSTILE, arguments=["dump"])
    assert (alone.status, among.status) == (0, 0), among.output
    assert _effective(among.output) == _effective(alone.output)
    assert "mtu 1400" in _effective(among.output)


@pytest.mark.host
@pytest.mark.parametrize(("encryption", "bits"), [(Encryption.REQUIRED_128, 2), (Encryption.REQUIRED_40, 1)])
def test_a_global_require_mppe_does_not_let_the_peer_choose_the_strength(
    encryption: Encryption, bits: int, tmp_path: Path
) -> None:
    """Options files add up strengths; the plugin shows pppd's own masks (mppe.h: 40 bit 1, 128 bit 2)."""
    pppd = need("pppd", package="ppp")
    need_root("pppd's noauth is privileged")
    if not Path("/usr/include/pppd/ccp.h").is_file():
        missing("the headers of pppd are not installed (Debian package ppp-dev)")
    plugin = tmp_path / "mppe.so"
    source = Path(__file__).parent / "mppe_plugin.c"
    build = [
        need("gcc", package="gcc"),
        "-DMPPE",
        "-DPLUGIN",
        "-shared",
        "-fPIC",
        "-o",
        str(plugin),
        str(source),
    ]
    subprocess.run(build, check=True, timeout=60)
    (tmp_path / "hostile").write_bytes(
        b"require-mppe require-mppe-40 require-mppe-128 +mppe +mppe-40 +mppe-128 nomppe-40 nomppe-128\n"
    )
    (tmp_path / "peers").write_bytes(_content(replace(WORK, encryption=encryption)))
    done = subprocess.run(
        [pppd, "file", str(tmp_path / "hostile"), "file", str(tmp_path / "peers"), "plugin", str(plugin)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert f"want={bits} allow={bits}" in done.stdout
