"""pppd's own list of the options in effect, before and after: every difference has a reason.

The old peers file and the one that is rendered for the imported tunnel go through ``pppd call … dump
dryrun``.
"""

import re
from collections.abc import Mapping

import pytest

from pptpsetup.distro.catalogue import load_profile
from pptpsetup.render.artifact import FileArtifact
from pptpsetup.render.peers import peers
from pptpsetup.spec.document import Document
from pptpsetup.spec.importer.finding import Given, Layout
from pptpsetup.spec.importer.survey import survey
from tests.golden.cases import PROGRAMS
from tests.oracle.pppd import Pppd

_LOGIN = 'pty "pptp vpn.example.com --nolaunchpppd"\nname alice\nremotename question\n'
_PPTP = "lock\nnoauth\nrefuse-pap\nrefuse-eap\nrefuse-chap\nrefuse-mschap\nnobsdcomp\nnodeflate\n"
"/etc/ppp/options.pptp of Debian's pptp-linux, without its comments."
_SYSTEM = (
    "asyncmap 0\nauth\ncrtscts\nlock\nhide-password\nmodem\n"
    "lcp-echo-interval 30\nlcp-echo-failure 4\nnoipx\n"
)
"/etc/ppp/options of Debian's ppp, without its comments."

ALWAYS: Mapping[str, str] = {
    "pty .*": "the command is the bundled engine's",
    "linkname pptp-question": "the pid file has our name",
    "ipparam pptpsetup-question": "our hooks know the tunnel by it",
    "noauth": "stated, whatever the global options say",
    "refuse-eap": "EAP logins make no keys",
    "hide-password": "pppd's default, stated",
    "nobsdcomp|nodeflate|nopredictor1|novj|novjccomp": "compression: none, stated",
    "local|nolock|nocrtscts|asyncmap 0": "the line is a pseudo-terminal",
    "noipv6|noipdefault|nodefaultroute|noproxyarp|noktune": "IPv4 only, and routes are ours",
    "nomppe-stateful": "pppd's default, stated",
    "nomppe": "pppd's default, stated",
    "lcp-restart 3|lcp-max-configure 10|idle 0|maxconnect 0": "pppd's default, stated",
    "lcp-max-failure 5|lcp-max-terminate 2|connect-delay 1000|child-timeout 5": "pppd's default, stated",
    "ipcp-restart 3|ipcp-max-(configure 10|failure 5|terminate 2)": "pppd's default, stated",
    "ipcp-accept-(local|remote)": "the server gives the addresses, as it did, stated",
    "connect|welcome": "no program is run, stated",
    "user alice": "the login, which another file's user would override, stated",
    "nopersist": "pppd's default, stated",
    "maxfail 0": "counts for nothing without persist",
    "maxfail 10": "pppd's default, stated",
    "holdoff 10": "counts for nothing without persist",
    "holdoff 30": "pppd's default, stated",
    "lcp-echo-interval 0": "pppd's default, stated",
}
"What every imported tunnel may have that the old file had not."

GONE: Mapping[str, str] = {
    "pty .*": "the command is the bundled engine's",
    "linkname .*": "the pid file has our name",
    "ipparam .*": "our hooks know the tunnel by it",
    "auth": "no PPTP server proves who it is",
    "crtscts|cdtrcts|nocdtrcts": "a pseudo-terminal has no lines for that",
    "noipx|updetach|nodetach": "no effect on the tunnel",
}
"What it may have lost."

