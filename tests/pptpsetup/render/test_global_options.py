"""Nothing that /etc/ppp/options says changes a tunnel, apart from what pppd has no word against.

pppd itself is asked, in each generation: for every option that it knows, it reads a global file with that
option and then our peers file, and shows what is in effect.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pptpsetup.distro.catalogue import load_profile, profile_ids
from pptpsetup.distro.profile import Profile
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.peers import peers
from pptpsetup.spec.model import Demand, Tunnel
from tests.golden.cases import PROGRAMS, WORK
from tests.oracle.generations import GENERATIONS, HERE, Generation, effective

pytestmark = pytest.mark.host

DEBIAN = load_profile("debian")
# openSUSE's /etc/ppp/options, from its ppp package.
SUSE = (
    "noauth",
    "crtscts",
    "lock",
    "modem",
    "asyncmap 0",
    "nodetach",
    "lcp-echo-interval 30",
    "lcp-echo-failure 4",
    "lcp-max-configure 60",
    "lcp-restart 2",
    "idle 600",
    "noipx",
    "noipdefault",
)
ON_DEMAND = replace(WORK, demand=Demand(idle=90))

ARGUMENTS = {
    "active-filter": '"port 53"',
    "allow-number": "*",
    "bsdcomp": "15",
    "call": "other",
    "chap-secrets": "/etc/ppp/chap-secrets",
    "deflate": "15",
    "file": "/etc/ppp/chap-secrets",
    "ipv6": "::1,::2",
    "mru": "296",
    "mtu": "296",
    "netmask": "255.255.0.0",
    "pass-filter": '"port 53"',
    "plugin": "passwordfd.so",
    "privgroup": "root",
    "set": "A=B",
    "stop-bits": "2",
    "socket": "192.0.2.1:7",
    "+ua": "/etc/ppp/chap-secrets",
}
"Arguments that pppd accepts, of those options that take another one than the number 7."

CANNOT_BE_SAID: Mapping[str, str] = {
    # The link does not come up, and `start` says so.
    "it is for another kind of line, and pppd refuses the two together": "notty socket tty",
    "it makes the line synchronous, and LCP fails": "sync",
    "it takes away what the tunnel needs (IP, addresses, CCP, our login), and the negotiation fails": (
        "noip -ip ipcp-no-addresses ipcp-no-address noremoteip nosendip noccp -ccp -all refuse-mschap-v2"
        " -mschap-v2 callback password silent"
    ),
    "it is a program or file of the administrator's, run or read for every link": (
        "call file plugin init disconnect record set unset privgroup ip-up-script ip-down-script"
        " auth-up-script auth-down-script"
        " ip-pre-up-script ipv6-up-script ipv6-down-script net-init-script net-pre-up-script net-down-script"
        " chap-secrets pap-secrets lcp-rtt-file"
    ),
    "it tells only how pppd talks about itself": (
        "debug -d kdebug logfile logfd nolog nologfd --version -v --help -h show-options"
    ),
    # The link comes up, and differs in what an administrator has wanted for every link.
    "pppd knows no opposite; whoever starts a tunnel at boot says nodetach": (
        "nodetach -detach updetach up_sdnotify master_detach"
    ),
    "pppd knows no opposite; the tunnel is then dialled on demand": "demand",
    "not every pppd is built with it, so that a word against it could stop another one": (
        "active-filter pass-filter maxoctets mo mo-direction mo-timeout multilink mp nomultilink nomp mrru"
        " mpshortseq nompshortseq bundle endpoint noendpoint"
    ),
    "pppd knows no opposite; the peer's name servers are asked for, and a distribution may use them": (
        "usepeerdns usepeerwins noresolvconf"
    ),
    "it gives the interface another name, which is found in pppd's own files": "ifname unit",
    "pppd knows no opposite; every link is then in that routing domain": "vrf",
    "sets of characters to escape are added up, and more of them cost time only": (
        "asyncmap -as default-asyncmap -am escape xonxoff receive-all"
    ),
    "it leaves out a saving of octets or a check": (
        "noaccomp -ac nopcomp -pc nomagic -mn lcp-echo-adaptive passive -p"
    ),
    "we say the same in other words, or it belongs to what is switched off": (
        "-vj -vjccomp vj-max-slots -defaultroute -proxyarp defaultroute-metric replacedefaultroute"
        " noreplacedefaultroute defaultroute6 nodefaultroute6 -defaultroute6 defaultroute6-metric"
        " nodeflatedraft noecp -ecp noipx ipv6 ipv6cp-accept-local ipv6cp-accept-remote ipv6cp-use-ipaddr"
        " ipv6cp-use-persistent ipv6cp-use-remotenumber ipv6cp-noremote ipv6cp-nosend ipv6cp-restart"
        " ipv6cp-max-terminate ipv6cp-max-configure ipv6cp-max-failure datarate stop-bits netmask"
    ),
    "it is about the peer's login, which is not wanted, or about a way of ours that is refused": (
        "login enable-session papcrypt allow-ip allow-number remotenumber chapms-strip-domain need-peer-eap"
        " +ua -pap -chap -mschap pap-restart pap-max-authreq pap-timeout chap-restart chap-max-challenge"
        " chap-interval chap-timeout eap-restart eap-max-sreq eap-timeout eap-max-rreq eap-interval"
        " ca capath cert key crl crl-dir pkcs12 max-tls-version tls-verify-method tls-verify-key-usage"
        " srp-interval srp-pn-secret srp-use-pseudonym"
    ),
    "it names the machine to the peer, and the login has a word of its own (user)": "usehostname domain",
    "it is what a server would tell its clients": "ms-dns ms-wins",
    "`nomppe` and our word after it take back what it says; the dump shows it all the same": (
        "+mppe-128 nomppe-128 -mppe-128 +mppe-40 nomppe-40 -mppe-40 require-mppe-40"
    ),
}
"Why, and the options that this holds for."
EXCEPTIONS = frozenset(name for names in CANNOT_BE_SAID.values() for name in names.split())
NO_OPTIONS = frozenset({"device", "IP", "dryrun", "dump"})
"Words of the listing that are no options, and the two that this is done with."


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generations")


@pytest.fixture(scope="module", params=GENERATIONS)
def generation(request: pytest.FixtureRequest, directory: Path) -> Generation:
    return Generation(request.param, directory / request.param)


@pytest.fixture(scope="module")
def known(directory: Path) -> frozenset[str]:
    """Every option of the newest pppd."""
    found = frozenset(Generation("trixie", directory / "listing").own_options()) - NO_OPTIONS
    assert len(found) > 200
    return found


def content(tunnel: Tunnel, profile: Profile = DEBIAN) -> bytes:
    (file,) = (each for each in peers(tunnel, profile, PROGRAMS) if isinstance(each, FileArtifact))
    return file.content


def in_effect(output: str, known: frozenset[str]) -> list[str]:
    """Options only: pppd 2.5 prints freed memory between them, which may hold line ends."""
    return [line for line in effective(output) if line.split()[0] in known]


def line(option: str, argument: str) -> bytes:
    return f"{option} {argument}\n".encode()


def accepted(generation: Generation, names: list[str]) -> dict[str, bytes]:
    """A line of a global file for each of *names* that this pppd knows."""
    bare = generation.dryruns(b"pty x\nnoauth\n", [line(each, "") for each in names])
    found = {}
    for name, done in zip(names, bare, strict=True):
        if f"unrecognized option '{name}'" not in done.output:
            needs = name in ARGUMENTS or "too few parameters" in done.output
            found[name] = line(name, ARGUMENTS.get(name, "7") if needs else "")
    return found


def test_every_option_of_pppd_is_said_or_known_not_to_be(
    generation: Generation, known: frozenset[str]
) -> None:
    """Each of the others by itself, and all at once that ask for something, in both orders."""
    lines = accepted(generation, sorted(known - EXCEPTIONS))
    assert len(lines) > 70
    asking = [text for name, text in lines.items() if not name.startswith(("-", "no"))]
    both = [b"".join(asking), b"".join(reversed(asking))]
    for tunnel, hostile in ((WORK, [*lines.values(), *both]), (ON_DEMAND, both)):
        alone, *among = generation.dryruns(content(tunnel), [b"", *hostile], ["dump"])
        assert alone.status == 0, alone.output
        for options, done in zip(hostile, among, strict=True):
            assert done.status == 0, (options, done.output)
            assert in_effect(done.output, known) == in_effect(alone.output, known), options


def test_the_exceptions_are_exceptions(directory: Path, known: frozenset[str]) -> None:
    """What can be said, or what no pppd has any more, must not stay in the list."""
    differ: set[str] = set()
    for name in ("trixie", HERE):
        generation = Generation(name, directory / f"exceptions-{name}")
        lines = accepted(generation, sorted(EXCEPTIONS - differ))
        alone, *among = generation.dryruns(content(WORK), [b"", *lines.values()], ["dump"])
        differ |= {
            option
            for option, done in zip(lines, among, strict=True)
            if done.status or in_effect(done.output, known) != in_effect(alone.output, known)
        }
    assert differ >= (EXCEPTIONS & known) - UNSEEN


UNSEEN = frozenset({"file", "noipx", "set", "privgroup", "plugin"})
"The dump does not show them."


@pytest.mark.parametrize(
    "profile_id", [*(each for each in profile_ids() if load_profile(each).options), "suse-like"]
)
def test_no_distributions_own_options_change_a_tunnel(
    profile_id: str, generation: Generation, known: frozenset[str]
) -> None:
    """Lines that this pppd does not know are left out: the distribution has another one."""
    profile = replace(DEBIAN, options=SUSE) if profile_id == "suse-like" else load_profile(profile_id)
    peers_file = content(WORK, profile)
    # What SUSE's options say in a file of their own is the administrator's: which packets keep a link busy.
    # OpenWrt's would have the dump go elsewhere.
    every = [f"{each}\n".encode() for each in profile.options if not each.startswith(("file ", "logfile "))]
    good = [
        each
        for each, done in zip(every, generation.dryruns(b"pty x\nnoauth\n", every), strict=True)
        if "unrecognized option" not in done.output
    ]
    alone, among = generation.dryruns(peers_file, [b"", b"".join(good)], ["dump"])
    assert (alone.status, among.status) == (0, 0), among.output
    ignored = {"noipx", "noaccomp", "nopcomp", "debug"}
    assert [each for each in in_effect(among.output, known) if each not in ignored] == in_effect(
        alone.output, known
    )


def test_a_global_nodetach_holds_nobody_up(generation: Generation, known: frozenset[str]) -> None:
    """`pppd call NAME` and `pon NAME` return when the link is up; the unit's pppd stays where it is."""
    peers_file = content(WORK, replace(DEBIAN, options=SUSE))
    options = [b"nodetach\n"]
    (pon,) = generation.dryruns(peers_file, options, ["dump"])
    words = in_effect(pon.output, known)
    assert "updetach" in words
    assert "nodetach" not in words
    # Without the unit's nolog: the dump is a message, too.
    for arguments in (["nodetach"], ["nodetach", "up_sdnotify", "nopersist"]):
        (unit,) = generation.dryruns(peers_file, options, [*arguments, "dump"])
        words = in_effect(unit.output, known)
        assert {"nodetach", "up_sdnotify"} & set(words), words
        assert "updetach" not in words


def test_updetach_is_said_where_it_must_be_and_nowhere_else() -> None:
    """With `persist` it lets who starts pppd wait for a server that is away; on demand, for a packet."""
    suse = replace(DEBIAN, options=SUSE)
    assert b"\nupdetach\n" in content(WORK, suse)
    assert b"\nupdetach\n" not in content(WORK)
    assert b"\nupdetach\n" not in content(ON_DEMAND, suse)
