"""Files of pptpconfig, as users have shown them in public."""

import pytest

from pptpsetup.spec.importer.finding import Found, Verdict
from tests.pptpsetup.spec.importer.bench import CHAP, only, told

_PAP = "/etc/ppp/pap-secrets"
_PEERS = """\
# tunnel puma, written by pptpconfig $Revision: 1.8 $

# name of tunnel, used to select lines in secrets files
remotename puma

# name of tunnel, used to name /var/run pid file
linkname puma

# name of tunnel, passed to ip-up scripts
ipparam puma

# data stream for pppd to use
pty "pptp vpn.example.com --nolaunchpppd "

# domain and username, used to select lines in secrets files
name CORP\\\\tom

usepeerdns
require-mppe
refuse-eap
persist

# do not require the server to authenticate to our client
noauth

# end of tunnel file
"""


def _block(password: str) -> str:
    lines = f"CORP\\\\tom puma {password} *\npuma CORP\\\\tom {password} *\n"
    return f"\n# +++ pptpconfig added for tunnel puma\n{lines}# --- pptpconfig added for tunnel puma\n"


def _found(password: str, **more: str) -> Found:
    block = _block(password)
    files = {"/etc/ppp/peers/puma": _PEERS, CHAP: f"a b c\n{block}d e f\n", _PAP: block}
    return only({**files, **more})


@pytest.mark.parametrize(
    ("stored", "meant"),
    [("secret", "secret"), ("two words", "two words"), ("p#x", "p#x"), ("a\\\\b", "a\\b")],
)
def test_a_tunnel(stored: str, meant: str) -> None:
    found = _found(stored)
    assert found.problems == []
    assert found.author == "pptpconfig"
    assert found.values["domain"] == "CORP"
    assert found.values["username"] == "tom"
    assert found.values["dns.servers"] == ["from-peer"]
    assert found.values["encryption"] == "required-128"
    assert "require-mppe" in told(found, Verdict.REPAIRED)
    assert found.password is not None
    assert found.password.reveal() == meant
    assert found.takeovers[CHAP].content == b"a b c\nd e f\n"
    assert found.takeovers[_PAP].content == b""


def test_a_block_with_something_else_in_it_stays() -> None:
    block = _block("pw").replace("puma CORP", "x y z\npuma CORP")
    found = _found("pw", **{CHAP: block, _PAP: ""})
    assert found.takeovers[CHAP].content == block.replace("CORP\\\\tom puma pw *\n", "").encode()


def test_what_is_in_its_own_store_is_said_not_to_be_read() -> None:
    found = _found("pw", **{"/etc/pptpconfig/tunnels": 'a:1:{s:4:"puma";a:0:{}}'})
    assert "routes, name servers and the start at login are not read" in told(found, Verdict.ADVICE)