_FULL = """\
file /etc/ppp/options.pptp
require-mppe-128
mtu 1400
mru 1400
lcp-echo-interval 5
lcp-echo-failure 3
persist
maxfail 0
holdoff 7
linkname office
noipv6
usepeerdns
"""
_TUNED = """\
file /etc/ppp/options.pptp
mtu 1400 mru 1400
debug lcp-max-failure 20 idle 600 unit 4 ipcp-accept-local ipcp-accept-remote 10.0.0.1:10.0.0.2
bsdcomp 12,12 deflate 12 ktune noaccomp nopcomp nomagic ipcp-max-failure 30
ms-dns 10.0.0.1 ms-dns 10.0.0.2 lcp-restart 5 maxconnect 3600 active-filter 'not icmp'
mppe-stateful lcp-echo-adaptive holdoff 3
"""
_AGAINST_OURS = """\
file /etc/ppp/options.pptp
mtu 1400 mru 1400
+ipv6 persist maxfail 3 lcp-max-configure 30 asyncmap a0000 predictor1
"""
_MPPE = "file /etc/ppp/options.pptp\nmtu 1400\nmru 1400\n"
_NONE: frozenset[str] = frozenset()
CASES: Mapping[str, tuple[str, frozenset[str], frozenset[str]]] = {
    # name: (peers file, lines that are new for a reason of its own, lines that go for one)
    "howto": (
        "require-mppe-128\nfile /etc/ppp/options.pptp\nipparam office\n",
        frozenset({"mtu 1500", "mru 1500"}),
        _NONE,
    ),
    "everything stated": (_FULL, _NONE, _NONE),
    # 2.4.9 dumps plain require-mppe under the name of the table's entries that match its mask.
    "plain require-mppe is repaired": (
        f"{_MPPE}require-mppe\n",
        frozenset({"require-mppe-128"}),
        frozenset({"require-mppe", "require-mppe-40"}),
    ),
    "only mtu": (
        "file /etc/ppp/options.pptp\nrequire-mppe-40\nmtu 1300\n",
        frozenset({"mru 1300"}),
        _NONE,
    ),
    "any method with encryption": (
        "noauth\nrequire-mppe-128\nmtu 1400\nmru 1400\n",
        frozenset({"refuse-pap", "refuse-chap"}),
        _NONE,
    ),
    "any method without": ("noauth\nmtu 1400\nmru 1400\n", _NONE, _NONE),
    "an ADSL modem's howto": (
        "connect /bin/true\nnoauth\nmtu 1400\nmru 1400\nnoipdefault\nhide-password\nnobsdcomp\n",
        _NONE,
        frozenset({"connect /bin/true"}),
    ),
    "everything by a default route": (
        f"{_MPPE}usepeerdns\npersist\nmaxfail 0\ndefaultroute\nreplacedefaultroute\n",
        _NONE,
        frozenset({"defaultroute", "replacedefaultroute"}),
    ),
    "a flag to no default route": (
        f"{_MPPE}nodefaultroute\nreplacedefaultroute\n",
        _NONE,
        frozenset({"replacedefaultroute"}),
    ),
    "tuned": (_TUNED, _NONE, _NONE),
    "tuned against ours": (_AGAINST_OURS, _NONE, _NONE),
}


def _effective(pppd: Pppd, content: bytes, options: str) -> set[str]:
    done = pppd.dryrun(content, options=options.encode(), arguments=["dump"])
    assert done.status == 0, done.output
    lines = (line.partition("\t")[0].strip() for line in done.output.splitlines())
    return {line for line in lines if line and line not in {"dump", "dryrun", "pppd options in effect:"}}


def _imported(text: str, options: str) -> bytes:
    """The peers file of the tunnel that *text* becomes."""
    files = {
        "/etc/ppp/peers/question": text.encode(),
        "/etc/ppp/options": options.encode(),
        "/etc/ppp/options.pptp": _PPTP.encode(),
    }
    (found,) = survey(Given(files), Layout()).found
    assert (found.problems, found.lost) == ([], ())
    tunnel = Document.empty("t.yaml").set_tunnel("question", found.values).spec.find("question")
    assert tunnel is not None
    profile = load_profile("debian")
    (file,) = (each for each in peers(tunnel, profile, PROGRAMS) if isinstance(each, FileArtifact))
    return file.content


def _unexplained(lines: set[str], reasons: Mapping[str, str], own: frozenset[str]) -> set[str]:
    return {line for line in lines - own if not any(re.fullmatch(pattern, line) for pattern in reasons)}


@pytest.mark.host
@pytest.mark.parametrize("options", ["", _SYSTEM], ids=["no global options", "Debian's global options"])
@pytest.mark.parametrize("case", CASES)
def test_every_difference_has_a_reason(case: str, options: str, pppd_oracle: Pppd) -> None:
    text, new, gone = CASES[case]
    text = _LOGIN + text
    pppd_oracle.place("options.pptp", _PPTP.encode())
    before = _effective(pppd_oracle, text.encode(), options)
    after = _effective(pppd_oracle, _imported(text, options), options)
    if "lcp-echo-interval 0" in after:
        new |= {"lcp-echo-failure 3"}  # has no effect
    assert _unexplained(after - before, ALWAYS, new) == set()
    assert _unexplained(before - after, GONE, gone) == set()
