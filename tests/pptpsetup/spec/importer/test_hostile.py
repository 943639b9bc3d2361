"""Whatever the files hold: findings, problems with places, and never a password in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.spec.document import Document
from pptpsetup.spec.importer.finding import Given, Layout, Takeover
from pptpsetup.spec.importer.survey import survey
from tests.pptpsetup.spec.importer.bench import CHAP, PEERS, PTY, codes, look, only

_PATHS = (
    PEERS,
    CHAP,
    "/etc/ppp/pap-secrets",
    "/etc/ppp/options",
    "/etc/ppp/options.pptp",
    "/etc/ppp/ip-up.d/office",
    "/etc/network/interfaces",
    "/etc/NetworkManager/system-connections/a.nmconnection",
    "/etc/config/network",
    "/etc/conf.d/net",
    "/etc/pptpconfig/tunnels",
)
_PIECES = st.sampled_from(
    [
        PTY.encode(),
        b"name alice\n",
        b"file /etc/ppp/options.pptp\n",
        b"call office\n",
        b"call ../x\n",
        b'"',
        b"'",
        b"\\",
        b"\n",
        b"\r\n",
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"# written by pptpsetup\n",
        b"# added by pptpsetup for office\n",
        b'alice office "Tr0ub4dor" *\n',
        b"alice office @/etc/ppp/options *\n",
        b"require-mppe\n",
        b"mtu 0x\n",
        b"mtu 99999999999\n",
        b"# tunnel office, written by pptpconfig\n",
        b"# +++ pptpconfig added for tunnel office\n",
        b"password Tr0ub4dor\n",
        b"# --- pptpconfig added for tunnel office\n",
        b"[connection]\n",
        b"[vpn]\n",
        b"gateway=x\n",
        b"service-type=org.freedesktop.NetworkManager.pptp\n",
        b"config interface vpn\n",
        b"option proto pptp\n",
        b"option password Tr0ub4dor\n",
        b"config_ppp0=ppp\n",
        b"link_ppp0=\"pty 'pptp a --nolaunchpppd'\"\n",
        b"password_ppp0=Tr0ub4dor\n",
        b"iface x inet ppp\n",
        b" provider office\n",
        b"auto x\n",
        b"demand\n",
        b"remotename office\n",
        b'[ "$6" = office ] && ip route add 10.0.0.0/8 dev "$1"\n',
        b"ipparam office\n",
        b"lcp-echo-interval 99999\n",
        b"[ipv4]\nroute1=10.0.0.0/8\n",
        b"[vpn-secrets]\npassword=Tr0ub4dor\n",
        b"pty pptp\n",
        b"pptp ",
    ]
)
_CONTENTS = st.lists(_PIECES | st.binary(max_size=20), max_size=10).map(b"".join)


@given(st.dictionaries(st.sampled_from(_PATHS), _CONTENTS))
def test_any_files_give_findings(contents: dict[str, bytes]) -> None:
    found = survey(Given(contents), Layout())
    for each in found.found:
        assert each.problems or each.values["server"]
        for problem in each.problems:
            assert problem.where is not None
            assert problem.hint or problem.why, problem
        for takeover in each.takeovers.values():
            _check(takeover, contents)
        if not each.problems:
            # What the importer lets through is what the spec takes.
            values = {**each.values, "password": {"file": "/x"}}
            Document.empty("t.yaml").set_tunnel("imported", values)
    told = f"{found.notes}{[each.notes + each.problems for each in found.found]}"
    if b"Tr0ub4dor" in b"".join(contents.values()):
        assert _leaks(told) == []


def _leaks(told: str) -> list[str]:
    # A password that stands where another kind of word belongs may be told; ours never does alone.
    return [part for part in told.split("Note(") if "Tr0ub4dor" in part and "password (not shown)" in part]


def _check(takeover: Takeover, contents: dict[str, bytes]) -> None:
    """Only whole lines go, and the rest keeps its order."""
    assert takeover.expected == contents[takeover.path]
    if takeover.content is None:
        return
    left = iter(takeover.expected.split(b"\n"))
    assert all(line in left for line in takeover.content.split(b"\n") if line)


@pytest.mark.parametrize("length", [10_000, 60_000])
def test_long_files_end(length: int) -> None:
    found = only(
        {PEERS: PTY + "name alice\n" + "debug\n" * length, CHAP: "a b c\n" * length + "alice * pw\n"}
    )
    assert [code.split()[0] for code in codes(found)] == (["import-too-long"] if length > 20_000 else [])


def test_includes_that_double_end() -> None:
    files: dict[str, str | bytes] = {
        f"/etc/ppp/o{number}": f"file /etc/ppp/o{number + 1}\nfile /etc/ppp/o{number + 1}\n"
        for number in range(30)
    }
    files |= {PEERS: PTY + "name alice\nfile /etc/ppp/o0\n", "/etc/ppp/o30": "debug\n"}
    assert {code.split()[0] for code in codes(only(files))} & {"import-too-long", "import-circle"}


def test_a_huge_file_is_not_read() -> None:
    assert [code.split()[0] for code in codes(only({PEERS: PTY + "#" * (1 << 20) + "\n"}))] == [
        "import-too-long"
    ]
    assert look({"/etc/config/network": b"pptp" + b"x" * (1 << 20)}).found == ()
