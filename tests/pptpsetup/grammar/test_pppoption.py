"""Options of pppd: the table against the installed pppd, and how a file falls into options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pptpsetup.grammar.pppoption import ADDRESSES, ARGUMENTS, DEVICE, SPEED, Option, options
from tests.oracle.pppd import Pppd

# What pppd 2.4.9 does not have yet; and what pppd does at once, or what the test itself goes by.
_NEWER = set(
    """
    noresolvconf usepeerwins pap-secrets chap-secrets ip-pre-up-script net-init-script net-pre-up-script
    net-down-script ipv6-up-script ipv6-down-script lcp-rtt-file vrf ipv6cp-use-remotenumber ipv6cp-noremote
    ipv6cp-nosend pkcs12 tls-verify-key-usage tls-verify-method
    """.split()
)
_AT_ONCE = {"--version", "-v", "--help", "-h", "show-options", "plugin", "remotename", "user"}
_ARGUMENTS = {
    "call": "given",
    "file": "/etc/ppp/given",
    "logfile": "/dev/null",
    "set": "A=b",
    "allow-ip": "10.0.0.1",
    "netmask": "255.255.255.0",
    "ipv6": "::1,::2",
    "ms-dns": "10.0.0.1",
    "ms-wins": "10.0.0.1",
    "pass-filter": "ip",
    "active-filter": "ip",
    "mo-direction": "sum",
    "endpoint": "null",
    "max-tls-version": "1.2",
    "bsdcomp": "12,12",
    "deflate": "12,12",
    "mru": "1400",
    "mtu": "1400",
    "mrru": "1500",
    "vj-max-slots": "8",
    "ifname": "ppp-x",
    "privgroup": "root",
    "+ua": "/etc/ppp/given",
    "unset": "A",
    "logfd": "2",
    "stop-bits": "1",
    "escape": "11",
    "lcp-echo-failure": "3",
}
"Where a number will not do."


def _read(data: bytes) -> list[tuple[str, bytes | None]]:
    return [(each.name, each.argument) for each in options(data)]


def test_a_file_falls_into_options_wherever_its_lines_end() -> None:
    data = b'name "tom jones" mtu\n1400 -pap # mtu 9\nfile /etc/ppp/options.pptp 10.0.0.1: 115200 /dev/ttyS0'
    assert _read(data) == [
        ("name", b"tom jones"),
        ("mtu", b"1400"),
        ("refuse-pap", None),
        ("file", b"/etc/ppp/options.pptp"),
        (ADDRESSES, b"10.0.0.1:"),
        (SPEED, b"115200"),
        (DEVICE, b"/dev/ttyS0"),
    ]


def test_what_is_not_complete_or_not_known_says_so() -> None:
    found = list(options(b"nonsense mtu"))
    assert [(each.name, each.known, each.complete) for each in found] == [
        ("nonsense", False, True),
        ("mtu", True, False),
    ]


@given(st.binary(max_size=300))
def test_any_bytes_are_options(data: bytes) -> None:
    for each in options(data):
        assert isinstance(each, Option)
        assert 0 <= each.word.start < each.word.end <= len(data)


@pytest.mark.host
def test_every_option_takes_as_many_words_from_the_real_pppd(pppd_oracle: Pppd) -> None:
    """After each option comes a ``remotename``: too few or too many words and pppd would not see it."""
    pppd_oracle.place("given", b"debug\ndebug\n")
    pppd_oracle.place("peers/given", b"debug\n")
    names = [each for each in ARGUMENTS if each not in {*_NEWER, *_AT_ONCE}]
    files = []
    for name in names:
        argument = f" {_ARGUMENTS.get(name, '1')}" if ARGUMENTS[name] else ""
        files.append(f"{name}{argument}\nremotename found\n".encode())
    wrong = [
        name
        for name, found in zip(names, pppd_oracle.options(files), strict=True)
        if not (found.accepted and found.remotename == b"found")
    ]
    assert wrong == []


@pytest.mark.host
def test_what_is_left_out_of_that_test_is_left_out_for_a_reason(pppd_oracle: Pppd) -> None:
    names = sorted(_NEWER)
    files = [
        f"{name}{' ' + _ARGUMENTS.get(name, '1') if ARGUMENTS[name] else ''}\nremotename x\n".encode()
        for name in names
    ]
    if pppd_oracle.options([b"chap-secrets /x\n"])[0].accepted:
        return  # a newer pppd
    known = [name for name, found in zip(names, pppd_oracle.options(files), strict=True) if found.accepted]
    assert known == []
